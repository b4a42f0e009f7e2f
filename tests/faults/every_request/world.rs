//! A bucket that two people label, with work of every kind waiting, and the program to be run in it.

use super::breakage::Program;
use super::job::Job;
use crate::bucket::{ACCESS_KEY, Bucket, Manners, REGION, SECRET_KEY, Server};
use crate::client::{BUCKET, open_at, options};
use crate::home::Home;
use earmark::domain::{Connection, Deed, Flag, How, SampleKey, Target};
use earmark::objects::Store;
use earmark::ops::{PublishPlan, publish};
use earmark::sync::{share, sync};
use earmark::workspace::{Dataset, Identity, LabelRequest, Reader, Writer};
use jiff::Timestamp;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use uuid::Uuid;

/// Became another recording since it was listed.
pub(super) const CHANGED: &str = "changed.wav";
/// Moved since it was listed: from where and to where.
pub(super) const MOVED: (&str, &str) = ("old/moved.wav", "new/moved.wav");
/// The workspace that the program works in.
const ANN: &str = "ann.earmark";
/// Bytes of a recording that goes in parts.
const LARGE: usize = (17 << 20) + 1;

/// What one run of the program came to.
#[derive(Debug)]
pub(super) struct Run {
    /// `None`: it was killed.
    pub(super) code: Option<i32>,
    pub(super) said: String,
}

/// How all worlds of one job begin: made once, then copied.
pub(super) struct Beginning {
    job: Job,
    manners: Manners,
    server: Server,
    bucket: Bucket,
    dataset: Uuid,
    bob: String,
    /// Workspaces, and recordings that are to be added.
    folder: TempDir,
}

/// One copy, with a store of its own.
pub(super) struct World {
    pub(super) job: Job,
    pub(super) server: Server,
    pub(super) bucket: Bucket,
    pub(super) program: Program,
    pub(super) dataset: Uuid,
    /// The name of the log of the other person.
    pub(super) bob: String,
    home: Home,
    folder: TempDir,
}

impl Beginning {
    /// As it is just before the job.
    pub(super) fn new(job: Job, manners: Manners) -> Self {
        let server = Server::start(manners);
        let bucket = server.bucket(BUCKET);
        let (dataset, bob) = (Uuid::now_v7(), String::new());
        let mut beginning = Self { job, manners, server, bucket, dataset, bob, folder: folder() };
        beginning.happen();
        beginning
    }

    /// Another one like it.
    pub(super) fn world(&self) -> World {
        let server = Server::start(self.manners);
        let bucket = server.bucket(BUCKET);
        bucket.lock().objects = self.bucket.lock().objects.clone();
        bucket.set_page(3);
        let folder = folder();
        if self.job == Job::Begin {
            bucket.lock().objects.retain(|key, _| !key.starts_with("labels/"));
        }
        if self.job.goes_on() {
            fs::copy(self.folder.path().join(ANN), folder.path().join(ANN)).unwrap();
        }
        World {
            job: self.job,
            server,
            bucket,
            program: Program::default(),
            dataset: self.dataset,
            bob: self.bob.clone(),
            home: Home::new(),
            folder,
        }
    }

    fn happen(&mut self) {
        for key in ["a.wav", "b.wav", "dir/c.wav", "gone.wav", CHANGED, MOVED.0, "z.wav"] {
            self.record(key, key);
        }
        let mut bob = self.person("bob");
        self.bob = bob.writer_id().to_string();
        label(&mut bob, "b.wav", "from bob");
        label(&mut bob, "gone.wav", "was here");
        self.share(&mut bob);
        self.publish(&mut bob);
        let mut ann = self.person("ann");
        self.share(&mut ann);
        label(&mut ann, "a.wav", "first");
        self.share(&mut ann);
        label(&mut ann, "dir/c.wav", "mine");
        label(&mut ann, MOVED.0, "moves along");
        let id = sample(&ann, "a.wav");
        let flag = Deed::Flag(Flag::Unsure, true);
        ann.act(&flag, &Target::Samples(vec![id]), Timestamp::now()).unwrap();
        ann.backup(&self.folder.path().join(ANN)).unwrap();
        label(&mut bob, "z.wav", "later");
        self.share(&mut bob);

        self.bucket.remove("calls/gone.wav");
        self.record(CHANGED, "something else");
        self.bucket.remove(&format!("calls/{}", MOVED.0));
        self.record(MOVED.1, MOVED.0);
        self.record("fresh.wav", "fresh");
        let line = r#"{"source":"s3://box/calls/fresh.wav","usage":"train","annotation":[{"type":"modelarts/audio_content","name":"x","property":{"@modelarts:content":"came along"},"annotated-by":"human"}]}"#;
        self.bucket.put("calls/labels.manifest", format!("{line}\n"));
    }

    fn record(&self, key: &str, text: &str) {
        self.bucket.put(&format!("calls/{key}"), wav(text.as_bytes()));
    }

    /// Somebody with a workspace that is in line with the source.
    fn person(&self, name: &str) -> Writer {
        let path = self.folder.path().join(format!("{name}-at-home.earmark"));
        let mut writer = newcomer(&path, name, self.dataset);
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        sync(&self.store("calls/"), &mut writer, &Timestamp::now, go_on).unwrap();
        writer
    }

    fn store(&self, prefix: &str) -> Store {
        open_at(prefix, &options(&self.server))
    }

    fn share(&self, writer: &mut Writer) {
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let report = share(&self.store("labels/"), writer, &Timestamp::now, go_on).unwrap();
        assert_eq!(report.unwrap().problems, []);
    }

    fn publish(&self, writer: &mut Writer) {
        let reader = Reader::open(writer.path(), writer.identity().clone()).unwrap();
        let go_on = &mut |_| ControlFlow::Continue(());
        let plan = PublishPlan::default();
        publish(&reader, writer, &self.store("labels/"), &plan, Timestamp::now(), go_on).unwrap();
    }
}

impl World {
    /// The workspace that the program works in.
    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.path().join(ANN)
    }

    /// What a machine sees that is new to all of it.
    pub(super) fn onlooker(&self) -> PathBuf {
        let path = self.folder.path().join("onlooker.earmark");
        let mut writer = newcomer(&path, "onlooker", self.dataset);
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let at = |prefix| open_at(prefix, &options(&self.server));
        sync(&at("calls/"), &mut writer, &Timestamp::now, go_on).unwrap();
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let report = share(&at("labels/"), &mut writer, &Timestamp::now, go_on).unwrap();
        assert_eq!(report.unwrap().problems, []);
        path
    }

    /// Runs the program to its end.
    pub(super) fn run(&self, tries: u32) -> Run {
        self.lay_out();
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command
            .env_clear()
            .envs(self.home.environment())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL", self.server.endpoint())
            .env("EARMARK_USER", "ann")
            .env("EARMARK_STORAGE_TRIES", tries.to_string())
            .env("EARMARK_STORAGE_PATIENCE_SECONDS", "20")
            // One after the other, so that the same run makes the same requests in the same order.
            .env("EARMARK_STORAGE_REQUESTS", "1")
            .envs(self.job.settings().iter().copied())
            .current_dir(self.home.join(""))
            .arg("--workspace")
            .arg(self.workspace())
            .args(self.job.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        self.program.runs(child.id());
        let output = child.wait_with_output().unwrap();
        self.program.ended();
        Run {
            code: output.status.code(),
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What is to be added, as local files.
    fn lay_out(&self) {
        let local = |name: &str, text: &str| {
            let path = self.home.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, wav(text.as_bytes())).unwrap();
        };
        match self.job {
            Job::Add | Job::Replace => {
                local("recordings/x.wav", "x");
                local("recordings/in/y.wav", "y");
                local("recordings/b.wav", "another b");
            }
            Job::AddLarge => local("large/l.wav", &"loud".repeat(LARGE / 4)),
            _ => {}
        }
    }
}

/// In memory, where there is such a thing: nobody cuts the power here.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn newcomer(path: &Path, name: &str, dataset: Uuid) -> Writer {
    let dataset = Dataset {
        id: dataset,
        name: "calls".into(),
        source: format!("s3://{BUCKET}/calls/"),
        output: Some(format!("s3://{BUCKET}/labels/")),
        connection: Connection::default(),
    };
    Writer::create(path, &dataset, Identity::new(name)).unwrap()
}

pub(super) fn reader(workspace: &Path) -> Reader {
    Reader::open(workspace, Identity::new("ann")).unwrap()
}

fn sample(writer: &Writer, key: &str) -> earmark::domain::SampleId {
    reader(writer.path()).find(&SampleKey::from(key)).unwrap().unwrap()
}

fn label(writer: &mut Writer, key: &str, content: &str) {
    let request = LabelRequest {
        sample: sample(writer, key),
        content: content.into(),
        how: How::Typed,
        based_on: None,
    };
    writer.label(&request, Timestamp::now()).unwrap();
}

/// A WAV file of these bytes, as samples of eight bits.
fn wav(samples: &[u8]) -> Vec<u8> {
    let data = samples.len() as u32;
    let mut file = Vec::with_capacity(44 + samples.len());
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000_u32.to_le_bytes());
    file.extend(8000_u32.to_le_bytes());
    file.extend(b"\x01\0\x08\0data");
    file.extend(data.to_le_bytes());
    file.extend(samples);
    file
}

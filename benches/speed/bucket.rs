//! A bucket of many small objects, listed into a workspace, against the fastest of the programs that only list it.

use super::data;
use super::home::Home;
use super::machine;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::servers::{ADMIN, REGION, Server};
use super::timing::{Series, timed};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use earmark::text::thousands;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Objects that are put at once.
const PUTS: usize = 16;
/// How often a running program is asked for its memory.
const GLANCE: Duration = Duration::from_millis(5);

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    if program("weed").is_none() {
        eprintln!("  left out: there is no SeaweedFS (scripts/servers.sh install)");
        return;
    }
    let data = data::folder().join("seaweedfs");
    std::fs::create_dir_all(&data).expect("a folder for the server");
    let server = Server::kept(&data);
    for (shape, objects) in [(Shape::Tree, scale.objects), (Shape::Flat, scale.flat)] {
        let bucket = filled(&server, shape, objects);
        Bench { server: &server, bucket, shape, objects }.listings(scale, report);
    }
}

/// How the keys of a bucket lie.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// 250 below each prefix.
    Tree,
    /// All below one.
    Flat,
}

impl Shape {
    fn key(self, number: usize) -> String {
        match self {
            Self::Tree => data::key(number),
            Self::Flat => format!("speech/utt-{number:07}.wav"),
        }
    }
}

struct Bench<'a> {
    server: &'a Server,
    bucket: String,
    shape: Shape,
    objects: usize,
}

impl Bench<'_> {
    fn listings(&self, scale: &Scale, report: &mut Report) {
        let peers = peers();
        if peers.is_empty() {
            eprintln!("  no peers: neither rclone nor s5cmd is there (scripts/servers.sh peers)");
        }
        let scratch = tempfile::Builder::new().prefix("scratch-").tempdir_in(data::folder());
        let scratch = scratch.expect("a folder to work in");
        // What is the first to ask warms the server up.
        for peer in &peers {
            assert_eq!(self.counted(peer), self.objects, "{} lists everything", peer.name);
        }
        let mut theirs: Vec<Series> = peers.iter().map(|_| Series::default()).collect();
        let (mut first, mut second) = (Series::default(), Series::default());
        let (mut least, mut most) = (f64::MAX, 0.0_f64);
        for run in 0..scale.runs {
            let home = Home::new();
            let workspace = scratch.path().join(format!("{run}.earmark"));
            for (peer, series) in peers.iter().zip(&mut theirs) {
                series.push(timed(|| done(self.peer(peer).stdout(Stdio::null()))).1);
            }
            for (series, unchanged) in [(&mut first, 0), (&mut second, self.objects)] {
                let (said, taken) = timed(|| self.synced(&home, &workspace));
                let count = |name: &str| said.report[name].as_u64().unwrap_or_default();
                assert_eq!(count("total"), self.objects as u64, "{}", said.report);
                assert_eq!(count("unchanged"), unchanged as u64, "{}", said.report);
                series.push(taken);
                (least, most) = (least.min(said.peak), most.max(said.peak));
            }
        }
        let fastest = peers
            .iter()
            .zip(&theirs)
            .map(|(peer, series)| (peer.name, series.median().wall))
            .min_by_key(|(_, wall)| *wall);
        let objects = match self.shape {
            Shape::Tree => thousands(self.objects as u64),
            Shape::Flat => format!("{} flat", thousands(self.objects as u64)),
        };
        for (what, series) in
            [("listed into a fresh workspace", &first), ("listed again, nothing new", &second)]
        {
            let figure = Figure::seconds(series.median().wall);
            let row = Row::new(format!("bucket of {objects} objects {what}"), figure);
            report.add(match fastest {
                Some((name, wall)) => row.against(name, Figure::seconds(wall)).bar(Bar::Times(1.3)),
                None => row.note("neither rclone nor s5cmd could be had"),
            });
        }
        for (peer, series) in peers.iter().zip(&theirs) {
            let figure = Figure::seconds(series.median().wall);
            report.add(Row::new(format!("bucket of {objects} objects, {}", peer.name), figure));
        }
        if most > 0.0 {
            report.add(
                Row::new(format!("memory at most, {objects} objects"), Figure::Mebibytes(most))
                    .note(format!("of all these runs; {least:.0} MiB at least")),
            );
        }
    }

    /// A whole `earmark sync`, from start to end of the program.
    fn synced(&self, home: &Home, workspace: &Path) -> Synced {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command
            .args(["sync", "--no-probe", "--json", "--quiet", "--workspace"])
            .arg(workspace)
            .arg(format!("s3://{}/", self.bucket))
            .env_clear()
            .envs(home.environment())
            .envs(self.server.environment(ADMIN))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let child = command.spawn().expect("the program starts");
        let watched = watch(child.id());
        let output = child.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "{}", output.status);
        let report = serde_json::from_slice(&output.stdout).expect("a report");
        Synced { report, peak: watched.join().expect("a look at its memory") }
    }

    fn peer(&self, peer: &Peer) -> Command {
        let mut command = Command::new(&peer.program);
        command
            .args((peer.arguments)(&self.bucket))
            .env_clear()
            .envs(self.server.environment(ADMIN))
            .env("S3_ENDPOINT_URL", self.server.endpoint())
            .env("RCLONE_CONFIG", "/dev/null")
            .env("RCLONE_S3_PROVIDER", "SeaweedFS")
            .env("RCLONE_S3_ENV_AUTH", "true")
            .env("RCLONE_S3_ENDPOINT", self.server.endpoint())
            .env("RCLONE_S3_REGION", REGION)
            .env("HOME", data::folder())
            .stdin(Stdio::null());
        command
    }

    /// How many lines it prints.
    fn counted(&self, peer: &Peer) -> usize {
        let output = self.peer(peer).output().expect("a peer starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", peer.name);
        output.stdout.split(|byte| *byte == b'\n').count().saturating_sub(1)
    }
}

struct Synced {
    report: serde_json::Value,
    /// Resident memory at most, in MiB.
    peak: f64,
}

/// Looks at the memory of a process until it ends.
fn watch(pid: u32) -> thread::JoinHandle<f64> {
    let pid = i32::try_from(pid).expect("a process id");
    thread::spawn(move || {
        let mut peak = 0.0;
        while let Some(now) = machine::peak(pid) {
            peak = now;
            thread::sleep(GLANCE);
        }
        peak
    })
}

/// A program that lists buckets.
struct Peer {
    name: &'static str,
    program: PathBuf,
    arguments: fn(&str) -> Vec<String>,
}

fn peers() -> Vec<Peer> {
    fn rclone(bucket: &str, how: &[&str]) -> Vec<String> {
        let words = ["lsf", "-R", "--files-only"].iter().chain(how).map(|word| (*word).to_owned());
        words.chain([format!(":s3:{bucket}")]).collect()
    }
    let rclones = program("rclone").map(|program| {
        [
            Peer {
                name: "rclone lsf --fast-list",
                program: program.clone(),
                arguments: |bucket| rclone(bucket, &["--fast-list"]),
            },
            Peer {
                name: "rclone lsf --checkers 16",
                program,
                arguments: |bucket| rclone(bucket, &["--checkers", "16"]),
            },
        ]
    });
    let s5cmd = program("s5cmd").map(|program| Peer {
        name: "s5cmd ls",
        program,
        arguments: |bucket| vec!["ls".to_owned(), format!("s3://{bucket}/*")],
    });
    rclones.into_iter().flatten().chain(s5cmd).collect()
}

/// A program out of the servers' and peers' packages, itself rather than what Python starts it with.
fn program(name: &str) -> Option<PathBuf> {
    let folder = data::target().join("tools/servers");
    let beside = std::fs::read_dir(folder.join("lib")).into_iter().flatten().flatten();
    let packaged =
        beside.map(|python| python.path().join("site-packages").join(name).join("bin").join(name));
    packaged.chain([folder.join("bin").join(name)]).find(|path| path.is_file())
}

fn done(command: &mut Command) {
    let status = command.status().expect("a peer starts");
    assert!(status.success(), "{status}");
}

/// A bucket with these objects: one that an earlier run left, if it is whole.
fn filled(server: &Server, shape: Shape, objects: usize) -> String {
    let bucket = format!("bench-{shape:?}-{objects}").to_lowercase();
    if server.ask(async |client| held(&client, &bucket).await) == objects {
        return bucket;
    }
    eprintln!("  putting {objects} objects, once …");
    let filling = timed(|| fill(server, &bucket, shape, objects)).1;
    eprintln!("  … {:.0} s", filling.wall.as_secs_f64());
    bucket
}

/// Objects that a bucket has; none where there is no bucket.
async fn held(client: &Client, bucket: &str) -> usize {
    let mut pages = client.list_objects_v2().bucket(bucket).into_paginator().send();
    let mut count = 0;
    while let Some(Ok(page)) = pages.next().await {
        count += page.contents().len();
    }
    count
}

/// Puts the objects there, all alike and small.
fn fill(server: &Server, bucket: &str, shape: Shape, objects: usize) {
    server.ask(async |client| {
        // It may be there already, half full.
        let _ = client.create_bucket().bucket(bucket).send().await;
        let mut puts = tokio::task::JoinSet::new();
        for number in 0..objects {
            if puts.len() >= PUTS {
                puts.join_next().await.expect("a put").expect("a put ends");
            }
            puts.spawn(put(client.clone(), bucket.to_owned(), shape.key(number)));
        }
        while let Some(end) = puts.join_next().await {
            end.expect("a put ends");
        }
    });
}

async fn put(client: Client, bucket: String, key: String) {
    let body = ByteStream::from_static(b"RIFF\x24\0\0\0WAVEfmt ");
    let sent = client.put_object().bucket(bucket).key(key).body(body).send().await;
    sent.expect("an object is put");
}

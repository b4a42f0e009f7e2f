//! Labels shared through a folder: what a new machine has, what a restored copy does, what a reader does with what it
//! cannot read. (The same on a bucket that fails: tests/faults.)

use crate::dataset::wav;
use earmark::domain::{Connection, Deed, Flag, How, SampleKey, SampleState, Source, Target};
use earmark::objects::{Options, Store};
use earmark::sync::{ShareError, ShareJob, ShareReport, ShareStep, share, sync, write_snapshot};
use earmark::workspace::{Dataset, Identity, LabelRequest, Reader, Writer};
use jiff::Timestamp;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// One source and one output, for several people.
struct Team {
    dir: tempfile::TempDir,
}

impl Team {
    fn with(files: &[&str]) -> Self {
        let team = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["source", "output"] {
            fs::create_dir(team.path(folder)).unwrap();
        }
        for file in files {
            fs::write(team.path("source").join(file), wav(file.as_bytes())).unwrap();
        }
        team
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn output(&self) -> Store {
        Store::open(&Source::Folder(self.path("output")), &Options::default()).unwrap()
    }

    fn member(&self, name: &str) -> Member<'_> {
        let dataset = Dataset {
            id: Uuid::now_v7(),
            name: "calls".into(),
            source: self.path("source").display().to_string(),
            output: Some(self.path("output").display().to_string()),
            connection: Connection::default(),
        };
        let path = self.path(&format!("{name}.earmark"));
        let writer = Writer::create(&path, &dataset, Identity::new(name)).unwrap();
        Member { team: self, writer }
    }

    /// Every log object, by its path.
    fn objects(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for writer in fs::read_dir(self.path("output").join("labels")).into_iter().flatten() {
            let objects = fs::read_dir(writer.unwrap().path()).unwrap();
            found.extend(objects.map(|object| object.unwrap().path()));
        }
        found.sort();
        found
    }
}

struct Member<'t> {
    team: &'t Team,
    writer: Writer,
}

impl Member<'_> {
    fn sync(&mut self) {
        let source = Source::Folder(self.team.path("source"));
        let store = Store::open(&source, &Options::default()).unwrap();
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        sync(&store, &mut self.writer, &Timestamp::now, go_on).unwrap().unwrap();
    }

    fn share(&mut self) -> ShareReport {
        self.try_share().unwrap()
    }

    fn try_share(&mut self) -> Result<ShareReport, ShareError> {
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        share(&self.team.output(), &mut self.writer, &Timestamp::now, go_on).map(Option::unwrap)
    }

    fn label(&mut self, key: &str, content: &str) {
        let sample = self.reader().find(&key.into()).unwrap().unwrap();
        let request =
            LabelRequest { sample, content: content.into(), how: How::Typed, based_on: None };
        self.writer.label(&request, Timestamp::now()).unwrap();
    }

    fn act(&mut self, key: &str, deed: &Deed) {
        let sample = self.reader().find(&key.into()).unwrap().unwrap();
        self.writer.act(deed, &Target::Samples(vec![sample]), Timestamp::now()).unwrap();
    }

    fn reader(&self) -> Reader {
        Reader::open(self.writer.path(), self.writer.identity().clone()).unwrap()
    }

    fn content(&self, key: &str) -> Option<String> {
        let reader = self.reader();
        let sample = reader.find(&key.into()).unwrap()?;
        reader.detail(sample).unwrap().unwrap().content
    }

    fn revisions(&self) -> Vec<(SampleKey, String)> {
        let mut all = Vec::new();
        self.reader()
            .revisions(&mut |key, revision| {
                all.push((key.clone(), format!("{revision:?}")));
                ControlFlow::Continue(())
            })
            .unwrap();
        all.sort();
        all
    }
}

#[test]
fn a_new_machine_is_complete_from_the_output_alone() {
    let team = Team::with(&["a.wav", "b.wav", "c.wav"]);
    let mut ann = team.member("ann");
    ann.sync();
    ann.label("a.wav", "one");
    ann.label("a.wav", "two");
    ann.act("b.wav", &Deed::Flag(Flag::BadAudio, true));
    ann.act("c.wav", &Deed::Delete);
    assert_eq!(ann.writer.unshared().unwrap(), 4);
    assert_eq!(ann.share().pushed, 4);
    assert_eq!((ann.share().pushed, ann.writer.unshared().unwrap()), (0, 0), "twice is nothing");

    // The audio is out of reach.
    let mut new = team.member("new");
    assert_eq!(new.share().pulled, 4);
    assert_eq!(new.revisions(), ann.revisions());
    assert_eq!(new.content("a.wav").as_deref(), Some("two"));
    let counts = new.reader().counts().unwrap();
    assert_eq!((counts.missing, counts.deleted, counts.total), (2, 1, 3));
    // And then it is there: those are new to this machine, not restored.
    new.sync();
    let counts = new.reader().counts().unwrap();
    assert_eq!((counts.labeled, counts.unlabeled, counts.deleted), (1, 1, 1));
    assert_eq!(counts.to_confirm, 0, "the label was made on this audio");
    assert!(
        new.writer.undo(Timestamp::now()).unwrap().is_none(),
        "what others did is not ours to undo"
    );
    assert_eq!(new.writer.dataset().id, ann.writer.dataset().id, "one dataset from then on");
}

#[test]
fn a_new_machine_takes_in_at_once_what_came_before_somebody_waited_and_the_rest_in_steps() {
    let files = ["a.wav", "b.wav", "c.wav"];
    let team = Team::with(&files);
    for (author, file) in ["ann", "ben", "cem"].into_iter().zip(files) {
        let mut member = team.member(author);
        member.sync();
        member.label(file, author);
        member.share();
    }
    let mut new = team.member("new");
    new.sync();
    let mut job = ShareJob::start(&team.output(), &new.writer, Timestamp::now()).unwrap();
    let mut read = Vec::new();
    let report = loop {
        let on_step = &mut |step: &ShareStep| {
            let ShareStep::Pulling(so_far) = step else { panic!("{step:?}") };
            read.push(*so_far);
            if *so_far == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let step = job.step_or_all(&mut new.writer, Timestamp::now(), on_step).unwrap();
        if let ShareStep::Done(report) = step {
            break report;
        }
    };
    assert_eq!(read, [0, 1], "after that it goes in steps");
    assert_eq!((report.pulled, report.problems), (3, vec![]));
    for (author, file) in ["ann", "ben", "cem"].into_iter().zip(files) {
        assert_eq!(new.content(file).as_deref(), Some(author));
    }
    assert_eq!(new.reader().counts().unwrap().labeled, 3);
}

#[test]
fn a_snapshot_stands_for_the_logs_before_it() {
    let team = Team::with(&["a.wav", "b.wav"]);
    let mut ann = team.member("ann");
    ann.sync();
    ann.label("a.wav", "one");
    ann.share();
    write_snapshot(&team.output(), &ann.reader(), team.dir.path(), "V001").unwrap();
    ann.label("b.wav", "two");
    ann.share();
    let first = &team.objects()[0];
    fs::remove_file(first).unwrap();
    let mut new = team.member("new");
    assert_eq!(new.share().problems, []);
    assert_eq!(new.revisions(), ann.revisions());
    // A snapshot that cannot be read is as good as none.
    fs::write(team.path("output/history/V002.jsonl.zst"), b"not packed").unwrap();
    let mut newer = team.member("newer");
    newer.share();
    assert_eq!(newer.revisions(), ann.revisions());
}

#[test]
fn a_workspace_that_was_restored_in_its_place_loses_and_overwrites_nothing() {
    let team = Team::with(&["a.wav", "b.wav", "c.wav"]);
    let mut ann = team.member("ann");
    ann.sync();
    ann.label("a.wav", "before");
    ann.share();
    let (path, identity) = (ann.writer.path().to_owned(), ann.writer.identity().clone());
    drop(ann);
    let kept = fs::read(&path).unwrap();
    let reopen =
        |path: &Path| Member { team: &team, writer: Writer::open(path, identity.clone()).unwrap() };
    let mut ann = reopen(&path);
    ann.label("b.wav", "after the copy");
    ann.share();
    drop(ann);
    let shared: Vec<_> = team.objects().iter().map(|path| fs::read(path).unwrap()).collect();
    fs::write(&path, kept).unwrap();

    let mut ann = reopen(&path);
    ann.label("c.wav", "after it was restored");
    ann.share();
    for bytes in shared {
        assert!(team.objects().iter().any(|path| fs::read(path).unwrap() == bytes), "overwritten");
    }
    let mut new = team.member("new");
    assert_eq!(new.share().problems, []);
    for (key, content) in
        [("a.wav", "before"), ("b.wav", "after the copy"), ("c.wav", "after it was restored")]
    {
        assert_eq!(new.content(key).as_deref(), Some(content));
        assert_eq!(ann.content(key).as_deref(), Some(content));
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_in() {
    let team = Team::with(&["a.wav", "b.wav"]);
    let (mut ann, mut bob) = (team.member("ann"), team.member("bob"));
    ann.sync();
    bob.sync();
    for word in ["one", "two", "three"] {
        ann.label("a.wav", word);
        ann.share();
    }
    bob.label("b.wav", "bob's");
    bob.share();
    let of_ann: Vec<_> = (team.objects().into_iter())
        .filter(|path| fs::read_to_string(path).unwrap().contains("\"author\":\"ann\""))
        .collect();
    let second = fs::read(&of_ann[1]).unwrap();

    fs::remove_file(&of_ann[1]).unwrap();
    let mut new = team.member("new");
    let problems = new.share().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].object.ends_with("000000000002.jsonl"), "{problems:?}");
    assert_eq!(new.content("a.wav").as_deref(), Some("one"));
    assert_eq!(new.content("b.wav").as_deref(), Some("bob's"));

    let broken = [second.as_slice(), b"{\"id\": 7}\n"].concat();
    fs::write(&of_ann[1], broken).unwrap();
    let problems = new.share().problems;
    assert!(problems[0].why.starts_with("line 2: "), "{problems:?}");
    assert_eq!(new.content("a.wav").as_deref(), Some("one"), "whole or not at all");

    fs::write(&of_ann[1], second).unwrap();
    assert_eq!(new.share().problems, []);
    assert_eq!(new.content("a.wav").as_deref(), Some("three"));
}

#[test]
fn what_a_newer_earmark_says_is_kept_and_passed_on() {
    let team = Team::with(&["a.wav"]);
    let mut ann = team.member("ann");
    ann.sync();
    ann.share();
    let folder = team.path("output/labels/00000000-0000-7000-8000-000000000009");
    fs::create_dir_all(&folder).unwrap();
    let line = r#"{"id":"00000000-0000-7000-8000-00000000000a","key":"a.wav","parents":[],"action":"00000000-0000-7000-8000-00000000000b","author":"eve","at":"2030-01-01T00:00:00Z","how":"dreamt","content":"tomorrow","reviewed":{"by":"max"}}"#;
    fs::write(folder.join("000000000001.jsonl"), format!("{line}\n")).unwrap();
    assert_eq!(ann.share().pulled, 1);
    assert_eq!(ann.content("a.wav").as_deref(), Some("tomorrow"));
    write_snapshot(&team.output(), &ann.reader(), team.dir.path(), "V001").unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let mut new = team.member("new");
    new.share();
    assert_eq!(new.revisions(), ann.revisions());
    let seen = &new.revisions()[0].1;
    assert!(seen.contains("dreamt") && seen.contains("reviewed"), "{seen}");
}

#[test]
fn the_output_of_another_dataset_is_left_alone() {
    let (team, other) = (Team::with(&["a.wav"]), Team::with(&["a.wav"]));
    fs::rename(other.path("source"), other.path("elsewhere")).unwrap();
    let mut ann = team.member("ann");
    ann.sync();
    ann.label("a.wav", "ours");
    let marker = r#"{"earmark":1,"id":"00000000-0000-7000-8000-000000000001","name":"theirs","source":"s3://them/calls/","made":"2026-01-01T00:00:00Z"}"#;
    fs::write(team.path("output/earmark.json"), marker).unwrap();
    let refused = ann.try_share().unwrap_err();
    assert!(
        matches!(&refused, ShareError::OtherDataset { name, .. } if name == "theirs"),
        "{refused}"
    );
    assert!(team.objects().is_empty());
    assert_eq!(ann.writer.unshared().unwrap(), 1, "it waits");
    fs::write(team.path("output/earmark.json"), r#"{"earmark":2}"#).unwrap();
    assert!(matches!(ann.try_share(), Err(ShareError::Marker { .. })));
}

#[test]
fn a_move_that_one_machine_saw_is_a_move_on_all() {
    let team = Team::with(&["a.wav", "b.wav"]);
    let (mut ann, mut bob) = (team.member("ann"), team.member("bob"));
    ann.sync();
    bob.sync();
    ann.label("a.wav", "said");
    ann.share();
    bob.share();
    fs::rename(team.path("source/a.wav"), team.path("source/z.wav")).unwrap();
    ann.sync();
    ann.share();
    // Bob hears of it before his own listing shows it, and labels it under its old name meanwhile.
    bob.label("a.wav", "said better");
    bob.share();
    bob.sync();
    bob.share();
    ann.share();
    bob.share();
    for member in [&ann, &bob] {
        let reader = member.reader();
        let sample = reader.find(&"z.wav".into()).unwrap().unwrap();
        let detail = reader.detail(sample).unwrap().unwrap();
        assert_eq!(detail.state, SampleState::Labeled);
        let texts: Vec<_> = (detail.content.into_iter())
            .chain(detail.rivals.into_iter().map(|(text, _)| text))
            .collect();
        assert!(texts.contains(&"said better".to_owned()), "{texts:?}");
        let counts = reader.counts().unwrap();
        assert_eq!((counts.total, counts.missing), (2, 0));
    }
    let (of_ann, of_bob) = (ann.revisions(), bob.revisions());
    let texts =
        |all: &[(SampleKey, String)]| all.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    let (mut one, mut other) = (texts(&of_ann), texts(&of_bob));
    one.sort();
    other.sort();
    assert_eq!(one, other);
}

#[test]
fn a_drive_that_is_not_mounted_is_no_new_output() {
    let team = Team::with(&["a.wav"]);
    let mut ann = team.member("ann");
    ann.sync();
    ann.label("a.wav", "one");
    ann.share();
    fs::rename(team.path("output"), team.path("aside")).unwrap();
    fs::create_dir(team.path("output")).unwrap();
    ann.label("a.wav", "two");
    assert!(matches!(ann.try_share(), Err(ShareError::Vanished)));
    assert_eq!(fs::read_dir(team.path("output")).unwrap().count(), 0);
    assert_eq!(ann.writer.unshared().unwrap(), 1);
    fs::remove_dir(team.path("output")).unwrap();
    fs::rename(team.path("aside"), team.path("output")).unwrap();
    assert_eq!(ann.share().pushed, 1);
}

#[test]
fn another_output_gets_everything_that_anybody_said() {
    let team = Team::with(&["a.wav", "b.wav"]);
    let (mut ann, mut bob) = (team.member("ann"), team.member("bob"));
    ann.sync();
    bob.sync();
    bob.label("b.wav", "bob's");
    bob.share();
    ann.label("a.wav", "ann's");
    ann.share();
    fs::rename(team.path("output"), team.path("former")).unwrap();
    fs::create_dir(team.path("output")).unwrap();
    let another = team.path("output").display().to_string() + "/.";
    ann.writer.set_output(Some(&another)).unwrap();
    assert_eq!(ann.share().pushed, 2);
    let mut new = team.member("new");
    assert_eq!(new.share().pulled, 2);
    assert_eq!(new.share().pushed, 0);
    assert_eq!(ann.share().pushed, 0);
}

#[test]
fn two_folders_of_one_name_are_two_sources() {
    let (team, other) = (Team::with(&["a.wav"]), Team::with(&["a.wav"]));
    let (mut ann, mut bob) = (team.member("ann"), other.member("bob"));
    ann.share();
    fs::remove_dir(other.path("output")).unwrap();
    std::os::unix::fs::symlink(team.path("output"), other.path("output")).unwrap();
    assert!(matches!(bob.try_share(), Err(ShareError::OtherDataset { .. })));
}

#[test]
fn whoever_reads_while_small_objects_become_large_ones_misses_nothing() {
    let team = Team::with(&["a.wav", "b.wav"]);
    let (mut ann, mut bob, mut cleo) =
        (team.member("ann"), team.member("bob"), team.member("cleo"));
    ann.sync();
    for round in 0..70 {
        ann.label("a.wav", &format!("text {round}"));
        ann.share();
        if round == 30 {
            bob.share();
        }
    }
    ann.share();
    assert!(team.objects().len() > 70, "the merged one beside the small ones");
    cleo.share();
    let later = || Timestamp::now() + jiff::SignedDuration::from_hours(8 * 24);
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    share(&team.output(), &mut ann.writer, &later, go_on).unwrap();
    assert!(team.objects().len() < 10, "{:?}", team.objects());
    bob.share();
    let mut new = team.member("new");
    new.share();
    for member in [&bob, &cleo, &new] {
        assert_eq!(member.revisions().len(), 70);
        assert_eq!(member.content("a.wav").as_deref(), Some("text 69"));
    }
}

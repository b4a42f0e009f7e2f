//! Killed at every named write point in turn. The points that a job passes are found by running it, so that a new one is
//! tried by itself. After each kill: nothing that stood before is lost, one action is whole or absent, and running the
//! job again ends where an uncut run ends.

use crate::figures;
use crate::labeler::Labeler;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// A job for the command line.
struct Job {
    args: &'static [&'static str],
    /// One transaction: what is found is the state before or the one after.
    whole: bool,
    /// Doing it once more, after it was done, does more: it is only run again where nothing was done.
    once: bool,
}

#[test]
fn of_a_label() {
    crashed(&Job {
        args: &["label", "calls", "f05.wav", "--content", "five"],
        whole: true,
        once: false,
    });
}

#[test]
fn of_a_batch_from_a_file() {
    crashed(&Job { args: &["label", "calls", "--from", "many.tsv"], whole: true, once: false });
}

#[test]
fn of_undo() {
    crashed(&Job { args: &["undo", "calls"], whole: true, once: true });
}

#[test]
fn of_an_import() {
    crashed(&Job { args: &["import", "calls", "many.tsv"], whole: true, once: false });
}

#[test]
fn of_a_sync_that_shares() {
    crashed(&Job { args: &["sync", "calls"], whole: false, once: false });
}

#[test]
fn of_publishing() {
    crashed(&Job { args: &["publish", "calls"], whole: false, once: false });
}

#[test]
fn of_adding() {
    crashed(&Job { args: &["add", "calls", "more", "--overwrite"], whole: false, once: false });
}

#[test]
fn of_deleting_in_the_source() {
    let args = &["delete", "calls", "f01.wav", "f02.wav", "--source-files", "--yes-delete", "2"];
    crashed(&Job { args, whole: false, once: false });
}

#[test]
fn of_an_export() {
    let args = &["export", "calls", "--format", "csv", "--to", "out.csv", "--overwrite"];
    crashed(&Job { args, whole: true, once: false });
}

#[test]
fn of_a_backup() {
    crashed(&Job { args: &["backup", "calls", "kept.earmark"], whole: true, once: true });
}

/// What can be told of a home: the samples, the files of the source, and the versions.
#[derive(Debug, Clone, PartialEq)]
struct State {
    samples: BTreeMap<String, (Value, Value)>,
    files: BTreeSet<String>,
}

fn crashed(job: &Job) {
    let desk = Desk::new();
    let before = desk.state();
    let points = desk.points_of(job);
    let after = desk.state();
    desk.labeler.run(&["sync", "calls"]);
    let end = desk.state();
    assert!(!points.is_empty(), "it writes nothing");
    for (point, passes) in points {
        let tried: BTreeSet<usize> = [1, passes.div_ceil(2), passes].into();
        for nth in tried {
            desk.back_to_the_start();
            desk.crash(job, &format!("{point}:{nth}"));
            let now = desk.state();
            let where_ = format!("{:?} killed at {point}, pass {nth}", job.args);
            if job.whole {
                assert!(now == before || now == after, "{where_}: half done: {now:#?}");
            }
            desk.still_has(&before, &now, &where_);
            if !(job.once && desk.did(&before, &now, &after)) {
                desk.labeler.run(job.args);
            }
            desk.labeler.run(&["sync", "calls"]);
            assert_eq!(desk.state(), end, "{where_}, then run again");
            desk.versions_are_whole();
        }
    }
}

/// A home that can be put back to how it was.
struct Desk {
    labeler: Labeler,
    kept: PathBuf,
}

impl Desk {
    /// Some files are labeled and shared; since then more was labeled, moved, added and taken away.
    fn new() -> Self {
        let labeler = Labeler::new(7, 8);
        let home = labeler.home.join("");
        fs::create_dir(home.join("more")).expect("a folder");
        for name in ["f06.wav", "f07.wav"] {
            fs::rename(home.join("calls").join(name), home.join("more").join(name)).expect("moved");
        }
        let many = "f03.wav\tthree\nf04.wav\tfour\nf05.wav\tfive\n";
        fs::write(home.join("many.tsv"), many).expect("a file of labels");
        labeler.run(&["label", "calls", "f00.wav", "--content", "zero"]);
        labeler.run(&["sync", "calls"]);
        labeler.run(&["label", "calls", "f01.wav", "--content", "one"]);
        fs::rename(home.join("calls/f00.wav"), home.join("calls/g00.wav")).expect("moved");
        // The kept copy lies outside: what a home holds is put back whole.
        let kept = home.with_extension("kept");
        copy(&home, &kept);
        let desk = Self { labeler, kept };
        desk.back_to_the_start();
        desk
    }

    fn back_to_the_start(&self) {
        let home = self.labeler.home.join("");
        for entry in fs::read_dir(&home).expect("a home").flatten() {
            let path = entry.path();
            let gone =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.expect("it is taken away");
        }
        copy(&self.kept, &home);
    }

    /// Runs a job uncut; which points it passed, and how often each.
    fn points_of(&self, job: &Job) -> BTreeMap<String, usize> {
        let list = self.kept.with_extension("points");
        let _ = fs::remove_file(&list);
        let mut command = self.labeler.command(job.args);
        let output = command.env("EARMARK_CRASH_LIST", &list).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {said}", job.args);
        let mut points = BTreeMap::new();
        for point in fs::read_to_string(&list).unwrap_or_default().lines() {
            *points.entry(point.to_owned()).or_default() += 1;
        }
        fs::remove_file(&list).expect("a list of points");
        points
    }

    fn crash(&self, job: &Job, point: &str) {
        let mut command = self.labeler.command(job.args);
        let output = command.env("EARMARK_CRASH", point).output().expect("it starts");
        assert_eq!(output.status.signal(), Some(9), "{:?} does not pass {point}", job.args);
        figures::count("crashes at write points", 1);
    }

    fn state(&self) -> State {
        let list = self.labeler.json(&["list", "calls"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let samples = list
            .iter()
            .map(|line| (text(&line["key"]), (line["state"].clone(), line["content"].clone())))
            .collect();
        let files = fs::read_dir(&self.labeler.folder).expect("a source").flatten();
        let files = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
        // A draft of a file that was being written is nobody's file.
        let files = files.filter(|name| !name.starts_with(".earmark-")).collect();
        State { samples, files }
    }

    fn did(&self, before: &State, now: &State, after: &State) -> bool {
        if before != after {
            return now == after;
        }
        self.labeler.home.join("kept.earmark").exists()
    }

    /// Labels that stood stand, under whatever name their file has now, unless the job is about them.
    fn still_has(&self, before: &State, now: &State, where_: &str) {
        let texts = |state: &State| -> BTreeSet<String> {
            let texts = state.samples.values().filter_map(|(_, content)| content.as_str());
            texts.map(str::to_owned).collect()
        };
        let (had, has) = (texts(before), texts(now));
        figures::count("labels checked", had.len() as u64);
        let undone: BTreeSet<String> = ["one".to_owned()].into();
        let lost: Vec<&String> =
            had.difference(&has).filter(|text| !undone.contains(*text)).collect();
        figures::count("labels lost", lost.len() as u64);
        assert!(lost.is_empty(), "{where_}: {lost:?} is gone");
    }

    fn versions_are_whole(&self) {
        for version in self.labeler.json(&["versions", "calls"]) {
            let manifest = version["manifest"].as_str().expect("a version names its manifest");
            let text = fs::read_to_string(self.labeler.output.join(manifest)).expect("it is there");
            assert_eq!(version["total"], text.lines().count() as u64, "{manifest}");
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.kept);
    }
}

/// Everything below a folder, with its rights and times: so that nothing looks new.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    let mut command = std::process::Command::new("cp");
    let from = from.join(".");
    assert!(command.arg("-a").arg(from).arg(to).status().expect("cp runs").success());
}

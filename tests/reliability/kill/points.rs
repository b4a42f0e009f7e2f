//! Killed at every named write point in turn. The points that a job passes are found by running it, so that a new one is
//! tried by itself. After each kill: nothing that stood before is lost, one action is whole or absent, and running the
//! job again ends where an uncut run ends.

use crate::figures;
use crate::labeler::{Labeler, box_text, open_file};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// A job for the command line.
#[derive(PartialEq)]
struct Job {
    args: &'static [&'static str],
    /// One transaction: what is found is the state before or the one after.
    whole: bool,
    /// Doing it once more, after it was done, does more: it is only run again where nothing was done.
    once: bool,
}

const LABEL: Job =
    Job { args: &["label", "calls", "f05.wav", "--content", "five"], whole: true, once: false };
const BATCH: Job =
    Job { args: &["label", "calls", "--from", "many.tsv"], whole: true, once: false };
const UNDO: Job = Job { args: &["undo", "calls"], whole: true, once: true };
const IMPORT: Job = Job { args: &["import", "calls", "many.csv"], whole: true, once: false };
const SYNC: Job = Job { args: &["sync", "calls"], whole: false, once: false };
const PUBLISH: Job = Job { args: &["publish", "calls"], whole: false, once: false };
const ADD: Job = Job { args: &["add", "calls", "more", "--overwrite"], whole: false, once: false };
const DELETE: Job = Job {
    args: &["delete", "calls", "f01.wav", "f02.wav", "--source-files", "--yes-delete", "2"],
    whole: false,
    once: false,
};
const EXPORT: Job = Job {
    args: &["export", "calls", "--format", "csv", "--to", "out.csv", "--overwrite"],
    whole: true,
    once: false,
};
const BACKUP: Job = Job { args: &["backup", "calls", "kept.earmark"], whole: true, once: true };
const MIGRATE: Job = Job { args: &["status", "calls"], whole: true, once: false };

#[test]
fn of_a_label() {
    crashed(&LABEL);
}

#[test]
fn of_a_batch_from_a_file() {
    crashed(&BATCH);
}

#[test]
fn of_undo() {
    crashed(&UNDO);
}

#[test]
fn of_an_import() {
    crashed(&IMPORT);
}

#[test]
fn of_a_sync_that_shares() {
    crashed(&SYNC);
}

#[test]
fn of_publishing() {
    crashed(&PUBLISH);
}

#[test]
fn of_adding() {
    crashed(&ADD);
}

#[test]
fn of_deleting_in_the_source() {
    crashed(&DELETE);
}

#[test]
fn of_an_export() {
    crashed(&EXPORT);
}

#[test]
fn of_a_backup() {
    crashed(&BACKUP);
}

#[test]
fn of_bringing_an_older_workspace_up_to_date() {
    let desk = Desk::new();
    let workspace = desk.labeler.workspace();
    let open = Connection::open(&workspace).expect("the workspace opens");
    open.pragma_update(None, "user_version", 3).expect("it is an older one now");
    drop(open);
    desk.keep();
    crashed_at(&desk, &MIGRATE);
}

/// What is typed on the screen, and the label that ends it.
#[test]
fn of_a_draft() {
    let desk = Desk::new();
    let tries = [
        ("workspace.draft.removing", "<enter>a whole one<enter>"),
        ("workspace.draft.saved", "<enter>half a sentence"),
    ];
    let told = TRIED.iter().filter(|(_, by)| matches!(by, By::Draft)).map(|(point, _)| *point);
    assert!(told.eq(tries.map(|(point, _)| point)), "those that TRIED names");
    for (point, keys) in tries {
        desk.back_to_the_start();
        let nth = format!("{point}:1");
        let screen = desk.labeler.launch().env("EARMARK_CRASH", nth).start();
        screen.wait_for_text("Unlabeled");
        screen.type_keys("1g");
        screen.wait_for("a file", |view| open_file(view).as_deref() == Some("f02.wav"));
        screen.type_keys(keys);
        screen.wait_for_end();
        figures::count("crashes at write points", 1);
        let typed = keys.replace("<enter>", "");
        let labels = desk.labeler.json(&["list", "calls", "--tab", "labeled"]);
        let labeled = labels.iter().any(|line| line["content"] == typed.as_str());
        assert_eq!(labeled, keys.ends_with("<enter>"), "{point}: {labels:#?}");
        if labeled {
            continue;
        }
        let screen = desk.labeler.launch().start();
        screen.wait_for_text("Unlabeled");
        screen.type_keys("1g");
        screen.wait_for("a file", |view| open_file(view).as_deref() == Some("f02.wav"));
        screen.type_keys("<enter>");
        screen.wait_for("the draft", |view| {
            let text = box_text(view);
            !text.is_empty() && typed.starts_with(&text)
        });
        screen.type_keys("<c-q>");
        assert!(screen.wait_for_end().success());
    }
}

/// Where a write point is killed at.
enum By {
    /// A job above: its run is held to passing the point.
    Job(&'static Job),
    /// [`of_a_draft`].
    Draft,
    /// A test elsewhere.
    Test { file: &'static str, name: &'static str },
    /// Nowhere, and why that is right.
    Nobody(&'static str),
}

const COPY: By = By::Test {
    file: "tests/cli/keeping.rs",
    name: "the_days_copy_and_a_salvage_are_whole_or_made_anew",
};
const PUT_BACK: By = By::Test {
    file: "tests/cli/keeping.rs",
    name: "a_copy_put_back_is_whole_wherever_it_is_cut_short",
};
const EXITS: &str = "tests/reliability/soak/exits.rs";

/// Every write point. A new one gets its line here, and a job that passes it.
const TRIED: &[(&str, By)] = &[
    (
        "objects.cache.written",
        By::Test {
            file: "src/objects/cache/tests.rs",
            name: "what_a_dead_process_left_goes_and_what_a_living_one_writes_stays",
        },
    ),
    ("objects.folder.deleted", By::Job(&DELETE)),
    ("objects.folder.deleting", By::Job(&DELETE)),
    ("objects.folder.named", By::Job(&SYNC)),
    ("objects.folder.written", By::Job(&SYNC)),
    (
        "objects.inventory.fetched",
        By::Nobody(
            "nothing is written by then but a file without a name, which goes with the program",
        ),
    ),
    ("ops.export.written", By::Job(&EXPORT)),
    ("ops.known.named", By::Job(&SYNC)),
    ("ops.known.written", By::Job(&SYNC)),
    (
        "screen.label.begun",
        By::Test {
            file: EXITS,
            name: "a_panic_in_a_thread_ends_the_program_in_good_order_and_loses_no_text",
        },
    ),
    (
        "screen.loop.resized",
        By::Test { file: EXITS, name: "a_panic_in_the_loop_gives_the_terminal_back_and_is_told" },
    ),
    ("workspace.apply.committed", By::Job(&SYNC)),
    ("workspace.apply.written", By::Job(&SYNC)),
    ("workspace.backup.written", By::Job(&BACKUP)),
    ("workspace.change.committed", By::Job(&LABEL)),
    ("workspace.change.written", By::Job(&LABEL)),
    ("workspace.copy.half-named", COPY),
    ("workspace.copy.named", COPY),
    ("workspace.copy.written", COPY),
    ("workspace.draft.removing", By::Draft),
    ("workspace.draft.saved", By::Draft),
    ("workspace.import.written", By::Job(&IMPORT)),
    ("workspace.moves.written", By::Job(&SYNC)),
    ("workspace.put-back.cleared", PUT_BACK),
    ("workspace.put-back.kept", PUT_BACK),
    ("workspace.put-back.placed", PUT_BACK),
    ("workspace.salvage.half-named", COPY),
    ("workspace.salvage.written", COPY),
    ("workspace.staging.written", By::Job(&SYNC)),
];

#[test]
fn no_write_point_is_left_out() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = points_below(&here.join("src"));
    let tried: BTreeSet<String> = TRIED.iter().map(|(point, _)| (*point).to_owned()).collect();
    assert_eq!(written, tried, "a write point without a line in TRIED, or a line without a point");
    for (point, by) in TRIED {
        match by {
            By::Test { file, name } => {
                let text = fs::read_to_string(here.join(file)).expect("a file of tests");
                assert!(text.contains(&format!("fn {name}()")), "{point}: no {name} in {file}");
            }
            By::Nobody(why) => assert!(!why.is_empty(), "{point}"),
            By::Job(_) | By::Draft => {}
        }
    }
}

fn points_below(folder: &Path) -> BTreeSet<String> {
    let paths = fs::read_dir(folder).expect("sources").flatten().map(|entry| entry.path());
    let mut points = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            points.extend(points_below(&path));
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let named = text.split("crash::point(\"").skip(1);
        points.extend(named.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    points
}

/// What can be told of a home: the samples, the files of the source, and the versions.
#[derive(Debug, Clone, PartialEq)]
struct State {
    samples: BTreeMap<String, (Value, Value)>,
    files: BTreeSet<String>,
}

fn crashed(job: &Job) {
    crashed_at(&Desk::new(), job);
}

fn crashed_at(desk: &Desk, job: &Job) {
    let before = desk.state();
    // Looking alone may have written something.
    desk.back_to_the_start();
    let points = desk.points_of(job);
    let after = desk.state();
    desk.labeler.run(&["sync", "calls"]);
    let end = desk.state();
    assert!(!points.is_empty(), "it writes nothing");
    for (point, by) in TRIED {
        let told = matches!(by, By::Job(tried) if *tried == job);
        assert!(!told || points.contains_key(*point), "{:?} does not pass {point}", job.args);
    }
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
            Desk::still_has(&before, &now, &where_);
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
        let many = format!("key,content\n{}", many.replace('\t', ","));
        fs::write(home.join("many.csv"), many).expect("a file of labels");
        labeler.run(&["label", "calls", "f00.wav", "--content", "zero"]);
        labeler.run(&["sync", "calls"]);
        labeler.run(&["label", "calls", "f01.wav", "--content", "one"]);
        fs::rename(home.join("calls/f00.wav"), home.join("calls/g00.wav")).expect("moved");
        // The kept copy lies outside: what a home holds is put back whole.
        let kept = home.with_extension("kept");
        let desk = Self { labeler, kept };
        desk.keep();
        desk
    }

    /// From now on the start is what is there now.
    fn keep(&self) {
        let _ = fs::remove_dir_all(&self.kept);
        copy(&self.labeler.home.join(""), &self.kept);
        self.back_to_the_start();
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
    fn still_has(before: &State, now: &State, where_: &str) {
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

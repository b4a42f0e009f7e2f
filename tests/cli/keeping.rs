//! `backup`, `put-back`, `salvage`, and what `doctor` says of the file: a workspace that is damaged, deleted, or lies
//! where none should.

use crate::figures;
use crate::program::{Program, fails_with, stderr, stdout, write};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A program with so many labels, `label 0`, `label 1`, …, in the order of the names.
fn labeled(count: usize) -> Program {
    let program = Program::with(count);
    label_all(&program);
    program
}

fn label_all(program: &Program) {
    for (n, name) in program.names().iter().enumerate() {
        program.run(["label", "calls", name, "--content", &format!("label {n}")]).success();
    }
}

fn labels(program: &Program) -> Vec<String> {
    let rows = program.lines(["list", "calls", "--tab", "labeled"]);
    rows.iter().map(|row| row["content"].as_str().unwrap().to_owned()).collect()
}

fn check<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    checks
        .iter()
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("{name}: {checks:?}"))
}

/// What `doctor` found, whatever it ended with.
fn doctor(program: &Program) -> Vec<Value> {
    let output = program.command(["doctor", "calls", "--no-tone", "--json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Overwrites the page that a query finds.
fn damage(workspace: &Path, page: &str) {
    let connection = rusqlite::Connection::open(workspace).unwrap();
    let number: i64 = connection.query_row(page, [], |row| row.get(0)).unwrap();
    drop(connection);
    let mut bytes = fs::read(workspace).unwrap();
    let at = (number as usize - 1) * 4096;
    bytes[at..at + 4096].fill(0xA5);
    fs::write(workspace, bytes).unwrap();
}

#[test]
fn a_sync_makes_one_copy_a_day_and_the_setting_says_how_many_are_kept() {
    let program = labeled(2);
    let copies = || program.lines(["put-back", "calls"]);
    assert_eq!(copies().len(), 0, "of the first sync, when there was nothing to be kept");
    program.run(["sync", "calls"]).success();
    assert_eq!(copies().len(), 1);
    program.run(["sync", "calls"]).success();
    assert_eq!(copies().len(), 1);
    let folder = beside(&program.workspace(), "-copies");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let copy = PathBuf::from(copies()[0]["copy"].as_str().unwrap());
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    for day in ["2001-01-01", "2001-01-02", "2001-01-03"] {
        fs::rename(&copy, folder.join(format!("{day}.earmark"))).unwrap();
        program.run(["sync", "calls", "--set", "workspace.keep_copies=3"]).success();
    }
    let names: Vec<Value> = copies().iter().map(|copy| copy["name"].clone()).collect();
    assert_eq!(
        (names.len(), &names[1], &names[2]),
        (3, &json!("2001-01-03"), &json!("2001-01-02"))
    );
    fs::remove_file(&copy).unwrap();
    program.run(["sync", "calls", "--set", "workspace.keep_copies=0"]).success();
    assert_eq!(copies().len(), 2);
}

#[test]
fn what_is_put_back_gets_what_was_shared_since_with_the_next_sync() {
    let program = Program::fresh(3);
    program.run(["sync", "calls", "--output", "shared"]).success();
    let names = program.names();
    program.run(["label", "calls", &names[0], "--content", "before"]).success();
    program.run(["backup", "calls", "copy.earmark"]).success();
    program.run(["label", "calls", &names[1], "--content", "since"]).success();
    program.run(["label", "calls", &names[0], "--content", "mended"]).success();
    program.run(["sync", "calls"]).success();
    program.run(["put-back", "calls", "copy.earmark"]).success();
    assert_eq!(labels(&program), ["before"]);
    program.run(["sync", "calls"]).success();
    assert_eq!(labels(&program), ["mended", "since"]);
    // It goes on under another name: nothing that was shared is overwritten, a third machine reads all of it.
    program.run(["label", "calls", &names[2], "--content", "new"]).success();
    program.run(["sync", "calls"]).success();
    let writers = fs::read_dir(program.home.join("shared/labels")).unwrap().count();
    assert_eq!(writers, 2);
    let other = Program::fresh(0);
    let shared = program.home.join("shared");
    other.run(["sync", shared.to_str().unwrap(), "--no-probe"]).success();
    let rows = other.lines(["list", shared.to_str().unwrap(), "--tab", "labeled"]);
    let contents: Vec<&Value> = rows.iter().map(|row| &row["content"]).collect();
    assert_eq!(contents, ["mended", "since", "new"]);
    let found = doctor(&program);
    assert_eq!(check(&found, "workspace file")["verdict"], "ok");
}

#[test]
fn a_workspace_that_was_deleted_is_put_back_by_its_day() {
    let program = labeled(2);
    program.run(["sync", "calls"]).success();
    let workspace = program.workspace();
    let day = program.lines(["put-back", "calls"])[0]["name"].as_str().unwrap().to_owned();
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(&workspace, ending));
    }
    // Nothing begins anew in silence.
    for command in ["sync", "status", "init"] {
        fails_with(program.run([command, "calls"]), 1, "is gone", &day);
    }
    assert_eq!(check(&doctor(&program), "copies")["verdict"], "ok");
    assert!(!workspace.exists());
    fails_with(program.run(["put-back", "calls", "1999-01-01"]), 1, "no copy 1999-01-01", &day);
    program.run(["put-back", "calls", &day]).success();
    assert_eq!(labels(&program), ["label 0", "label 1"]);
    write(&program.home.join("notes.txt"), "no workspace");
    fails_with(program.run(["put-back", "calls", "notes.txt"]), 1, "not an earmark workspace", "");
}

#[test]
fn a_damaged_page_is_found_salvaged_and_put_back() {
    let program = labeled(4);
    program.run(["sync", "calls"]).success();
    let workspace = program.workspace();
    // The names by which samples are found: their rows are whole.
    damage(&workspace, "SELECT rootpage FROM sqlite_schema WHERE name = 'sample_name'");
    let broken = fs::read(&workspace).unwrap();
    let found = doctor(&program);
    let file = check(&found, "workspace file");
    assert_eq!(file["verdict"], "fail", "{file}");
    assert!(file["next"].as_str().unwrap().contains("earmark salvage"), "{file}");
    assert_eq!(check(&found, "copies")["verdict"], "ok");
    // A command that meets the damage says so, too.
    let outcome = program.run(["list", "calls", "--tab", "labeled"]);
    fails_with(outcome, 1, "damaged", "earmark doctor");

    let (said, code) = program.json(["salvage", "calls", "--to", "new.earmark"]);
    assert_eq!((code, &said["revisions"], &said["lost"]), (0, &json!(4), &json!(0)), "{said}");
    assert_eq!(fs::read(&workspace).unwrap(), broken, "it was touched");
    fails_with(program.run(["salvage", "calls", "--to", "new.earmark"]), 1, "exists", "");
    let put = program.run(["put-back", "calls", "new.earmark"]).success();
    let kept = stdout(&put);
    assert!(kept.contains("aside-"), "{kept}");
    assert_eq!(labels(&program), ["label 0", "label 1", "label 2", "label 3"]);
    program.run(["sync", "calls"]).success();
    assert_eq!(labels(&program).len(), 4);
    assert_eq!(check(&doctor(&program), "workspace file")["verdict"], "ok");
    let undone = program.run(["undo", "calls"]).success();
    assert_eq!(labels(&program).len(), 3, "{}", stdout(&undone));
}

/// The same numbers for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// The pages of a table that hold rows.
fn leaves(workspace: &Path, table: &str) -> Vec<usize> {
    let connection = rusqlite::Connection::open(workspace).unwrap();
    let sql = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'";
    let mut sql = connection.prepare(sql).unwrap();
    let rows = sql.query_map([table], |row| row.get::<_, i64>(0)).unwrap();
    rows.map(|number| number.unwrap() as usize).collect()
}

#[test]
fn pages_damaged_at_random_cost_no_label_but_their_own() {
    use earmark::workspace::{Identity, Listed, Reader, Writer};
    let program = Program::with(1);
    let workspace = program.workspace();
    let me = || Identity::new("tester");
    let text = |n: usize| {
        format!("label {n:04} of many, which is as long as people speak: {}", "so ".repeat(n % 90))
    };
    let mut writer = Writer::open(&workspace, me()).unwrap();
    let listed: Vec<Listed> = (0..800)
        .map(|n| Listed {
            key: format!("{n:04}.wav").as_str().into(),
            size: 1,
            etag: "e".into(),
            modified: None,
        })
        .collect();
    let now = "2026-03-01T00:00:00Z".parse().unwrap();
    writer.apply_early(&listed, now).unwrap();
    let labels = listed.iter().enumerate().map(|(n, listed)| (listed.key.clone(), text(n)));
    writer.label_many(labels, &earmark::domain::How::Typed, now).unwrap();
    drop(writer);
    assert!(!beside(&workspace, "-wal").exists(), "all is in the file");
    let whole = fs::read(&workspace).unwrap();
    let (count, leaves) = (whole.len() / 4096, leaves(&workspace, "revision"));
    let all: BTreeSet<String> = (0..800).map(text).collect();
    let first = std::env::var("SALVAGE_SEED").map_or(1, |seed| seed.parse().unwrap());
    for seed in first..first + figures::times(6, 300) {
        let mut dice = Dice(seed);
        let hits = [1, 5, count / 4, count * 3 / 4][dice.below(4)];
        let hit: Vec<usize> = (0..hits).map(|_| 1 + dice.below(count)).collect();
        let mut bytes = whole.clone();
        for number in &hit {
            let page = &mut bytes[(number - 1) * 4096..number * 4096];
            page.fill_with(|| dice.below(256) as u8);
        }
        fs::write(program.home.join("damaged.earmark"), &bytes).unwrap();
        let to = format!("new-{seed}.earmark");
        let args = ["salvage", "calls", "--workspace", "damaged.earmark", "--to", &to];
        let output = program.command(args).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 3)), "seed {seed}: {output:?}");
        let mut found = BTreeSet::new();
        let reader = Reader::open(&program.home.join(&to), me()).unwrap();
        reader
            .revisions(&mut |_, revision| {
                if let Some(earmark::domain::ContentChange::Set(text)) = &revision.change.content {
                    found.insert(text.clone());
                }
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        let readable = leaves.iter().filter(|number| !hit.contains(number));
        let readable: Vec<u8> = readable
            .flat_map(|number| whole[(number - 1) * 4096..number * 4096].to_vec())
            .collect();
        let readable = String::from_utf8_lossy(&readable);
        let kept: Vec<&String> = all.iter().filter(|text| readable.contains(&text[..11])).collect();
        let lost = kept.iter().filter(|text| !found.contains(text.as_str())).count();
        figures::count("pages damaged", hit.len() as u64);
        figures::count("labels checked", kept.len() as u64);
        figures::count("labels lost", lost as u64);
        assert_eq!(lost, 0, "seed {seed}, of {}", kept.len());
        assert!(found.is_subset(&all), "seed {seed}: what never was");
        fs::remove_file(program.home.join(&to)).unwrap();
    }
}

#[test]
fn what_salvage_cannot_read_is_counted_and_named_by_its_exit() {
    let program = labeled(4);
    // The only page of revisions: all that is left of them is the index.
    damage(&program.workspace(), "SELECT rootpage FROM sqlite_schema WHERE name = 'revision'");
    let (said, code) = program.json(["salvage", "calls", "--to", "new.earmark"]);
    assert_eq!((code, &said["revisions"], &said["lost"]), (3, &json!(0), &json!(4)), "{said}");
    assert_eq!(said["samples"], json!(4));
    fs::write(program.workspace(), vec![0; 100_000]).unwrap();
    fails_with(
        program.run(["salvage", "calls", "--to", "no.earmark"]),
        1,
        "nothing in",
        "put-back",
    );
    assert!(!program.home.join("no.earmark").exists());
}

#[test]
fn counts_that_are_wrong_are_found() {
    let program = labeled(2);
    let connection = rusqlite::Connection::open(program.workspace()).unwrap();
    connection.execute_batch("UPDATE tally SET samples = samples + 1 WHERE what = 1").unwrap();
    let found = doctor(&program);
    let file = check(&found, "workspace file");
    assert_eq!(file["verdict"], "fail");
    assert!(file["detail"].as_str().unwrap().contains("count"), "{file}");
    let (_, code) = program.json(["salvage", "calls", "--to", "new.earmark"]);
    assert_eq!(code, 0);
    program.run(["put-back", "calls", "new.earmark"]).success();
    assert_eq!((program.count("labeled"), labels(&program).len()), (2, 2));
}

/// Runs a command where `/` is said to be of that kind; `None` where no mount namespace may be had.
fn on(program: &Program, kind: &str, args: &str) -> Option<(String, String)> {
    let mounts = program.home.join("mounts");
    write(&mounts, format!("22 1 0:20 / / rw shared:1 - {kind} server:/ rw\n"));
    let script = format!(
        "mount -t tmpfs none /proc && mkdir /proc/self && cp \"$MOUNTS\" /proc/self/mountinfo && exec \"$EARMARK\" {args}"
    );
    let may = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/proc"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !may {
        return None;
    }
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .env_clear()
        .envs(program.home.environment())
        .env("MOUNTS", &mounts)
        .env("EARMARK", env!("CARGO_BIN_EXE_earmark"))
        .current_dir(program.home.join(""))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(&output.stdout), text(&output.stderr)))
}

#[test]
fn a_workspace_on_a_network_file_system_is_warned_of() {
    let program = labeled(1);
    let Some((stdout, stderr)) = on(&program, "nfs4", "status calls") else {
        figures::count("skipped: a network file system (no mount namespaces here)", 1);
        return;
    };
    assert!(stdout.contains("labeled"), "{stdout}{stderr}");
    assert!(stderr.contains("warning: ") && stderr.contains("(nfs4)"), "{stderr}");
    assert!(stderr.contains("hint: ") && stderr.contains("--workspace"), "{stderr}");
    let (stdout, _) = on(&program, "fuse.sshfs", "doctor calls --no-tone").unwrap();
    assert!(stdout.contains("warn  file system") && stdout.contains("fuse.sshfs"), "{stdout}");
    let (_, stderr) = on(&program, "ext4", "status calls").unwrap();
    assert_eq!(stderr, "");
}

#[test]
fn nothing_is_put_in_the_place_of_a_workspace_that_is_open() {
    let program = labeled(1);
    program.run(["backup", "calls", "copy.earmark"]).success();
    let identity = earmark::workspace::Identity::new("somebody");
    let open = earmark::workspace::Writer::open(&program.workspace(), identity).unwrap();
    let refused = program.run(["put-back", "calls", "copy.earmark"]);
    fails_with(refused, 1, "another earmark works in", "quit the others");
    drop(open);
    let put = program.run(["put-back", "calls", "copy.earmark"]).success();
    assert!(stderr(&put).contains("earmark sync calls"));
}

/// The write points that a command passes, of those that begin so.
#[cfg(feature = "crash-points")]
fn points(program: &Program, args: &[&str], beginning: &str) -> BTreeSet<String> {
    let list = program.home.join("points");
    let _ = fs::remove_file(&list);
    program.command(args).env("EARMARK_CRASH_LIST", &list).assert().success();
    let passed = fs::read_to_string(list).unwrap();
    passed.lines().filter(|name| name.starts_with(beginning)).map(str::to_owned).collect()
}

#[cfg(feature = "crash-points")]
fn crashes(program: &Program, args: &[&str], point: &str) {
    let output = program.command(args).env("EARMARK_CRASH", point).output().unwrap();
    assert_eq!(output.status.code(), None, "{point}: it was not killed: {output:?}");
    figures::count("crashes at write points", 1);
}

#[cfg(feature = "crash-points")]
#[test]
fn a_copy_put_back_is_whole_wherever_it_is_cut_short() {
    let program = labeled(2);
    let name = &program.names()[0];
    let args = ["put-back", "calls", "copy.earmark"];
    program.run(["backup", "calls", "copy.earmark"]).success();
    let points = points(&program, &args, "workspace.put-back.");
    assert!(points.len() >= 3, "{points:?}");
    for point in &points {
        program.run(["label", "calls", name, "--content", point]).success();
        crashes(&program, &args, point);
        let now = labels(&program);
        let (then, since) = (["label 0", "label 1"], [point.as_str(), "label 1"]);
        assert!(now == then || now == since, "{point}: {now:?}");
        assert_eq!(check(&doctor(&program), "workspace file")["verdict"], "ok", "{point}");
        program.run(args).success();
        assert_eq!(labels(&program), then, "{point}");
        // What was there is there still, in one of the files that were kept.
        let folder = fs::read_dir(program.workspace().parent().unwrap()).unwrap().flatten();
        let kept = folder.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.contains(".aside-")
                && !name.ends_with("-wal")
                && !name.ends_with("-shm")
                && !name.ends_with("-live")
        });
        let holds = kept.into_iter().any(|path| {
            let rows = program.lines([
                "list",
                "calls",
                "--tab",
                "labeled",
                "--workspace",
                path.to_str().unwrap(),
            ]);
            rows.iter().any(|row| row["content"] == point.as_str())
        });
        figures::count("labels checked", 1);
        figures::count("labels lost", u64::from(!holds));
        assert!(holds, "{point}: the label that stood there is lost");
    }
}

#[cfg(feature = "crash-points")]
#[test]
fn the_days_copy_and_a_salvage_are_whole_or_made_anew() {
    let program = labeled(2);
    let copies = || program.lines(["put-back", "calls"]);
    let folder = beside(&program.workspace(), "-copies");
    let passed = points(&program, &["sync", "calls"], "workspace.copy.");
    assert!(passed.len() >= 3, "{passed:?}");
    for point in &passed {
        fs::remove_dir_all(&folder).unwrap();
        crashes(&program, &["sync", "calls"], point);
        program.run(["sync", "calls"]).success();
        assert_eq!(copies().len(), 1, "{point}");
        let copy = copies()[0]["copy"].as_str().unwrap().to_owned();
        let rows = program.lines(["list", "calls", "--tab", "labeled", "--workspace", &copy]);
        assert_eq!(rows.len(), 2, "{point}");
        let parts = fs::read_dir(&folder).unwrap().flatten();
        assert_eq!(parts.filter(|e| e.file_name().to_string_lossy().contains(".part")).count(), 0);
    }
    let salvage = |to: &str| ["salvage", "calls", "--to", to].map(str::to_owned);
    let first = salvage("a.earmark");
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    for (n, point) in points(&program, &first, "workspace.salvage.").iter().enumerate() {
        let args = salvage(&format!("b{n}.earmark"));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        crashes(&program, &args, point);
        assert!(!program.home.join(args[3]).exists(), "{point}: half of it has the name");
        program.run(&args).success();
    }
}

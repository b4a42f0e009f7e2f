//! Copies: one moment of a workspace that others change, kept for so many days, put back whole.

use super::*;
use crate::workspace::drafts::file_of;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn names(workspace: &Path) -> Vec<String> {
    copies(workspace).unwrap().into_iter().map(|copy| copy.name).collect()
}

fn go_on(_: std::time::Duration) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A drafts file with one draft of a person who is gone.
fn with_draft(desk: &Desk, text: &str) {
    let bob = Identity::new("bob");
    let mut drafts = Drafts::open(&desk.path(), bob.clone()).unwrap();
    let draft = Draft {
        key: "a".into(),
        author: "bob".into(),
        instance: bob.instance,
        text: text.into(),
        cursor: 0,
        heads: Vec::new(),
        at: desk.now(),
    };
    drafts.save(&draft).unwrap();
}

fn draft_in(workspace: &Path) -> Option<String> {
    let mut drafts = Drafts::open(workspace, Identity::new("bob")).unwrap();
    drafts.load(&"a".into()).unwrap().map(|draft| draft.text)
}

#[test]
fn a_copy_is_one_moment_though_others_write_between_its_steps() {
    let keys: Vec<String> = (0..40).map(|n| format!("{n:03}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut desk = Desk::new(&keys);
    // Some six megabytes: more than one step.
    let long = "what is said and said again ".repeat(6_000);
    let labels: Vec<_> = keys.iter().map(|key| ((*key).into(), long.clone())).collect();
    let now = desk.now();
    desk.writer.label_many(labels, &How::Typed, now).unwrap();
    let before = desk.reader.counts().unwrap();
    let mut other = desk.neighbour("bob");
    let all = Target::Samples(keys.iter().map(|key| desk.id(key)).collect());
    let mut steps = 0;
    let path = desk.path();
    let copy = daily_copy(&path, "2026-03-01", 7, &mut |_| {
        steps += 1;
        other.act(&Deed::Label(format!("all of them, {steps}")), &all, desk.now()).unwrap();
        ControlFlow::Continue(())
    });
    let copy = copy.unwrap().unwrap();
    assert!(steps >= 1, "nothing was written between");
    assert_eq!(examine(&copy).unwrap(), Vec::<String>::new());
    let reader = Reader::open(&copy, Identity::new("ann")).unwrap();
    assert_eq!(reader.counts().unwrap(), before);
    for key in &keys {
        let id = reader.find(&(*key).into()).unwrap().unwrap();
        assert_eq!(reader.detail(id).unwrap().unwrap().content.as_deref(), Some(long.as_str()));
    }
    assert_eq!(desk.content("000").unwrap(), format!("all of them, {steps}"));
}

#[test]
fn the_newest_days_are_kept_with_their_drafts_and_nobody_else_may_read_them() {
    let desk = Desk::new(&["a"]);
    with_draft(&desk, "half");
    let path = desk.path();
    for day in ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"] {
        assert!(daily_copy(&path, day, 3, &mut go_on).unwrap().is_some());
        assert!(daily_copy(&path, day, 3, &mut go_on).unwrap().is_none(), "twice a day");
    }
    assert_eq!(names(&path), ["2026-03-02", "2026-03-01", "2026-02-28"]);
    // A clock that was set back makes its own, and lets go of nothing but the oldest.
    assert!(daily_copy(&path, "2026-02-26", 4, &mut go_on).unwrap().is_some());
    assert_eq!(names(&path), ["2026-03-02", "2026-03-01", "2026-02-28", "2026-02-26"]);
    assert!(daily_copy(&path, "2026-03-03", 0, &mut go_on).unwrap().is_none());
    assert!(daily_copy(&path, "../../x", 9, &mut go_on).unwrap().is_none());
    let folder = file::beside(&path, "-copies");
    let mut files = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        files += 1;
    }
    assert_eq!(files, 4 * 2 + 1, "copies, their drafts, the lock");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(draft_in(&copies(&path).unwrap()[0].path).as_deref(), Some("half"));
}

#[test]
fn what_a_listing_brings_again_uses_up_no_days_copy() {
    let mut desk = Desk::new(&["a"]);
    let path = desk.path();
    assert_eq!(daily_copy(&path, "2026-03-01", 7, &mut go_on).unwrap(), None);
    desk.label("a", "hello");
    assert!(daily_copy(&path, "2026-03-01", 7, &mut go_on).unwrap().is_some());
    let desk = Desk::new(&["a"]);
    with_draft(&desk, "half");
    assert!(daily_copy(&desk.path(), "2026-03-01", 7, &mut go_on).unwrap().is_some());
}

#[test]
fn a_copy_that_is_given_up_leaves_nothing_and_is_made_later() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", &"long ".repeat(1 << 20));
    let path = desk.path();
    let given_up = daily_copy(&path, "2026-03-01", 7, &mut |_| ControlFlow::Break(()));
    assert_eq!(given_up.unwrap(), None);
    let left = fs::read_dir(file::beside(&path, "-copies")).unwrap().count();
    assert_eq!((left, names(&path)), (1, Vec::new()), "the lock alone");
    // As a process leaves it that was killed.
    let part = file::beside(&path, "-copies").join("2026-03-01.earmark.part");
    fs::write(&part, "x").unwrap();
    assert!(daily_copy(&path, "2026-03-01", 7, &mut go_on).unwrap().is_some());
    assert!(!part.exists());
}

#[test]
fn a_damaged_workspace_takes_no_good_copys_place() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "hello");
    let path = desk.path();
    daily_copy(&path, "2026-03-01", 1, &mut go_on).unwrap().unwrap();
    desk.label("b", &"x".repeat(40_000));
    let Desk { folder, writer, reader, .. } = desk;
    drop(reader);
    drop(writer);
    let mut bytes = fs::read(&path).unwrap();
    // The root of the revisions.
    let connection = rusqlite::Connection::open(&path).unwrap();
    let root: i64 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'revision'", [], |row| {
            row.get(0)
        })
        .unwrap();
    drop(connection);
    let at = (root as usize - 1) * 4096;
    bytes[at..at + 4096].fill(0xA5);
    fs::write(&path, &bytes).unwrap();
    let error = daily_copy(&path, "2026-03-02", 1, &mut go_on).unwrap_err();
    assert!(
        matches!(&error, WorkspaceError::Corrupt { copy: Some(copy), .. } if copy.ends_with("2026-03-01.earmark")),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("earmark salvage"));
    assert_eq!(names(&path), ["2026-03-01"]);
    assert!(!examine(&path).unwrap().is_empty());
    assert_eq!(fs::read(&path).unwrap(), bytes, "it was touched");
    drop(folder);
}

#[test]
fn what_is_put_back_is_the_copy_and_what_was_there_is_kept_whole() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "first");
    with_draft(&desk, "of then");
    let path = desk.path();
    let copy = daily_copy(&path, "2026-03-01", 7, &mut go_on).unwrap().unwrap();
    desk.label("a", "second");
    with_draft(&desk, "of now");
    let refused = put_back(&path, &copy, Some("/data/calls"), "1");
    assert!(matches!(refused, Err(WorkspaceError::InUse(_))), "{refused:?}");
    let first = desk.writer.writer_id();
    let Desk { folder, writer, reader, .. } = desk;
    drop((reader, writer));
    // As after a crash: the newest label is in the log alone.
    let crashed = rusqlite::Connection::open(&path).unwrap();
    crashed
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    crashed.execute_batch("INSERT INTO meta VALUES ('in the log', 'yes')").unwrap();
    drop(crashed);
    assert!(file::beside(&path, "-wal").exists());
    let other = put_back(&path, &copy, Some("/data/others"), "1");
    assert!(matches!(other, Err(WorkspaceError::OtherDataset { .. })), "{other:?}");

    let kept = put_back(&path, &copy, Some("/data/calls"), "1").unwrap().unwrap();
    let now = Writer::open(&path, Identity::new("ann")).unwrap();
    assert_ne!(now.writer_id(), first);
    let reader = Reader::open(&path, Identity::new("ann")).unwrap();
    let content = |reader: &Reader| {
        let id = reader.find(&"a".into()).unwrap().unwrap();
        reader.detail(id).unwrap().unwrap().content
    };
    assert_eq!(content(&reader).as_deref(), Some("first"));
    assert_eq!(examine(&path).unwrap(), Vec::<String>::new());
    assert_eq!(draft_in(&path).as_deref(), Some("of now"), "drafts that are sound stay");
    let old = Reader::open(&kept, Identity::new("ann")).unwrap();
    assert_eq!(content(&old).as_deref(), Some("second"));
    let in_log: String = rusqlite::Connection::open(&kept)
        .unwrap()
        .query_row("SELECT value FROM meta WHERE name = 'in the log'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(in_log, "yes");
    drop((now, reader, old));

    // Gone, and its drafts unreadable: both come from the copy.
    fs::remove_file(&path).unwrap();
    fs::write(file_of(&path), "no drafts file").unwrap();
    assert_eq!(put_back(&path, &copy, None, "2").unwrap(), None);
    assert_eq!(draft_in(&path).as_deref(), Some("of then"));
    drop(folder);
}

#[test]
fn a_file_that_a_newer_earmark_migrates_is_written_to_no_more() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "before");
    let connection = rusqlite::Connection::open(desk.path()).unwrap();
    connection.pragma_update(None, "user_version", migrate::newest() + 1).unwrap();
    let request = LabelRequest {
        sample: desk.id("a"),
        content: "after".into(),
        how: How::Typed,
        based_on: None,
    };
    let now = desk.now();
    let error = desk.writer.label(&request, now).unwrap_err();
    assert!(matches!(error, WorkspaceError::Newer { .. }), "{error:?}");
    let import = ImportItem::label("a".into(), "after".into(), "labels.manifest", "e1");
    let refused = desk.writer.import([import], false, now);
    assert!(matches!(refused, Err(WorkspaceError::Newer { .. })));
    let staging = desk.staged(&files(&["a", "b"]));
    assert!(matches!(desk.writer.begin_apply(&staging, now), Err(WorkspaceError::Newer { .. })));
    let revisions: i64 =
        connection.query_row("SELECT count(*) FROM revision", [], |row| row.get(0)).unwrap();
    assert_eq!(revisions, 1);
}

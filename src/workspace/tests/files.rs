//! Workspace files: what is refused, what is kept, what is private, what a copy becomes.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_and_folders_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/deep/w.earmark");
    let writer = Writer::create(&path, &dataset(), Identity::new("ann")).unwrap();
    let drafts = Drafts::open(&path, Identity::new("ann")).unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    drop((writer, drafts));
    assert!(matches!(
        Writer::create(&path, &dataset(), Identity::new("a")),
        Err(WorkspaceError::Exists(_))
    ));
}

#[test]
fn what_is_none_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let open = || Writer::open(&path, Identity::new("ann")).map(drop);
    assert!(matches!(open(), Err(WorkspaceError::NotFound(_))));
    fs::write(&path, "hello").unwrap();
    assert!(matches!(open(), Err(WorkspaceError::NotAWorkspace(_))));
    fs::write(&path, "").unwrap();
    assert!(matches!(open(), Err(WorkspaceError::NotAWorkspace(_))));
    fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(open(), Err(WorkspaceError::NotAWorkspace(_))));
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let desk = Desk::new(&["a"]);
    let path = desk.path();
    drop(desk.writer);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Writer::open(&path, Identity::new("ann")).unwrap_err();
    assert!(matches!(error, WorkspaceError::Newer { version: 99, .. }));
    assert!(error.hint().unwrap().contains("update earmark"));
    assert!(matches!(Reader::open(&path, Identity::new("ann")), Err(WorkspaceError::Newer { .. })));
}

#[test]
fn a_damaged_file_is_kept_and_the_last_copy_named() {
    let desk = Desk::new(&["a"]);
    let path = desk.path();
    let Desk { folder, writer, reader, .. } = desk;
    writer.backup(&folder.path().join("calls.earmark.before-0002")).unwrap();
    // The last one to leave must be able to write, so that all is in the file itself.
    drop(reader);
    drop(writer);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..4096].fill(0x55);
    fs::write(&path, &bytes).unwrap();
    let error = Writer::open(&path, Identity::new("ann")).unwrap_err();
    assert!(matches!(&error, WorkspaceError::Corrupt { copy: Some(_), .. }), "{error:?}");
    assert!(error.hint().unwrap().contains(".before-0002"));
    bytes[..16].fill(0);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(
        Reader::open(&path, Identity::new("ann")),
        Err(WorkspaceError::Corrupt { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_migration_copies_first_and_runs_once() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "hello");
    let path = desk.path();
    let next = migrate::newest() + 1;
    let steps = [migrate::ALL, &["ALTER TABLE sample ADD COLUMN extra TEXT"]].concat();
    let mut connection = rusqlite::Connection::open(&path).unwrap();
    migrate::run(&mut connection, &path, &steps).unwrap();
    migrate::run(&mut connection, &path, &steps).unwrap();
    let refused = Writer::open(&path, Identity::new("ann"));
    assert!(matches!(refused, Err(WorkspaceError::Newer { version, .. }) if version == next));
    let copy = file::beside(&path, &format!(".before-{next:04}"));
    assert_eq!(mode(&copy), 0o600);
    let reader = Reader::open(&copy, Identity::new("ann")).unwrap();
    assert_eq!(reader.counts().unwrap().labeled, 1);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let desk = Desk::new(&["a"]);
    let steps = [migrate::ALL, &["DROP TABLE journal; SELECT nonsense FROM nowhere"]].concat();
    let mut connection = rusqlite::Connection::open(desk.path()).unwrap();
    assert!(migrate::run(&mut connection, &desk.path(), &steps).is_err());
    connection.query_row("SELECT count(*) FROM journal", [], |_| Ok(())).unwrap();
    desk.neighbour("ann");
}

#[test]
fn a_copy_becomes_a_writer_of_its_own_and_a_moved_file_does_not() {
    let desk = Desk::new(&["a"]);
    let first = desk.writer.writer_id();
    assert_eq!(desk.neighbour("bob").writer_id(), first);
    let copy = desk.folder.path().join("copy");
    desk.writer.backup(&copy).unwrap();
    assert!(matches!(desk.writer.backup(&copy), Err(WorkspaceError::Exists(_))));
    let second = Writer::open(&copy, Identity::new("ann")).unwrap().writer_id();
    assert_ne!(second, first);
    let moved = desk.folder.path().join("moved");
    fs::rename(&copy, &moved).unwrap();
    assert_eq!(Writer::open(&moved, Identity::new("ann")).unwrap().writer_id(), second);
}

#[test]
fn what_is_remembered_is_each_persons_own() {
    let mut desk = Desk::new(&["a"]);
    desk.writer.remember("place", "{}").unwrap();
    assert_eq!(desk.reader.recall("place").unwrap().as_deref(), Some("{}"));
    let bob = Reader::open(&desk.path(), Identity::new("bob")).unwrap();
    assert_eq!(bob.recall("place").unwrap(), None);
    desk.writer.rename("better").unwrap();
    assert_eq!(desk.neighbour("ann").dataset().name, "better");
    let now = desk.now();
    desk.writer.journal("label", Some(desk.id("a")), 1200, "", now).unwrap();
}

#[test]
fn others_commits_are_noticed() {
    let mut desk = Desk::new(&["a"]);
    desk.reader.changed().unwrap();
    assert!(!desk.reader.changed().unwrap());
    desk.neighbour("bob").rename("x").unwrap();
    assert!(desk.reader.changed().unwrap());
    assert!(!desk.reader.changed().unwrap());
}

#[test]
fn a_full_disk_loses_nothing_and_says_so() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "safe");
    desk.writer.limit_pages(0);
    let request = LabelRequest {
        sample: desk.id("b"),
        content: "x".repeat(1 << 20),
        how: How::Typed,
        based_on: None,
    };
    let error = desk.writer.label(&request, Timestamp::now()).unwrap_err();
    assert!(matches!(error, WorkspaceError::DiskFull { .. }), "{error:?}");
    assert!(error.hint().is_some());
    assert_eq!(desk.content("b"), None);
    desk.writer.limit_pages(1 << 30);
    desk.writer.label(&request, Timestamp::now()).unwrap();
    assert_eq!(
        (desk.content("a").as_deref(), desk.content("b").map(|text| text.len())),
        (Some("safe"), Some(1 << 20))
    );
    desk.check();
}

/// A system gives up all of a process's locks on a file with any descriptor on it that is closed. Without its lock, a
/// neighbour that closes thinks itself the last one, and deletes the log that we write to.
#[cfg(target_os = "linux")]
#[test]
fn opening_again_does_not_give_the_locks_away() {
    use std::os::unix::fs::MetadataExt;
    let desk = Desk::new(&["a"]);
    let path = desk.path();
    drop(Reader::open(&path, Identity::new("ann")).unwrap());
    drop(Writer::open(&path, Identity::new("ann")).unwrap());
    let _again = Reader::open(&path, Identity::new("ann")).unwrap();
    let of_file = format!(":{} ", fs::metadata(&path).unwrap().ino());
    let locks = fs::read_to_string("/proc/locks").unwrap();
    assert!(locks.lines().any(|line| line.contains("POSIX") && line.contains(&of_file)), "{locks}");
}

#[test]
fn nothing_is_confirmed_that_goes_into_a_file_out_of_its_place() {
    let mut desk = Desk::new(&["a"]);
    let path = desk.path();
    let aside = path.with_extension("aside");
    fs::rename(&path, &aside).unwrap();
    assert!(matches!(desk.writer.rename("b"), Err(WorkspaceError::Gone(_))));
    assert!(matches!(desk.writer.changed_by_others(), Err(WorkspaceError::Gone(_))));
    fs::write(&path, "another").unwrap();
    assert!(matches!(desk.writer.rename("b"), Err(WorkspaceError::Replaced(_))));
    fs::rename(&aside, &path).unwrap();
    desk.writer.rename("b").unwrap();
    let size = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(size / 2).unwrap();
    assert!(matches!(desk.writer.rename("c"), Err(WorkspaceError::Corrupt { .. })));
    file.set_len(size).unwrap();
    let log = path.with_file_name(format!("{}-wal", path.file_name().unwrap().to_str().unwrap()));
    fs::remove_file(log).unwrap();
    assert!(matches!(desk.writer.rename("c"), Err(WorkspaceError::Gone(_))));
}

//! What cannot be opened is refused with what, why and what next, before the screen comes up, and is left as it is.

use crate::desk::{Desk, bytes_of, wait_until_ready};
use crate::figures;
use crate::home::Home;
use crate::pty::{Launch, Screen};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

/// Waits for the end; the shell's screen as it is then, its rows joined.
#[track_caller]
fn refused(screen: &Screen) -> String {
    let exit = screen.wait_for_end();
    let said = screen.text();
    assert_eq!(exit.exit_code(), 1, "{said}");
    assert!(!screen.look(|view| view.is_full_screen()));
    let raw = screen.written_since(0);
    let took_over = raw.windows(8).any(|bytes| bytes == b"\x1b[?1049h");
    assert!(!took_over, "the screen came up:\n{said}");
    // Long lines wrap at the terminal's edge.
    said.replace('\n', "")
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "no `{part}` in: {said}");
    }
}

/// A desk with a workspace that holds one label, closed.
fn worked_at() -> Desk {
    let desk = Desk::with(2);
    desk.run(["init".as_ref(), desk.folder.as_os_str()]);
    desk.run(["sync".as_ref(), desk.folder.as_os_str()]);
    let name = &desk.names()[0];
    let label = ["label".as_ref(), desk.folder.as_os_str(), name.as_ref()];
    desk.run(label.into_iter().chain(["--content".as_ref(), "kept".as_ref()]));
    desk
}

#[test]
fn a_damaged_workspace_is_left_as_it_is() {
    for (from, count) in [(100, 4000), (20, 60)] {
        let desk = worked_at();
        let workspace = desk.workspace();
        let mut bytes = bytes_of(&workspace);
        bytes[from..from + count].fill(0xA5);
        fs::write(&workspace, &bytes).expect("it is damaged");
        let said = refused(&desk.launch().size(200, 30).start());
        says(&said, &["error:", "is damaged", "hint:"]);
        assert!(bytes_of(&workspace) == bytes, "the file was touched");
    }
}

#[test]
fn a_damaged_workspace_names_the_last_copy() {
    let desk = worked_at();
    let workspace = desk.workspace();
    assert!(!workspace.with_extension("earmark-copies").exists(), "a day's copy would be newer");
    let copy = workspace.with_extension("earmark.before-0002");
    fs::copy(&workspace, &copy).expect("a copy");
    let mut bytes = bytes_of(&workspace);
    bytes[100..4000].fill(0xA5);
    fs::write(&workspace, &bytes).expect("it is damaged");
    let said = refused(&desk.launch().size(200, 30).start());
    says(&said, &["is damaged", "hint:", "before-0002", "earmark salvage", "earmark put-back"]);
}

#[test]
fn a_newer_workspace_is_left_as_it_is() {
    let desk = worked_at();
    let workspace = desk.workspace();
    let mut bytes = bytes_of(&workspace);
    // SQLite's user_version.
    bytes[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(&workspace, &bytes).expect("it is made newer");
    let said = refused(&desk.launch().size(200, 30).start());
    says(&said, &["newer earmark", "999", "hint: update earmark"]);
    assert!(bytes_of(&workspace) == bytes, "the file was touched");
}

#[test]
fn a_file_that_is_no_workspace_is_left_as_it_is() {
    let desk = Desk::with(1);
    let notes = desk.home.join("notes.txt");
    fs::write(&notes, "my notes\n".repeat(2000)).expect("a file");
    let other = desk.home.join("other.db");
    rusqlite::Connection::open(&other)
        .and_then(|db| db.execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1);"))
        .expect("another program's database");
    let empty = desk.home.join("empty");
    fs::write(&empty, "").expect("a file");
    for file in [notes, other, empty] {
        let before = bytes_of(&file);
        let screen = desk.launch().arg("--workspace").arg(&file).size(200, 30).start();
        let said = refused(&screen);
        says(&said, &["error:", "is not an earmark workspace", "hint:"]);
        assert!(bytes_of(&file) == before, "{} was touched", file.display());
    }
}

/// Starts the program with a folder mounted read-only, in a mount namespace of its own, or with its rights taken away
/// where such a namespace may not be had; root may write in spite of rights, so `None`.
fn on_a_read_only(desk: &Desk, folder: &Path) -> Option<Screen> {
    let namespace = ["--user", "--map-root-user", "--mount"];
    let may = Command::new("unshare")
        .args(namespace)
        .args(["mount", "-t", "tmpfs", "none", "/mnt"])
        .output()
        .is_ok_and(|output| output.status.success());
    if may {
        let script = "mount --bind \"$LOCKED\" \"$LOCKED\" && \
                      mount -o remount,bind,ro \"$LOCKED\" && exec \"$EARMARK\" calls";
        let launch = Launch::program("unshare", &desk.home).args(namespace);
        let launch = launch.args(["sh", "-c", script]).env("LOCKED", folder);
        return Some(launch.env("EARMARK", env!("CARGO_BIN_EXE_earmark")).size(200, 30).start());
    }
    if rustix::process::geteuid().is_root() {
        return None;
    }
    let lock = fs::Permissions::from_mode(0o500);
    fs::set_permissions(folder, lock).expect("the folder is ours");
    for entry in fs::read_dir(folder).expect("it can be read").flatten() {
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o400)).expect("ours");
    }
    Some(desk.launch().size(200, 30).start())
}

#[test]
fn a_workspace_that_may_not_be_written_says_so() {
    let desk = worked_at();
    let workspace = desk.workspace();
    let before = bytes_of(&workspace);
    let folder = workspace.parent().expect("a folder of workspaces");
    let Some(screen) = on_a_read_only(&desk, folder) else {
        figures::count("skipped: a read-only disk (root, and no mount namespaces here)", 1);
        return;
    };
    let said = refused(&screen);
    says(&said, &["error:", "cannot be written", "hint:"]);
    assert!(bytes_of(&workspace) == before, "the file was touched");
}

#[test]
fn a_folder_that_is_missing_says_so_and_makes_nothing() {
    let home = Home::new();
    let screen = Launch::earmark(&home).arg("./no/such/folder").size(200, 30).start();
    let said = refused(&screen);
    says(&said, &["no/such/folder", "does not exist", "hint:"]);
    assert!(!home.join("data/earmark/workspaces").exists());
}

#[test]
fn a_folder_that_may_not_be_read_says_so() {
    let home = Home::new();
    let folder = home.recordings("calls", 1);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).expect("it is ours");
    let launch = if rustix::process::geteuid().is_root() {
        // Root reads everything, unless the owner is nobody that its namespace knows.
        chown(&folder, Some(12_345), Some(12_345)).expect("root gives away what it likes");
        let launch = Launch::program("unshare", &home).args(["--user", "--map-root-user"]);
        launch.arg(env!("CARGO_BIN_EXE_earmark"))
    } else {
        Launch::earmark(&home)
    };
    let screen = launch.arg(&folder).size(200, 30).start();
    if screen.text().contains("unshare failed") {
        figures::count("skipped: an unreadable folder (root, and no user namespaces here)", 1);
        return;
    }
    let said = refused(&screen);
    says(&said, &["cannot read the folder", "Permission denied", "hint:"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("it is ours");
}

#[test]
fn a_folder_without_audio_says_what_to_do() {
    let home = Home::new();
    let folder = home.join("papers");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("readme.txt"), "nothing to hear").expect("a file");
    fs::write(folder.join("photo"), b"\x89PNG\r\n\x1a\n").expect("a file");
    let screen = Launch::earmark(&home).arg(&folder).start();
    screen.wait_for_text("no audio found");
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn everything_wrong_in_settings_and_keys_is_named_and_nothing_is_applied() {
    let desk = Desk::with(1);
    let config = "[playback]\nrate = 99.0\nvolume = 3\n\n[screen]\ntheme = \"pink\"\n";
    let keymap =
        "[list]\nup = [\"k\"]\ndown = [\"k\"]\nfly = [\"f\"]\n\n[editor]\npaste = [\"ctrl+\"]\n";
    let config = desk.configure("config.toml", config);
    let keymap = desk.configure("keymap.toml", keymap);
    let said = refused(&desk.launch().size(240, 60).start());
    for line in [2, 3, 6] {
        says(&said, &[&format!("{}:{line}", config.display())]);
    }
    for line in [3, 4, 7] {
        says(&said, &[&format!("{}:{line}", keymap.display())]);
    }
    says(&said, &["hint:", "did you mean"]);
    assert!(!desk.home.join("data/earmark/workspaces").exists(), "nothing was made");

    fs::remove_file(config).expect("it is there");
    fs::remove_file(keymap).expect("it is there");
    let screen = desk.open();
    wait_until_ready(&screen);
}

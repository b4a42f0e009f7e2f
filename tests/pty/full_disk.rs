//! No room: what was typed stays in the box, the screen says so, and it is saved when there is room again.

use crate::desk::{Desk, box_text, open_file, wait_until_ready};
use crate::figures;
use crate::pty::{Launch, Screen};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The screen with its workspace on a small disk of its own, in a mount namespace that ends with it; `None` where
/// this account may not have one.
fn on_a_small_disk(desk: &Desk) -> Option<(Screen, PathBuf)> {
    let may = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !may {
        return None;
    }
    let disk = desk.home.join("disk");
    fs::create_dir(&disk).expect("a folder in the home");
    let script =
        "mount -t tmpfs -o size=3m none disk && exec \"$EARMARK\" --workspace disk/w.earmark calls";
    let screen = Launch::program("unshare", &desk.home)
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .env("EARMARK", env!("CARGO_BIN_EXE_earmark"))
        .env("EARMARK_WORKSPACE_KEEP_COPIES", "0")
        .start();
    wait_until_ready(&screen);
    let seen_from_here = format!("/proc/{}/root{}", screen.process(), disk.display());
    Some((screen, seen_from_here.into()))
}

#[test]
fn a_full_disk_keeps_the_text_and_saves_it_when_there_is_room() {
    let desk = Desk::with(4);
    let Some((screen, disk)) = on_a_small_disk(&desk) else {
        // The limit on file sizes is tested all the same.
        figures::count("skipped: a small disk (no mount namespaces here)", 1);
        return;
    };
    screen.type_keys("<enter>");
    screen.type_keys("before<enter>");
    screen.wait_for_text("Labeled 1");

    let ballast = disk.join("ballast");
    fill(&ballast);
    runs_out_of_room(&screen, &desk.names());

    fs::remove_file(&ballast).expect("the ballast goes");
    saves_again(&screen);
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

/// Until not one byte more fits.
fn fill(ballast: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(ballast).expect("a file on the small disk");
    for block in [vec![0; 64 * 1024], vec![0; 512]] {
        while file.write_all(&block).is_ok() {}
    }
}

#[test]
fn a_file_that_may_not_grow_keeps_the_text_and_saves_it_when_it_may() {
    let desk = Desk::with(4);
    let screen = Launch::program("sh", &desk.home)
        .args(["-c", "trap '' XFSZ; exec \"$EARMARK\" calls"])
        .env("EARMARK", env!("CARGO_BIN_EXE_earmark"))
        .env("EARMARK_WORKSPACE_KEEP_COPIES", "0")
        .start();
    wait_until_ready(&screen);
    screen.type_keys("<enter>");
    screen.type_keys("before<enter>");
    screen.wait_for_text("Labeled 1");

    limit_files(&screen, Some(1));
    runs_out_of_room(&screen, &desk.names());

    limit_files(&screen, None);
    saves_again(&screen);
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    let said: Vec<String> = desk.labels().into_iter().map(|(_, content)| content).collect();
    assert_eq!(said, ["before", "nowhere to put this", "and this is typed on"]);
}

fn limit_files(screen: &Screen, bytes: Option<u64>) {
    let pid = Pid::from_raw(screen.process());
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None })
        .expect("our own child can be limited");
}

fn runs_out_of_room(screen: &Screen, names: &[String]) {
    screen.type_keys("nowhere to put this");
    screen.wait_for("the draft that could not be saved", |view| {
        view.contains("not saved") && box_text(view) == "nowhere to put this"
    });
    // Labeling goes on; what could not be written is marked, and its text kept.
    screen.type_keys("<enter>");
    screen.wait_for("the next file", |view| open_file(view).as_ref() == Some(&names[2]));
    screen.wait_for("the row that is not saved", |view| {
        view.row_with(&names[1]).is_some_and(|row| row.contains("not saved"))
    });
    screen.type_keys("and this is typed on");
    screen.wait_for("typed text", |view| box_text(view) == "and this is typed on");
    screen.type_keys("<c-p>");
    screen.wait_for("the kept text", |view| box_text(view) == "nowhere to put this");
    screen.type_keys("<c-n>");
    screen.wait_for("the other kept text", |view| box_text(view) == "and this is typed on");
}

fn saves_again(screen: &Screen) {
    screen.wait_for_text("Labeled 2");
    screen.wait_for_no("not saved");
    screen.wait_for("the text in the box", |view| box_text(view) == "and this is typed on");
    screen.type_keys("<enter>");
    screen.wait_for_text("Labeled 3");
}

#[test]
fn quitting_without_room_is_asked_about() {
    let desk = Desk::with(3);
    let screen = Launch::program("sh", &desk.home)
        .args(["-c", "trap '' XFSZ; exec \"$EARMARK\" calls"])
        .env("EARMARK", env!("CARGO_BIN_EXE_earmark"))
        .env("EARMARK_WORKSPACE_KEEP_COPIES", "0")
        .start();
    wait_until_ready(&screen);
    screen.type_keys("<enter>");
    limit_files(&screen, Some(1));
    screen.type_keys("this must not get lost");
    screen.wait_for_text("not saved");
    screen.type_keys("<c-q>");
    screen.wait_for_text("not on disk. Quit anyway?");
    screen.type_keys("<esc>");
    screen.wait_for("the text", |view| box_text(view) == "this must not get lost");
    limit_files(&screen, None);
    screen.wait_for_text("draft saved");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    let screen = desk.open();
    screen.wait_for("the draft", |view| box_text(view) == "this must not get lost");
}

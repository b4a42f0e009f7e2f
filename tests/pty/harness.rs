//! The harness held against programs that everybody knows, so that a failure elsewhere is the program's.

use crate::home::Home;
use crate::pty::Launch;
use crate::tmux::Tmux;
use rustix::process::Signal;
use std::ffi::OsStr;
use std::fs;
use std::time::Duration;

fn bash(home: &Home, script: &str) -> Launch {
    Launch::program("bash", home).args(["--norc", "-c", script])
}

#[test]
fn what_is_typed_arrives_and_what_is_drawn_is_seen() {
    let home = Home::new();
    let screen = Launch::program("cat", &home).start();
    screen.type_keys("schön 今天<enter>");
    screen.wait_for("the line and its copy", |view| {
        view.rows().iter().filter(|row| *row == "schön 今天").count() == 2
    });
    screen.type_keys("<c-d>");
    assert!(screen.wait_for_end().success());
}

#[test]
fn every_key_is_sent_as_xterm_sends_it() {
    let home = Home::new();
    let script = "stty raw -echo; printf ready; head -c 43 | od -An -v -tx1 -w43; stty sane";
    let screen = bash(&home, script).size(160, 10).start();
    screen.wait_for_text("ready");
    screen.type_keys("a<lt><enter><tab><s-tab><esc><c-n><a-enter>");
    screen.type_keys("<up><a-left><c-s-right><f1><f8><del><bs><home><c-j>");
    screen.wait_for_end();
    assert_eq!(
        screen.text().replace("ready", "").trim(),
        "61 3c 0d 09 1b 5b 5a 1b 0e 1b 0d 1b 5b 41 1b 5b 31 3b 33 44 1b 5b 31 3b 36 43 \
         1b 4f 50 1b 5b 31 39 7e 1b 5b 33 7e 7f 1b 5b 48 0a"
    );
}

#[test]
fn a_paste_is_marked_only_for_who_asks() {
    let home = Home::new();
    let script = "stty raw -echo; printf 'plain:'; head -c 3 | od -An -c; \
                  printf '\\e[?2004h''marked:'; head -c 15 | od -An -c; stty sane";
    let screen = bash(&home, script).start();
    screen.wait_for_text("plain:");
    screen.paste("a\nb");
    screen.wait_for_text("marked:");
    assert!(screen.text().contains(r"a  \r   b"), "{}", screen.text());
    screen.paste("c\nd");
    screen.wait_for_text(r"033   [   2   0   0   ~   c  \n   d 033   [   2   0   1");
}

#[test]
fn a_large_paste_does_not_stop_the_screen() {
    let home = Home::new();
    let screen = bash(&home, "stty raw -echo; printf ready; head -c 50000 | wc -c").start();
    screen.wait_for_text("ready");
    screen.paste(&"0123456789".repeat(5_000));
    screen.wait_for_text("50000");
}

#[test]
fn the_terminal_answers_what_programs_ask() {
    let home = Home::new();
    let script = "stty raw -echo; printf 'ab\\e[6n'; head -c 6 | od -An -c; printf '\\e[c'; \
                  head -c 9 | od -An -c; stty sane";
    let screen = bash(&home, script).start();
    screen.wait_for_text("033   [   1   ;   3   R");
    screen.wait_for_text("033   [   ?   6   2   ;   2   2   c");
    screen.wait_for_end();
}

#[test]
fn what_a_program_does_besides_drawing_is_known() {
    let home = Home::new();
    let script = "printf '\\e]2;calls\\a\\a\\e]52;c;aGk=\\a\\e[?25l\\e[?1049hover'; read -r _";
    let screen = bash(&home, script).start();
    screen.wait_for_text("over");
    screen.look(|view| {
        assert_eq!((view.title(), view.bells(), view.clipboard()), ("calls", 1, Some("aGk=")));
        assert!(view.is_full_screen());
        assert_eq!(view.cursor(), None);
    });
}

#[test]
fn a_frame_is_not_seen_before_it_is_whole() {
    let home = Home::new();
    let script = "printf '\\e[?2026hone '; read -r _; printf 'two\\e[?2026l'; read -r _";
    let screen = bash(&home, script).start();
    screen.type_keys("<enter>");
    screen.wait_for_text("one");
    assert!(screen.text().contains("two"), "{}", screen.text());
}

#[test]
fn a_new_size_is_told_by_the_kernel() {
    let home = Home::new();
    let script = "trap 'stty size' WINCH; printf ready; while :; do read -r -t 1 _; done";
    let screen = bash(&home, script).size(60, 16).start();
    screen.wait_for_text("ready");
    screen.resize(80, 24);
    screen.wait_for_text("24 80");
}

#[test]
fn signals_reach_the_program() {
    let home = Home::new();
    for (signal, name) in [(Signal::HUP, "HUP"), (Signal::TERM, "TERM")] {
        let script = format!("trap 'printf got-{name}; exit 7' {name}; printf ready; read -r _");
        let screen = bash(&home, &script).start();
        screen.wait_for_text("ready");
        screen.signal(signal);
        assert_eq!(screen.wait_for_end().exit_code(), 7);
        assert!(screen.text().contains(&format!("got-{name}")));
    }
    let screen = Launch::program("cat", &home).start();
    screen.signal(Signal::KILL);
    assert!(!screen.wait_for_end().success());
}

#[test]
fn hanging_up_takes_the_terminal_away_and_types_nothing() {
    let home = Home::new();
    let script = "trap 'echo hung-up >> log; exit 3' HUP; printf ready; \
                  while read -r line; do echo \"typed $line\" >> log; done; \
                  mkfifo never; read -r _ <> never";
    let mut screen = bash(&home, script).start();
    screen.wait_for_text("ready");
    screen.hang_up();
    assert_eq!(screen.wait_for_end().exit_code(), 3);
    let log = fs::read_to_string(home.join("log")).expect("it was told");
    assert_eq!(log, "hung-up\n");
}

#[test]
fn dropping_it_kills_what_was_started() {
    let home = Home::new();
    let alive = home.join("alive");
    assert!(std::process::Command::new("mkfifo").arg(&alive).status().expect("runs").success());
    // Whoever holds the pipe open for writing is alive; reading ends when all are gone.
    let screen = bash(&home, "exec 3> alive; cat & printf ready; wait").start();
    let reader = fs::File::open(&alive).expect("opens once the program has it open");
    screen.wait_for_text("ready");
    drop(screen);
    let left = std::io::read_to_string(reader).expect("the pipe is read to its end");
    assert_eq!(left, "");
}

#[test]
fn a_home_is_private_and_lasts() {
    let home = Home::new();
    let script = "echo $EARMARK_USER-$SSH_CONNECTION-$PWD >> note; cat note";
    assert!(bash(&home, script).start().wait_for_end().success());
    let screen = bash(&home, script).start();
    screen.wait_for_end();
    let line = format!("tester--{}", home.join("").display());
    assert_eq!(screen.text().matches(line.trim_end_matches('/')).count(), 2, "{}", screen.text());
}

#[test]
fn recordings_are_there_to_be_labeled() {
    let home = Home::new();
    let folder = home.recordings("calls", 5);
    assert_eq!(fs::read_dir(folder).expect("a folder").count(), 5);
}

#[test]
fn nothing_is_written_while_idle() {
    let home = Home::new();
    let screen = Launch::program("cat", &home).start();
    screen.type_keys("a");
    screen.wait_for_text("a");
    assert_eq!(screen.bytes(), 1);
    assert_eq!(screen.bytes_while_idle(Duration::from_millis(50)), 0);
}

#[test]
fn tmux_shows_the_same() {
    let home = Home::new();
    let script = "trap 'stty size' WINCH; printf ready; \
                  while :; do read -r -t 1 line && echo \"got $line\"; done";
    let args = ["--norc", "-c", script].map(OsStr::new);
    let tmux = Tmux::program("bash", &home, &args, 80, 24);
    tmux.wait_for_text("ready");
    tmux.type_text("今天");
    tmux.press(&["Enter"]);
    tmux.wait_for_text("got 今天");
    tmux.resize(60, 16);
    tmux.wait_for_text("16 60");
}

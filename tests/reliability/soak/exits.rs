//! The terminal is given back after every kind of end: the modes of the line as they were, and nothing switched on left
//! on. A shell around the program looks at it as a person's would.

use crate::desk::{Desk, box_text, open_file, wait_until_ready};
use crate::figures;
use crate::pty::{Launch, Screen};
use crate::tmux::Tmux;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;

/// A shell that notes the modes of the line before and after.
const SHELL: &str = "stty -g > before; \"$EARMARK\" calls 2>&1; code=$?; stty -g > after; \
                     printf 'ended with %s.\\n' $code; read -r _";

fn in_a_shell(desk: &Desk, script: &str) -> Screen {
    let shell = Launch::program("bash", &desk.home).args(["--norc", "-c", script]);
    let screen = shell.env("EARMARK", env!("CARGO_BIN_EXE_earmark")).start();
    wait_until_ready(&screen);
    screen
}

fn types_half_a_sentence(screen: &Screen) {
    screen.type_keys("<enter>");
    screen.wait_for_text("label & next");
    screen.type_keys("half a sentence");
    screen.wait_for("the text", |view| box_text(view) == "half a sentence");
}

/// The program that the shell started.
fn program(screen: &Screen) -> Pid {
    let shell = screen.pid();
    let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
    let children = children.expect("the shell has children");
    let child = children.split_whitespace().next().and_then(|pid| pid.parse().ok());
    Pid::from_raw(child.expect("the program runs")).expect("a process")
}

fn modes(desk: &Desk, when: &str) -> String {
    fs::read_to_string(desk.home.join(when)).expect("the shell noted the modes")
}

/// Waits for the end, and looks at what is left of the screen.
#[track_caller]
fn is_as_before(desk: &Desk, screen: &Screen, code: &str) {
    screen.wait_for_text(&format!("ended with {code}."));
    assert_eq!(modes(desk, "before"), modes(desk, "after"), "the modes of the line");
    let raw = screen.written_since(0);
    let left: Vec<_> = private_modes(&raw).into_iter().filter(|(_, on)| *on).collect();
    // The cursor is the one thing that is on in the first place.
    assert!(left.iter().all(|(mode, _)| *mode == 25), "left on: {left:?}");
    assert!(private_modes(&raw).get(&25) != Some(&false), "the cursor stays hidden");
    let text = String::from_utf8_lossy(&raw).into_owned();
    let shape = text.rfind(" q").map(|end| &text[end - 1..end]);
    assert_eq!(shape, Some("0"), "the cursor has the shape that it had");
    screen.look(|view| {
        assert!(!view.is_full_screen() && !view.marks_pastes() && view.cursor().is_some());
    });
    figures::count("ends of the terminal checked", 1);
}

/// Every `CSI ? … h` and `l`: which are on at the end.
fn private_modes(raw: &[u8]) -> BTreeMap<u16, bool> {
    let mut modes = BTreeMap::new();
    for rest in String::from_utf8_lossy(raw).split("\x1b[?").skip(1) {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(rest.len());
        let on = match rest[end..].chars().next() {
            Some('h') => true,
            Some('l') => false,
            _ => continue,
        };
        modes.extend(rest[..end].split(';').filter_map(|mode| mode.parse().ok()).map(|m| (m, on)));
    }
    modes
}

#[test]
fn quitting_gives_the_terminal_back() {
    for keys in ["q", "<c-q>", "<enter>half a sentence<c-q>"] {
        let desk = Desk::with(2);
        let screen = in_a_shell(&desk, SHELL);
        screen.type_keys(keys);
        is_as_before(&desk, &screen, "0");
    }
}

#[test]
fn signals_give_the_terminal_back_and_keep_the_text() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let desk = Desk::with(2);
        let screen = in_a_shell(&desk, SHELL);
        types_half_a_sentence(&screen);
        kill_process(program(&screen), signal).expect("it runs");
        is_as_before(&desk, &screen, "0");
        let again = desk.launch().start();
        again.wait_for("the draft", |view| box_text(view) == "half a sentence");
        figures::count("drafts checked", 1);
    }
}

#[test]
fn an_error_at_the_start_leaves_the_terminal_alone() {
    let desk = Desk::with(1);
    fs::create_dir_all(desk.home.join("config/earmark")).expect("a folder");
    fs::write(desk.home.join("config/earmark/config.toml"), "[screen]\nnothing = 1\n")
        .expect("a file of settings");
    let shell = Launch::program("bash", &desk.home).args(["--norc", "-c", SHELL]);
    let screen = shell.env("EARMARK", env!("CARGO_BIN_EXE_earmark")).start();
    screen.wait_for_text("ended with 1.");
    assert_eq!(modes(&desk, "before"), modes(&desk, "after"));
    assert!(private_modes(&screen.written_since(0)).is_empty());
    figures::count("ends of the terminal checked", 1);
}

/// A panic at a named point, in the loop or in a thread beside it.
fn panics(point: &str, make: impl FnOnce(&Screen)) -> (Desk, Screen) {
    let desk = Desk::with(3);
    let script = format!("export EARMARK_CRASH={point} EARMARK_CRASH_PANIC=1; {SHELL}");
    let screen = in_a_shell(&desk, &script);
    types_half_a_sentence(&screen);
    make(&screen);
    screen.wait_for_text("ended with ");
    screen.wait_for_text("a panic that a test asked for");
    (desk, screen)
}

#[test]
fn a_panic_in_the_loop_gives_the_terminal_back_and_is_told() {
    let (desk, screen) = panics("screen.loop.resized", |screen| {
        screen.wait_for_text("draft saved");
        screen.resize(90, 28);
    });
    is_as_before(&desk, &screen, "101");
    let again = desk.launch().start();
    again.wait_for("the draft", |view| box_text(view) == "half a sentence");
    figures::count("drafts checked", 1);
}

#[test]
fn a_panic_in_a_thread_ends_the_program_in_good_order_and_loses_no_text() {
    let (desk, screen) = panics("screen.label.begun", |screen| screen.type_keys("<enter>more"));
    is_as_before(&desk, &screen, "1");
    screen.wait_for_text("a part of it failed");
    // The label that was on its way is a draft, and so is what was typed behind it.
    let names = desk.names();
    let again = desk.launch().start();
    for (keys, name, text) in [("<esc>g", &names[0], "half a sentence"), ("j", &names[1], "more")] {
        again.type_keys(keys);
        again.wait_for(text, |view| {
            open_file(view).as_ref() == Some(name) && box_text(view) == text
        });
    }
    figures::count("drafts checked", 2);
    let log = fs::read_to_string(desk.home.join("state/earmark/earmark.log")).expect("a log");
    assert!(log.contains("a panic that a test asked for"), "{log}");
}

#[test]
fn the_shell_has_the_terminal_while_it_is_suspended_and_the_screen_comes_back() {
    let desk = Desk::with(2);
    // The shell notes the modes while the program is stopped, brings it back when a line is typed, and notes them again.
    let script = "set -m; stty -g > before; \"$EARMARK\" calls; stty -g > after; \
                  echo stopped; read -r _; fg > /dev/null; code=$?; stty -g > after-all; \
                  printf 'ended with %s.\\n' $code; read -r _";
    let screen = in_a_shell(&desk, script);
    types_half_a_sentence(&screen);
    screen.type_keys("<esc><c-z>");
    screen.wait_for("the shell", |view| view.contains("stopped") && !view.is_full_screen());
    assert_eq!(modes(&desk, "before"), modes(&desk, "after"), "the modes of the line");
    screen.type_keys("<enter>");
    screen.wait_for("the screen again", |view| {
        view.is_full_screen() && box_text(view) == "half a sentence"
    });
    screen.type_keys("<enter> goes on<c-q>");
    screen.wait_for_text("ended with 0.");
    assert_eq!(modes(&desk, "before"), modes(&desk, "after-all"), "the modes of the line");
    is_as_before(&desk, &screen, "0");
}

#[test]
fn tmux_has_its_pane_back_after_an_end_and_a_panic() {
    for (variables, code) in
        [("", "0"), ("EARMARK_CRASH=screen.loop.resized EARMARK_CRASH_PANIC=1", "101")]
    {
        let desk = Desk::with(2);
        let script = format!(
            "cd {}; stty -g > before; env {variables} {} calls; code=$?; stty -g > after; \
             echo ended with $code.; read -r _",
            desk.home.join("").display(),
            env!("CARGO_BIN_EXE_earmark")
        );
        let args = ["--norc", "-c", &script].map(OsStr::new);
        let tmux = Tmux::program("bash", &desk.home, &args, 100, 30);
        tmux.wait_for_text("Files");
        tmux.wait_for_text("⇅");
        if variables.is_empty() {
            tmux.press(&["C-q"]);
        } else {
            tmux.resize(90, 28);
        }
        tmux.wait_for_text(&format!("ended with {code}."));
        assert_eq!(modes(&desk, "before"), modes(&desk, "after"), "the modes of the line");
        // The alternate screen, the cursor, the mouse in any of its ways.
        let flags = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{mouse_sgr_flag}";
        assert_eq!(tmux.asked(flags), "0 1 0 0");
        figures::count("ends of the terminal checked", 1);
    }
}

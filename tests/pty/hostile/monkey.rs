//! Keys pressed at random over hostile names and texts: whatever pane, list or dialog they lead to, nothing but text and
//! what earmark itself writes reaches the terminal, and the program goes on.

use super::{hostile_folder, log_is_harmless, nobody_obeyed};
use crate::corpus::{Kind, assert_harmless, texts};
use crate::desk::wait_until_ready;
use crate::figures;
use crate::home::Home;
use crate::pty::{Launch, Screen};
use rustix::process::Signal;
use std::process::Command;

/// Keys and words that lead somewhere. What quits, suspends or copies is left out: copying is our own doing.
const KEYS: [&str; 64] = [
    "j", "j", "j", "k", "G", "g", "<down>", "<up>", "<pgdn>", "<pgup>", "<enter>", "<enter>",
    "<enter>", "<esc>", "<esc>", "<esc>", "<tab>", "<s-tab>", " ", "v", "a", "b", "x", "d", "r",
    "y", "F", "u", "U", "H", "/", "o", "f", "1", "2", "3", "4", "L", "[", "+", "-", "D", "S", "A",
    "I", "E", "P", "?", ":", "O", "s", "<left>", "<right>", "<f8>", "<c-n>", "<c-p>", "<c-y>",
    "<c-g>", "<c-j>", "<bs>", "<home>", "<end>", "zero", "owned",
];

#[test]
fn keys_at_random_over_hostile_data() {
    let seed = std::env::var("EARMARK_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("EARMARK_SEED={seed}");
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 33).unwrap_or(0) % limit
    };

    let home = Home::new();
    let folder = hostile_folder(&home);
    let output = home.join("out \x1b]2;owned\x07\u{202e}\u{9b}5m");
    let author = "ann \x1b[5;41;93m\u{202e}\u{9d}2;owned\u{9c}\u{200b}";
    let run = |args: &[&std::ffi::OsStr]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(home.environment()).env("EARMARK_USER", author);
        assert!(command.args(args).output().expect("the program starts").status.success());
    };
    run(&["init".as_ref(), folder.as_ref(), "--output".as_ref(), output.as_ref()]);
    run(&["sync".as_ref(), folder.as_ref()]);
    let open = || {
        let launch = Launch::earmark(&home).arg(&folder).folder(&home.join("run"));
        let screen = launch.env("EARMARK_USER", author).env("EARMARK_LOG", "debug").start();
        wait_until_ready(&screen);
        screen
    };
    let close = |screen: &Screen| {
        screen.signal(Signal::TERM);
        screen.wait_for_end();
        // Keys that it did not come to are shown by the terminal itself once it has left: they are nothing it wrote.
        let written = screen.written_since(0);
        let left = b"\x1b[?1049l";
        let end = written.windows(left.len()).rposition(|part| part == left).expect("it leaves");
        assert_harmless(Kind::Screen, &written[..end + left.len()], "the terminal");
    };

    let texts = texts();
    let mut screen = open();
    let mut pressed = String::new();
    let presses = figures::times(400, 40_000);
    for press in 0..presses {
        match below(12) {
            0 => screen.paste(&texts[below(texts.len())].replace('\x1b', "\u{9b}")),
            1 if press % 5 == 0 => {
                let (cols, rows) = [(60, 16), (80, 24), (100, 30), (200, 60)][below(4)];
                screen.resize(cols, rows);
            }
            _ => {
                let key = KEYS[below(KEYS.len())];
                pressed.push_str(key);
                screen.type_keys(key);
            }
        }
        if press % 100 == 99 {
            // Whatever it led to, the screen answers.
            screen.resize(100, 30);
            screen.type_keys("<esc><esc><esc><f1>");
            screen.wait_for_text("Esc close");
            screen.type_keys("<esc>");
            assert!(!screen.text().contains("panicked"), "{pressed}");
        }
        if press % 200 == 199 {
            close(&screen);
            screen = open();
        }
    }
    close(&screen);
    log_is_harmless(&home);
    nobody_obeyed(&home.join(""));
    figures::count("hostile texts tried", presses / 12);
}

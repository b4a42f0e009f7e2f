//! What goes over the line: few bytes a key, none while nothing moves, and no colour for who wants none.

use crate::desk::{Desk, box_text, open_file, settled, wait_until_ready};
use crate::pty::Screen;
use std::time::Duration;

fn quiet(desk: &Desk) -> Screen {
    let screen = desk.launch().env("EARMARK_PLAYBACK_AUTOPLAY", "false").start();
    wait_until_ready(&screen);
    settled(&screen);
    screen
}

#[test]
fn nothing_is_written_while_nothing_moves() {
    let desk = Desk::with(4);
    let screen = quiet(&desk);
    assert!(falls_silent(&screen), "in the list");
    screen.type_keys("<enter>some words");
    screen.wait_for_text("draft saved");
    settled(&screen);
    assert!(falls_silent(&screen), "in the box");
}

/// Whether nothing is written for three seconds, once what was on its way (a length that was read, a notice that goes)
/// has come to rest.
fn falls_silent(screen: &Screen) -> bool {
    let rest = || screen.bytes_while_idle(Duration::from_secs(3)) == 0;
    (0..6).any(|_| rest()) && rest()
}

#[test]
fn a_letter_and_a_step_cost_few_bytes() {
    let desk = Desk::with(12);
    let screen = quiet(&desk);
    let names = desk.names();
    // Everything was drawn once, so that no waveform grows meanwhile.
    for name in names.iter().skip(1) {
        screen.type_keys("j");
        screen.wait_for(name, |view| open_file(view).as_ref() == Some(name));
    }
    settled(&screen);
    for name in names.iter().rev().skip(1) {
        let before = screen.bytes();
        screen.type_keys("k");
        screen.wait_for(name, |view| open_file(view).as_ref() == Some(name));
        let step = screen.bytes() - before;
        assert!(step < 2_000, "a step in the list: {step} bytes");
    }
    // A key that is held down: only the list goes along.
    settled(&screen);
    let before = screen.bytes();
    screen.send(&b"j".repeat(names.len() - 1));
    screen.wait_for("the last", |view| open_file(view).as_ref() == names.last());
    let step = (screen.bytes() - before) / (names.len() as u64 - 1);
    assert!(step < 1_000, "a step with the key held down: {step} bytes");
    screen.type_keys("<enter>");
    settled(&screen);
    let sentence = "thank you for calling, how can I help you today";
    let before = screen.bytes();
    for (at, letter) in (1..).zip(sentence.chars()) {
        screen.type_keys(&letter.to_string());
        let typed = sentence[..at].trim_end();
        screen.wait_for("the letter", |view| box_text(view) == typed);
    }
    screen.wait_for_text("draft saved");
    let letter = (screen.bytes() - before) / sentence.len() as u64;
    assert!(letter < 200, "a typed letter: {letter} bytes");
}

/// The parameters of every SGR sequence in what was written.
fn looks(raw: &[u8]) -> Vec<Vec<u16>> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences
        .map(|parameters| parameters.split([';', ':']).map(|n| n.parse().unwrap_or(0)).collect())
        .collect()
}

fn is_color(parameters: &[u16]) -> bool {
    // 39, 49 and 59 only go back to the terminal's own.
    let color = |n: &u16| matches!(n, 30..=38 | 40..=48 | 58 | 90..=107);
    parameters.iter().any(color)
}

/// Everything that has a look of its own is shown once.
fn tour(screen: &Screen) {
    wait_until_ready(screen);
    screen.type_keys("<enter>said<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("<esc>?");
    screen.wait_for_text("Esc");
    screen.type_keys("<esc>d");
    screen.wait_for_text("Delete");
    screen.type_keys("<esc>3");
    screen.wait_for("the label", |view| box_text(view) == "said");
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn no_color_sends_no_color() {
    let desk = Desk::with(2);
    let plain = desk.launch().env("NO_COLOR", "1").start();
    tour(&plain);
    let colored: Vec<_> =
        looks(&plain.written_since(0)).into_iter().filter(|l| is_color(l)).collect();
    assert_eq!(colored, Vec::<Vec<u16>>::new());
}

#[test]
fn sixteen_colors_are_enough_where_there_are_no_more() {
    let desk = Desk::with(2);
    let launch = desk.launch().env("TERM", "linux").without_env("COLORTERM");
    let screen = launch.start();
    tour(&screen);
    let looks = looks(&screen.written_since(0));
    assert!(looks.iter().any(|look| is_color(look)), "there is colour");
    let direct = |look: &Vec<u16>| look.windows(2).any(|pair| matches!(pair, [38 | 48 | 58, 2]));
    let rich: Vec<_> = looks.into_iter().filter(direct).collect();
    assert!(rich.is_empty(), "{rich:?}");
}

#[test]
fn a_terminal_with_256_colors_gets_none_by_value() {
    let desk = Desk::with(2);
    let screen = desk.launch().without_env("COLORTERM").start();
    tour(&screen);
    let looks = looks(&screen.written_since(0));
    let by_number = |look: &&Vec<u16>| look.windows(2).any(|pair| matches!(pair, [38 | 48, 5]));
    assert!(looks.iter().any(|look| by_number(&look)), "there is colour");
    let by_value = |look: &Vec<u16>| look.windows(2).any(|pair| matches!(pair, [38 | 48 | 58, 2]));
    let rich: Vec<_> = looks.into_iter().filter(by_value).collect();
    assert!(rich.is_empty(), "{rich:?}");
}

//! How it looks: every pane and state as a reviewed picture.

use crate::desk::{Desk, place_clip};
use crate::scene::{CALLS, bob_labels, calls};
use earmark::app::{Message, SyncPhase, SyncProgress};
use earmark::config::ThemeName;
use earmark::domain::{Event, Output};
use earmark::ui::ColorMode;
use std::time::Duration;

pub(crate) const TINY: (u16, u16) = (60, 16);
pub(crate) const SMALL: (u16, u16) = (80, 24);
pub(crate) const MIDDLE: (u16, u16) = (100, 30);
const LARGE: (u16, u16) = (160, 45);
const ALL: [(u16, u16); 4] = [TINY, SMALL, MIDDLE, LARGE];

/// Compares the screen with its picture, in each size.
pub(crate) fn shot(desk: &mut Desk, name: &str, sizes: &[(u16, u16)]) {
    for (columns, rows) in sizes {
        desk.resize(*columns, *rows);
        picture(&format!("{name}_{columns}x{rows}"), &desk.screen());
    }
}

pub(crate) fn picture(name: &str, screen: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    // Workspaces are told apart by a hash of where their source lies.
    settings.add_filter(r"-[0-9a-f]{10}\.earmark", "-0123456789.earmark");
    settings.bind(|| insta::assert_snapshot!(name, screen));
}

/// In the middle of a sentence, the file playing.
fn typing() -> Desk {
    let mut desk = calls();
    desk.keys("jjj<enter>").wait(Duration::from_millis(500));
    desk.keys("thank you for calling, how can I").wait(Duration::from_secs(1));
    desk
}

#[test]
fn the_list() {
    shot(&mut calls(), "list", &ALL);
}

#[test]
fn typing_while_it_plays() {
    let mut desk = typing();
    desk.keys("<tab>").wait(Duration::from_millis(600));
    shot(&mut desk, "typing", &ALL);
}

#[test]
fn labeled() {
    let mut desk = calls();
    desk.keys("3");
    shot(&mut desk, "labeled", &ALL);
}

#[test]
fn to_confirm() {
    let mut desk = calls();
    desk.keys("2");
    shot(&mut desk, "confirm_changed", &[TINY, SMALL]);
    desk.keys("j");
    shot(&mut desk, "confirm_suggestion", &[SMALL]);
    desk.keys("j<enter>").wait(Duration::from_millis(800));
    shot(&mut desk, "confirm_conflict", &ALL);
}

#[test]
fn selected() {
    let mut desk = calls();
    desk.keys("  j ");
    shot(&mut desk, "selected", &[TINY, SMALL]);
    desk.keys("a");
    shot(&mut desk, "selected_all", &[MIDDLE]);
}

#[test]
fn the_trash() {
    let mut desk = calls();
    desk.keys("d<enter>4").wait(Duration::from_secs(10));
    shot(&mut desk, "trash", &[SMALL]);
}

#[test]
fn empty_lists() {
    let mut desk = Desk::with(&[]);
    desk.wait(Duration::from_secs(10));
    shot(&mut desk, "empty_dataset", &[TINY, SMALL]);
    let mut desk = calls();
    desk.keys("/nothing like it<enter>").wait(Duration::from_secs(10));
    shot(&mut desk, "empty_filter", &[TINY, SMALL]);
    let mut desk = Desk::with(&["a.wav"]);
    desk.keys("<enter>one<enter>");
    shot(&mut desk, "all_done", &[SMALL]);
}

#[test]
fn long_and_strange_texts() {
    let mut desk = calls();
    let text = "thank you for calling, how can I help you? 您好，请问有什么可以帮您？ ".repeat(9);
    desk.keys("<enter>").paste(&text).keys("<tab><s-left><s-left><s-left><s-left><s-left><s-left>");
    shot(&mut desk, "long_text", &[TINY, MIDDLE]);
    desk.keys("<c-t><bs>")
        .paste("שלום עולם\u{202e}evil\u{1b}[2J 👩\u{200d}👩\u{200d}👧 ไทย देवनागरी\ta b");
    shot(&mut desk, "strange_text", &[SMALL]);
}

#[test]
fn strange_names() {
    let mut desk = Desk::with(&[
        "a\u{1b}[31mred.wav",
        "b\nnewline.wav",
        "c\u{202e}vaw.live.wav",
        "d 宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽.wav",
        "e\u{301}\u{301}\u{301}.wav",
    ]);
    desk.wait(Duration::from_secs(10));
    shot(&mut desk, "strange_names", &[TINY, SMALL]);
}

#[test]
fn what_cannot_be_heard() {
    let mut desk = Desk::with(&["a.wav", "b.wav"]);
    let mut broken = b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x55\x77\x01\0".to_vec();
    broken.resize(400, 0);
    std::fs::write(desk.source("a.wav"), broken).unwrap();
    desk.keys("S<enter>").wait(Duration::from_secs(20));
    shot(&mut desk, "cannot_be_heard", &[TINY, SMALL]);
}

#[test]
fn not_saved() {
    let mut desk = calls();
    desk.room().full = true;
    desk.keys("<enter>one<enter>two").wait(Duration::from_secs(1));
    shot(&mut desk, "not_saved", &[TINY, SMALL]);
    desk.keys("<c-q>");
    shot(&mut desk, "not_saved_quit", &[SMALL]);
}

#[test]
fn syncing() {
    let mut desk = calls();
    desk.hold(true).keys("S").wait(Duration::from_secs(10));
    let phase = SyncPhase::Applying;
    desk.send(Message::Sync(SyncProgress { phase, listed: 12_408, applied: 7_282, probed: None }));
    desk.hold(false);
    shot(&mut desk, "synced", &[SMALL]);
}

#[test]
fn silent() {
    let mut desk = typing();
    let why = "no sound device found on this machine".to_owned();
    let hint = "run `earmark connect` on your laptop".to_owned();
    desk.send(Message::Player(Event::Output(Output::Silent { why, hint })));
    desk.wait(Duration::from_secs(20));
    shot(&mut desk, "silent", &[TINY, SMALL, LARGE]);
}

#[test]
fn zoomed_and_looping() {
    let mut desk = calls();
    desk.keys("<enter>").wait(Duration::from_millis(400));
    desk.keys("<c-f>").wait(Duration::from_millis(700)).keys("<c-f><esc>++<f7>");
    desk.wait(Duration::from_secs(20));
    shot(&mut desk, "zoomed", &[SMALL, MIDDLE]);
}

#[test]
fn help() {
    let mut desk = calls();
    desk.keys("?");
    shot(&mut desk, "help", &ALL);
    desk.keys("<esc><enter><f1>");
    shot(&mut desk, "help_typing", &[SMALL]);
}

#[test]
fn the_palette() {
    let mut desk = calls();
    desk.keys(":");
    shot(&mut desk, "palette", &[TINY, SMALL]);
    desk.keys("lab").keys("<down>");
    shot(&mut desk, "palette_typed", &[MIDDLE]);
}

#[test]
fn menus() {
    let mut desk = calls();
    desk.keys("  F");
    shot(&mut desk, "flags", &[TINY, SMALL]);
    desk.keys("<esc>o");
    shot(&mut desk, "order", &[SMALL]);
    desk.keys("<esc>b<down>");
    shot(&mut desk, "batch", &[TINY, SMALL]);
    desk.keys("1music");
    shot(&mut desk, "batch_content", &[SMALL]);
    desk.keys("<enter>");
    shot(&mut desk, "batch_asked", &[TINY, SMALL]);
}

#[test]
fn filters() {
    let mut desk = calls();
    desk.keys("/0416");
    shot(&mut desk, "filter", &[TINY, SMALL, LARGE]);
    desk.keys(" dur>soon");
    shot(&mut desk, "filter_wrong", &[SMALL]);
}

#[test]
fn deleting() {
    let mut desk = calls();
    desk.keys("  d");
    shot(&mut desk, "delete", &[TINY, SMALL]);
    desk.keys("<s-tab><space><tab>3<enter>");
    shot(&mut desk, "delete_source_files", &[TINY, SMALL]);
}

#[test]
fn the_history() {
    let mut desk = Desk::with(&CALLS);
    desk.keys("<enter>thank you for calling, how can I help you<enter><esc>3<enter>");
    desk.keys("<c-u>thank you for calling, how may I help you today<enter>Fu3x");
    bob_labels(&mut desk, CALLS[0], "thanks for calling");
    desk.look_around().keys("3H");
    shot(&mut desk, "history", &[TINY, SMALL, LARGE]);
}

#[test]
fn labeled_meanwhile() {
    let mut desk = Desk::with(&CALLS);
    desk.keys("<enter>thank you for calling, how may I help");
    bob_labels(&mut desk, CALLS[0], "thank you for calling, how can I help you");
    desk.keys("<enter>");
    shot(&mut desk, "labeled_meanwhile", &[TINY, SMALL, LARGE]);
}

#[test]
fn pasted_lines() {
    let mut desk = calls();
    desk.keys("<enter>").lines("thank you for calling\nhello, my parcel\n今天天气很好");
    shot(&mut desk, "pasted_lines", &[TINY, SMALL]);
}

#[test]
fn leaving() {
    let mut desk = calls();
    desk.keys("<enter><c-c>");
    shot(&mut desk, "quit", &[SMALL]);
}

#[test]
fn the_datasets() {
    let mut desk = Desk::empty();
    desk.list_datasets();
    shot(&mut desk, "datasets_none", &[SMALL]);
    let mut desk = calls();
    place_clip(&desk.source("../meetings/m.wav"), "03_weather_zh.wav", 3);
    desk.open("meetings").keys("D");
    shot(&mut desk, "datasets", &ALL);
    desk.keys("r");
    shot(&mut desk, "datasets_rename", &[SMALL]);
    desk.keys("<esc>d");
    shot(&mut desk, "datasets_forget", &[SMALL]);
    desk.keys("<esc>o/home/ann/nowhere<enter>");
    shot(&mut desk, "datasets_wrong_path", &[SMALL]);
}

#[test]
fn in_every_look() {
    let mut desk = calls();
    desk.keys("  <enter>")
        .wait(Duration::from_millis(300))
        .keys("thank you<s-left><s-left><s-left>");
    desk.resize(80, 24);
    for (name, theme, colors) in [
        ("dark", ThemeName::Dark, ColorMode::True),
        ("light", ThemeName::Light, ColorMode::True),
        ("contrast", ThemeName::HighContrast, ColorMode::True),
        ("dark_256", ThemeName::Dark, ColorMode::Ansi256),
        ("light_256", ThemeName::Light, ColorMode::Ansi256),
        ("contrast_256", ThemeName::HighContrast, ColorMode::Ansi256),
        ("dark_16", ThemeName::Dark, ColorMode::Ansi16),
        ("light_16", ThemeName::Light, ColorMode::Ansi16),
        ("no_color", ThemeName::Dark, ColorMode::None),
    ] {
        desk.look(theme, colors);
        picture(&format!("look_{name}"), &desk.picture().styled());
    }
}

#[test]
fn dialogs_in_every_look() {
    let mut desk = calls();
    desk.resize(80, 24).keys("  d<s-tab><space><tab>3<enter>");
    for (name, theme, colors) in [
        ("dark", ThemeName::Dark, ColorMode::True),
        ("light", ThemeName::Light, ColorMode::True),
        ("no_color", ThemeName::Dark, ColorMode::None),
    ] {
        desk.look(theme, colors);
        picture(&format!("look_delete_{name}"), &desk.picture().styled());
    }
}

#[test]
fn in_ascii() {
    let mut desk = typing();
    desk.state.ascii = true;
    desk.look(ThemeName::Mono, ColorMode::None);
    // The sign for a file's name in other letters than ASCII stays: it is the user's.
    shot(&mut desk, "ascii_typing", &[TINY, SMALL]);
    desk.keys("<esc>  d<s-tab><space>");
    shot(&mut desk, "ascii_delete", &[SMALL]);
    desk.keys("<esc>H<esc>?");
    shot(&mut desk, "ascii_help", &[SMALL]);
    desk.keys("<esc>3");
    shot(&mut desk, "ascii_labeled", &[LARGE]);
    desk.keys("H");
    shot(&mut desk, "ascii_history", &[SMALL]);
}

//! Playing, from the keys' side: where the sound is, how fast, and that it never disturbs the text.

use crate::desk::{Desk, place_clip};
use earmark::app::{Message, PlayerPage, Transport};
use earmark::domain::{Event, ListenerPlace, Output};
use std::time::Duration;

const TWO: [&str; 2] = ["a.wav", "b.wav"];

#[test]
fn tab_plays_and_pauses_while_typing() {
    let mut desk = Desk::with(&TWO);
    desk.keys("<enter>");
    assert_eq!(desk.state.sound.transport, Transport::Playing);
    desk.keys("he<tab>");
    assert_eq!(desk.state.sound.transport, Transport::Paused);
    let at = desk.state.sound.at;
    desk.keys("llo").wait(Duration::from_secs(1));
    assert!((desk.state.sound.at - at).abs() < 1e-9, "it stands");
    desk.keys("<tab>").wait(Duration::from_millis(300));
    assert!(desk.state.sound.at > at);
    assert_eq!(desk.text(), "hello");
}

#[test]
fn the_end_of_the_file_is_seen() {
    let mut desk = Desk::with(&TWO);
    desk.keys("<enter>").wait(Duration::from_secs(10));
    assert_eq!(desk.state.sound.transport, Transport::Ended);
    desk.keys("<s-tab>");
    assert_eq!(desk.state.sound.transport, Transport::Playing);
}

#[test]
fn speed_is_shown_and_remembered() {
    let mut desk = Desk::with(&TWO);
    desk.keys("<enter><f7><f7><f7>").expect("1.30×").keys("<f5>").expect("1.20×");
    desk.keys("<c-q>");
    let mut desk = desk.again();
    desk.expect("1.2×").keys("<f6>");
    assert!(!desk.shows("1.2×"));
}

#[test]
fn small_steps_go_back_and_forth() {
    let mut desk = Desk::set(&TWO, &[("playback.step_small", "0.5")]);
    desk.keys("<enter><tab>");
    let at = desk.state.sound.at;
    desk.keys("<f3>");
    assert!((desk.state.sound.at - at - 0.5).abs() < 1e-6);
    desk.keys("<f2><f2>");
    assert!(desk.state.sound.at < 0.2);
}

#[test]
fn a_stretch_is_marked_and_repeats() {
    let mut desk = Desk::with(&TWO);
    desk.keys("<enter><c-f>").expect("loop from").wait(Duration::from_millis(500));
    desk.keys("<c-f>").expect("press again to end it").expect("⟲");
    assert!(desk.state.sound.looped.is_some());
    desk.keys("<c-f>").expect("loop: off");
    assert!(desk.state.sound.looped.is_none());
}

#[test]
fn typing_can_stop_the_sound() {
    let mut desk = Desk::set(&TWO, &[("playback.stop_while_typing", "true")]);
    desk.keys("<enter>").wait(Duration::from_millis(300)).keys("h");
    assert_eq!(desk.state.sound.transport, Transport::Paused);
    desk.wait(Duration::from_secs(1));
    assert_eq!(desk.state.sound.transport, Transport::Playing, "it goes on after a pause");
}

#[test]
fn without_a_device_the_screen_says_why() {
    let mut desk = Desk::with(&TWO);
    let why = "no sound device".to_owned();
    let hint = "run `earmark doctor`".to_owned();
    desk.send(Message::Player(Event::Output(Output::Silent { why, hint })));
    desk.expect("sound: no sound device; run `earmark doctor`");
    desk.wait(Duration::from_secs(20)).expect("silent: no sound device");
}

#[test]
fn a_slow_player_never_holds_the_keys() {
    let mut desk = Desk::with(&TWO);
    desk.hold(true).keys("<enter>one<enter>two").hold(false);
    assert_eq!(desk.label("a.wav").as_deref(), Some("one"));
    assert_eq!(desk.text(), "two");
    assert_eq!(desk.state.sound.transport, Transport::Playing);
    assert_eq!(desk.deck.loaded.last(), Some(&("b.wav".to_owned(), true)));
}

#[test]
fn audio_that_changed_in_the_source_is_said_and_the_text_stays() {
    let mut desk = Desk::with(&TWO);
    desk.keys("<enter>typed so far");
    let open = desk.state.editor.open.as_ref().unwrap();
    let (id, before) = (open.id(), open.row.etag.clone());
    desk.send(Message::AudioChanged(id));
    let load = desk.deck.load;
    desk.send(Message::Player(Event::Failed { load, why: "a.wav could not be read".into() }));
    desk.expect("the audio changed in the source: press S in the list; what you typed is kept");
    assert_eq!(desk.text(), "typed so far");

    place_clip(&desk.source("a.wav"), "01_greeting_caller.wav", 77);
    desk.keys("<esc>S");
    let open = desk.state.editor.open.as_ref().unwrap();
    assert!(open.row.etag != before, "the new one is played from now on");
    assert_eq!(open.audio_error, None);
    assert_eq!(desk.text(), "typed so far");
    desk.keys("<enter>");
    assert_eq!(desk.state.sound.transport, Transport::Playing);
    assert_eq!(desk.draft("a.wav").as_deref(), Some("typed so far"));
}

fn laptop(name: &str, laptop: &str) -> ListenerPlace {
    ListenerPlace { name: name.into(), laptop: laptop.into(), login: "ann".into() }
}

#[test]
fn whose_laptop_is_a_persons_choice_and_never_disturbs_typing() {
    let mut desk = Desk::with(&TWO);
    desk.keys("<enter>hel");
    let listeners = vec![laptop("k1", "mac\u{1b}[2J-1"), laptop("k2", "mac-2")];
    desk.send(Message::Listeners(listeners));
    desk.keys("lo");
    assert_eq!(desk.text(), "hello", "no dialog took the keys");
    desk.keys("<esc>O").expect("Where sound goes").expect("mac␛[2J-1").expect("mac-2").keys("2");
    assert_eq!(desk.picked.as_deref(), Some("k2"));
}

#[test]
fn a_player_page_is_asked_for_and_its_way_is_shown_whole() {
    let mut desk = Desk::with(&TWO);
    desk.keys("O").expect("a player page in a browser").keys("<enter>");
    assert_eq!(desk.pages, 1);
    let link = "http://127.0.0.1:40123/?token=0123456789abcdef0123456789abcdef".to_owned();
    let tunnel = Some("ssh -N -L 40123:127.0.0.1:40123 ann@speech-server-7".to_owned());
    desk.send(Message::PlayerPage(Ok(PlayerPage { link: link.clone(), tunnel: tunnel.clone() })));
    for (columns, rows) in [(100, 30), (80, 24)] {
        desk.resize(columns, rows).expect(&link).expect(tunnel.as_deref().unwrap());
    }
    desk.keys("<esc>O").expect("a new link to the player page");
}

/// What takes long to open comes after the page that was asked for with it.
#[test]
fn a_player_page_that_is_there_before_the_dataset_stays() {
    let mut desk = Desk::empty();
    place_clip(&desk.source("../meetings/m.wav"), "03_weather_zh.wav", 3);
    desk.state.wait_for_dataset("opening the dataset");
    let link = "http://127.0.0.1:40123/?token=0123456789abcdef0123456789abcdef".to_owned();
    desk.send(Message::PlayerPage(Ok(PlayerPage { link: link.clone(), tunnel: None })));
    desk.expect(&link).open("meetings").expect(&link);
    desk.keys("<esc>").expect("m.wav").keys("O").expect("a new link to the player page");
    desk.keys("<esc>").open("meetings").keys("O").expect("a new link to the player page");
}

#[test]
fn where_sound_goes_is_always_named() {
    let mut desk = Desk::with(&TWO);
    let outputs = [
        (Output::Listener { host: "mac-1".into(), person: "ann".into() }, "mac-1"),
        (Output::Page { browser: "Firefox".into() }, "Firefox"),
        (Output::Pulse { server: "unix:/run/p".into(), buffer_ms: 150 }, "PulseAudio, 150 ms"),
    ];
    for (output, name) in outputs {
        desk.send(Message::Player(Event::Output(output))).expect(&format!("♪ {name}"));
        desk.keys("O").expect("now:").keys("<esc>");
    }
}

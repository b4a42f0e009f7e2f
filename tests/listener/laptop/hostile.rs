//! Senders that do not keep to the protocol: they harm nobody but themselves.

use super::sender::{Answer, LIMIT, described, generous, id, piece, tone};
use super::{Desk, News};
use crate::pulse::until;
use earmark::domain::{Command, Event, SoundId};
use earmark::listener::wire::{Chunk, Form, Frame, Hello, Need, SoundInfo, Stream, as_sender};
use std::io::Write;
use std::os::unix::net::UnixStream;

/// What a sender says to the first need of `a`; it is honest about everything else.
fn once(lie: impl Fn(&Need) -> Vec<Frame> + Send + 'static) -> Answer {
    let mut honest = generous(&[("b", tone(300.0, 0.3))], 16_384);
    Box::new(move |need| if need.sound == id("a") { lie(need) } else { honest(need) })
}

/// The file fails, and says why; the next one plays.
fn fails(lie: impl Fn(&Need) -> Vec<Frame> + Send + 'static) -> String {
    let desk = Desk::new(16 << 20);
    let mut sender = desk.sender(once(lie));
    sender.load(1, "a");
    let (_, event) = sender.wait_for("a failure", |it| matches!(it, Event::Failed { .. }));
    let Event::Failed { why, .. } = event else { unreachable!() };
    sender.load(2, "b");
    sender.wait_for_end(2);
    why
}

#[test]
fn bytes_that_were_not_asked_for_fail_the_file_alone() {
    let elsewhere = |need: &Need| {
        vec![described(need, Some(1 << 20)), piece(need, need.from + 1, b"elsewhere")]
    };
    assert!(fails(elsewhere).contains("something else"));
    let unannounced = |need: &Need| vec![piece(need, need.from, b"unannounced")];
    assert!(fails(unannounced).contains("something else"));
    let too_much =
        |need: &Need| vec![described(need, Some(10)), piece(need, need.from, b"eleven byte")];
    assert!(fails(too_much).contains("something else"));
    let short = |need: &Need| {
        let (request, offset) = (need.request, need.from);
        let bytes = b"few".to_vec();
        let chunk = Chunk { request, offset, len: 1000, bytes };
        vec![described(need, Some(1 << 20)), Frame::Chunk(chunk)]
    };
    assert!(fails(short).contains("damaged"));
}

#[test]
fn what_is_no_audio_fails_the_file_alone() {
    let noise =
        |need: &Need| vec![described(need, Some(100)), piece(need, need.from, &[0x5a; 100])];
    assert!(fails(noise).contains("a.wav"));
    let empty = |need: &Need| vec![described(need, Some(0))];
    assert!(fails(empty).contains("empty"));
    let later = |need: &Need| {
        let info = SoundInfo {
            request: need.request,
            len: Some(9),
            name: String::new(),
            form: Form::Unknown,
        };
        vec![Frame::Sound(info)]
    };
    assert!(fails(later).contains("newer"));
}

#[test]
fn answers_to_nothing_are_passed_over() {
    let desk = Desk::new(16 << 20);
    let mut sender = desk.sender(generous(&[("b", tone(300.0, 0.3))], 16_384));
    let nobody = Need { request: 77, sound: id("x"), from: 0, to: 9, urgent: true, form: None };
    sender.say(&described(&nobody, Some(9)));
    sender.say(&piece(&nobody, 0, b"123456789"));
    sender.say(&Frame::Unavailable { request: 78, why: "no".into() });
    sender.say(&Frame::Unknown(200));
    sender.say(&Frame::Need(nobody));
    sender.load(2, "b");
    sender.wait_for_end(2);
    let sent = tone(300.0, 0.3).len() as u64;
    assert_eq!(desk.listener.held(), sent);
    until("all that came is confirmed", || *sender.got.lock().unwrap() == sent + 9);
}

#[test]
fn very_many_sounds_are_too_many() {
    let desk = Desk::new(16 << 20);
    let mut sender = desk.sender(generous(&[("b", tone(300.0, 0.3))], 16_384));
    let many = (0..2000).map(|number| id(&format!("x{number}"))).collect();
    sender.send(Command::Prefetch(many));
    sender.send(Command::Load { load: 1, sound: SoundId("y".repeat(5000)), from: 0.0, play: true });
    for load in 10..300 {
        sender.load(load, &format!("z{load}"));
    }
    sender.load(2000, "b");
    sender.wait_for_end(2000);
    let fetched: std::collections::BTreeSet<_> = sender
        .needs()
        .into_iter()
        .map(|need| need.sound)
        .filter(|it| it.0.starts_with('x'))
        .collect();
    assert!(fetched.len() <= 16, "{}", fetched.len());
}

#[test]
fn numbers_that_do_not_count_up_and_nonsense_values_do_nothing() {
    let desk = Desk::new(16 << 20);
    let mut sender = desk.sender(generous(&[("b", tone(300.0, 0.5))], 16_384));
    for nonsense in [Command::Rate(f32::MAX), Command::Seek(-1e300), Command::SeekBy(1e300)] {
        sender.send(nonsense);
    }
    sender.load(1, "b");
    sender.say(&Frame::Command { seq: 1, command: Command::Stop });
    sender.wait_for_end(1);
}

#[test]
fn garbage_ends_the_connection_and_nothing_else() {
    let desk = Desk::new(16 << 20);
    let mut sender = desk.sender(generous(&[("b", tone(300.0, 0.5))], 16_384));
    let mut stream = UnixStream::connect(&desk.path).unwrap();
    let handle = Stream::Unix(stream.try_clone().unwrap());
    as_sender(handle, &desk.token, Hello { host: "bad".into(), ..Hello::default() }).unwrap();
    stream.write_all(&[0xff; 64]).unwrap();
    let gone = desk.wait_for("it is thrown out", |news| matches!(news, News::Gone { .. }));
    assert!(matches!(&gone, News::Gone { host, why } if host == "bad" && why.contains("protocol")));
    sender.load(1, "b");
    sender.wait_for_end(1);
    assert!(sender.others.recv_timeout(LIMIT / 1000).is_err());
}

//! Frames survive any split and any neighbour; strangers are told nothing.

use super::token::{Side, nonce};
use super::*;
use crate::domain::{Command, Event, SoundId};
use proptest::prelude::*;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::thread;

/// Gives its bytes in pieces of the sizes that it was told, again and again.
struct Dribble {
    bytes: Vec<u8>,
    at: usize,
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        let count = size.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn frames() -> impl Strategy<Value = Frame> {
    prop_oneof![
        (any::<u64>(), -1e6..1e6f64)
            .prop_map(|(seq, at)| Frame::Command { seq, command: Command::Seek(at) }),
        (any::<u64>(), any::<u64>(), 0.0..1e6f64)
            .prop_map(|(seq, load, at)| Frame::Event { seq, event: Event::Position { load, at } }),
        (any::<u32>(), ".{0,40}", any::<u64>(), any::<u64>(), any::<bool>()).prop_map(
            |(request, sound, from, to, urgent)| Frame::Need(Need {
                request,
                sound: SoundId(sound),
                from,
                to,
                urgent,
                form: None
            })
        ),
        (any::<u32>(), any::<u64>(), prop::collection::vec(any::<u8>(), 1..2000)).prop_map(
            |(request, offset, bytes)| Frame::Chunk(Chunk {
                request,
                offset,
                len: bytes.len() as u32,
                bytes
            })
        ),
        (any::<u32>(), ".{0,60}").prop_map(|(request, why)| Frame::Unavailable { request, why }),
        any::<u32>().prop_map(|request| Frame::Cancel { request }),
        any::<u64>().prop_map(|bytes| Frame::Got { bytes }),
        any::<u64>().prop_map(Frame::Ping),
        any::<u64>().prop_map(Frame::Pong),
        ".{0,60}".prop_map(|why| Frame::Bye { why }),
    ]
}

proptest! {
    #[test]
    fn frames_come_through_any_split_in_order(
        sent in prop::collection::vec(frames(), 0..20),
        sizes in prop::collection::vec(1usize..700, 1..8),
    ) {
        let mut bytes = Vec::new();
        for frame in &sent {
            FrameSink::send(&mut bytes, frame).unwrap();
        }
        let mut source = Dribble { bytes, at: 0, sizes, turn: 0 };
        for frame in sent {
            prop_assert_eq!(source.receive().unwrap(), frame);
        }
        prop_assert!(matches!(source.receive(), Err(WireError::Closed)));
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_read_on_after_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut source = &bytes[..];
        for _ in 0..=bytes.len() {
            if source.receive().is_err() {
                break;
            }
        }
        let _ = decode(&bytes);
    }
}

#[test]
fn what_a_later_version_says_is_passed_over() {
    let later_command = br#"{"seq":7,"it":{"hum":{"loudly":true}}}"#;
    assert_eq!(decode(&[&[10], &later_command[..]].concat()).unwrap(), Frame::Unknown(10));
    let later_event = br#"{"seq":7,"it":"dozed_off"}"#;
    assert_eq!(decode(&[&[11], &later_event[..]].concat()).unwrap(), Frame::Unknown(11));
    assert_eq!(decode(&[99, 1, 2, 3]).unwrap(), Frame::Unknown(99));
    let more = br#"{"seq":7,"it":"play","mood":"good"}"#;
    let known = Frame::Command { seq: 7, command: Command::Play };
    assert_eq!(decode(&[&[10], &more[..]].concat()).unwrap(), known);
}

#[test]
fn a_length_that_claims_too_much_is_refused_before_anything_is_reserved() {
    let claim = u32::MAX.to_be_bytes();
    assert!(matches!((&claim[..]).receive(), Err(WireError::Length(_))));
    assert!(matches!((&[0u8; 4][..]).receive(), Err(WireError::Length(0))));
}

#[test]
fn versions_meet_or_say_which_side_is_old() {
    let speak = |oldest, newest| Protocol { oldest, newest };
    assert_eq!(speak(1, 3).common(speak(2, 9)), Ok(3));
    assert_eq!(speak(2, 9).common(speak(1, 3)), Ok(3));
    assert_eq!(speak(1, 1).common(speak(2, 9)), Err(Outdated::Own));
    assert_eq!(speak(2, 9).common(speak(1, 1)), Err(Outdated::Other));
}

#[test]
fn a_proof_is_good_for_one_side_one_token_and_one_pair_of_nonces() {
    let token = Token::random();
    let proof = token.proof(Side::Sender, "a", "b");
    assert!(token.verify(&proof, Side::Sender, "a", "b"));
    assert!(!token.verify(&proof, Side::Listener, "a", "b"));
    assert!(!token.verify(&proof, Side::Sender, "a", "c"));
    assert!(!token.verify(&proof, Side::Sender, "ab", ""));
    assert!(!Token::random().verify(&proof, Side::Sender, "a", "b"));
    assert!(!token.verify("", Side::Sender, "a", "b"));
    assert!(!token.verify("zz", Side::Sender, "a", "b"));
    assert_ne!(nonce(), nonce());
    assert!(!format!("{token:?}").contains(token.text()));
}

/// Both parts of a handshake, each with its token.
#[allow(clippy::type_complexity, reason = "what both sides came to")]
fn meet(
    at_listener: &Token,
    at_sender: &Token,
) -> (Result<(Wire, Hello), HandshakeError>, Result<(Wire, Welcome), HandshakeError>) {
    let (here, there) = UnixStream::pair().unwrap();
    let token = at_listener.clone();
    let listener = thread::spawn(move || {
        let welcome = Welcome { host: "laptop".into(), memory: 5, ..Welcome::default() };
        as_listener(Stream::Unix(there), &token, welcome)
    });
    let hello = Hello { host: "server".into(), person: "ann".into(), ..Hello::default() };
    let sender = as_sender(Stream::Unix(here), at_sender, hello);
    (listener.join().unwrap(), sender)
}

#[test]
fn two_that_know_the_token_come_together_and_know_each_other() {
    let token = Token::random();
    let (listener, sender) = meet(&token, &token);
    let (mut here, hello) = listener.unwrap();
    let (mut there, welcome) = sender.unwrap();
    assert_eq!((hello.host.as_str(), hello.person.as_str()), ("server", "ann"));
    assert_eq!((welcome.host.as_str(), welcome.memory, welcome.version), ("laptop", 5, 1));
    there.sink.send(&Frame::Ping(3)).unwrap();
    assert_eq!(here.source.receive().unwrap(), Frame::Ping(3));
    (here.close)();
    assert!(there.source.receive().is_err());
}

#[test]
fn a_stranger_is_refused_and_told_so() {
    let (listener, sender) = meet(&Token::random(), &Token::random());
    assert!(matches!(listener, Err(HandshakeError::Stranger)));
    assert!(
        matches!(sender, Err(HandshakeError::Refused(refusal)) if refusal.why == "wrong token")
    );
}

#[test]
fn a_listener_that_only_claims_to_know_the_token_is_found_out() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let liar = thread::spawn(move || {
        let protocol = Protocol::OURS;
        let greeting = Greeting { protocol, earmark: "9".into(), nonce: nonce() };
        there.send(&Frame::Greeting(greeting)).unwrap();
        there.receive().unwrap();
        there.send(&Frame::Welcome(Welcome { version: 1, ..Welcome::default() })).unwrap();
    });
    let met = as_sender(Stream::Unix(here), &Token::random(), Hello::default());
    assert!(matches!(met, Err(HandshakeError::Stranger)));
    liar.join().unwrap();
}

#[test]
fn each_side_says_which_one_is_to_be_updated() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let newer = thread::spawn(move || {
        let protocol = Protocol { oldest: 900, newest: 901 };
        let greeting = Greeting { protocol, earmark: "9.0\u{1b}[31m".into(), nonce: nonce() };
        there.send(&Frame::Greeting(greeting)).unwrap();
        there.receive().unwrap()
    });
    let Err(error) = as_sender(Stream::Unix(here), &Token::random(), Hello::default()) else {
        panic!("they cannot understand each other")
    };
    assert!(matches!(&error, HandshakeError::OwnTooOld { theirs, .. } if theirs == "9.0[31m"));
    assert_eq!(error.hint("the server", "the laptop").unwrap(), "update earmark on the server");
    let Frame::Refusal(refusal) = newer.join().unwrap() else { panic!("told nothing") };
    assert_eq!(refusal.update.as_deref(), Some("sender"));
}

//! A peer of version 1, kept as the bytes that it said: today's sides understand it, and it understands them.
//!
//! It knows nothing of today's code. What it says is what was recorded, but for what no recording can know: proofs, and
//! the numbers of requests that it answers. `tests/fixtures/listener/README.md` says how it was recorded.

use crate::pulse::until;
use earmark::audio::{EngineConfig, MemorySource, OutputChoice, Sounds};
use earmark::domain::{ByteSource, Command, Event, SoundId};
use earmark::listener::laptop::{Bound, Listener, Settings};
use earmark::listener::meet::{Note, Notes, Seeker};
use earmark::listener::remote::{Player, PlayerConfig, PlayerNews, Seeking};
use earmark::listener::wire::{Address, Frame, Hello, Token, decode, encode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Nothing here takes so long.
const LIMIT: Duration = Duration::from_secs(30);
/// What both sides of the recording knew.
const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Kinds of frames, as they were numbered then.
mod kind {
    pub(super) const GREETING: u8 = 1;
    pub(super) const HELLO: u8 = 2;
    pub(super) const WELCOME: u8 = 3;
    pub(super) const COMMAND: u8 = 10;
    pub(super) const EVENT: u8 = 11;
    pub(super) const NEED: u8 = 20;
    pub(super) const SOUND: u8 = 21;
    pub(super) const CHUNK: u8 = 22;
    pub(super) const GOT: u8 = 25;
    pub(super) const PING: u8 = 30;
    pub(super) const PONG: u8 = 31;
}

/// A frame as it lies in the stream: kind and body.
#[derive(Debug, Clone, PartialEq)]
struct Raw {
    kind: u8,
    body: Vec<u8>,
}

impl Raw {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The same with one value in another place.
    fn with(&self, field: &str, value: Value) -> Self {
        let mut body = self.json();
        body[field] = value;
        Self { kind: self.kind, body: body.to_string().into_bytes() }
    }

    fn number(kind: u8, number: u64) -> Self {
        Self { kind, body: number.to_be_bytes().to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let length = self.body.len() as u32 + 1;
        [&length.to_be_bytes()[..], &[self.kind], &self.body].concat()
    }

    fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 5];
        from.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let mut body = vec![0; length - 1];
        from.read_exact(&mut body)?;
        Ok(Self { kind: head[4], body })
    }
}

fn recorded(side: &str) -> Vec<Raw> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/listener");
    let bytes = fs::read(folder.join(format!("v1-{side}.bin"))).unwrap();
    let mut rest = &bytes[..];
    let mut frames = Vec::new();
    while !rest.is_empty() {
        frames.push(Raw::read(&mut rest).unwrap());
    }
    frames
}

fn of(kind: u8, frames: &[Raw]) -> Vec<Raw> {
    frames.iter().filter(|frame| frame.kind == kind).cloned().collect()
}

/// HMAC-SHA-256 of who proves, the listener's nonce and the sender's, each after its length.
fn proof(side: &str, listener: &Value, sender: &Value) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    let said = format!("earmark {side}");
    for part in [&said, listener.as_str().unwrap(), sender.as_str().unwrap()] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The sounds of the recording, put together from its chunks.
fn sounds() -> BTreeMap<String, Vec<u8>> {
    let needs = of(kind::NEED, &recorded("listener"));
    let asked: BTreeMap<u64, String> = needs
        .iter()
        .map(Raw::json)
        .map(|need| (need["request"].as_u64().unwrap(), need["sound"].as_str().unwrap().into()))
        .collect();
    let mut sounds = BTreeMap::<String, Vec<u8>>::new();
    for chunk in of(kind::CHUNK, &recorded("sender")) {
        let request = u64::from(u32::from_be_bytes(chunk.body[..4].try_into().unwrap()));
        let offset = u64::from_be_bytes(chunk.body[4..12].try_into().unwrap()) as usize;
        let (sound, bytes) =
            (sounds.entry(asked[&request].clone()).or_default(), &chunk.body[16..]);
        sound.resize(sound.len().max(offset + bytes.len()), 0);
        sound[offset..offset + bytes.len()].copy_from_slice(bytes);
    }
    sounds
}

/// Whether all that was said is still there, with the same meaning; more may be.
fn holds(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().all(|(name, value)| now.get(name).is_some_and(|it| holds(it, value)))
        }
        (now, then) => now == then,
    }
}

#[test]
fn all_that_it_says_is_understood_and_would_be_said_in_the_same_words() {
    for frame in recorded("sender").into_iter().chain(recorded("listener")) {
        let bytes = [&[frame.kind][..], &frame.body].concat();
        let understood = decode(&bytes).unwrap();
        assert!(!matches!(understood, Frame::Unknown(_)), "{frame:?}");
        let said = encode(&understood).unwrap();
        assert_eq!(said[0], frame.kind);
        match serde_json::from_slice::<Value>(&frame.body) {
            Ok(then) if then.is_object() => {
                let now = serde_json::from_slice(&said[1..]).unwrap();
                assert!(holds(&now, &then), "{now} for {then}");
            }
            _ => assert_eq!(said[1..], frame.body),
        }
    }
}

#[test]
fn its_proofs_are_those_of_the_document() {
    let (sender, listener) = (recorded("sender"), recorded("listener"));
    let (greeting, welcome) = (listener[0].json(), listener[1].json());
    let hello = sender[0].json();
    assert_eq!(
        [listener[0].kind, sender[0].kind, listener[1].kind],
        [kind::GREETING, kind::HELLO, kind::WELCOME]
    );
    assert_eq!(hello["proof"], proof("sender", &greeting["nonce"], &hello["nonce"]));
    assert_eq!(welcome["proof"], proof("listener", &greeting["nonce"], &hello["nonce"]));
}

fn quiet() -> OutputChoice {
    OutputChoice::Silent { why: "a test".to_owned(), hint: "none".to_owned() }
}

/// What the old sender hears while it serves what it is asked for.
fn serve(mut stream: UnixStream, heard: &dyn Fn(Raw)) {
    let (sounds, told) = (sounds(), recorded("sender"));
    let described = of(kind::SOUND, &told);
    while let Ok(frame) = Raw::read(&mut stream) {
        match frame.kind {
            kind::PING => stream.write_all(&Raw { kind: kind::PONG, ..frame }.bytes()).unwrap(),
            kind::NEED => {
                let need = frame.json();
                let bytes = &sounds[need["sound"].as_str().unwrap()];
                let request = need["request"].as_u64().unwrap() as u32;
                let about = described.iter().find(|it| it.json()["len"] == bytes.len()).unwrap();
                stream.write_all(&about.with("request", json!(request)).bytes()).unwrap();
                let place = |field: &str| (need[field].as_u64().unwrap() as usize).min(bytes.len());
                let mut at = place("from");
                for piece in bytes[at..place("to")].chunks(4000) {
                    let head = [
                        &request.to_be_bytes()[..],
                        &(at as u64).to_be_bytes(),
                        &(piece.len() as u32).to_be_bytes(),
                    ];
                    let body = [&head.concat(), piece].concat();
                    stream.write_all(&Raw { kind: kind::CHUNK, body }.bytes()).unwrap();
                    at += piece.len();
                }
            }
            _ => heard(frame),
        }
    }
}

#[test]
fn todays_listener_plays_for_an_old_sender() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.sock");
    let (host, person) = ("laptop".to_owned(), "ann".to_owned());
    let settings = Settings { memory: 16 << 20, output: quiet(), host, person };
    let bound = Bound::unix(&path).unwrap();
    let token = Token::from_text(TOKEN);
    let _listener = Listener::start(settings, bound, token, Box::new(|_| {})).unwrap();

    let told = recorded("sender");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let greeting = Raw::read(&mut stream).unwrap();
    assert_eq!(greeting.kind, kind::GREETING);
    let (protocol, nonce) = (greeting.json()["protocol"].clone(), greeting.json()["nonce"].clone());
    assert_eq!(protocol["oldest"], 1, "version 1 is spoken, or this test has had its time");
    let hello = &told[0];
    let own = hello.json()["nonce"].clone();
    let answer = hello.with("proof", json!(proof("sender", &nonce, &own)));
    stream.write_all(&answer.bytes()).unwrap();
    let welcome = Raw::read(&mut stream).unwrap();
    assert_eq!(welcome.kind, kind::WELCOME);
    assert_eq!(welcome.json()["version"], 1);
    assert_eq!(welcome.json()["proof"], proof("listener", &nonce, &own));

    let (heard, events) = channel();
    let serving = stream.try_clone().unwrap();
    let server = thread::spawn(move || {
        serve(serving, &|frame| {
            if frame.kind == kind::EVENT {
                heard.send(frame.json()["it"].clone()).unwrap();
            }
        });
    });
    let commands = of(kind::COMMAND, &told);
    let replay = commands.iter().position(|it| it.json()["it"] == "replay").unwrap();
    commands[..replay].iter().for_each(|it| stream.write_all(&it.bytes()).unwrap());
    let wait_for = |name: &str| loop {
        let event = events.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("no {name}"));
        if let Some(body) = event.get(name) {
            assert_eq!(body["load"], 1);
            break body.clone();
        }
    };
    wait_for("ready");
    commands[replay..].iter().for_each(|it| stream.write_all(&it.bytes()).unwrap());
    let started = wait_for("started");
    assert!(started["at"].as_f64().is_some());
    wait_for("position");
    let then = of(kind::EVENT, &recorded("listener"))
        .iter()
        .rev()
        .find_map(|event| event.json()["it"].get("ended").cloned())
        .unwrap();
    // On a busy machine the stretch before it comes to its end, too.
    while wait_for("ended") != then {}
    stream.shutdown(std::net::Shutdown::Both).unwrap();
    server.join().unwrap();
}

/// The sounds of the recording, on today's server.
struct Kept;

impl Sounds for Kept {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let bytes = sounds().remove(&sound.0).ok_or(io::ErrorKind::NotFound)?;
        Ok((Arc::new(MemorySource::new(bytes)), "kept.wav".to_owned()))
    }
}

/// The old listener: asks for what it asked for, and tells what it told once all of that has come.
fn listen(door: &UnixListener) -> BTreeMap<u64, Vec<u8>> {
    let told = recorded("listener");
    let (mut stream, _) = door.accept().unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(&told[0].bytes()).unwrap();
    let hello = Raw::read(&mut stream).unwrap();
    assert_eq!(hello.kind, kind::HELLO);
    assert_eq!(hello.json()["protocol"]["oldest"], 1);
    let (own, theirs) = (told[0].json()["nonce"].clone(), hello.json()["nonce"].clone());
    assert_eq!(hello.json()["proof"], proof("sender", &own, &theirs));
    let welcome = told[1].with("proof", json!(proof("listener", &own, &theirs)));
    stream.write_all(&welcome.bytes()).unwrap();

    let sounds = sounds();
    let mut due = BTreeMap::new();
    for need in of(kind::NEED, &told) {
        let need = need.json();
        let size = sounds[need["sound"].as_str().unwrap()].len() as u64;
        let (from, to) = (need["from"].as_u64().unwrap(), need["to"].as_u64().unwrap());
        due.insert(need["request"].as_u64().unwrap(), to.min(size).saturating_sub(from));
    }
    let mut came = BTreeMap::<u64, Vec<u8>>::new();
    let mut got = 0;
    while came.values().map(|bytes| bytes.len() as u64).sum::<u64>() < due.values().sum() {
        let frame = Raw::read(&mut stream).unwrap();
        match frame.kind {
            kind::COMMAND if frame.json()["it"].get("load").is_some() => {
                for need in of(kind::NEED, &told) {
                    stream.write_all(&need.bytes()).unwrap();
                }
            }
            kind::CHUNK => {
                let request = u32::from_be_bytes(frame.body[..4].try_into().unwrap());
                came.entry(request.into()).or_default().extend_from_slice(&frame.body[16..]);
                got += frame.body.len() as u64 - 16;
                stream.write_all(&Raw::number(kind::GOT, got).bytes()).unwrap();
            }
            kind::PING => {
                stream.write_all(&Raw { kind: kind::PONG, ..frame }.bytes()).unwrap();
            }
            _ => {}
        }
    }
    for event in of(kind::EVENT, &told) {
        stream.write_all(&event.bytes()).unwrap();
    }
    // Until the player goes.
    while Raw::read(&mut stream).is_ok() {}
    came
}

#[test]
fn todays_player_plays_on_an_old_listener() {
    let home = tempfile::tempdir().unwrap();
    let notes = Notes::new(home.path().join("listeners"));
    notes.prepare().unwrap();
    let door = UnixListener::bind(notes.socket("old")).unwrap();
    let note = Note {
        name: "old".to_owned(),
        token: Token::from_text(TOKEN),
        address: Address::Unix(notes.socket("old")),
        person: "ann".to_owned(),
        explicit: true,
        laptop: "laptop".to_owned(),
        login: "ann".to_owned(),
        made: 1,
        session: false,
    };
    notes.write(&note).unwrap();
    let old = thread::spawn(move || listen(&door));

    let told = Arc::<Mutex<Vec<Event>>>::default();
    let noted = told.clone();
    let seeker = Seeker { person: "ann".to_owned(), explicit: true, session: None, laptop: None };
    let seeking = Seeking { notes, seeker, hello: Hello::default(), only: None };
    let config = PlayerConfig {
        engine: EngineConfig { output: quiet(), ..EngineConfig::default() },
        seeking: Some(seeking),
        originals: true,
    };
    let on_event = Box::new(move |news| {
        if let PlayerNews::Event(event) = news {
            noted.lock().unwrap().push(event);
        }
    });
    let player = Player::start(config, Arc::new(Kept), on_event).unwrap();
    let output = |event: &Event| matches!(event, Event::Output(it) if it.place() == Some("laptop"));
    until("the old listener is found", || told.lock().unwrap().iter().any(output));
    let sound = SoundId(sounds().into_keys().next().unwrap());
    player.send(Command::Load { load: 1, sound, from: 0.0, play: true });
    let ends = of(kind::EVENT, &recorded("listener"))
        .iter()
        .filter(|event| event.json()["it"].get("ended").is_some())
        .count();
    let ended = |event: &&Event| matches!(event, Event::Ended { load: 1, .. });
    until("all that it tells", || told.lock().unwrap().iter().filter(ended).count() == ends);
    drop(player);

    let came = old.join().unwrap();
    for need in of(kind::NEED, &recorded("listener")) {
        let need = need.json();
        let bytes = &sounds()[need["sound"].as_str().unwrap()];
        let place = |field: &str| (need[field].as_u64().unwrap() as usize).min(bytes.len());
        let request = need["request"].as_u64().unwrap();
        let part = came.get(&request).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(part, &bytes[place("from")..place("to")]);
    }
    let told = told.lock().unwrap();
    for name in ["Ready", "Started", "Position", "Paused"] {
        let is_it = |event: &Event| format!("{event:?}").starts_with(name);
        assert!(told.iter().any(is_it), "no {name} in {told:?}");
    }
}

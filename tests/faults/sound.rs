//! Audio of a bucket that is far away: what is asked for before it sounds, and what is not.

use crate::bucket::{Bucket, Fault, Manners, Op, Server, When};
use crate::client::{BUCKET, options, stamp, store, with_keys};
use earmark::audio::{Engine, EngineConfig, OutputChoice, Sounds};
use earmark::domain::{AudioStamp, ByteSource, Command, Event, SampleId, SampleKey, SoundId};
use earmark::objects::{Cache, Store, changed_in_source};
use earmark::ops::probe_one;
use earmark::workspace::Unprobed;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Samples a second of all recordings here.
const RATE: u32 = 16_000;
/// How far away the bucket is.
const FAR: Duration = Duration::from_millis(300);

/// A mono WAV file of 16 bits, with a faint hum in it.
fn wav(seconds: u32) -> Vec<u8> {
    let data = seconds * RATE * 2;
    let mut file = Vec::with_capacity(44 + data as usize);
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(data.to_le_bytes());
    let hum: Vec<u8> = (-80..80_i16).flat_map(i16::to_le_bytes).collect();
    file.extend(hum.repeat((seconds * RATE / 160) as usize));
    file
}

/// The sounds of the bucket, by key.
struct Far {
    store: Store,
    cache: Cache,
}

impl Far {
    fn bytes(&self, key: &str) -> Arc<dyn ByteSource> {
        let listed = stamp(&self.store, key);
        self.cache.read(&self.store, &SampleKey::from(key), &listed).unwrap()
    }
}

impl Sounds for Far {
    fn open(&self, sound: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        let (key, listed) = sound.0.split_once('?').unwrap();
        let (size, etag) = listed.split_once('?').unwrap();
        let listed = AudioStamp { size: size.parse().unwrap(), etag: etag.into() };
        let bytes = self.cache.read(&self.store, &SampleKey::from(key), &listed);
        Ok((bytes.map_err(io::Error::other)?, key.to_owned()))
    }
}

fn sound(store: &Store, key: &str) -> SoundId {
    let AudioStamp { size, etag } = stamp(store, key);
    SoundId(format!("{key}?{size}?{etag}"))
}

fn far_away(recordings: &[(&str, u32)]) -> (Server, Bucket) {
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    for (key, seconds) in recordings {
        bucket.put(&format!("calls/{key}"), wav(*seconds));
    }
    (server, bucket)
}

fn player(sounds: Arc<Far>) -> (Engine, Receiver<Event>) {
    let (send, events) = channel();
    let output = OutputChoice::Silent { why: "a test".into(), hint: String::new() };
    let config = EngineConfig { output, ..EngineConfig::default() };
    let tell = move |event| drop(send.send(event));
    (Engine::spawn(config, sounds, Box::new(tell)).unwrap(), events)
}

fn wait_for(events: &Receiver<Event>, what: &str, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        match events.recv_timeout(Duration::from_secs(30)) {
            Ok(event) if wanted(&event) => return event,
            Ok(_) => {}
            Err(error) => panic!("waited in vain for {what}: {error}"),
        }
    }
}

fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// The bytes that were asked for.
fn ranges(server: &Server) -> Vec<Range<u64>> {
    let range = |text: String| {
        let (first, last) = text.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        first.parse().unwrap()..last.parse::<u64>().unwrap() + 1
    };
    let gets = server.requests().into_iter().filter(|request| request.op == Op::GetObject);
    gets.map(|request| range(request.range.unwrap())).collect()
}

fn complete_files(folder: &Path) -> usize {
    let Ok(files) = std::fs::read_dir(folder) else { return 0 };
    files.filter(|file| file.as_ref().unwrap().file_name().len() == 64).count()
}

#[test]
fn an_hour_sounds_after_a_few_requests_and_the_next_file_after_none() {
    with_keys!();
    let (server, _) = far_away(&[("hour.wav", 3600), ("next.wav", 30)]);
    let dir = tempfile::tempdir().unwrap();
    let store = store(&server);
    let [hour, next] = ["hour.wav", "next.wav"].map(|key| sound(&store, key));
    let listed = stamp(&store, "next.wav");
    server.fault(When::op(Op::GetObject).always(), Fault::Latency(FAR));
    let cache = Cache::open(dir.path(), 1 << 30, &server.endpoint());
    let far = Arc::new(Far { store: store.clone(), cache: cache.clone() });
    let (engine, events) = player(far);

    engine.send(Command::Load { load: 1, sound: hour, from: 0.0, play: true });
    wait_for(&events, "the hour", |event| matches!(event, Event::Started { load: 1, .. }));
    let asked = ranges(&server);
    assert!(asked.len() <= 3, "{asked:?}");
    assert!(asked.iter().map(|range| range.end - range.start).sum::<u64>() < 2 << 20, "{asked:?}");

    engine.send(Command::Seek(2400.0));
    wait_for(
        &events,
        "the seek",
        |event| matches!(event, Event::Position { load: 1, at } if *at > 2400.0),
    );
    let asked = ranges(&server);
    assert!(asked.len() <= 7, "{asked:?}");
    assert!(asked.iter().map(|range| range.end - range.start).sum::<u64>() < 4 << 20, "{asked:?}");

    cache.prefetch(&store, &[(SampleKey::from("next.wav"), listed)]);
    until("the next file is here", || complete_files(dir.path()) == 1);
    engine.send(Command::Pause);
    wait_for(&events, "the pause", |event| matches!(event, Event::Paused { load: 1, .. }));
    server.forget_requests();
    server.fault(When::any().always(), Fault::Forbidden);
    engine.send(Command::Load { load: 2, sound: next, from: 0.0, play: true });
    wait_for(&events, "the next", |event| matches!(event, Event::Started { load: 2, .. }));
    let for_next: Vec<_> =
        server.requests().into_iter().filter(|it| it.key.ends_with("next.wav")).collect();
    assert_eq!(for_next, []);
}

#[test]
fn a_file_that_changes_while_it_is_heard_says_so() {
    with_keys!();
    let (server, bucket) = far_away(&[("a.wav", 120)]);
    let dir = tempfile::tempdir().unwrap();
    let store = store(&server);
    let cache = Cache::open(dir.path(), 1 << 30, &server.endpoint());
    let far = Far { store, cache };
    let bytes = far.bytes("a.wav");
    let mut buffer = vec![0; 1000];
    assert_eq!(bytes.read_at(0, &mut buffer).unwrap(), 1000);
    let mut other = wav(120);
    other.reverse();
    bucket.put("calls/a.wav", other.clone());
    let error = bytes.read_at(3_000_000, &mut buffer).unwrap_err();
    assert!(changed_in_source(&error), "{error}");
    assert_eq!(bytes.read_at(1000, &mut buffer).unwrap(), 1000, "what is here stays readable");
    assert_eq!(buffer, wav(1)[1000..2000]);
    let anew = far.bytes("a.wav");
    assert_eq!(anew.read_at(0, &mut buffer).unwrap(), 1000);
    assert_eq!(buffer, other[..1000]);
}

#[test]
fn looking_at_a_file_reads_its_header_alone() {
    with_keys!();
    let (server, bucket) = far_away(&[("hour.wav", 3600), ("gone.wav", 1), ("mine.wav", 1)]);
    bucket.put("calls/text.wav", "not audio at all");
    bucket.put("calls/loud.mp3", vec![0xff; 4 << 20]);
    let store = store(&server);
    let sample = |key: &str| Unprobed {
        id: SampleId(1),
        key: SampleKey::from(key),
        stamp: stamp(&store, key),
    };
    let samples = ["hour.wav", "text.wav", "gone.wav", "mine.wav", "loud.mp3"].map(sample);
    let [hour, text, gone, mine, loud] = &samples;
    server.forget_requests();

    let probe = probe_one(&store, hour).unwrap();
    assert_eq!((probe.seconds, probe.error, probe.sha256), (Some(3600.0), None, None));
    assert_eq!(server.count(Op::GetObject), 1);
    let probe = probe_one(&store, text).unwrap();
    assert!(probe.error.unwrap().contains("not audio"));
    bucket.remove("calls/gone.wav");
    assert_eq!(probe_one(&store, gone), None, "the next sync takes notice");
    bucket.forbid("calls/mine.wav");
    let probe = probe_one(&store, mine).unwrap();
    assert!(probe.error.unwrap().contains("may not"));
    server.forget_requests();
    let probe = probe_one(&store, loud);
    let asked: u64 = ranges(&server).iter().map(|range| range.end - range.start).sum();
    assert!(asked <= 600_000, "{asked} bytes, {probe:?}");
    server.fault(When::any().always(), Fault::DropBefore);
    assert_eq!(probe_one(&store, hour), None, "the network is away: it is tried again");
}

#[test]
fn a_store_that_answers_now_and_then_is_read_to_the_end() {
    with_keys!();
    let (server, _) = far_away(&[("a.wav", 200)]);
    let store = earmark::objects::Store::open(
        &earmark::domain::Source::parse("s3://box/calls/").unwrap(),
        &earmark::objects::Options { tries: 5, ..options(&server) },
    )
    .unwrap();
    let far = Far { store, cache: Cache::memory(16 << 20, "") };
    let bytes = far.bytes("a.wav");
    server.fault(When::op(Op::GetObject).times(2), Fault::Internal);
    server.fault(When::op(Op::GetObject).after(4).times(1), Fault::Cut(1000));
    server.fault(When::op(Op::GetObject).after(6).times(1), Fault::DropDuring);
    let (mut whole, mut buffer) = (Vec::new(), vec![0; 100_000]);
    loop {
        match bytes.read_at(whole.len() as u64, &mut buffer).unwrap() {
            0 => break,
            count => whole.extend_from_slice(&buffer[..count]),
        }
    }
    assert!(whole == wav(200));
}

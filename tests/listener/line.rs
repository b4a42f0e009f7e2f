//! The bad line that other tests lie between two sides: it is as bad as it says, and no worse.

use crate::proxy::{Direction, Line, Proxy};
use crate::pulse::until;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// Long enough to notice that nothing comes.
const A_WHILE: Duration = Duration::from_millis(150);
/// Nothing here takes so long.
const LIMIT: Duration = Duration::from_secs(20);

/// A line with its far end, where somebody may wait.
struct Desk {
    proxy: Proxy,
    far: UnixListener,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new(line: Line) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| -> PathBuf { folder.path().join(name) };
        let far = UnixListener::bind(path("far")).unwrap();
        let proxy = Proxy::start(&path("near"), &path("far"), line);
        Self { proxy, far, _folder: folder }
    }

    fn near(&self) -> UnixStream {
        let near = UnixStream::connect(self.proxy.path()).unwrap();
        near.set_read_timeout(Some(LIMIT)).unwrap();
        near
    }

    /// Two ends that have found each other.
    fn pair(&self) -> (UnixStream, UnixStream) {
        let near = self.near();
        let far = self.far.accept().unwrap().0;
        far.set_read_timeout(Some(LIMIT)).unwrap();
        (near, far)
    }
}

/// Whether nothing can be read, and nobody has gone either.
fn is_silent(stream: &mut UnixStream) -> bool {
    stream.set_read_timeout(Some(A_WHILE)).unwrap();
    let read = stream.read(&mut [0; 9]);
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn has_ended(stream: &mut UnixStream) -> bool {
    matches!(stream.read(&mut [0; 9]), Ok(0) | Err(_))
}

fn speaks(near: &mut UnixStream, far: &mut UnixStream) {
    near.write_all(b"hello").unwrap();
    let mut heard = [0; 5];
    far.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello");
}

#[test]
fn an_answer_takes_a_round_trip() {
    let desk = Desk::new(Line::round_trip(80));
    let (mut near, mut far) = desk.pair();
    for _ in 0..3 {
        let began = Instant::now();
        speaks(&mut near, &mut far);
        let there = began.elapsed();
        speaks(&mut far, &mut near);
        let both = began.elapsed();
        assert!(there >= Duration::from_millis(40), "{there:?}");
        assert!(both >= Duration::from_millis(80), "{both:?}");
    }
    assert_eq!((desk.proxy.carried(Direction::There), desk.proxy.connections()), (15, 1));
}

#[test]
fn jitter_changes_neither_order_nor_content() {
    let desk = Desk::new(Line::round_trip(2).jitter(15, 7));
    let (mut near, mut far) = desk.pair();
    let sent: Vec<u8> = (0..4000u32).flat_map(u32::to_le_bytes).collect();
    let sending = sent.clone();
    let writer = thread::spawn(move || {
        sending.chunks(333).for_each(|piece| near.write_all(piece).unwrap());
    });
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).unwrap();
    writer.join().unwrap();
    assert_eq!(heard, sent);
}

#[test]
fn a_narrow_line_takes_its_time() {
    let desk = Desk::new(Line::PERFECT.megabits(1));
    let (mut near, mut far) = desk.pair();
    let began = Instant::now();
    let writer = thread::spawn(move || near.write_all(&vec![7; 50_000]).unwrap());
    far.read_exact(&mut vec![0; 50_000]).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(390), "{:?}", began.elapsed());
    writer.join().unwrap();
}

#[test]
fn what_does_not_fit_waits_at_the_sender() {
    let desk = Desk::new(Line { queue: 16 << 10, ..Line::round_trip(100).megabits(1) });
    let (mut near, mut far) = desk.pair();
    near.set_nonblocking(true).unwrap();
    let mut taken = 0;
    let full = loop {
        match near.write(&[7; 4096]) {
            Ok(count) if taken < 4 << 20 => taken += count,
            Ok(_) => break false,
            Err(error) => break error.kind() == ErrorKind::WouldBlock,
        }
    };
    assert!(full, "{taken} bytes and no end");
    drop(near);
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).unwrap();
    assert_eq!(heard.len(), taken, "nothing is lost");
}

#[test]
fn a_deaf_line_swallows_and_tells_nobody() {
    let desk = Desk::new(Line::PERFECT);
    let (mut near, mut far) = desk.pair();
    speaks(&mut near, &mut far);
    desk.proxy.go_deaf();
    near.write_all(&vec![7; 1 << 20]).unwrap();
    far.write_all(b"and back").unwrap();
    assert!(is_silent(&mut near) && is_silent(&mut far));
    let mut later = desk.near();
    later.write_all(b"hello?").unwrap();
    assert!(is_silent(&mut later));
    drop(near);
    assert!(is_silent(&mut far), "nor that the other end has gone");

    desk.proxy.open();
    let (mut near, mut far_again) = desk.pair();
    speaks(&mut near, &mut far_again);
    assert!(is_silent(&mut far));
}

#[test]
fn a_cut_line_ends_at_both_ends_and_can_be_had_again() {
    let desk = Desk::new(Line::round_trip(20));
    let (mut near, mut far) = desk.pair();
    speaks(&mut near, &mut far);
    near.write_all(b"lost on the way").unwrap();
    desk.proxy.cut();
    assert!(has_ended(&mut near) && has_ended(&mut far));
    let (mut near, mut far) = desk.pair();
    speaks(&mut near, &mut far);

    desk.proxy.cut_for(LIMIT);
    assert!(has_ended(&mut near) && has_ended(&mut far));
    assert!(has_ended(&mut desk.near()), "nobody is led on");
    desk.proxy.cut_for(A_WHILE);
    until("the line is back", || {
        let mut near = desk.near();
        near.set_read_timeout(Some(A_WHILE)).unwrap();
        near.read(&mut [0]).is_err()
    });
    assert_eq!(desk.proxy.connections(), 3);
}

#[test]
fn a_held_line_gives_everything_later() {
    let desk = Desk::new(Line::PERFECT);
    let (mut near, mut far) = desk.pair();
    let began = Instant::now();
    desk.proxy.hold_for(A_WHILE);
    speaks(&mut near, &mut far);
    speaks(&mut far, &mut near);
    assert!(began.elapsed() >= A_WHILE);
}

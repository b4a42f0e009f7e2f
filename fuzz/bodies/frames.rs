//! Bytes of a stranger through the frame reader, as a stream and as one message, and what comes of them.

use earmark::listener::forms::unpack;
use earmark::listener::wire::{Chunk, Form, Frame, FrameSource, decode, encode};

/// Reads them to the end or to the first error.
pub(crate) fn read(bytes: &[u8]) {
    if let Ok(frame) = decode(bytes) {
        repeat(&frame);
    }
    let mut rest = bytes;
    loop {
        let before = rest.len();
        let Ok(frame) = rest.receive() else { break };
        assert!(rest.len() < before, "a frame of nothing");
        repeat(&frame);
        if let Frame::Chunk(chunk) = frame {
            unpacked(&chunk);
        }
    }
}

/// What was understood can be said, and is understood the same way again.
fn repeat(frame: &Frame) {
    // Nobody says what they did not understand; and JSON may take more room than it came in.
    let Some(Ok(said)) = is_known(frame).then(|| encode(frame)) else { return };
    let again = decode(&said).expect("what is said is understood");
    // A number beyond what it is kept in is said as none.
    if is_known(&again) {
        assert_eq!(encode(&again).expect("it was said before"), said, "{frame:?}");
    }
}

fn is_known(frame: &Frame) -> bool {
    !matches!(frame, Frame::Unknown(_))
}

/// A chunk gives as many bytes as it says, or none.
fn unpacked(chunk: &Chunk) {
    for form in [Form::Original, Form::Slices, Form::Flac, Form::Unknown] {
        if let Ok(bytes) = unpack(form, chunk.offset, chunk.len, chunk.bytes.clone()) {
            assert_eq!(bytes.len(), chunk.len as usize, "{form:?}");
        }
    }
}

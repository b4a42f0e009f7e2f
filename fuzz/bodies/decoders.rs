//! Bytes of a stranger through the decoders, as a listener reads them: opened, read, sought in and read again.

use earmark::audio::{Decoder, MemorySource, looks_like_audio, peaks, probe, sniff};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The most that is decoded of one input, in frames: a few bytes may stand for hours.
const MOST: u64 = 1 << 21;
/// The most that may come at once, in samples.
const AT_ONCE: usize = 1 << 22;
/// Names that say different things of the same content.
const NAMES: [&str; 4] = ["", "sound", "sound.mp3", "sound.wav"];

/// Decodes them, within bounds.
pub(crate) fn decode(bytes: &[u8]) {
    let name = NAMES[bytes.len() % NAMES.len()];
    assert_eq!(looks_like_audio(name), name.contains('.'));
    let source = || Arc::new(MemorySource::new(bytes.to_vec()));
    let known = sniff(bytes);
    let _ = probe(source(), name);
    let Ok(mut decoder) = Decoder::open(source(), name) else { return };
    let info = decoder.info().clone();
    assert!((1..=32).contains(&info.channels), "{known:?}: {} channels", info.channels);
    assert!((100..=1_000_000).contains(&info.rate), "{known:?}: {} Hz", info.rate);
    let frames = read(&mut decoder, usize::from(info.channels), MOST);
    for place in [frames / 2, u64::MAX, 0] {
        if decoder.seek(place).is_ok() {
            read(&mut decoder, usize::from(info.channels), 1);
        }
    }
    // The waveform and where somebody speaks, for a moment: samples may be no numbers.
    if let Ok(drawn) = peaks::scan(&mut decoder, &mut |_| ControlFlow::Break(())) {
        assert!(drawn.seconds.is_finite());
        assert!(drawn.speech.iter().all(|span| span.start <= span.end));
    }
}

/// Reads so many frames, or to the end.
fn read(decoder: &mut Decoder, channels: usize, most: u64) -> u64 {
    let (mut frames, mut samples) = (0, Vec::new());
    while frames < most {
        samples.clear();
        let Ok(count @ 1..) = decoder.read(&mut samples) else { break };
        assert_eq!(samples.len(), count * channels);
        assert!(samples.len() <= AT_ONCE, "{count} frames at once");
        frames += count as u64;
    }
    frames
}

//! Decoding without other programs: exact seeks, cut files, odd headers.

use super::*;
use crate::audio::MemorySource;

/// Mono, 16 bit, 8 kHz; sample n has the value n.
fn counting_wav(frames: u16) -> Vec<u8> {
    let data = u32::from(frames) * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(data.to_le_bytes());
    (0..frames).for_each(|frame| file.extend(frame.to_le_bytes()));
    file
}

fn open(bytes: Vec<u8>) -> Result<Decoder, AudioError> {
    Decoder::open(Arc::new(MemorySource::new(bytes)), "test.wav")
}

fn read_all(decoder: &mut Decoder) -> Vec<f32> {
    let mut out = Vec::new();
    while decoder.read(&mut out).unwrap() > 0 {}
    out
}

#[test]
fn a_seek_lands_on_the_frame_itself() {
    let mut decoder = open(counting_wav(20_000)).unwrap();
    assert_eq!(decoder.info().frames, Some(20_000));
    for frame in [12_345_u64, 0, 1, 19_999, 1152] {
        let mut out = Vec::new();
        decoder.seek(frame).unwrap();
        assert!(decoder.read(&mut out).unwrap() > 0);
        assert_eq!((out[0] * 32_768.0) as u64, frame);
        assert_eq!(decoder.position(), frame + out.len() as u64);
    }
    decoder.seek(1 << 40).unwrap();
    assert_eq!(decoder.read(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn a_cut_file_plays_to_its_last_sample_and_says_so() {
    let mut file = counting_wav(1000);
    file.truncate(44 + 2 * 700 + 1);
    let mut decoder = open(file).unwrap();
    assert_eq!(decoder.info().frames, Some(700));
    assert_eq!(read_all(&mut decoder).len(), 700);
    assert_eq!(decoder.damaged(), Some("it ends early: 700 of 1000 samples are there"));
}

#[test]
fn hostile_headers_are_refused() {
    let with = |at: usize, bytes: &[u8]| {
        let mut file = counting_wav(100);
        file[at..at + bytes.len()].copy_from_slice(bytes);
        open(file).err().map(|error| error.to_string())
    };
    let refused = "test.wav: wav with pcm_s16le cannot be decoded: ";
    assert_eq!(
        with(24, &u32::MAX.to_le_bytes()),
        Some(format!("{refused}a rate of 4294967295 Hz"))
    );
    assert_eq!(with(24, &[0; 4]), Some(format!("{refused}a rate of 0 Hz")));
    assert!(with(22, &[0, 0]).is_some());
    assert!(with(22, &[0xff, 0xff]).is_some());
    assert_eq!(with(40, &u32::MAX.to_le_bytes()), None);
}

#[test]
fn what_is_no_audio_is_said_to_be_none() {
    assert!(matches!(open(Vec::new()), Err(AudioError::Empty { .. })));
    assert!(matches!(open(b"hello, world".to_vec()), Err(AudioError::Unknown { .. })));
    let amr = open(b"#!AMR\n\x3c".to_vec()).err().map(|error| error.to_string());
    assert_eq!(amr.as_deref(), Some("test.wav: amr with amr cannot be decoded: no decoder"));
}

//! Whatever is asked for in whatever order, what arrives is the file; and nothing that arrives does harm.

use super::*;
use crate::audio::{Decoder, MemorySource, to_16_bits};
use proptest::prelude::*;

/// One sound under every id.
struct One(Vec<u8>, &'static str);

impl Sounds for One {
    fn open(&self, _: &SoundId) -> io::Result<(Arc<dyn ByteSource>, String)> {
        Ok((Arc::new(MemorySource::new(self.0.clone())), self.1.to_owned()))
    }
}

fn open(sounds: &One, form: Form, originals: bool) -> Prepared {
    prepare(sounds, &SoundId("a".into()), None, &[form], originals).unwrap()
}

/// A WAV file of a wandering tone. Samples of 3 bytes have more than 16 bits to them.
fn wav(rate: u32, channels: u16, width: u16, frames: usize) -> Vec<u8> {
    let block = channels * width;
    let data = (frames * usize::from(block)) as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(block)).to_le_bytes());
    file.extend(block.to_le_bytes());
    file.extend((width * 8).to_le_bytes());
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    for at in 0..frames * usize::from(channels) {
        let value = ((at as f32).powf(1.3) * 0.05).sin() * 2e9;
        file.extend(&(value as i32).to_le_bytes()[4 - usize::from(width)..]);
    }
    file
}

/// The samples of a file, as 16 bits, in at most two channels.
fn decoded(file: &[u8]) -> (u32, u16, Vec<u8>) {
    let mut decoder = Decoder::open(Arc::new(MemorySource::new(file)), "it").unwrap();
    let (mut samples, channels) = (Vec::new(), decoder.info().channels);
    while decoder.read(&mut samples).unwrap() > 0 {}
    if channels > 2 {
        let share = 1.0 / f32::from(channels);
        let frames = samples.chunks(channels.into());
        samples = frames.map(|frame| frame.iter().sum::<f32>() * share).collect();
    }
    let channels = if channels > 2 { 1 } else { channels };
    (decoder.info().rate, channels, to_16_bits(&samples).flat_map(i16::to_le_bytes).collect())
}

/// Fetches a range as a listener does.
fn fetch(prepared: &Prepared, from: u64, to: u64, step: u64) -> Vec<u8> {
    let (mut at, mut bytes) = (from, Vec::new());
    while at < to {
        let Some(piece) = prepared.piece(at, to.min(at.saturating_add(step))).unwrap() else {
            break;
        };
        assert!(piece.bytes.len() as u64 <= MAX_PIECE && u64::from(piece.len) <= to - at);
        bytes.extend(unpack(prepared.form, at, piece.len, piece.bytes).unwrap());
        at += u64::from(piece.len);
    }
    bytes
}

fn whole(prepared: &Prepared) -> Vec<u8> {
    fetch(prepared, 0, u64::MAX, u64::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn slices_fetched_in_any_order_are_the_decoded_file(
        rate in prop_oneof![Just(8000u32), Just(16_000), Just(44_100), Just(1_000_000)],
        channels in 1u16..=5,
        width in 2u16..=3,
        frames in 0usize..50_000,
        cuts in prop::collection::vec(0.0..1f64, 0..6),
        order in prop::collection::vec(any::<u8>(), 8),
        step in 1u64..80_000,
    ) {
        let file = wav(rate, channels, width, frames);
        let slices = open(&One(file.clone(), "a.wav"), Form::Slices, false);
        let len = slices.len.unwrap();
        let step = step.max(len / 64);
        let mut cuts: Vec<u64> = cuts.iter().map(|cut| (cut * len as f64) as u64).collect();
        cuts.extend([0, len]);
        cuts.sort_unstable();
        let mut ranges: Vec<_> = cuts.windows(2).map(|cut| (cut[0], cut[1])).collect();
        ranges.sort_by_key(|(from, _)| order[(*from % 8) as usize]);
        let mut made = vec![0; len as usize];
        for (from, to) in ranges {
            let bytes = fetch(&slices, from, to, step);
            made[from as usize..to as usize].copy_from_slice(&bytes);
        }
        let (rate, channels, samples) = decoded(&file);
        prop_assert_eq!(&made[44..], &samples[..]);
        if !samples.is_empty() {
            prop_assert_eq!(decoded(&made), (rate, channels, samples));
        }
    }

    #[test]
    fn no_bytes_make_unpacking_panic_or_give_more_than_they_say(
        offset in prop_oneof![0u64..100, any::<u64>()],
        len in prop_oneof![0u32..200_000, any::<u32>()],
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        form in prop_oneof![Just(Form::Original), Just(Form::Slices), Just(Form::Flac), Just(Form::Unknown)],
    ) {
        if let Ok(unpacked) = unpack(form, offset, len, bytes) {
            prop_assert_eq!(unpacked.len(), len as usize);
        }
    }

    #[test]
    fn damaged_slices_are_refused_or_of_the_right_length(
        harm in prop::collection::vec((0.0..1f64, any::<u8>()), 1..6),
        cut in 0.0..2f64,
    ) {
        let slices = open(&One(wav(16_000, 1, 2, 9000), "a.wav"), Form::Slices, false);
        let Piece { len, mut bytes } = slices.piece(44, 16_000).unwrap().unwrap();
        for (place, value) in harm {
            let at = (place * bytes.len() as f64) as usize;
            bytes[at] = value;
        }
        let keep = (cut * bytes.len() as f64) as usize;
        bytes.truncate(keep);
        if let Ok(unpacked) = unpack(Form::Slices, 44, len, bytes) {
            prop_assert_eq!(unpacked.len(), len as usize);
        }
    }
}

#[test]
fn an_original_is_the_file_itself() {
    let file = wav(16_000, 1, 2, 100_000);
    let original = open(&One(file.clone(), "a.wav"), Form::Original, true);
    assert_eq!((original.form, original.len), (Form::Original, Some(file.len() as u64)));
    assert_eq!(original.name, "a.wav");
    assert_eq!(whole(&original), file);
    assert_eq!(fetch(&original, 1000, 1010, 4), file[1000..1010]);
    assert_eq!(original.piece(file.len() as u64, u64::MAX).unwrap(), None);
    assert_eq!(original.piece(9, 3).unwrap(), None);
}

#[test]
fn a_whole_flac_file_sounds_like_the_original() {
    for (rate, channels) in [(16_000, 1), (44_100, 2), (192_000, 2)] {
        let file = wav(rate, channels, 2, 150_000);
        let flac = open(&One(file.clone(), "a.wav"), Form::Flac, false);
        let made = whole(&flac);
        assert_eq!(flac.len, Some(made.len() as u64));
        assert!(made.starts_with(b"fLaC"));
        assert_eq!(decoded(&made), decoded(&file));
        assert_eq!(fetch(&flac, 5000, 6000, 300), made[5000..6000]);
    }
}

#[test]
fn where_originals_stay_neither_they_nor_their_names_leave() {
    let sounds = One(wav(16_000, 1, 2, 1000), "Doe, Jane 1971.wav");
    let id = SoundId("a".into());
    let all = [Form::Original, Form::Slices, Form::Flac];
    let prepared = prepare(&sounds, &id, None, &all, false).unwrap();
    assert_eq!((prepared.form, prepared.name.as_str()), (Form::Slices, ""));
    let insists = prepare(&sounds, &id, Some(Form::Original), &all, false);
    assert_eq!(insists.err().unwrap().kind(), io::ErrorKind::Unsupported);
    assert!(prepare(&sounds, &id, None, &[Form::Original], false).is_err());

    let broken = One(b"RIFF\x10\0\0\0WAVEbroken".to_vec(), "Doe, Jane 1971.wav");
    let error = prepare(&broken, &id, None, &all, false).err().unwrap();
    assert!(!error.to_string().contains("Jane"), "{error}");
}

#[test]
fn the_other_side_gets_the_form_that_it_likes_best() {
    let pick = |wanted, takes: &[Form]| choose(wanted, takes, true).ok();
    assert_eq!(pick(None, &[Form::Unknown, Form::Original, Form::Slices]), Some(Form::Original));
    assert_eq!(pick(None, &[Form::Flac, Form::Original]), Some(Form::Flac));
    assert_eq!(pick(Some(Form::Flac), &[Form::Original]), Some(Form::Flac));
    assert_eq!(pick(Some(Form::Unknown), &[Form::Original]), None);
    assert_eq!(pick(None, &[Form::Unknown]), None);
}

#[test]
fn a_file_that_breaks_off_is_filled_up_with_silence() {
    let mut file = wav(16_000, 1, 2, 40_000);
    // A FLAC file whose last frames are gone still states its whole length.
    let flac = whole(&open(&One(file.clone(), "a.wav"), Form::Flac, true));
    let cut = flac[..flac.len() / 2].to_vec();
    let slices = open(&One(cut, "a.flac"), Form::Slices, true);
    let made = whole(&slices);
    assert_eq!(made.len(), file.len());
    assert_eq!(made[44..10_000], file.split_off(44)[..10_000 - 44]);
    assert_eq!(made[made.len() - 1000..], [0; 1000]);
}

#[test]
fn an_unpacked_slice_has_an_end() {
    // A second of silence in a few bytes, claimed to be a few samples.
    let slices = open(&One(wav(16_000, 1, 2, 0), "a.wav"), Form::Slices, true);
    assert_eq!(slices.piece(44, 9000).unwrap(), None);
    let mut encoder = crate::audio::FlacEncoder::new(16_000, 1).unwrap();
    let mut bomb = encoder.header(None);
    encoder.push(&vec![0; 20_000_000], &mut bomb).unwrap();
    bomb.truncate(60_000);
    assert!(unpack(Form::Slices, 44, 100, bomb.clone()).is_err());
    assert!(unpack(Form::Slices, 44, u32::MAX, bomb).is_err());
}

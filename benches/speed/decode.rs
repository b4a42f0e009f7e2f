//! Decoding a long file to its waveform, against ffmpeg decoding it to nothing; beside it, sox.

use super::clips::{self, CODECS, Codec};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Series, Taken, in_turn, median_of, timed};
use earmark::audio::{AudioError, Decoder, peaks};
use earmark::domain::Peaks;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

type Scan =
    fn(&mut Decoder, &mut dyn FnMut(&Peaks) -> ControlFlow<()>) -> Result<Peaks, AudioError>;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    for codec in &CODECS {
        decoded(scale, report, codec, scale.minutes);
        // ffmpeg takes a minute for each.
        let longest = scale.longest.filter(|_| matches!(codec.0, "WAV" | "FLAC" | "MP3" | "Opus"));
        if let Some(minutes) = longest {
            decoded(&Scale { runs: 1, ..scale.clone() }, report, codec, minutes);
        }
    }
}

fn decoded(scale: &Scale, report: &mut Report, codec: &Codec, minutes: u64) {
    let (name, ..) = codec;
    let (path, length) = (clips::clip(codec, minutes), clips::length(minutes));
    // Whoever comes first would pay for the disk.
    io::copy(&mut File::open(&path).expect("an input opens"), &mut io::sink())
        .expect("an input is read");
    let waveform = || scanned(&path, minutes, peaks::waveform);
    // ffmpeg takes long over Opus.
    let runs = if *name == "Opus" { scale.runs.min(3) } else { scale.runs };
    let mut starting = Series::default();
    let (ours, whole) = in_turn(runs, waveform, || {
        starting.push(clips::ffmpeg_decoding(&path, &["-t", "0"]));
        clips::ffmpeg_decoding(&path, &[])
    });
    // It counts from when its input is open; what it then needs before the first sample is not decoding either.
    let start = starting.median().cpu;
    let theirs = Taken { cpu: whole.cpu.saturating_sub(start), ..whole };
    let note = format!(
        "ffmpeg without the {:.3} s that it takes for no sample at all",
        start.as_secs_f64()
    );
    let note = match clips::sox_decoding(&path) {
        Some(sox) => format!("{note}; sox takes {:.2} s of CPU, its start too", sox.as_secs_f64()),
        None => note,
    };
    report.add(
        Row::new(format!("decode {length} of {name} to peaks, CPU"), Figure::seconds(ours.cpu))
            .against("ffmpeg", Figure::seconds(theirs.cpu))
            .bar(Bar::Times(1.0))
            .note(note),
    );
    if *name == "FLAC" && minutes <= 60 {
        let hour = ours.cpu * 60 / minutes as u32;
        report.add(
            Row::new("an hour of FLAC to peaks at that pace, CPU", Figure::seconds(hour))
                .bar(Bar::AtMost(1.0)),
        );
    }
    if minutes == scale.minutes && (scale.full || *name == "FLAC") {
        let speech = median_of(1, || scanned(&path, minutes, peaks::scan));
        report.add(
            Row::new(
                format!("the same with the search for speech, {name}, CPU"),
                Figure::seconds(speech.cpu),
            )
            .against("ffmpeg", Figure::seconds(theirs.cpu)),
        );
    }
}

fn scanned(path: &Path, minutes: u64, scan: Scan) -> Taken {
    let (peaks, taken) = timed(|| {
        scan(&mut clips::decoder(path), &mut |_| ControlFlow::Continue(()))
            .expect("the file is read")
    });
    let off = peaks.seconds - (60 * minutes) as f64;
    assert!(peaks.complete && off.abs() < 1.0, "{} s", peaks.seconds);
    taken
}

//! Decoding an hour to its waveform, against ffmpeg decoding it to nothing.

use super::clips::{self, CODECS};
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::{Taken, in_turn, median_of, timed};
use earmark::audio::{AudioError, Decoder, peaks};
use earmark::domain::Peaks;
use std::ops::ControlFlow;
use std::path::Path;

type Scan =
    fn(&mut Decoder, &mut dyn FnMut(&Peaks) -> ControlFlow<()>) -> Result<Peaks, AudioError>;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    for codec in &CODECS {
        let (name, ..) = codec;
        let path = clips::hour(codec);
        let waveform = || scanned(&path, peaks::waveform);
        // ffmpeg takes long over Opus.
        let runs = if *name == "Opus" { scale.runs.min(2) } else { scale.runs };
        let (ours, theirs) = in_turn(runs, waveform, || clips::ffmpeg_decoding(&path));
        report.add(
            Row::new(format!("decode one hour of {name} to peaks, CPU"), Figure::seconds(ours.cpu))
                .against("ffmpeg", Figure::seconds(theirs.cpu))
                .bar(Bar::Times(1.0)),
        );
        if *name == "FLAC" {
            report.add(
                Row::new("one hour of FLAC to peaks, CPU", Figure::seconds(ours.cpu))
                    .bar(Bar::AtMost(1.0)),
            );
        }
        if scale.full || *name == "FLAC" {
            let speech = median_of(1, || scanned(&path, peaks::scan));
            report.add(
                Row::new(
                    format!("the same with the search for speech, {name}, CPU"),
                    Figure::seconds(speech.cpu),
                )
                .against("ffmpeg", Figure::seconds(theirs.cpu)),
            );
        }
    }
}

fn scanned(path: &Path, scan: Scan) -> Taken {
    let (peaks, taken) = timed(|| {
        scan(&mut clips::decoder(path), &mut |_| ControlFlow::Continue(()))
            .expect("the hour is read")
    });
    assert!(peaks.complete && (peaks.seconds - 3600.0).abs() < 1.0, "{} s", peaks.seconds);
    taken
}

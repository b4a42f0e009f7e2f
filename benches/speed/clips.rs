//! Real speech to measure with: the recordings that the tests use, short ones as they are and joined to long ones.

use super::data::{Dice, WITH_AUDIO, folder, key};
use super::timing::{Taken, timed};
use earmark::audio::{Decoder, FileSource};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Where Debian puts the recordings of its package `asterisk-core-sounds-en-wav`.
const RECORDINGS: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";
/// What the recordings are brought to when they are joined.
const RATE: u32 = 16_000;
/// Minutes that are joined; what is longer says the same again.
const JOINED: u64 = 60;

/// The codecs of the long files: name, ending, how ffmpeg makes it.
pub(crate) const CODECS: [Codec; 6] = [
    ("WAV", "wav", &["-c:a", "pcm_s16le"]),
    ("FLAC", "flac", &["-c:a", "flac"]),
    ("MP3", "mp3", &["-c:a", "libmp3lame", "-b:a", "64k"]),
    ("Vorbis", "ogg", &["-c:a", "libvorbis", "-q:a", "3"]),
    ("Opus", "opus", &["-c:a", "libopus", "-b:a", "24k"]),
    ("AAC", "m4a", &["-c:a", "aac", "-b:a", "64k"]),
];

/// Recordings of a few seconds, in an order that is always the same.
fn recordings() -> Vec<PathBuf> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    [Path::new(RECORDINGS), &demo]
        .into_iter()
        .map(|folder| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let mut found: Vec<PathBuf> = entries
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "wav"))
                .filter(|path| fs::metadata(path).is_ok_and(|about| about.len() > 8_000))
                .collect();
            found.sort();
            found
        })
        .find(|found| !found.is_empty())
        .expect("recordings: those of Debian's package, or those in assets/demo")
}

/// The source of the generated workspaces: the first samples are really there.
pub(crate) fn source() -> PathBuf {
    let source = folder().join("source");
    let last = source.join(key(WITH_AUDIO - 1));
    if !last.exists() {
        let recordings = recordings();
        for number in 0..WITH_AUDIO {
            let to = source.join(key(number));
            let parent = to.parent().expect("a key lies in a folder");
            fs::create_dir_all(parent).expect("folders in the source");
            fs::copy(&recordings[number % recordings.len()], to).expect("a recording is copied");
        }
    }
    source.canonicalize().expect("the source is there")
}

/// One of [`CODECS`].
pub(crate) type Codec = (&'static str, &'static str, &'static [&'static str]);

/// So many minutes in words.
pub(crate) fn length(minutes: u64) -> String {
    match minutes {
        60 => "one hour".to_owned(),
        300 => "five hours".to_owned(),
        _ => format!("{minutes} minutes"),
    }
}

/// Speech of some length in one of [`CODECS`], made once: recordings joined in a shuffled order.
pub(crate) fn clip(codec: &Codec, minutes: u64) -> PathBuf {
    let (_, ending, arguments) = codec;
    let path = folder().join(format!("minutes-{minutes}.{ending}"));
    if path.exists() {
        return path;
    }
    let joined = joined(minutes.min(JOINED));
    eprintln!("  making {}, once …", path.display());
    let part = folder().join(format!("part.{ending}"));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-stream_loop", "-1", "-f", "f32le", "-ac", "1", "-ar"])
        .arg(RATE.to_string())
        .arg("-i")
        .arg(&joined)
        .args(["-t", &(minutes * 60).to_string(), "-map_metadata", "-1"])
        .args(*arguments)
        .arg(&part)
        .stdin(Stdio::null())
        .status()
        .expect("ffmpeg is installed (scripts/packages.sh bench)");
    assert!(made.success(), "ffmpeg makes {}", path.display());
    fs::rename(&part, &path).expect("the file is put in its place");
    path
}

/// So many minutes as bare samples. What is not at the rate wanted is stretched to it on straight lines: it stays speech.
fn joined(minutes: u64) -> PathBuf {
    let path = folder().join(format!("minutes-{minutes}.f32"));
    if path.exists() {
        return path;
    }
    let recordings = recordings();
    let mut dice = Dice::new(3);
    let wanted = (minutes * 60 * u64::from(RATE)) as usize;
    let mut joined: Vec<u8> = Vec::with_capacity(4 * wanted + (1 << 20));
    while joined.len() < 4 * wanted {
        let recording = &recordings[dice.below(recordings.len())];
        for sample in at_rate(recording) {
            joined.extend_from_slice(&sample.to_le_bytes());
        }
    }
    joined.truncate(4 * wanted);
    fs::write(&path, joined).expect("the samples are written");
    path
}

fn at_rate(recording: &Path) -> Vec<f32> {
    let (rate, channels, samples) = decoded(recording);
    let mono: Vec<f32> = samples.chunks_exact(channels).map(|frame| frame[0]).collect();
    let step = f64::from(rate) / f64::from(RATE);
    let count = (mono.len() as f64 / step) as usize;
    (0..count)
        .map(|index| {
            let place = index as f64 * step;
            let (left, part) = (place as usize, place.fract() as f32);
            let right = mono[(left + 1).min(mono.len() - 1)];
            mono[left] * (1.0 - part) + right * part
        })
        .collect()
}

fn decoded(path: &Path) -> (u32, usize, Vec<f32>) {
    let mut decoder = decoder(path);
    let (rate, channels) = (decoder.info().rate, usize::from(decoder.info().channels));
    let mut samples = Vec::new();
    while decoder.read(&mut samples).expect("a recording is decoded") > 0 {}
    (rate, channels, samples)
}

/// A file opened to be decoded.
pub(crate) fn decoder(path: &Path) -> Decoder {
    let source = FileSource::open(path).expect("an input opens");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Decoder::open(Arc::new(source), &name).expect("an input is audio")
}

/// ffmpeg decoding a file to nothing on one core: the processor time that it counts for itself. `only` limits what it
/// decodes, as ffmpeg says it.
pub(crate) fn ffmpeg_decoding(path: &Path, only: &[&str]) -> Taken {
    let (output, taken) = timed(|| {
        Command::new("ffmpeg")
            .args(["-hide_banner", "-nostats", "-benchmark", "-threads", "1", "-i"])
            .arg(path)
            .args(only)
            .args(["-f", "s16le", "-y", "/dev/null"])
            .stdin(Stdio::null())
            .output()
            .expect("ffmpeg is installed (scripts/packages.sh bench)")
    });
    let said = String::from_utf8_lossy(&output.stderr);
    let figure = |name: &str| {
        let at = said.rfind(name).expect("ffmpeg tells its times");
        let digits = said[at + name.len()..].split('s').next().unwrap_or_default();
        digits.parse::<f64>().expect("ffmpeg tells its times")
    };
    let cpu = figure("utime=") + figure("stime=");
    Taken { cpu: std::time::Duration::from_secs_f64(cpu), ..taken }
}

/// sox reading a file to nothing, in processor time; `None` where it is not installed or does not know the format.
pub(crate) fn sox_decoding(path: &Path) -> Option<std::time::Duration> {
    let script = "sox \"$1\" -n >/dev/null 2>&1 && times";
    let output = Command::new("bash").args(["-c", script, "bash"]).arg(path).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = |part: &str| {
        let (minutes, seconds) = part.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    // The second line is about what was started.
    let both: Option<Vec<f64>> = said.lines().last()?.split_whitespace().map(seconds).collect();
    let all: f64 = both?.iter().sum();
    (all > 0.0).then(|| std::time::Duration::from_secs_f64(all))
}

//! Writes each format into a folder and has it opened by readers that other people wrote, from Python packages.
//!
//! `scripts/interop.sh` installs these; without them there is nothing to compare with, and the test says so.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop and speak"
)]

use earmark::formats::{Format, FormatError, Item, Sink, WriteOptions, writer};
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Formats that have readers of their own out there, and whether the audio has to lie beside.
const FORMATS: [(Format, bool); 12] = [
    (Format::WebVtt, false),
    (Format::Srt, false),
    (Format::TextGrid, false),
    (Format::Elan, false),
    (Format::Audacity, false),
    (Format::Lhotse, true),
    (Format::Kaldi, true),
    (Format::LjSpeech, false),
    (Format::CommonVoice, false),
    (Format::Sidecars, false),
    (Format::AudiofolderCsv, true),
    (Format::AudiofolderJsonl, true),
];

const RATE: u32 = 16_000;

struct Folder(PathBuf);

impl Sink for Folder {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>> {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
        Ok(Box::new(File::create_new(path)?))
    }
}

fn item(key: &str, seconds: f64, content: Option<&str>, speaker: Option<&str>) -> Item {
    Item {
        key: key.to_owned(),
        url: format!("s3://demo/{key}"),
        content: content.map(str::to_owned),
        suggestion: None,
        flags: Vec::new(),
        author: Some("Ann".to_owned()),
        at: "2025-03-04T10:00:00Z".parse().ok(),
        seconds: Some(seconds),
        rate: Some(RATE),
        channels: Some(1),
        size: 0,
        usage: None,
        speaker: speaker.map(str::to_owned),
        extra: Map::new(),
    }
}

fn items() -> Vec<Item> {
    vec![
        item("c-3.wav", 0.75, Some("first line\nsecond line"), None),
        item("calls/a 1.wav", 1.25, Some("R&D says \"5 < 6 > 4\", = 100%"), Some("agent 7")),
        item("calls/b.wav", 0.5, Some("谢谢, café"), None),
        item("calls/c.wav", 0.5, Some("'it' <i>is</i> \\n"), Some("agent 7")),
        item("d.wav", 1.0, Some(""), None),
        item("e.wav", 1.0, None, None),
    ]
}

/// Silence as a WAV file.
fn silence(path: &Path, seconds: f64) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder");
    let bytes = (seconds * f64::from(RATE)) as u32 * 2;
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + bytes).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend_from_slice(&RATE.to_le_bytes());
    wav.extend_from_slice(&(RATE * 2).to_le_bytes());
    wav.extend_from_slice(b"\x02\0\x10\0data");
    wav.extend_from_slice(&bytes.to_le_bytes());
    wav.resize(wav.len() + bytes as usize, 0);
    fs::write(path, wav).expect("a WAV file");
}

/// Writes one format, and says what a reader should find: every sample but those refused, and unlabeled ones only where
/// the format names them.
fn export(format: Format, audio: bool, folder: &Path) -> Map<String, Value> {
    fs::create_dir_all(folder).expect("a folder");
    let options = WriteOptions {
        guard_formulas: false,
        full_addresses: false,
        scheme: None,
        dataset: "interop".to_owned(),
    };
    let name = if format == Format::AudiofolderCsv { "metadata.csv" } else { "metadata.jsonl" };
    let mut sink = Folder(folder.to_owned());
    let mut writer = writer(format, &mut sink, name, &options).expect("it starts");
    let names_unlabeled =
        matches!(format, Format::Lhotse | Format::AudiofolderCsv | Format::AudiofolderJsonl);
    let mut wanted = Map::new();
    for item in items() {
        match writer.write(&item) {
            Ok(()) if item.content.is_none() && !names_unlabeled => {}
            Ok(()) => {
                let said = json!({
                    "content": item.content, "seconds": item.seconds, "speaker": item.speaker,
                });
                if audio {
                    silence(&folder.join(&item.key), item.seconds.expect("all have one"));
                }
                wanted.insert(item.key, said);
            }
            Err(FormatError::CannotHold { .. }) => {}
            Err(error) => panic!("{format}: {error:?}"),
        }
    }
    writer.finish().expect("it ends");
    assert!(wanted.len() >= 3, "{format} holds too little: {wanted:?}");
    wanted
}

#[test]
fn exports_are_read_by_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected = Map::new();
    for (format, audio) in FORMATS {
        let wanted = export(format, audio, &folder.path().join(format.name()));
        expected.insert(format.name().to_owned(), Value::Object(wanted));
    }
    fs::write(folder.path().join("expected.json"), Value::Object(expected).to_string())
        .expect("what is expected");

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("EARMARK_INTEROP_PYTHON").map(PathBuf::from);
    let must = python.is_some();
    let python = python.unwrap_or_else(|| {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools/interop/bin/python")
    });
    if !python.exists() {
        assert!(!must, "{} is not there", python.display());
        eprintln!("not compared with other readers: scripts/interop.sh installs them");
        return;
    }
    let output = Command::new(python)
        .arg(root.join("tests/interop/check.py"))
        .arg(folder.path())
        .env("HF_HUB_OFFLINE", "1")
        .env("HF_HOME", folder.path().join("cache"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    eprint!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

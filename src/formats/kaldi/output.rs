//! Writing: rows wait in the order of their ids until all are there.

use super::ids::ids;
use super::{SPK2UTT, TEXT, UTT2SPK, WAV_SCP};
use crate::formats::beside::cannot;
use crate::formats::sorter::Sorter;
use crate::formats::text_out::TextOut;
use crate::formats::{FormatError, Item, ItemWriter, Sink, WriteOptions};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Row {
    speaker: String,
    path: String,
    text: String,
}

/// Starts writing. An unlabeled sample is in none of the files: all of them have the same ids.
///
/// # Errors
/// The disk.
pub(in crate::formats) fn writer<'a>(
    sink: &'a mut dyn Sink,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter + 'a>, FormatError> {
    Ok(Box::new(Writer {
        wav_scp: TextOut::create(sink, WAV_SCP)?,
        text: TextOut::create(sink, TEXT)?,
        utt2spk: TextOut::create(sink, UTT2SPK)?,
        spk2utt: TextOut::create(sink, SPK2UTT)?,
        rows: Sorter::new(),
        full_addresses: options.full_addresses,
    }))
}

struct Writer {
    wav_scp: TextOut,
    text: TextOut,
    utt2spk: TextOut,
    spk2utt: TextOut,
    rows: Sorter<Row>,
    full_addresses: bool,
}

impl ItemWriter for Writer {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let Some(text) = item.content.as_deref() else { return Ok(()) };
        let path = if self.full_addresses { &item.url } else { &item.key };
        if let Some(why) = misread(path) {
            return Err(cannot(&item.key, why));
        }
        if text.contains(['\n', '\r']) {
            return Err(cannot(&item.key, "its text has more than one line"));
        }
        if text.trim_ascii().is_empty() {
            // An id without words is an error to Lhotse and a warning to Kaldi's own scripts.
            return Err(cannot(&item.key, "its text is empty"));
        }
        let (utterance, speaker) = ids(&item.key, item.speaker.as_deref());
        let row = Row { speaker, path: path.clone(), text: text.trim_ascii().to_owned() };
        self.rows.push(utterance.into_bytes(), &row)
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        let mut rows = self.rows.sorted()?;
        let mut last_speaker: Option<String> = None;
        while let Some((utterance, row)) = rows.pop()? {
            let utterance = String::from_utf8_lossy(&utterance);
            self.wav_scp.line(&format!("{utterance} {}", row.path))?;
            self.utt2spk.line(&format!("{utterance} {}", row.speaker))?;
            self.text.line(&format!("{utterance} {}", row.text))?;
            if last_speaker.as_ref() != Some(&row.speaker) {
                if last_speaker.is_some() {
                    self.spk2utt.text("\n")?;
                }
                self.spk2utt.text(&row.speaker)?;
                last_speaker = Some(row.speaker);
            }
            self.spk2utt.text(&format!(" {utterance}"))?;
        }
        if last_speaker.is_some() {
            self.spk2utt.text("\n")?;
        }
        let files = [self.wav_scp, self.text, self.utt2spk, self.spk2utt];
        files.into_iter().try_for_each(TextOut::finish)
    }
}

/// What Kaldi would take a path for instead.
fn misread(path: &str) -> Option<&'static str> {
    let offset = path.rsplit_once(':').is_some_and(|(_, digits)| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if path.starts_with('|') || path.ends_with('|') {
        Some("Kaldi would take its name for a command")
    } else if offset {
        Some("Kaldi would take its name for a place in an archive")
    } else if path == "-" {
        Some("Kaldi would take its name for standard input")
    } else if path.contains(['\n', '\r']) || path.trim() != path || path.is_empty() {
        Some("its name has a line end in it or blanks around it")
    } else {
        None
    }
}

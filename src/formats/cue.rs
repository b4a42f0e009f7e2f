//! Formats of which each recording has a file of its own, with one cue over the whole of it.

use super::beside::{beside, cannot, create_beside};
use super::text_in::at;
use super::{FormatError, Item, ItemWriter, Sink};
use std::io::Write;

/// What one file says.
pub(super) struct Cue<'a> {
    /// The sample.
    pub(super) item: &'a Item,
    /// What is said, with `\n` between lines.
    pub(super) text: &'a str,
    /// Milliseconds, at least one.
    pub(super) millis: u64,
}

impl Cue<'_> {
    /// Who speaks, if it is known.
    pub(super) fn speaker(&self) -> Option<&str> {
        self.item.speaker.as_deref().filter(|speaker| !speaker.is_empty())
    }

    /// Seconds, to the millisecond.
    pub(super) fn seconds(&self) -> f64 {
        self.millis as f64 / 1000.0
    }

    /// `hh:mm:ss.mmm`, with what goes before the milliseconds.
    pub(super) fn clock(&self, before_millis: char) -> String {
        let (seconds, millis) = (self.millis / 1000, self.millis % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{hours:02}:{minutes:02}:{seconds:02}{before_millis}{millis:03}")
    }

    /// Whether a line of the text, not of an empty one, has nothing in it: that ends a cue.
    pub(super) fn has_blank_line(&self) -> bool {
        !self.text.is_empty() && self.text.split('\n').any(|line| line.trim().is_empty())
    }
}

/// Makes the text of a file, or says in a few words why there is none.
pub(super) type Render = fn(&Cue<'_>) -> Result<String, &'static str>;

/// Writes a file for each labeled sample; an unlabeled one has none.
pub(super) struct CueWriter<'a> {
    sink: &'a mut dyn Sink,
    ending: &'static str,
    render: Render,
}

impl<'a> CueWriter<'a> {
    /// Files with this ending.
    pub(super) fn new(sink: &'a mut dyn Sink, ending: &'static str, render: Render) -> Self {
        Self { sink, ending, render }
    }
}

impl ItemWriter for CueWriter<'_> {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let Some(content) = &item.content else { return Ok(()) };
        let name = beside(&item.key, self.ending)?;
        let millis = millis(item).ok_or_else(|| cannot(&item.key, "its length is not known"))?;
        if content.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            return Err(cannot(&item.key, "its text has control characters"));
        }
        let text = content.replace("\r\n", "\n").replace('\r', "\n");
        let cue = Cue { item, text: &text, millis };
        let whole = (self.render)(&cue).map_err(|why| cannot(&item.key, why))?;
        let mut file = create_beside(self.sink, &item.key, &name)?;
        file.write_all(whole.as_bytes())
            .and_then(|()| file.flush())
            .map_err(|source| at(&name, source))
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        Ok(())
    }
}

fn millis(item: &Item) -> Option<u64> {
    let millis = (item.seconds? * 1000.0).round();
    (millis.is_finite() && millis >= 1.0).then_some(millis as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::formats::memory::{item, plain, write};

    const WRITTEN: [Format; 5] =
        [Format::WebVtt, Format::Srt, Format::TextGrid, Format::Elan, Format::Audacity];

    #[test]
    fn every_labeled_sample_of_known_length_has_a_file() {
        for format in WRITTEN {
            let mut unknown = item("c.wav", Some("x"));
            unknown.seconds = None;
            let mut nothing = item("d.wav", Some("x"));
            nothing.seconds = Some(0.0002);
            let items = [
                item("../b.wav", Some("x")),
                item("a/b.flac", Some("one")),
                item("a/b.wav", Some("two")),
                item("a/c.wav", None),
                unknown,
                nothing,
                item("e.wav", Some("bell \u{7}")),
            ];
            let (files, refused) = write(format, &items, &plain());
            assert_eq!(files.list().len(), 1, "{format}");
            let whys: Vec<&str> =
                refused.iter().map(|line| line.split(": ").next().unwrap()).collect();
            assert_eq!(whys, ["../b.wav", "a/b.wav", "c.wav", "d.wav", "e.wav"], "{format}");
        }
    }

    #[test]
    fn a_clock_counts_hours() {
        let item = item("a", Some(""));
        let clock = |millis| Cue { item: &item, text: "", millis }.clock('.');
        assert_eq!(clock(3_900), "00:00:03.900");
        assert_eq!(clock(3_723_004), "01:02:03.004");
        assert_eq!(clock(360_000_000), "100:00:00.000");
    }
}

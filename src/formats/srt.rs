//! `SRT`: one numbered block. It has no escapes: `<i>` and the like are markup to most players.

use super::cue::{Cue, CueWriter};
use super::{ItemWriter, Sink};

/// Starts writing a `.srt` for each recording.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(CueWriter::new(sink, ".srt", render))
}

fn render(cue: &Cue<'_>) -> Result<String, &'static str> {
    if cue.text.is_empty() {
        return Ok(String::new());
    }
    if cue.has_blank_line() {
        return Err("a blank line would end its block");
    }
    if cue.text.contains("-->") {
        return Err("--> would be taken for times");
    }
    Ok(format!("1\n00:00:00,000 --> {}\n{}\n\n", cue.clock(','), cue.text))
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::memory::{item, plain, write};

    #[test]
    fn one_block_over_the_file() {
        let items = [
            item("a/b.wav", Some("R&D <b>\r\nsecond")),
            item("c.wav", Some("one\n\ntwo")),
            item("d.wav", Some("a --> b")),
        ];
        let (files, refused) = write(Format::Srt, &items, &plain());
        assert_eq!(files.text("a/b.srt"), "1\n00:00:00,000 --> 00:00:03,000\nR&D <b>\nsecond\n\n");
        assert_eq!(
            refused,
            ["c.wav: a blank line would end its block", "d.wav: --> would be taken for times"]
        );
    }
}

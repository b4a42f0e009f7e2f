//! Audacity labels: start, end and text, between tabs. Nothing can be escaped.

use super::cue::{Cue, CueWriter};
use super::{ItemWriter, Sink};

/// Starts writing a `.txt` with one label for each recording.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(CueWriter::new(sink, ".txt", render))
}

fn render(cue: &Cue<'_>) -> Result<String, &'static str> {
    if cue.text.contains(['\t', '\n']) {
        return Err("a label is one line without tabs");
    }
    Ok(format!("{:.6}\t{:.6}\t{}\n", 0.0, cue.seconds(), cue.text))
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::memory::{item, plain, write};

    #[test]
    fn one_label_over_the_file() {
        let items = [
            item("a/b.wav", Some("good \\morning")),
            item("c.wav", Some("one\ttwo")),
            item("d.wav", Some("one\ntwo")),
        ];
        let (files, refused) = write(Format::Audacity, &items, &plain());
        assert_eq!(files.text("a/b.txt"), "0.000000\t3.000000\tgood \\morning\n");
        assert_eq!(refused.len(), 2);
    }
}

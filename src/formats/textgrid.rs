//! Praat `TextGrid`, in the long form that Praat itself saves: one tier, named after the speaker, with one interval.

use super::cue::{Cue, CueWriter};
use super::{ItemWriter, Sink};

/// Starts writing a `.TextGrid` for each recording.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(CueWriter::new(sink, ".TextGrid", render))
}

#[expect(clippy::unnecessary_wraps, reason = "other formats have something to refuse")]
fn render(cue: &Cue<'_>) -> Result<String, &'static str> {
    let (end, name, text) =
        (cue.seconds(), quoted(cue.speaker().unwrap_or("speech")), quoted(cue.text));
    Ok(format!(
        r#"File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = {end}
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = {name}
        xmin = 0
        xmax = {end}
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = {end}
            text = {text}
"#
    ))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::memory::{item, plain, write};

    #[test]
    fn one_interval_over_the_file() {
        let mut spoken = item("a/b.wav", Some("say \"hello\""));
        spoken.speaker = Some("agent".into());
        spoken.seconds = Some(3.9);
        let (files, refused) = write(Format::TextGrid, &[spoken], &plain());
        assert!(refused.is_empty());
        let expected = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n\
            xmin = 0\nxmax = 3.9\ntiers? <exists>\nsize = 1\nitem []:\n    item [1]:\n        \
            class = \"IntervalTier\"\n        name = \"agent\"\n        xmin = 0\n        \
            xmax = 3.9\n        intervals: size = 1\n        intervals [1]:\n            \
            xmin = 0\n            xmax = 3.9\n            text = \"say \"\"hello\"\"\"\n";
        assert_eq!(files.text("a/b.TextGrid"), expected);
    }
}

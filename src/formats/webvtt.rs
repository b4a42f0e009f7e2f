//! `WebVTT`: `WEBVTT`, then one cue; the speaker as its voice.

use super::cue::{Cue, CueWriter};
use super::{ItemWriter, Sink};

/// Starts writing a `.vtt` for each recording.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(CueWriter::new(sink, ".vtt", render))
}

fn render(cue: &Cue<'_>) -> Result<String, &'static str> {
    if cue.text.is_empty() {
        return Ok("WEBVTT\n".to_owned());
    }
    if cue.has_blank_line() {
        return Err("a blank line would end its cue");
    }
    let voice = match cue.speaker() {
        Some(name) if name.chars().any(char::is_control) => {
            return Err("the name of its speaker has control characters");
        }
        Some(name) => format!("<v {}>", escaped(name)),
        None => String::new(),
    };
    Ok(format!("WEBVTT\n\n00:00:00.000 --> {}\n{voice}{}\n", cue.clock('.'), escaped(cue.text)))
}

/// `>` as well, so that no `-->` is left.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::memory::{item, plain, write};

    #[test]
    fn one_cue_over_the_file() {
        let mut spoken = item("a/b.wav", Some("R&D <b> -->\nsecond line"));
        spoken.speaker = Some("Ann <1>".into());
        let blank = item("c.wav", Some("one\n \ntwo"));
        let silent = item("d.wav", Some(""));
        let (files, refused) = write(Format::WebVtt, &[spoken, blank, silent], &plain());
        assert_eq!(
            files.text("a/b.vtt"),
            "WEBVTT\n\n00:00:00.000 --> 00:00:03.000\n\
             <v Ann &lt;1&gt;>R&amp;D &lt;b&gt; --&gt;\nsecond line\n"
        );
        assert_eq!(files.text("d.vtt"), "WEBVTT\n");
        assert_eq!(refused, ["c.wav: a blank line would end its cue"]);
    }
}

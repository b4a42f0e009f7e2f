//! ELAN annotation documents: one tier, named after the speaker, with one annotation over the recording.

use super::cue::{Cue, CueWriter};
use super::{ItemWriter, Sink};
use std::borrow::Cow;

/// Starts writing an `.eaf` for each recording.
pub(super) fn writer(sink: &mut dyn Sink) -> Box<dyn ItemWriter + '_> {
    Box::new(CueWriter::new(sink, ".eaf", render))
}

fn render(cue: &Cue<'_>) -> Result<String, &'static str> {
    let item = cue.item;
    let said =
        [cue.text, &item.url, cue.speaker().unwrap_or(""), item.author.as_deref().unwrap_or("")];
    if said.iter().any(|text| text.chars().any(|c| !in_xml(c))) {
        return Err("it has characters that XML cannot say");
    }
    let text = escaped(cue.text);
    let url = escaped(&address(&item.url)).into_owned();
    let name = item.key.rsplit('/').next().unwrap_or(&item.key);
    let (beside, mime) = (escaped(name), mime(name));
    let author = item.author.as_deref().map(escaped).unwrap_or_default();
    // Never the time of export: the same labels make the same bytes.
    let date = item.at.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S+00:00");
    let tier = escaped(cue.speaker().unwrap_or("speech"));
    let participant =
        cue.speaker().map_or(String::new(), |name| format!(" PARTICIPANT=\"{}\"", escaped(name)));
    let annotator =
        if author.is_empty() { String::new() } else { format!(" ANNOTATOR=\"{author}\"") };
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="{author}" DATE="{date}" FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL="{url}" MIME_TYPE="{mime}" RELATIVE_MEDIA_URL="./{beside}"/>
    </HEADER>
    <TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
        <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="{millis}"/>
    </TIME_ORDER>
    <TIER{annotator} LINGUISTIC_TYPE_REF="default-lt"{participant} TIER_ID="{tier}">
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
                <ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"#,
        millis = cue.millis,
    ))
}

/// As ELAN writes it: paths as `file://`, with nothing escaped but what XML asks for.
fn address(url: &str) -> Cow<'_, str> {
    if url.contains("://") { url.into() } else { format!("file://{url}").into() }
}

fn in_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return text.into();
    }
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .into()
}

fn mime(name: &str) -> &'static str {
    let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "wav" => "audio/x-wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "ogg" | "opus" => "audio/ogg",
        "m4a" | "mp4" => "audio/mp4",
        _ => "audio/*",
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::memory::{item, plain, write};

    #[test]
    fn one_annotation_over_the_file() {
        let mut spoken = item("a/b.wav", Some("R&D \"<b>\""));
        spoken.speaker = Some("agent & co".into());
        spoken.author = Some("Ann".into());
        spoken.at = Some("2025-03-04T10:00:00Z".parse().unwrap());
        let (files, refused) =
            write(Format::Elan, &[spoken, item("c.wav", Some("no \u{ffff}"))], &plain());
        assert_eq!(refused, ["c.wav: it has characters that XML cannot say"]);
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="Ann" DATE="2025-03-04T10:00:00+00:00" FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL="s3://demo/a/b.wav" MIME_TYPE="audio/x-wav" RELATIVE_MEDIA_URL="./b.wav"/>
    </HEADER>
    <TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
        <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="3000"/>
    </TIME_ORDER>
    <TIER ANNOTATOR="Ann" LINGUISTIC_TYPE_REF="default-lt" PARTICIPANT="agent &amp; co" TIER_ID="agent &amp; co">
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
                <ANNOTATION_VALUE>R&amp;D &quot;&lt;b&gt;&quot;</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"#;
        assert_eq!(files.text("a/b.eaf"), expected);
    }
}

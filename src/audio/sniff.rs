//! What a file is, by its first bytes; whether a name looks like audio.

use super::mpeg;

/// How much of a file's start [`sniff`] needs to see.
pub const SNIFF_BYTES: usize = 4096;

/// Endings that audio files have, in lower case.
const ENDINGS: &[&str] = &[
    "wav", "wave", "rf64", "bw64", "flac", "mp3", "mp2", "mpga", "ogg", "oga", "opus", "spx",
    "aac", "adts", "m4a", "m4b", "mp4", "alac", "3gp", "3gpp", "aif", "aiff", "aifc", "caf",
    "webm", "weba", "mka", "mkv", "sph", "nist", "au", "snd", "amr", "awb", "w64", "wma", "ac3",
    "ape", "wv", "tta",
];

/// Whether a name ends like an audio file's.
pub fn looks_like_audio(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
    })
}

/// The container, from the first [`SNIFF_BYTES`] of a file; `None`: no audio that is known here.
///
/// Some that it names cannot be decoded (`amr`, `w64`, …): such a file is a sample all the same, and opening it
/// says what it is.
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    let body = &head[id3_length(head).min(head.len())..];
    magic(body)
        .or_else(|| mpeg::find(body).map(|frame| frame.format))
        .or_else(|| (body.len() < head.len() || head.starts_with(b"ID3")).then_some("mp3"))
}

/// Bytes of the `ID3v2` tags at the start of `head`; they may reach beyond it.
pub(super) fn id3_length(head: &[u8]) -> usize {
    let mut length = 0;
    while let Some(&[b'I', b'D', b'3', _, _, flags, a, b, c, d]) =
        head.get(length..).and_then(|rest| rest.first_chunk::<10>())
    {
        let size = [a, b, c, d].iter().fold(0, |size, &byte| size << 7 | usize::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        length += 10 + size + footer;
    }
    length
}

fn magic(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, wanted: &[u8]| {
        head.get(offset..).is_some_and(|rest| rest.starts_with(wanted))
    };
    let riff = at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64");
    let form = at(0, b"FORM");
    let known: &[(bool, &'static str)] = &[
        (riff && at(8, b"WAVE"), "wav"),
        (at(0, b"fLaC"), "flac"),
        (at(0, b"OggS"), "ogg"),
        (at(4, b"ftyp"), "mp4"),
        (form && (at(8, b"AIFF") || at(8, b"AIFC")), "aiff"),
        (at(0, b"caff"), "caf"),
        (at(0, b"NIST_1A\n"), "sphere"),
        (at(0, b".snd"), "au"),
        (at(0, b"#!AMR"), "amr"),
        (at(0, b"riff\x2e\x91\xcf\x11"), "w64"),
        (at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "wma"),
        (at(0, b"MAC "), "ape"),
        (at(0, b"wvpk"), "wavpack"),
        (at(0, b"TTA1"), "tta"),
    ];
    known
        .iter()
        .find_map(|&(matches, name)| matches.then_some(name))
        .or_else(|| at(0, b"\x1a\x45\xdf\xa3").then(|| matroska(head)))
}

/// Matroska says in its header whether it is `WebM`.
fn matroska(head: &[u8]) -> &'static str {
    let header = &head[..head.len().min(64)];
    if header.windows(4).any(|word| word == b"webm") { "webm" } else { "matroska" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_their_ending_alone() {
        assert!(looks_like_audio("calls/2026/0417_agent.WAV"));
        assert!(looks_like_audio("a.b.opus"));
        assert!(!looks_like_audio("notes.txt"));
        assert!(!looks_like_audio("calls.wav/readme"));
        assert!(!looks_like_audio(".wav"));
    }

    #[test]
    fn containers_are_told_by_content() {
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVEfmt "), Some("wav"));
        assert_eq!(sniff(b"RIFF\0\0\0\0AVI LIST"), None);
        assert_eq!(sniff(b"OggS\0\x02"), Some("ogg"));
        assert_eq!(sniff(b"\0\0\0\x20ftypM4A "), Some("mp4"));
        assert_eq!(sniff(b"NIST_1A\n   1024\n"), Some("sphere"));
        assert_eq!(sniff(b"#!AMR\n"), Some("amr"));
        assert_eq!(sniff(b"hello"), None);
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn a_tag_before_the_audio_is_looked_behind() {
        let mut file = b"ID3\x04\0\0\0\0\0\x05abcde".to_vec();
        assert_eq!(id3_length(&file), 15);
        file.extend(b"fLaC");
        assert_eq!(sniff(&file), Some("flac"));
        assert_eq!(sniff(b"ID3\x04\0\0\x7f\x7f\x7f\x7f"), Some("mp3"));
    }
}

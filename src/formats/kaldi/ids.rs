//! Ids of recordings and speakers: without blanks, unique, and sorted by recording as by speaker.
//!
//! An utterance's id is its key, behind its speaker and `-` where that is known. Within both, letters, digits, `.` and
//! `_` stay, `/` is `:`, `-` is `~`, and all else is `=` and two hex digits a byte. All of these sort behind `-`, which is
//! why the order by utterance is also the order by speaker.

use std::fmt::Write as _;

/// The id of a sample or a speaker.
pub(super) fn id(text: &str) -> String {
    let mut id = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '/' => id.push(':'),
            '-' => id.push('~'),
            '.' | '_' => id.push(c),
            _ if c.is_alphanumeric() => id.push(c),
            _ => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    // Writing to a string cannot fail.
                    let _ = write!(id, "={byte:02X}");
                }
            }
        }
    }
    id
}

/// The ids of an utterance and of who speaks: each unknown speaker is one of their own.
pub(super) fn ids(key: &str, speaker: Option<&str>) -> (String, String) {
    match speaker.filter(|speaker| !speaker.is_empty()) {
        Some(speaker) => {
            let speaker = id(speaker);
            (format!("{speaker}-{}", id(key)), speaker)
        }
        None => (id(key), id(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn ids_can_be_read() {
        assert_eq!(ids("calls/a-1.wav", None).0, "calls:a~1.wav");
        assert_eq!(ids("c3.wav", Some("agent 7")).0, "agent=207-c3.wav");
        assert_eq!(id("日本\u{a0}é=%"), "日本=C2=A0é=3D=25");
    }

    proptest! {
        #[test]
        fn ids_are_unique_and_sorted_by_speaker(
            rows in prop::collection::btree_map("[ -~]{1,6}|\\PC{1,4}", "[-a/~! =]{0,3}", 0..40)
        ) {
            let mut found = BTreeMap::new();
            for (key, speaker) in &rows {
                let (utterance, speaker) = ids(key, Some(speaker));
                prop_assert!(!utterance.contains(char::is_whitespace));
                prop_assert!(utterance.starts_with(&speaker));
                prop_assert!(found.insert(utterance.into_bytes(), speaker.into_bytes()).is_none());
            }
            prop_assert!(found.values().is_sorted());
        }
    }
}

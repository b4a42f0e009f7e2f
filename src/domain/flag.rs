//! One-key remarks on a sample.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A remark. *No speech* also labels the sample with empty content; the others never change its tab.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Flag {
    /// Nobody speaks in it.
    NoSpeech,
    /// Noise, clipping or damage makes it useless.
    BadAudio,
    /// Not the language of the dataset.
    OtherLanguage,
    /// More than one person speaks.
    SeveralSpeakers,
    /// Someone should listen again.
    Unsure,
    /// A flag that a newer earmark knows; kept and passed on.
    Other(String),
}

impl Flag {
    /// The flags that have a key, in the order of the menu.
    pub const KNOWN: [Flag; 5] =
        [Flag::NoSpeech, Flag::BadAudio, Flag::OtherLanguage, Flag::SeveralSpeakers, Flag::Unsure];

    /// The stable name in files, flags of the command line and JSON.
    pub fn name(&self) -> &str {
        match self {
            Flag::NoSpeech => "no-speech",
            Flag::BadAudio => "bad-audio",
            Flag::OtherLanguage => "other-language",
            Flag::SeveralSpeakers => "several-speakers",
            Flag::Unsure => "unsure",
            Flag::Other(name) => name,
        }
    }

    /// The words on the screen.
    pub fn title(&self) -> &str {
        match self {
            Flag::NoSpeech => "no speech",
            Flag::BadAudio => "bad audio",
            Flag::OtherLanguage => "other language",
            Flag::SeveralSpeakers => "several speakers",
            Flag::Unsure => "unsure",
            Flag::Other(name) => name,
        }
    }

    /// The key that sets it in the flag menu.
    pub fn letter(&self) -> Option<char> {
        match self {
            Flag::NoSpeech => Some('n'),
            Flag::BadAudio => Some('b'),
            Flag::OtherLanguage => Some('l'),
            Flag::SeveralSpeakers => Some('s'),
            Flag::Unsure => Some('u'),
            Flag::Other(_) => None,
        }
    }

    /// The bit of a known flag in a sample row; 0 for others.
    pub fn bit(&self) -> u32 {
        Self::KNOWN.iter().position(|known| known == self).map_or(0, |index| 1 << index)
    }
}

impl From<String> for Flag {
    fn from(name: String) -> Self {
        Self::KNOWN.into_iter().find(|flag| flag.name() == name).unwrap_or(Flag::Other(name))
    }
}

impl From<&str> for Flag {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}

impl From<Flag> for String {
    fn from(flag: Flag) -> Self {
        flag.name().to_owned()
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip_known_or_not() {
        for flag in Flag::KNOWN.into_iter().chain([Flag::Other("music".into())]) {
            assert_eq!(Flag::from(flag.name()), flag);
        }
    }

    #[test]
    fn known_flags_have_distinct_bits_and_letters() {
        let bits: u32 = Flag::KNOWN.iter().map(Flag::bit).sum();
        assert_eq!(bits, 0b1_1111);
        let letters: std::collections::BTreeSet<_> =
            Flag::KNOWN.iter().filter_map(Flag::letter).collect();
        assert_eq!(letters.len(), Flag::KNOWN.len());
        assert_eq!(Flag::Other("x".into()).bit(), 0);
    }
}

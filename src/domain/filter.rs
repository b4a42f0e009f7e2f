//! The list filter as data, and the small language that it is typed in.
//!
//! Words match name or content; `name:x`, `text:x`, `by:ann`, `flag:unsure`, `flag:none`, `dur>2.5`, `dur<1:30`
//! narrow; `"several words"` hold together. All conditions must hold.

use super::{Flag, Seconds};
use std::fmt;

/// Conditions that all must hold. Texts match anywhere, without regard to ASCII case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Somewhere in the name or in the content.
    pub any: Vec<String>,
    /// Somewhere in the key.
    pub name: Vec<String>,
    /// Somewhere in the label.
    pub content: Vec<String>,
    /// Labeled by this person.
    pub by: Option<String>,
    /// These flags are all set.
    pub flags: Vec<Flag>,
    /// No flag is set.
    pub unflagged: bool,
    /// Longer than this.
    pub longer_than: Option<Seconds>,
    /// Shorter than this.
    pub shorter_than: Option<Seconds>,
}

/// Why a filter could not be read: the word, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("in the filter, {word:?}: {expected}")]
pub struct FilterError {
    /// The word as typed.
    pub word: String,
    /// What would have been right.
    pub expected: String,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads what was typed.
    ///
    /// # Errors
    /// Names the word that has an unknown flag or a duration that is none.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for word in words(text) {
            let Word { bare, quoted } = &word;
            if *quoted {
                filter.any.push(bare.clone());
            } else if let Some(name) = bare.strip_prefix("name:") {
                filter.name.push(name.to_owned());
            } else if let Some(content) = bare.strip_prefix("text:") {
                filter.content.push(content.to_owned());
            } else if let Some(by) = bare.strip_prefix("by:") {
                filter.by = Some(by.to_owned());
            } else if let Some(flag) = bare.strip_prefix("flag:") {
                filter.add_flag(bare, flag)?;
            } else if let Some(seconds) = bare.strip_prefix("dur>") {
                filter.longer_than = Some(duration(bare, seconds)?);
            } else if let Some(seconds) = bare.strip_prefix("dur<") {
                filter.shorter_than = Some(duration(bare, seconds)?);
            } else {
                filter.any.push(bare.clone());
            }
        }
        Ok(filter)
    }

    fn add_flag(&mut self, word: &str, name: &str) -> Result<(), FilterError> {
        if name == "none" {
            self.unflagged = true;
            return Ok(());
        }
        match Flag::from(name) {
            Flag::Other(_) => {
                let known: Vec<String> =
                    Flag::KNOWN.iter().map(|flag| format!("flag:{}", flag.name())).collect();
                Err(FilterError {
                    word: word.to_owned(),
                    expected: format!("one of {} or flag:none", known.join(", ")),
                })
            }
            flag => {
                self.flags.push(flag);
                Ok(())
            }
        }
    }
}

impl fmt::Display for Filter {
    /// As it could be typed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.any.iter().map(|word| quote("", word)).collect();
        words.extend(self.name.iter().map(|name| quote("name:", name)));
        words.extend(self.content.iter().map(|content| quote("text:", content)));
        words.extend(self.by.iter().map(|by| quote("by:", by)));
        words.extend(self.flags.iter().map(|flag| format!("flag:{}", flag.name())));
        words.extend(self.unflagged.then(|| "flag:none".to_owned()));
        words.extend(self.longer_than.map(|seconds| format!("dur>{seconds}")));
        words.extend(self.shorter_than.map(|seconds| format!("dur<{seconds}")));
        f.write_str(&words.join(" "))
    }
}

struct Word {
    bare: String,
    /// The whole word stood in quotes, so a prefix in it is just text.
    quoted: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word { bare: String::new(), quoted: false };
    let mut inside = false;
    let mut started = false;
    for c in text.chars() {
        match c {
            '"' => {
                word.quoted |= !started;
                inside = !inside;
                started = true;
            }
            c if c.is_whitespace() && !inside => {
                if started && !word.bare.is_empty() {
                    words.push(std::mem::replace(
                        &mut word,
                        Word { bare: String::new(), quoted: false },
                    ));
                }
                started = false;
            }
            c => {
                word.bare.push(c);
                started = true;
            }
        }
    }
    if !word.bare.is_empty() {
        words.push(word);
    }
    words
}

fn quote(prefix: &str, text: &str) -> String {
    let reads_as_prefix = prefix.is_empty()
        && ["name:", "text:", "by:", "flag:", "dur>", "dur<"].iter().any(|p| text.starts_with(p));
    if reads_as_prefix || text.contains(char::is_whitespace) {
        format!("{prefix}\"{text}\"")
    } else {
        format!("{prefix}{text}")
    }
}

fn duration(word: &str, text: &str) -> Result<Seconds, FilterError> {
    let wrong = || FilterError {
        word: word.to_owned(),
        expected: "seconds or minutes:seconds, as in dur>2.5 or dur<1:30".to_owned(),
    };
    let parts: Vec<f64> =
        text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let seconds = parts.iter().fold(0.0, |total, part| total * 60.0 + part);
    (parts.len() <= 3 && seconds.is_finite() && seconds >= 0.0).then_some(seconds).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_condition_is_read() {
        let filter = Filter::parse(
            r#"hello name:call_ text:"thank you" flag:unsure dur>2.5 dur<1:30 by:ann"#,
        )
        .unwrap();
        assert_eq!(filter.any, ["hello"]);
        assert_eq!(filter.name, ["call_"]);
        assert_eq!(filter.content, ["thank you"]);
        assert_eq!(filter.flags, [Flag::Unsure]);
        assert_eq!((filter.longer_than, filter.shorter_than), (Some(2.5), Some(90.0)));
        assert_eq!(filter.by.as_deref(), Some("ann"));
    }

    #[test]
    fn what_cannot_be_read_names_the_word() {
        assert_eq!(Filter::parse("dur>soon").unwrap_err().word, "dur>soon");
        assert!(Filter::parse("flag:odd").unwrap_err().to_string().contains("flag:no-speech"));
        assert!(Filter::parse("dur>NaN").is_err());
    }

    #[test]
    fn a_quoted_prefix_is_text() {
        assert_eq!(Filter::parse("\"name:x\"").unwrap().any, ["name:x"]);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_the_same(
            any in prop::collection::vec("[a-z:]{1,6}( [a-z]{1,3})?", 0..3),
            name in prop::collection::vec("[a-z/._]{1,8}", 0..2),
            longer in prop::option::of(0..1000_u32), unflagged: bool,
        ) {
            let filter = Filter { any, name, unflagged, longer_than: longer.map(f64::from), ..Filter::default() };
            prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        }
    }
}

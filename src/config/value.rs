//! Values as they are written, and how each type of setting takes one.

use super::choice::Choice;
use crate::domain::Scope;
use crate::keymap::nearest;
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// A value as it was given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    /// In a file, with a type of its own.
    Typed(&'a DeValue<'a>),
    /// In the environment or on the command line: a bare word for whatever type is wanted.
    Bare(&'a str),
}

impl Given<'_> {
    /// As a message shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Given::Bare(text) => format!("{text:?}"),
            Given::Typed(DeValue::String(text)) => format!("{text:?}"),
            Given::Typed(DeValue::Integer(number)) => number.as_str().to_owned(),
            Given::Typed(DeValue::Float(number)) => number.as_str().to_owned(),
            Given::Typed(DeValue::Boolean(switch)) => switch.to_string(),
            Given::Typed(other) => format!("of type {}", other.type_str()),
        }
    }

    fn switch(&self) -> Option<bool> {
        match self {
            Given::Bare(text) => text.parse().ok(),
            Given::Typed(value) => value.as_bool(),
        }
    }

    fn number(&self) -> Option<f64> {
        let number = match self {
            Given::Bare(text) => text.parse().ok(),
            Given::Typed(DeValue::Float(number)) => number.as_str().parse().ok(),
            Given::Typed(_) => self.whole().map(|number| number as f64),
        };
        number.filter(|number: &f64| number.is_finite())
    }

    fn whole(&self) -> Option<i64> {
        match self {
            Given::Bare(text) => text.parse().ok(),
            Given::Typed(DeValue::Integer(number)) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Given::Typed(_) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Given::Bare(text) => Some(text),
            Given::Typed(value) => value.as_str(),
        }
    }
}

/// A field that a value can be put into.
pub(super) trait Field {
    /// Takes a value, or says what would be right.
    fn take(&mut self, given: Given<'_>, range: &RangeInclusive<f64>) -> Result<(), String>;

    /// The value as a file would state it.
    fn stated(&self) -> String;
}

impl Field for bool {
    fn take(&mut self, given: Given<'_>, _: &RangeInclusive<f64>) -> Result<(), String> {
        *self = given.switch().ok_or("true or false")?;
        Ok(())
    }

    fn stated(&self) -> String {
        self.to_string()
    }
}

impl Field for f64 {
    fn take(&mut self, given: Given<'_>, range: &RangeInclusive<f64>) -> Result<(), String> {
        *self = given
            .number()
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("a number from {} to {}", range.start(), range.end()))?;
        Ok(())
    }

    fn stated(&self) -> String {
        format!("{self:?}")
    }
}

impl Field for f32 {
    fn take(&mut self, given: Given<'_>, range: &RangeInclusive<f64>) -> Result<(), String> {
        let mut exact = 0.0_f64;
        exact.take(given, range)?;
        *self = exact as f32;
        Ok(())
    }

    fn stated(&self) -> String {
        format!("{self:?}")
    }
}

impl Field for u32 {
    fn take(&mut self, given: Given<'_>, range: &RangeInclusive<f64>) -> Result<(), String> {
        let whole = given.whole().filter(|number| range.contains(&(*number as f64)));
        *self = whole
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))?;
        Ok(())
    }

    fn stated(&self) -> String {
        self.to_string()
    }
}

impl Field for String {
    fn take(&mut self, given: Given<'_>, _: &RangeInclusive<f64>) -> Result<(), String> {
        given.text().ok_or("a text in quotes")?.clone_into(self);
        Ok(())
    }

    fn stated(&self) -> String {
        format!("{self:?}")
    }
}

impl Field for Option<Scope> {
    fn take(&mut self, given: Given<'_>, _: &RangeInclusive<f64>) -> Result<(), String> {
        *self = match given.text() {
            Some("") => None,
            other => Some(other.and_then(part).ok_or(r#"a share such as "2/5", or "" for all"#)?),
        };
        Ok(())
    }

    fn stated(&self) -> String {
        self.map_or_else(|| r#""""#.to_owned(), |Scope { part, of }| format!("\"{part}/{of}\""))
    }
}

impl<T: Choice> Field for T {
    fn take(&mut self, given: Given<'_>, _: &RangeInclusive<f64>) -> Result<(), String> {
        *self = given.text().and_then(T::of).ok_or_else(|| {
            let words: Vec<String> = T::WORDS.iter().map(|(word, _)| format!("{word:?}")).collect();
            let meant =
                given.text().and_then(|text| nearest(text, T::WORDS.iter().map(|(w, _)| *w)));
            let question = meant.map(|meant| format!("; did you mean {meant:?}?"));
            format!("one of {}{}", words.join(", "), question.unwrap_or_default())
        })?;
        Ok(())
    }

    fn stated(&self) -> String {
        format!("{:?}", self.word())
    }
}

/// `2/5`.
fn part(text: &str) -> Option<Scope> {
    let (part, of) = text.split_once('/')?;
    let (part, of) = (part.trim().parse().ok()?, of.trim().parse().ok()?);
    (1..=of).contains(&part).then_some(Scope { part, of })
}

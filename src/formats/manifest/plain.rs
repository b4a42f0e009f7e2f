//! The line of a manifest that most lines are: one label by a person, nothing unusual, read without a tree of values.
//!
//! It never says what is wrong: what is written in any other way is for [`super::read`], to be read or refused.

use super::super::json::{Object, Strict};
use super::super::time::{plain_time, read_time};
use super::super::{AudioRef, Record};
use super::{By, CONTENT, CONTENT_TYPE, HUMAN, by};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::map::Entry;
use std::borrow::Cow;
use std::fmt;

/// The longest line that is tried here, in bytes: in so few there are not too many values.
const LONGEST: usize = 64 << 10;

/// The record that such a line is.
pub(super) fn record(line: &str) -> Option<Record> {
    if line.len() > LONGEST {
        return None;
    }
    let mut parser = serde_json::Deserializer::from_str(line);
    let line = Filling(Line::default()).deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    let Label { kind, content, by: annotated_by, at } = line.annotation?;
    if kind? != CONTENT_TYPE {
        return None;
    }
    let source = line.source.filter(|source| is_audio(source))?;
    let mut record = Record::new(0, AudioRef::read(&source));
    record.content = Some(content?);
    if let Some(text) = annotated_by {
        let By::Person(name) = by(&text) else { return None };
        // Spelled as we would write it again.
        let ours = name.map_or(&*text == HUMAN, |_| text.starts_with(HUMAN));
        if !ours {
            return None;
        }
        record.author = name.map(str::to_owned);
    }
    if let Some(text) = at {
        record.at = Some(read_time(&text).filter(|at| plain_time(*at) == text)?);
    }
    record.usage = match line.extra.get("usage") {
        None => None,
        Some(Value::String(usage)) => Some(usage.clone()).filter(|usage| !usage.is_empty()),
        Some(_) => return None,
    };
    if line.extra.contains_key("inference_loc") {
        return None;
    }
    record.extra = line.extra;
    Some(record)
}

/// Whether a source is surely an audio file.
fn is_audio(source: &str) -> bool {
    match source.split_once("://") {
        Some((scheme, rest)) => {
            !scheme.eq_ignore_ascii_case("content")
                && rest.split_once('/').is_some_and(|(_, key)| !key.is_empty())
        }
        None => !source.is_empty(),
    }
}

/// The fields of an object, put where they belong one by one.
trait Fill<'de>: Sized {
    fn fill<M: MapAccess<'de>>(&mut self, name: Cow<'de, str>, map: &mut M)
    -> Result<(), M::Error>;
}

/// Reads an object, and nothing else, into what is to be filled.
struct Filling<T>(T);

impl<'de, T: Fill<'de>> DeserializeSeed<'de> for Filling<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Fill<'de>> Visitor<'de> for Filling<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<T, A::Error> {
        while let Some(name) = map.next_key_seed(Text)? {
            self.0.fill(name, &mut map)?;
        }
        Ok(self.0)
    }
}

#[derive(Default)]
struct Line<'l> {
    source: Option<Cow<'l, str>>,
    annotation: Option<Label<'l>>,
    extra: Object,
}

impl<'de> Fill<'de> for Line<'de> {
    fn fill<M: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        map: &mut M,
    ) -> Result<(), M::Error> {
        match &*name {
            "source" => once(&mut self.source, map.next_value_seed(Text)?),
            "annotation" => once(&mut self.annotation, map.next_value_seed(Only)?),
            _ => match self.extra.entry(name.into_owned()) {
                Entry::Vacant(place) => {
                    place.insert(map.next_value_seed(Strict)?);
                    Ok(())
                }
                Entry::Occupied(_) => Err(unusual()),
            },
        }
    }
}

/// What is left of the only annotation, which is the label's.
#[derive(Default)]
struct Label<'l> {
    kind: Option<Cow<'l, str>>,
    content: Option<String>,
    by: Option<Cow<'l, str>>,
    at: Option<Cow<'l, str>>,
}

impl<'de> Fill<'de> for Label<'de> {
    fn fill<M: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        map: &mut M,
    ) -> Result<(), M::Error> {
        match &*name {
            "type" => once(&mut self.kind, map.next_value_seed(Text)?),
            "property" => {
                let property = map.next_value_seed(Filling(Property::default()))?;
                once(&mut self.content, property.content.ok_or_else(unusual)?)
            }
            "annotated-by" => once(&mut self.by, map.next_value_seed(Text)?),
            "creation-time" => once(&mut self.at, map.next_value_seed(Text)?),
            _ => Err(unusual()),
        }
    }
}

#[derive(Default)]
struct Property {
    content: Option<String>,
}

impl<'de> Fill<'de> for Property {
    fn fill<M: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        map: &mut M,
    ) -> Result<(), M::Error> {
        if name != CONTENT {
            return Err(unusual());
        }
        once(&mut self.content, map.next_value_seed(Text)?.into_owned())
    }
}

/// Puts a value in its place if there is none yet.
fn once<T, E: Error>(place: &mut Option<T>, value: T) -> Result<(), E> {
    if place.replace(value).is_some() { Err(unusual()) } else { Ok(()) }
}

fn unusual<E: Error>() -> E {
    E::custom("unusual")
}

/// A list of just one label.
struct Only;

impl<'de> DeserializeSeed<'de> for Only {
    type Value = Label<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Label<'de>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Only {
    type Value = Label<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of one annotation")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Label<'de>, A::Error> {
        // A second one is left unread, which the parser takes for a fault.
        seq.next_element_seed(Filling(Label::default()))?.ok_or_else(unusual)
    }
}

/// A text, borrowed where nothing in it is escaped.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

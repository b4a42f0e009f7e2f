//! A sample as a line of a manifest.

use super::super::json::{Object, Ordered};
use super::super::text_out::TextOut;
use super::super::time::{plain_time, read_time};
use super::super::{FormatError, Item, ItemWriter, Sink, WriteOptions};
use super::{By, CONTENT, CONTENT_TYPE, annotated_by, by_of, is_content};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

struct Manifest {
    out: TextOut,
    scheme: Option<String>,
}

/// Starts a manifest.
///
/// # Errors
/// The disk.
pub(in super::super) fn writer(
    sink: &mut dyn Sink,
    name: &str,
    options: &WriteOptions,
) -> Result<Box<dyn ItemWriter>, FormatError> {
    let out = TextOut::create(sink, name)?;
    Ok(Box::new(Manifest { out, scheme: options.scheme.clone() }))
}

impl ItemWriter for Manifest {
    fn write(&mut self, item: &Item) -> Result<(), FormatError> {
        let source = source(&item.url, self.scheme.as_deref());
        let line = Line { source, item, annotations: annotations(item) };
        self.out.json_line(&line)
    }

    fn finish(self: Box<Self>) -> Result<(), FormatError> {
        self.out.finish()
    }
}

/// The address, in the scheme that is asked for if it is one of a bucket.
fn source<'a>(url: &'a str, scheme: Option<&str>) -> Cow<'a, str> {
    match (url.split_once("://"), scheme) {
        (Some((old, rest)), Some(new))
            if ["s3", "s3a", "obs"].iter().any(|known| old.eq_ignore_ascii_case(known)) =>
        {
            Cow::Owned(format!("{new}://{rest}"))
        }
        _ => Cow::Borrowed(url),
    }
}

struct Line<'a> {
    source: Cow<'a, str>,
    item: &'a Item,
    annotations: Annotations<'a>,
}

/// What is written of a label and of what was there before.
enum Annotations<'a> {
    /// Nothing.
    None,
    /// The label alone, of which nothing else is known.
    Label(&'a str),
    /// What was kept, with the label as it is now.
    List(Vec<Value>),
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("source", &*self.source)?;
        if let Some(usage) = &self.item.usage {
            line.serialize_entry("usage", usage)?;
        }
        for (name, value) in &self.item.extra {
            let ours = match name.as_str() {
                "source" | "annotation" => true,
                "usage" => self.item.usage.is_some(),
                _ => false,
            };
            if !ours {
                line.serialize_entry(name, value)?;
            }
        }
        match &self.annotations {
            Annotations::Label(content) => {
                line.serialize_entry("annotation", &[Label { content, item: self.item }])?;
            }
            Annotations::List(list) => line.serialize_entry("annotation", &List(list))?,
            Annotations::None if self.item.extra.get("annotation") == Some(&Value::Null) => {
                line.serialize_entry("annotation", &Value::Null)?;
            }
            Annotations::None => {}
        }
        line.end()
    }
}

/// The annotation of a label of which nothing was kept.
struct Label<'a> {
    content: &'a str,
    item: &'a Item,
}

impl Serialize for Label<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut label = serializer.serialize_map(None)?;
        label.serialize_entry("type", CONTENT_TYPE)?;
        label.serialize_entry("property", &BTreeMap::from([(CONTENT, self.content)]))?;
        label.serialize_entry("annotated-by", &annotated_by(self.item.author.as_deref()))?;
        if let Some(at) = self.item.at {
            label.serialize_entry("creation-time", &plain_time(at))?;
        }
        label.end()
    }
}

struct List<'a>(&'a [Value]);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const FIRST: &[&str] = &["type", "name", "property", "annotated-by", "creation-time"];
        serializer.collect_seq(self.0.iter().map(|value| match value {
            Value::Object(object) => Annotation::Ours(Ordered(object, FIRST)),
            other => Annotation::Other(other),
        }))
    }
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum Annotation<'a> {
    Ours(Ordered<'a>),
    Other(&'a Value),
}

/// What was there before, with the label as it is now.
fn annotations(item: &Item) -> Annotations<'_> {
    match (item.extra.get("annotation"), &item.content) {
        (Some(Value::Array(kept)), _) => {
            merged(item, kept.clone()).map_or(Annotations::None, Annotations::List)
        }
        (_, Some(content)) => Annotations::Label(content),
        (_, None) => Annotations::None,
    }
}

/// The annotations that were kept, with the label as it is now; `None` if there is nothing to write.
fn merged(item: &Item, mut list: Vec<Value>) -> Option<Vec<Value>> {
    let place = list.iter().position(|value| value.as_object().is_some_and(is_content));
    let old = place.and_then(|place| list[place].as_object().cloned());
    match (label(item, old), place) {
        (Some(label), Some(place)) => list[place] = Value::Object(label),
        (Some(label), None) => list.push(Value::Object(label)),
        (None, Some(place)) => {
            list.remove(place);
        }
        // A list that was empty stays one.
        (None, None) => return Some(list),
    }
    (!list.is_empty()).then_some(list)
}

/// The annotation of the label, made of what an import kept of it. A machine's comes back as a machine's while nobody
/// labeled the sample.
fn label(item: &Item, old: Option<Object>) -> Option<Object> {
    let mut label = old.unwrap_or_default();
    let by_machine = matches!(by_of(&label), Some(By::Machine(_)));
    let content = match (&item.content, &item.suggestion) {
        (Some(content), _) => content,
        (None, Some((proposed, _))) if by_machine => proposed,
        (None, _) => return None,
    };
    label.entry("type").or_insert_with(|| CONTENT_TYPE.into());
    put_content(&mut label, content);
    if by_machine && (item.content.is_none() || item.author.is_none()) {
        return Some(label);
    }
    if by_machine {
        label.remove("confidence");
        label.remove("creation-time");
    }
    if by_of(&label) != Some(By::Person(item.author.as_deref())) {
        label.insert("annotated-by".to_owned(), annotated_by(item.author.as_deref()).into());
    }
    if let Some(at) = item.at {
        let time = plain_time(at);
        let old = label.get("creation-time").and_then(Value::as_str).and_then(read_time);
        if old.map(plain_time).as_ref() != Some(&time) {
            label.insert("creation-time".to_owned(), time.into());
        }
    }
    Some(label)
}

fn put_content(label: &mut Object, content: &str) {
    let property = label.entry("property").or_insert_with(|| Object::new().into());
    if !property.is_object() {
        *property = Object::new().into();
    }
    if let Value::Object(property) = property {
        property.insert(CONTENT.to_owned(), content.into());
    }
}

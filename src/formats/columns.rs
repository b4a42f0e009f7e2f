//! Recordings as named fields: what the columns of tables and the fields of JSON lines are called, in every format
//! that has one flat row a recording.

use super::json::{Fault, Fields, Object, from_number};
use super::key::KeyFields;
use super::time::read_time;
use super::{AudioRef, Item, Machine, ReadOptions, Record};
use serde_json::Value;

/// How a format names its fields.
pub(super) struct Columns {
    /// The audio, by the names it is read under; the first that is there counts.
    pub(super) audio: &'static [&'static str],
    /// The audio's name when written.
    pub(super) audio_out: Audio,
    /// The text, by the names it is read under; the first that is there counts.
    pub(super) content: &'static [&'static str],
    /// The text's name when written.
    pub(super) content_out: &'static str,
    /// Whether unlabeled is written as a null text rather than by leaving it out.
    pub(super) null_content: bool,
    /// What the length in seconds is called when written.
    pub(super) seconds: &'static str,
    /// What its use is called when written.
    pub(super) usage: &'static str,
    /// Who labeled it and when: each name, if it has one.
    pub(super) label: Option<(&'static str, &'static [&'static str])>,
    /// What a machine proposes, by which model, how sure: each name, if it has one.
    pub(super) suggestion: Option<(&'static str, &'static str, &'static str)>,
    /// Whether there are flags and a state.
    pub(super) ours: bool,
}

/// What names the audio when written.
#[derive(Clone, Copy)]
pub(super) enum Audio {
    /// The key under this name.
    Key(&'static str),
    /// The key or, where full addresses are asked for, the address, under the same name.
    Either(&'static str),
    /// The key under the first name, the address under the second.
    Both(&'static str, &'static str),
}

const STATES: [&str; 4] = ["labeled", "unlabeled", "missing", "deleted"];

impl Columns {
    /// A row as a record; whatever is not understood goes to `extra`.
    pub(super) fn record(
        &self,
        mut fields: Fields<'_>,
        options: &ReadOptions,
    ) -> Result<Record, Fault> {
        let mut record = Record::new(0, self.take_audio(&mut fields, options)?);
        record.content = self.take_content(&mut fields, options)?;
        self.take_state(&mut fields, &mut record);
        self.take_label(&mut fields, &mut record);
        if record.content.is_none() {
            self.take_suggestion(&mut fields, &mut record)?;
        }
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| fields.text(name));
            found.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        record.speaker = text(&["speaker", "speaker_id"]);
        record.language = text(&["language", "lang", "source_lang", "locale"]);
        record.usage = text(&["usage", "split"]);
        let seconds = ["seconds", "duration"].iter().find_map(|name| fields.number(name));
        record.seconds = seconds.filter(|seconds| *seconds >= 0.0);
        record.extra = fields.left;
        Ok(record)
    }

    fn take_audio(
        &self,
        fields: &mut Fields<'_>,
        options: &ReadOptions,
    ) -> Result<AudioRef, Fault> {
        if self.ours && options.audio_field.is_none() && fields.left.contains_key("key_b64") {
            return key_of_bytes(fields);
        }
        let named = options.audio_field.as_deref().map(|name| [name]);
        let names = named.as_ref().map_or(self.audio, |name| name.as_slice());
        for name in names {
            let text = match fields.left.get(*name) {
                None | Some(Value::Null) => continue,
                Some(_) => fields.take_text(name)?.unwrap_or_default(),
            };
            if text.is_empty() {
                return Err(fields.fault(name, format!("its {name:?} is empty")));
            }
            let is_path = matches!(*name, "key" | "file_name" | "audio_name");
            return Ok(if is_path { AudioRef::Path(text) } else { AudioRef::read(&text) });
        }
        Err(Fault::new(format!("no audio is named in it: no {}", names.join(", "))))
    }

    fn take_content(
        &self,
        fields: &mut Fields<'_>,
        options: &ReadOptions,
    ) -> Result<Option<String>, Fault> {
        let named = options.content_field.as_deref().map(|name| [name]);
        let names = named.as_ref().map_or(self.content, |name| name.as_slice());
        for name in names {
            match fields.left.get(*name) {
                None => {}
                // The number of a class, not a text.
                Some(Value::Number(_)) if *name == "label" && named.is_none() => {}
                Some(_) => return fields.take_text(name),
            }
        }
        Ok(None)
    }

    fn take_state(&self, fields: &mut Fields<'_>, record: &mut Record) {
        if !self.ours {
            return;
        }
        let Some(state) = fields.text("state").filter(|state| STATES.contains(state)) else {
            return;
        };
        if state == "labeled" && record.content.is_none() && fields.is_table() {
            record.content = Some(String::new());
        }
        if state == "unlabeled" {
            record.content = None;
        }
        fields.left.remove("state");
    }

    fn take_label(&self, fields: &mut Fields<'_>, record: &mut Record) {
        let Some((by, ats)) = self.label else { return };
        if let Some(author) = fields.text(by) {
            record.author = Some(author.to_owned()).filter(|author| !author.is_empty());
            fields.left.remove(by);
        }
        for name in ats {
            if record.at.is_none()
                && let Some(at) = fields.text(name).and_then(read_time)
            {
                record.at = Some(at);
                fields.left.remove(*name);
            }
        }
    }

    fn take_suggestion(&self, fields: &mut Fields<'_>, record: &mut Record) -> Result<(), Fault> {
        let Some((content, model, confidence)) = self.suggestion else { return Ok(()) };
        if let Some(text) = fields.take_text(content)? {
            record.content = Some(text);
            let mut machine = Machine::default();
            if !model.is_empty() {
                machine.model = fields.take_text(model)?.unwrap_or_default();
                machine.confidence = fields.number(confidence);
            }
            if machine.confidence.is_some() {
                fields.left.remove(confidence);
            }
            record.machine = Some(machine);
        }
        Ok(())
    }

    /// A sample as a row: what an import said besides, with what we know put over it.
    pub(super) fn object(&self, item: &Item, full_addresses: bool) -> Object {
        let mut object = item.extra.clone();
        let mut put = |name: &str, value: Value| {
            if !name.is_empty() {
                object.insert(name.to_owned(), value);
            }
        };
        match (self.audio_out, full_addresses) {
            (Audio::Either(name) | Audio::Both(_, name), true) => {
                put(name, item.url.as_str().into());
            }
            (Audio::Key(name) | Audio::Either(name) | Audio::Both(name, _), _) => {
                put(name, item.key.as_str().into());
            }
        }
        if let Some(seconds) = item.seconds.and_then(from_number) {
            put(self.seconds, seconds);
        }
        if let Some(usage) = &item.usage {
            put(self.usage, usage.as_str().into());
        }
        if let Some(speaker) = &item.speaker {
            put("speaker", speaker.as_str().into());
        }
        if let (Some((by, ats)), true) = (self.label, item.content.is_some()) {
            if let Some(author) = &item.author {
                put(by, author.as_str().into());
            }
            if let (Some(at), Some(name)) = (item.at, ats.first()) {
                put(name, at.to_string().into());
            }
        }
        if let (Some((content, model, confidence)), Some((text, machine))) =
            (self.suggestion, &item.suggestion)
        {
            put(content, text.as_str().into());
            if !machine.model.is_empty() {
                put(model, machine.model.as_str().into());
            }
            if let Some(value) = machine.confidence.and_then(from_number) {
                put(confidence, value);
            }
        }
        if self.ours && !item.flags.is_empty() {
            put("flags", item.flags.clone().into());
        }
        match &item.content {
            Some(content) => put(self.content_out, content.as_str().into()),
            None if self.null_content => put(self.content_out, Value::Null),
            None => {
                object.remove(self.content_out);
            }
        }
        object
    }
}

fn key_of_bytes(fields: &mut Fields<'_>) -> Result<AudioRef, Fault> {
    let key_b64 = fields.take_text("key_b64")?;
    let key = fields.take_text("key")?;
    let bytes = KeyFields { key, key_b64 }
        .read()
        .ok_or_else(|| fields.fault("key_b64", "its \"key_b64\" is no base64"))?;
    let text = bytes.as_str().ok_or_else(|| {
        fields.fault("key_b64", "its key is not UTF-8: label it with `earmark label` instead")
    })?;
    Ok(AudioRef::Path(text.to_owned()))
}

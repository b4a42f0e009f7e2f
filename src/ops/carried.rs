//! What a file says of a sample besides its label, as it is kept in the history and given back by exports.
//!
//! A JSON object: `carried` holds, by the name of a format, what that format alone knows; `told` what any may say.

use crate::formats::{Format, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What was said besides.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    carried: BTreeMap<String, Map<String, Value>>,
    #[serde(default)]
    told: Of,
}

#[derive(Debug, Default, Deserialize)]
struct Of {
    speaker: Option<String>,
    language: Option<String>,
    usage: Option<String>,
}

/// What one recording of a file says, to be written: read again, it is a [`Told`].
#[derive(Serialize)]
struct Saying<'r> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    carried: BTreeMap<&'static str, &'r Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<SaidOf<'r>>,
}

#[derive(Serialize)]
struct SaidOf<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'r str>,
}

/// What a recording of a file says besides, as it is kept; `None` if nothing was said.
pub(super) fn said(format: Format, record: &Record) -> Option<String> {
    let Record { extra, speaker, language, usage, .. } = record;
    let told = [speaker, language, usage].iter().any(|one| one.is_some()).then_some(SaidOf {
        speaker: speaker.as_deref(),
        language: language.as_deref(),
        usage: usage.as_deref(),
    });
    let carried: BTreeMap<_, _> =
        (!extra.is_empty()).then_some((format.name(), extra)).into_iter().collect();
    if carried.is_empty() && told.is_none() {
        return None;
    }
    // Strings and JSON values always become JSON.
    serde_json::to_string(&Saying { carried, told }).ok()
}

impl Told {
    /// Of all that was kept for a sample, the newest first: of each thing what was said last.
    pub(super) fn last(extras: &[String]) -> Self {
        // What a newer earmark keeps here in another way is not for us.
        let read = |extra: &String| serde_json::from_str::<Self>(extra).ok();
        if let [only] = extras {
            return read(only).unwrap_or_default();
        }
        let mut all = Self::default();
        for told in extras.iter().filter_map(read) {
            for (format, said) in told.carried {
                all.carried.entry(format).or_insert(said);
            }
            all.told.speaker = all.told.speaker.or(told.told.speaker);
            all.told.language = all.told.language.or(told.told.language);
            all.told.usage = all.told.usage.or(told.told.usage);
        }
        all
    }

    /// What a format said that only it knows.
    pub(super) fn of_format(&mut self, format: Format) -> Map<String, Value> {
        self.carried.remove(format.name()).unwrap_or_default()
    }

    /// Who speaks.
    pub(super) fn speaker(&self) -> Option<&str> {
        self.told.speaker.as_deref()
    }

    /// Training, evaluation, …
    pub(super) fn usage(&self) -> Option<&str> {
        self.told.usage.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::AudioRef;

    #[test]
    fn what_was_said_last_stands_and_formats_stay_apart() {
        let mut record = Record::new(1, AudioRef::Path("a.wav".into()));
        assert_eq!(said(Format::Nemo, &record), None);
        record.speaker = Some("ann".into());
        record.extra.insert("offset".into(), 3.into());
        let older = said(Format::Nemo, &record).unwrap();
        assert_eq!(older, r#"{"carried":{"nemo":{"offset":3}},"told":{"speaker":"ann"}}"#);
        record.extra.insert("offset".into(), 4.into());
        record.speaker = None;
        record.usage = Some("TRAIN".into());
        let newer = said(Format::Manifest, &record).unwrap();
        let mut last = Told::last(&[newer, "{\"other\":1}".into(), older]);
        assert_eq!((last.speaker(), last.usage()), (Some("ann"), Some("TRAIN")));
        assert_eq!(last.of_format(Format::Nemo)["offset"], 3);
        assert_eq!(last.of_format(Format::Manifest)["offset"], 4);
        assert!(last.of_format(Format::Csv).is_empty());
    }
}

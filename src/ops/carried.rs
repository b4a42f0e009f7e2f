//! What a file says of a sample besides its label, as it is kept in the history and given back by exports.
//!
//! A JSON object: `carried` holds, by the name of a format, what that format alone knows; `told` what any may say.

use crate::formats::{Format, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What was said besides.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Told {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    carried: BTreeMap<String, Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Of::is_empty")]
    told: Of,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Of {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    speaker: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
}

impl Of {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Told {
    /// By one recording of a file.
    pub(super) fn by(format: Format, record: &Record) -> Self {
        let carried = (!record.extra.is_empty())
            .then(|| (format.name().to_owned(), record.extra.clone()))
            .into_iter()
            .collect();
        let told = Of {
            speaker: record.speaker.clone(),
            language: record.language.clone(),
            usage: record.usage.clone(),
        };
        Self { carried, told }
    }

    /// As it is kept; `None` if nothing was said.
    pub(super) fn to_json(&self) -> Option<String> {
        // Strings and JSON values always become JSON.
        (*self != Self::default()).then(|| serde_json::to_string(self).ok()).flatten()
    }

    /// Of all that was kept for a sample, the newest first: of each thing what was said last.
    pub(super) fn last(extras: &[String]) -> Self {
        let mut all = Self::default();
        for extra in extras {
            // What a newer earmark keeps here in another way is not for us.
            let Ok(told) = serde_json::from_str::<Self>(extra) else { continue };
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
        assert_eq!(Told::by(Format::Nemo, &record).to_json(), None);
        record.speaker = Some("ann".into());
        record.extra.insert("offset".into(), 3.into());
        let older = Told::by(Format::Nemo, &record).to_json().unwrap();
        record.extra.insert("offset".into(), 4.into());
        record.speaker = None;
        record.usage = Some("TRAIN".into());
        let newer = Told::by(Format::Manifest, &record).to_json().unwrap();
        let mut last = Told::last(&[newer, "{\"other\":1}".into(), older]);
        assert_eq!((last.speaker(), last.usage()), (Some("ann"), Some("TRAIN")));
        assert_eq!(last.of_format(Format::Nemo)["offset"], 3);
        assert_eq!(last.of_format(Format::Manifest)["offset"], 4);
        assert!(last.of_format(Format::Csv).is_empty());
    }
}

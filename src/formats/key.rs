//! A key in JSON: `key` as text, and `key_b64` beside it where the key is not UTF-8.

use crate::domain::SampleKey;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// The fields that name a sample in JSON; to be flattened into an object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyFields {
    /// The key, with U+FFFD where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its bytes, where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_b64: Option<String>,
}

impl KeyFields {
    /// The key that is meant; `None` if neither field says.
    pub fn read(&self) -> Option<SampleKey> {
        match (&self.key_b64, &self.key) {
            (Some(encoded), _) => BASE64_STANDARD.decode(encoded).ok().map(SampleKey::new),
            (None, Some(key)) => Some(key.as_str().into()),
            (None, None) => None,
        }
    }
}

impl From<&SampleKey> for KeyFields {
    fn from(key: &SampleKey) -> Self {
        let key_b64 = key.as_str().is_none().then(|| BASE64_STANDARD.encode(key.as_bytes()));
        Self { key: Some(key.lossy().into_owned()), key_b64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_survives_a_round_trip() {
        for bytes in [b"a/b.wav".as_slice(), b"caf\xe9.wav", "日本.wav".as_bytes()] {
            let key = SampleKey::new(bytes);
            let json = serde_json::to_string(&KeyFields::from(&key)).unwrap();
            assert_eq!(serde_json::from_str::<KeyFields>(&json).unwrap().read(), Some(key));
        }
        assert_eq!(KeyFields::default().read(), None);
    }
}

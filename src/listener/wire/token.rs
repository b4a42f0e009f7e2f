//! The secret that a sender and a listener share, and the proof of knowing it without saying it.

use crate::domain::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// A shared secret: 32 random bytes in hex. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

/// Whose proof it is: neither side can hand the other's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Sender,
    Listener,
}

impl Token {
    /// A new one.
    pub fn random() -> Self {
        Self(nonce())
    }

    /// A new one that is short enough for a link on a narrow screen: 122 random bits.
    pub fn for_a_link() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// One that was written down.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text, for a private note or for the person it belongs to.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// That `side` knows the token, for these two nonces: HMAC-SHA-256 (RFC 2104) in hex.
    pub(super) fn proof(&self, side: Side, listener_nonce: &str, sender_nonce: &str) -> String {
        hex(&self.mac(side, listener_nonce, sender_nonce).finalize().into_bytes())
    }

    /// Whether a proof holds; takes the same time wherever it is wrong.
    pub(super) fn verify(
        &self,
        proof: &str,
        side: Side,
        listener_nonce: &str,
        sender_nonce: &str,
    ) -> bool {
        let Some(bytes) = unhex(proof) else { return false };
        self.mac(side, listener_nonce, sender_nonce).verify_slice(&bytes).is_ok()
    }

    fn mac(&self, side: Side, listener_nonce: &str, sender_nonce: &str) -> Hmac<Sha256> {
        // A key of any length is taken; none is refused.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
        let side = match side {
            Side::Sender => "earmark sender",
            Side::Listener => "earmark listener",
        };
        for part in [side, listener_nonce, sender_nonce] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// 32 random bytes in hex.
pub(super) fn nonce() -> String {
    // Two random UUIDs hold 244 random bits, from the system's own generator.
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || digits.len() > 128 {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    digits.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

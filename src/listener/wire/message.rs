//! What the two sides say to each other. JSON bodies carry these as they are; unknown fields are passed over.

use crate::domain::{Command, Event, SoundId};
use serde::{Deserialize, Serialize};

/// The versions of the protocol that a side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Protocol {
    /// The oldest.
    pub oldest: u16,
    /// The newest.
    pub newest: u16,
}

impl Protocol {
    /// What this program speaks.
    pub const OURS: Self = Self { oldest: 1, newest: 1 };

    /// The version that both speak best.
    ///
    /// # Errors
    /// There is none: which side is too old, seen from `self`.
    pub fn common(self, other: Self) -> Result<u16, Outdated> {
        let newest = self.newest.min(other.newest);
        if newest >= self.oldest.max(other.oldest) {
            Ok(newest)
        } else if self.newest < other.oldest {
            Err(Outdated::Own)
        } else {
            Err(Outdated::Other)
        }
    }
}

/// Which side is too old to be understood by the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// The one that found out.
    Own,
    /// The one that it speaks with.
    Other,
}

/// The listener's first word. It says nothing that is not public: nobody has shown a token yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// What it speaks.
    pub protocol: Protocol,
    /// Its version of earmark.
    pub earmark: String,
    /// 32 random bytes in hex, for the proof.
    pub nonce: String,
}

/// The sender's answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hello {
    /// What it speaks.
    pub protocol: Protocol,
    /// Its version of earmark.
    pub earmark: String,
    /// 32 random bytes in hex, for the other proof.
    pub nonce: String,
    /// That it knows the token.
    pub proof: String,
    /// The machine it runs on, for the listener's screen.
    pub host: String,
    /// Who works there.
    pub person: String,
}

/// The listener lets the sender in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Welcome {
    /// The version that is spoken from here on.
    pub version: u16,
    /// That it knows the token too.
    pub proof: String,
    /// The machine that it plays on, for the sender's status line.
    pub host: String,
    /// Who sits there.
    pub person: String,
    /// Bytes of audio that it keeps in memory at most.
    pub memory: u64,
    /// In which forms it takes sounds, the one it likes best first.
    pub forms: Vec<Form>,
}

/// One side will have nothing to do with the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why, in one sentence.
    pub why: String,
    /// Which side has to be updated: `listener` or `sender`, if that would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
}

/// What the bytes of a sound are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The file as it is.
    Original,
    /// A WAV file of 16-bit samples that exists in no place: its header and its samples are made of the file as they
    /// are asked for, and travel as FLAC.
    Slices,
    /// A FLAC file made of the whole file.
    Flac,
    /// What a later version says.
    #[serde(other)]
    Unknown,
}

/// The listener lacks bytes of a sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The listener's number for this request.
    pub request: u32,
    /// Of which sound.
    pub sound: SoundId,
    /// The first byte.
    pub from: u64,
    /// One past the last byte; more than there are means all.
    pub to: u64,
    /// Somebody waits for it; otherwise it is fetched ahead.
    #[serde(default)]
    pub urgent: bool,
    /// The form it is wanted in, where that matters: for a player that cannot decode the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
}

/// What a sound is: the first answer to every [`Need`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundInfo {
    /// Which request it answers.
    pub request: u32,
    /// Its length in bytes, in this form; unknown where a store does not say.
    #[serde(default)]
    pub len: Option<u64>,
    /// What errors call it, and where decoders look for a hint: a file name, or nothing where originals stay.
    #[serde(default)]
    pub name: String,
    /// What the bytes are.
    pub form: Form,
}

/// Bytes of a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Which request it answers.
    pub request: u32,
    /// Where the bytes stand in the sound.
    pub offset: u64,
    /// How many bytes of the sound it stands for: those of `bytes`, but for slices, which travel packed.
    pub len: u32,
    /// The bytes: at least one.
    pub bytes: Vec<u8>,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Listener: first word.
    Greeting(Greeting),
    /// Sender: answer to it.
    Hello(Hello),
    /// Listener: come in.
    Welcome(Welcome),
    /// Either: no. Nothing follows.
    Refusal(Refusal),
    /// Sender: do this. Numbers count up; the last command wins.
    Command {
        /// Its number.
        seq: u64,
        /// What to do.
        command: Command,
    },
    /// Listener: this happened.
    Event {
        /// The last command that was obeyed by then.
        seq: u64,
        /// What happened.
        event: Event,
    },
    /// Listener: send me this.
    Need(Need),
    /// Sender: what it is.
    Sound(SoundInfo),
    /// Sender: a piece of it.
    Chunk(Chunk),
    /// Sender: that cannot be had.
    Unavailable {
        /// Which request.
        request: u32,
        /// Why, in one sentence.
        why: String,
    },
    /// Listener: not any more.
    Cancel {
        /// Which request.
        request: u32,
    },
    /// Listener: so much has come, so that the sender knows what is under way.
    Got {
        /// Bytes of chunk frames since the beginning, headers not counted.
        bytes: u64,
    },
    /// Either: are you there?
    Ping(u64),
    /// Either: the answer, with the same number.
    Pong(u64),
    /// Either: it ends here.
    Bye {
        /// Why, in one sentence.
        why: String,
    },
    /// A frame of a later version: passed over.
    Unknown(u8),
}

//! Who works in a workspace, and on what.

use crate::domain::{Connection, InstanceId};
use uuid::Uuid;

/// The person and the running earmark that open a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person: `EARMARK_USER`, else the login name.
    pub author: String,
    /// This running earmark.
    pub instance: InstanceId,
}

impl Identity {
    /// A person at a newly started earmark.
    pub fn new(author: impl Into<String>) -> Self {
        Self { author: author.into(), instance: InstanceId(Uuid::now_v7()) }
    }
}

/// What a workspace is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The same on every machine that works on it.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where the audio lives, as `Source` displays it.
    pub source: String,
    /// Where labels are shared, if anywhere.
    pub output: Option<String>,
    /// How their buckets are reached.
    pub connection: Connection,
}

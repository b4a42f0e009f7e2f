//! `earmark history`: every revision of a sample.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::domain::{ContentChange, Flag, Revision};
use crate::formats::KeyFields;
use crate::ops::{Make, find_sample};
use crate::text::{safe_bytes, safe_line};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::ffi::OsString;

/// Flags of `history`.
#[derive(Debug, Args)]
pub(super) struct History {
    #[command(flatten)]
    source: SourceArg,
    /// The sample: its key, as `list` shows it, or the path of its file
    key: OsString,
}

#[derive(Serialize)]
struct Line<'a> {
    id: String,
    parents: Vec<String>,
    action: String,
    at: Timestamp,
    author: &'a str,
    how: &'a str,
    content: Option<&'a str>,
    removed: bool,
    flags_added: Vec<&'a str>,
    flags_removed: Vec<&'a str>,
    deleted: Option<bool>,
    moved_from: Option<KeyFields>,
}

impl<'a> From<&'a Revision> for Line<'a> {
    fn from(revision: &'a Revision) -> Self {
        let change = &revision.change;
        let content = match &change.content {
            Some(ContentChange::Set(text)) => Some(text.as_str()),
            _ => None,
        };
        Self {
            id: revision.id.to_string(),
            parents: revision.parents.iter().map(ToString::to_string).collect(),
            action: revision.action.to_string(),
            at: revision.at,
            author: &revision.author,
            how: revision.how.name(),
            content,
            removed: change.content == Some(ContentChange::Removed),
            flags_added: change.flags_added.iter().map(Flag::name).collect(),
            flags_removed: change.flags_removed.iter().map(Flag::name).collect(),
            deleted: change.deleted,
            moved_from: revision.moved_from.as_ref().map(KeyFields::from),
        }
    }
}

impl History {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let reader = opened.reader()?;
        let (sample, _) = find_sample(&reader, &opened.source, &self.key)?;
        for revision in reader.history(sample)? {
            context.out.json(&Line::from(&revision))?;
            let at = revision.at.to_zoned(TimeZone::system());
            context.out.line(format!(
                "{}  {}  {}  {}",
                at.strftime("%Y-%m-%d %H:%M:%S"),
                safe_line(&revision.author),
                safe_line(revision.how.name()),
                describe(&revision)
            ))?;
        }
        Ok(Exit::Done)
    }
}

fn describe(revision: &Revision) -> String {
    let mut parts = Vec::new();
    match &revision.change.content {
        Some(ContentChange::Set(text)) => parts.push(format!("“{}”", safe_line(text))),
        Some(ContentChange::Removed) => parts.push("label removed".to_owned()),
        None => {}
    }
    for (flag, on) in revision.change.flags() {
        let sign = if on { '+' } else { '-' };
        parts.push(format!("{sign}{}", safe_line(flag.title())));
    }
    match revision.change.deleted {
        Some(true) => parts.push("deleted".to_owned()),
        Some(false) => parts.push("restored".to_owned()),
        None => {}
    }
    if let Some(from) = &revision.moved_from {
        parts.push(format!("moved from {}", safe_bytes(from.as_bytes())));
    }
    parts.join(", ")
}

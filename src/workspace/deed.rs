//! Deeds: what each press of a key means for one sample, and its doing for many in one transaction.

use super::error::Result;
use super::ledger::{Entry, Ledger};
use super::many::Many;
use super::sample::{Sample, text};
use crate::domain::{
    ActionReport, Change, Choice, ContentChange, ContentHead, Deed, Flag, How, RevisionId, Skip,
    Standing,
};
use jiff::Timestamp;
use rusqlite::Connection;

/// The word under which an action is filed and undone.
fn word(deed: &Deed, many: bool) -> &'static str {
    match deed {
        _ if many && !matches!(deed, Deed::Delete | Deed::Restore) => "batch",
        Deed::Label(_) => "label",
        Deed::Unlabel => "unlabel",
        Deed::Flag(..) => "flag",
        Deed::AcceptSuggestion => "accept suggestion",
        Deed::Affirm => "affirm",
        Deed::Delete => "delete",
        Deed::Restore | Deed::RestoreRevision(_) => "restore",
        Deed::Settle(_) => "settle",
    }
}

/// Does a deed to samples, given by ascending ids, within the caller's transaction.
pub(super) fn act(
    connection: &Connection,
    author: &str,
    deed: &Deed,
    ids: &[i64],
    at: Timestamp,
) -> Result<ActionReport> {
    let is_batch = ids.len() > 1;
    let many = Many::together(connection, ids.len())?;
    let mut ledger = Ledger::of_many(&many, author, at);
    for sample in Sample::each_of(&many, ids) {
        let Some(mut sample) = sample? else {
            ledger.skip(Skip::Gone);
            continue;
        };
        let standing = sample.heads.standing();
        let changes_trash = matches!(deed, Deed::Delete | Deed::Restore);
        if sample.moved_to.is_some() || (standing.deleted && !changes_trash) {
            ledger.skip(Skip::Gone);
            continue;
        }
        match entry(connection, &sample, &standing, author, deed, is_batch)? {
            Ok(entry) => {
                ledger.append(&mut sample, vec![entry])?;
            }
            Err(why) => ledger.skip(why),
        }
    }
    let report = ledger.file(word(deed, is_batch))?;
    many.finish()?;
    Ok(report)
}

fn entry(
    connection: &Connection,
    sample: &Sample,
    standing: &Standing,
    author: &str,
    deed: &Deed,
    many: bool,
) -> Result<Result<Entry, Skip>> {
    let how = if many { How::Batch } else { How::Typed };
    let change = match deed {
        Deed::Label(content) => {
            return Ok(label(connection, sample, standing, content, how)?.ok_or(Skip::NothingToDo));
        }
        Deed::Affirm => return Ok(affirm(connection, sample, standing)?.ok_or(Skip::NothingToDo)),
        Deed::AcceptSuggestion => {
            let Some(suggestion) = &sample.suggestion else { return Ok(Err(Skip::NoSuggestion)) };
            if many && standing.label.is_some() {
                return Ok(Err(Skip::NothingToDo));
            }
            return Ok(label(connection, sample, standing, &suggestion.content, How::Suggestion)?
                .ok_or(Skip::NothingToDo));
        }
        Deed::Unlabel => unlabel(standing),
        Deed::Flag(flag, on) => set_flag(standing, flag, *on),
        Deed::Delete => (!standing.deleted).then(|| Change::deletion(true)),
        Deed::Restore => standing.deleted.then(|| Change::deletion(false)),
        Deed::RestoreRevision(id) => {
            let change = former(sample, standing, *id);
            return Ok(change
                .map(|change| Entry::on(sample, How::Restore, change))
                .ok_or(Skip::NothingToDo));
        }
        Deed::Settle(choice) => {
            let change = settle(standing, *choice, author);
            return Ok(change
                .map(|change| Entry::on(sample, How::Settle, change))
                .ok_or(Skip::NothingToDo));
        }
    };
    Ok(change.map(|change| Entry::on(sample, how, change)).ok_or(Skip::NothingToDo))
}

/// A label, unless it would say nothing new. The same text on changed audio affirms it; in a conflict it settles.
pub(super) fn label(
    connection: &Connection,
    sample: &Sample,
    standing: &Standing,
    content: &str,
    how: How,
) -> Result<Option<Entry>> {
    if content.is_empty() {
        return Ok(None);
    }
    let same = standing.label.as_ref().is_some_and(|label| text(&label.content) == Some(content));
    if same && !standing.conflict() {
        return affirm(connection, sample, standing);
    }
    let how = if standing.conflict() && how == How::Typed { How::Settle } else { how };
    let change = with_speech(Change::content(content), standing);
    Ok(Some(Entry::on(sample, how, change)))
}

fn affirm(connection: &Connection, sample: &Sample, standing: &Standing) -> Result<Option<Entry>> {
    let Some(label) = &standing.label else { return Ok(None) };
    if !sample.audio_changed(connection, standing)? {
        return Ok(None);
    }
    let change = Change { content: Some(label.content.clone()), ..Change::default() };
    // Of a conflict, only the text that is shown was affirmed: the others stay.
    Ok(Some(Entry { parents: vec![label.id], ..Entry::on(sample, How::Affirm, change) }))
}

/// A change of content with the flag *no speech* as the content wants it.
fn with_speech(mut change: Change, standing: &Standing) -> Change {
    let silent = matches!(&change.content, Some(ContentChange::Set(text)) if text.is_empty());
    let flagged = standing.flags.contains(&Flag::NoSpeech);
    if silent && !flagged {
        change.flags_added.insert(Flag::NoSpeech);
    } else if !silent && flagged {
        change.flags_removed.insert(Flag::NoSpeech);
    }
    change
}

fn unlabel(standing: &Standing) -> Option<Change> {
    let flagged = standing.flags.contains(&Flag::NoSpeech);
    if standing.label.is_some() {
        Some(with_speech(Change::removed(), standing))
    } else {
        flagged.then(|| Change::flag(Flag::NoSpeech, false))
    }
}

fn set_flag(standing: &Standing, flag: &Flag, on: bool) -> Option<Change> {
    let label = standing.label.as_ref().and_then(|label| text(&label.content));
    let silent = label.is_some_and(str::is_empty);
    let flagged = standing.flags.contains(flag);
    if *flag != Flag::NoSpeech {
        return (flagged != on).then(|| Change::flag(flag.clone(), on));
    }
    match (on, flagged) {
        (true, true) if silent => None,
        (true, _) => Some(Change {
            content: Some(ContentChange::Set(String::new())),
            ..Change::flag(Flag::NoSpeech, true)
        }),
        (false, true) if silent => Some(Change {
            content: Some(ContentChange::Removed),
            ..Change::flag(Flag::NoSpeech, false)
        }),
        (false, true) => Some(Change::flag(Flag::NoSpeech, false)),
        (false, false) => None,
    }
}

fn former(sample: &Sample, standing: &Standing, id: RevisionId) -> Option<Change> {
    let content =
        sample.history.iter().find(|revision| revision.id == id)?.change.content.clone()?;
    let now = standing.label.as_ref().map_or(&ContentChange::Removed, |label| &label.content);
    (content != *now || standing.conflict())
        .then(|| with_speech(Change { content: Some(content), ..Change::default() }, standing))
}

fn settle(standing: &Standing, choice: Choice, author: &str) -> Option<Change> {
    if !standing.conflict() {
        return None;
    }
    let live = || standing.rivals.iter().chain(&standing.label);
    let newest = |mine: bool| {
        live()
            .filter(|head| (head.author == author) == mine)
            .max_by_key(|head: &&ContentHead| head.id)
    };
    let chosen = match choice {
        Choice::Shown => standing.label.as_ref(),
        Choice::Mine => newest(true),
        Choice::Theirs => newest(false),
    }?;
    Some(with_speech(
        Change { content: Some(chosen.content.clone()), ..Change::default() },
        standing,
    ))
}

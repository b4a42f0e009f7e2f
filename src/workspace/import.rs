//! Labels that came with the data: the same revisions on every machine that reads the same file.

use super::aside::Aside;
use super::error::{Doing, Result};
use super::kinds::{ImportItem, ImportReport, Incoming, Suggested};
use super::ledger::{Entry, Ledger};
use super::many::Many;
use super::sample::{Sample, find, text};
use crate::domain::{Change, Flag, How, RevisionId, SampleId};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

/// The namespace of import revisions' ids. Never to change.
const IMPORTS: Uuid = Uuid::from_u128(0x6c1f_0f5e_27a9_5d1c_9c39_51d4_a1d0_8b7e);
/// The namespace of revisions that carry nothing but what a file said besides. Never to change.
const CARRIED: Uuid = Uuid::from_u128(0x0b52_6a3d_94c7_5e08_8f41_c2d7_7e19_a35c);

/// An id from parts that no other parts can spell: each is preceded by its length.
pub(super) fn stable_id(namespace: Uuid, parts: &[&[u8]]) -> RevisionId {
    let mut name = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    RevisionId(Uuid::new_v5(&namespace, &name))
}

/// What is to be done with the label of one item.
enum Verdict {
    Write(Box<Entry>),
    Unchanged,
    KeptByPerson,
}

/// Imports within the caller's transaction.
pub(super) fn import(
    connection: &Connection,
    author: &str,
    incoming: impl IntoIterator<Item = Incoming>,
    replace: bool,
    at: Timestamp,
) -> Result<ImportReport> {
    let many = Many::together(connection, usize::MAX)?;
    let mut ledger = Ledger::of_many(&many, author, at);
    let mut report = ImportReport::default();
    let mut aside = None;
    let (mut taken, mut moved) = (0_u64, 0_u64);
    for one in incoming {
        match one {
            Incoming::Expected(all) if aside.is_none() => {
                let moving = u128::from(all) * u128::from(moved) / u128::from(taken.max(1));
                aside = Some(Aside::for_most(&many, u64::try_from(moving).unwrap_or(u64::MAX))?);
                continue;
            }
            Incoming::Expected(_) => continue,
            Incoming::Item(item) => {
                moved += u64::from(take(&many, &mut ledger, item, replace, at, &mut report)?);
            }
            Incoming::Suggestion(suggested) if suggest(&many, &suggested)? => {
                report.suggested += 1;
            }
            Incoming::Suggestion(suggested) => report.unmatched.push(suggested.key),
        }
        taken += 1;
    }
    report.action = ledger.file("import")?.action;
    many.finish()?;
    aside.map_or(Ok(()), |aside| aside.put_back(connection))?;
    Ok(report)
}

/// Keeps one proposal; `false` if no sample has the key.
pub(super) fn suggest(many: &Many<'_>, suggested: &Suggested) -> Result<bool> {
    let Suggested { key, suggestion } = suggested;
    let Some(id) = find(many, key)? else { return Ok(false) };
    many
        .prepare_cached(
            "INSERT OR REPLACE INTO suggestion (sample, content, model, confidence) VALUES (?, ?, ?, ?)",
        )
        .and_then(|mut sql| {
            sql.execute(params![id, suggestion.content, suggestion.model, suggestion.confidence])
        })
        .doing("keep the suggestions")?;
    if let Some(mut sample) = Sample::load_of(many, id)? {
        sample.store_in(many)?;
    }
    Ok(true)
}

/// Does what is to be done about one item. Whether its sample came into another state.
fn take(
    many: &Many<'_>,
    ledger: &mut Ledger<'_, '_>,
    item: ImportItem,
    replace: bool,
    at: Timestamp,
    report: &mut ImportReport,
) -> Result<bool> {
    let Some(mut sample) = sample_of(many, &item)? else {
        report.unmatched.push(item.key);
        return Ok(false);
    };
    let before = sample.stored_state;
    let verdict = match &item.content {
        Some(content) => judge(&sample, &item, content, replace, at),
        None => Verdict::Unchanged,
    };
    let entry = match verdict {
        Verdict::Write(entry) => {
            let standing = ledger.append(&mut sample, vec![*entry])?;
            report.imported += 1;
            report.conflicts += u64::from(standing.conflict());
            return Ok(sample.stored_state != before);
        }
        Verdict::Unchanged => {
            report.unchanged += 1;
            carry(&sample, &item, at)
        }
        Verdict::KeptByPerson => {
            let entry = carry(&sample, &item, at);
            report.kept_by_person.push(item.key);
            entry
        }
    };
    if let Some(entry) = entry {
        ledger.append(&mut sample, vec![entry])?;
    }
    Ok(sample.stored_state != before)
}

/// The sample that is meant: by its row where whoever brings the item found it, else by its key.
fn sample_of(many: &Many<'_>, item: &ImportItem) -> Result<Option<Sample>> {
    if let Some(SampleId(id)) = item.sample
        && let Some(sample) = Sample::load_of(many, id)?
        && sample.key == item.key
        && sample.moved_to.is_none()
    {
        return Ok(Some(sample));
    }
    match find(many, &item.key)? {
        Some(id) => Sample::load_of(many, id),
        None => Ok(None),
    }
}

fn judge(
    sample: &Sample,
    item: &ImportItem,
    content: &str,
    replace: bool,
    at: Timestamp,
) -> Verdict {
    let standing = sample.heads.standing();
    let says_so =
        standing.label.as_ref().is_some_and(|label| text(&label.content) == Some(content));
    if says_so && !(replace && standing.conflict()) {
        return Verdict::Unchanged;
    }
    let by_person = sample.heads.content.iter().any(|head| head.how != How::Import);
    if by_person && !replace {
        return Verdict::KeptByPerson;
    }
    let mut change = Change::content(content);
    if replace && !content.is_empty() && standing.flags.contains(&Flag::NoSpeech) {
        change.flags_removed.insert(Flag::NoSpeech);
    }
    let parents = if replace { sample.heads.parents_of(&change) } else { Vec::new() };
    let parent_ids: Vec<u8> = parents.iter().flat_map(|id| *id.0.as_bytes()).collect();
    let id = stable_id(
        IMPORTS,
        &[
            item.origin.as_bytes(),
            item.etag.as_bytes(),
            item.key.as_bytes(),
            content.as_bytes(),
            &parent_ids,
        ],
    );
    if sample.history.iter().any(|revision| revision.id == id) {
        return Verdict::Unchanged;
    }
    Verdict::Write(Box::new(Entry {
        id: Some(id),
        parents,
        by: Some(signature(item, at)),
        extra: item.extra.clone(),
        ..Entry::on(sample, How::Import, change)
    }))
}

/// A revision that changes nothing and keeps what the file says besides, unless that is known already.
fn carry(sample: &Sample, item: &ImportItem, at: Timestamp) -> Option<Entry> {
    let extra = item.extra.as_ref()?;
    let newest = sample.history.iter().rev().find_map(|revision| revision.extra.as_ref());
    let id = stable_id(CARRIED, &[item.origin.as_bytes(), item.key.as_bytes(), extra.as_bytes()]);
    if newest == Some(extra) || sample.history.iter().any(|revision| revision.id == id) {
        return None;
    }
    Some(Entry {
        id: Some(id),
        by: Some(signature(item, at)),
        extra: Some(extra.clone()),
        ..Entry::on(sample, How::Import, Change::default())
    })
}

fn signature(item: &ImportItem, at: Timestamp) -> (String, Timestamp) {
    (item.author.clone().unwrap_or_else(|| item.origin.clone()), item.at.unwrap_or(at))
}

//! Labels that came with the data: the same revisions on every machine that reads the same file.

use super::error::Result;
use super::kinds::{ImportItem, ImportReport};
use super::ledger::{Entry, Ledger};
use super::sample::{Sample, find, text};
use crate::domain::{Change, Flag, How, RevisionId, SampleKey};
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

/// The namespace of import revisions' ids. Never to change.
const IMPORTS: Uuid = Uuid::from_u128(0x6c1f_0f5e_27a9_5d1c_9c39_51d4_a1d0_8b7e);

/// An id from parts that no other parts can spell: each is preceded by its length.
pub(super) fn stable_id(namespace: Uuid, parts: &[&[u8]]) -> RevisionId {
    let name: Vec<u8> = parts
        .iter()
        .flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.iter().copied()))
        .collect();
    RevisionId(Uuid::new_v5(&namespace, &name))
}

/// What is to be done with one item.
enum Verdict {
    Write(Box<Entry>),
    Unchanged,
    KeptByPerson,
}

/// Imports within the caller's transaction.
pub(super) fn import(
    connection: &Connection,
    author: &str,
    items: impl IntoIterator<Item = ImportItem>,
    replace: bool,
    at: Timestamp,
) -> Result<ImportReport> {
    let mut ledger = Ledger::new(connection, author, at);
    let mut report = ImportReport::default();
    for item in items {
        let sample = match find(connection, &item.key)? {
            Some(id) => Sample::load(connection, id)?,
            None => None,
        };
        let Some(mut sample) = sample else {
            report.unmatched.push(item.key);
            continue;
        };
        match judge(&sample, &item, replace, at) {
            Verdict::Unchanged => report.unchanged += 1,
            Verdict::KeptByPerson => report.kept_by_person.push(item.key),
            Verdict::Write(entry) => {
                let standing = ledger.append(&mut sample, vec![*entry])?;
                report.imported += 1;
                report.conflicts += u64::from(standing.conflict());
            }
        }
    }
    report.action = ledger.file("import")?.action;
    Ok(report)
}

fn judge(sample: &Sample, item: &ImportItem, replace: bool, at: Timestamp) -> Verdict {
    let standing = sample.heads.standing();
    let says_so =
        standing.label.as_ref().is_some_and(|label| text(&label.content) == Some(&item.content));
    if says_so && !(replace && standing.conflict()) {
        return Verdict::Unchanged;
    }
    let by_person = sample.heads.content.iter().any(|head| head.how != How::Import);
    if by_person && !replace {
        return Verdict::KeptByPerson;
    }
    let mut change = Change::content(&item.content);
    if replace && !item.content.is_empty() && standing.flags.contains(&Flag::NoSpeech) {
        change.flags_removed.insert(Flag::NoSpeech);
    }
    let parents = if replace { sample.heads.parents_of(&change) } else { Vec::new() };
    let id = id_of(&item.key, item, &parents);
    if sample.history.iter().any(|revision| revision.id == id) {
        return Verdict::Unchanged;
    }
    Verdict::Write(Box::new(Entry {
        id: Some(id),
        parents,
        by: Some((item.origin.clone(), at)),
        ..Entry::on(sample, How::Import, change)
    }))
}

fn id_of(key: &SampleKey, item: &ImportItem, parents: &[RevisionId]) -> RevisionId {
    let parents: Vec<u8> = parents.iter().flat_map(|id| *id.0.as_bytes()).collect();
    stable_id(
        IMPORTS,
        &[
            item.origin.as_bytes(),
            item.etag.as_bytes(),
            key.as_bytes(),
            item.content.as_bytes(),
            &parents,
        ],
    )
}

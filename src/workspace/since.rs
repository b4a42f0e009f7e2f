//! Whether the label that a text was typed over is still the one that was seen.

use super::sample::Sample;
use crate::domain::{ActionId, How, RevisionId};
use std::collections::BTreeSet;

/// Whether the content heads are still those that a draft started from. A move in between is no change.
pub(super) fn same_heads(sample: &Sample, based_on: &[RevisionId]) -> bool {
    let heads = sample.content_heads();
    let same = heads.len() == based_on.len() && heads.iter().all(|head| based_on.contains(head));
    let mut revisions =
        sample.history.iter().filter(|revision| heads.contains(&revision.id)).peekable();
    let moved = revisions.peek().is_some()
        && revisions.all(|revision| {
            revision.how == How::Move
                && based_on.iter().all(|known| revision.parents.contains(known))
        });
    same || (moved && !based_on.is_empty())
}

/// Whether nobody but `own` actions changed the label since these heads.
pub(super) fn only_own(sample: &Sample, heads: &[RevisionId], own: &BTreeSet<ActionId>) -> bool {
    let mut known: BTreeSet<RevisionId> = heads.iter().copied().collect();
    let mut left = heads.to_vec();
    while let Some(id) = left.pop() {
        let parents = sample.history.iter().filter(|revision| revision.id == id);
        left.extend(parents.flat_map(|it| &it.parents).copied().filter(|id| known.insert(*id)));
    }
    sample
        .history
        .iter()
        .filter(|revision| revision.change.content.is_some() && !known.contains(&revision.id))
        .all(|revision| revision.how == How::Move || own.contains(&revision.action))
}

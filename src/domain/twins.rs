//! Copies of one head that several machines made under a file's new name, each knowing something else.
//!
//! They are one head to whoever looks: what supersedes one supersedes its twins, or a label that was removed after a move
//! would come back with every other machine that made the copy too.

use super::{Revision, RevisionId};
use std::collections::{HashMap, HashSet};

/// Copies in one history among which twins are looked for. Nobody moves a file so often; and whoever makes up such a
/// history for others to read shall not keep them busy with it.
const MOST: usize = 256;

/// One sample's history, with what was copied from other keys.
pub(super) struct Twins<'a> {
    by_id: HashMap<RevisionId, &'a Revision>,
    copies: HashMap<RevisionId, &'a Revision>,
}

impl<'a> Twins<'a> {
    /// `None` where there can be none: nearly always.
    pub(super) fn among(revisions: impl IntoIterator<Item = &'a Revision> + Clone) -> Option<Self> {
        let is_copy = |revision: &&Revision| revision.moved_from.is_some();
        if revisions.clone().into_iter().filter(is_copy).take(2).count() < 2 {
            return None;
        }
        let by_id: HashMap<_, _> = revisions.into_iter().map(|one| (one.id, one)).collect();
        let copies: HashMap<_, _> =
            by_id.values().copied().filter(is_copy).map(|one| (one.id, one)).collect();
        (2..=MOST).contains(&copies.len()).then_some(Self { by_id, copies })
    }

    /// The twins of those that were superseded in one field. `value` is what a revision makes of the field, if anything.
    ///
    /// Twins came from one key, say the same and have a parent in common. One that was made by somebody who knew of what
    /// superseded its twin stays: it was meant.
    pub(super) fn superseded<V: PartialEq>(
        &self,
        value: impl Fn(&'a Revision) -> Option<V>,
    ) -> HashSet<RevisionId> {
        let are_twins = |one: &'a Revision, other: &'a Revision| {
            let said = value(one);
            said.is_some()
                && said == value(other)
                && one.moved_from == other.moved_from
                && one.parents.iter().any(|parent| other.parents.contains(parent))
        };
        let mut gone = HashSet::new();
        let mut ancestors = HashMap::new();
        for by in self.by_id.values().copied().filter(|by| value(by).is_some()) {
            for copy in by.parents.iter().filter_map(|parent| self.copies.get(parent).copied()) {
                if are_twins(by, copy) {
                    continue;
                }
                for twin in self.copies.values().copied().filter(|twin| are_twins(twin, copy)) {
                    let older = ancestors.entry(twin.id).or_insert_with(|| self.ancestors(twin));
                    if !older.contains(&by.id) {
                        gone.insert(twin.id);
                    }
                }
            }
        }
        gone
    }

    fn ancestors(&self, of: &Revision) -> HashSet<RevisionId> {
        let (mut left, mut seen) = (of.parents.clone(), HashSet::new());
        while let Some(id) = left.pop() {
            if seen.insert(id) {
                left.extend(self.by_id.get(&id).into_iter().flat_map(|known| &known.parents));
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::super::heads::tests::{revision as made, text_of};
    use super::super::{Change, Flag, Heads, How, SampleKey};
    use super::*;

    fn revision(n: u128, parents: &[u128], change: Change, from: Option<&str>) -> Revision {
        let how = if from.is_some() { How::Move } else { How::Typed };
        Revision { moved_from: from.map(SampleKey::from), ..made(n, parents, how, change) }
    }

    fn text(history: &[Revision]) -> Option<String> {
        let standing = Heads::fold(history).standing();
        assert!(!standing.conflict());
        text_of(&standing).map(str::to_owned)
    }

    #[test]
    fn a_label_removed_after_a_move_does_not_come_back_with_the_copy_of_another_machine() {
        let mut history = vec![
            revision(1, &[100], Change::content("x"), Some("old")),
            revision(2, &[1], Change::removed(), None),
            revision(3, &[100, 101], Change::content("x"), Some("old")),
        ];
        assert_eq!(text(&history), None);
        history.reverse();
        assert_eq!(text(&history), None);
        history.push(revision(4, &[2], Change::content("y"), None));
        assert_eq!(text(&history).as_deref(), Some("y"));
    }

    #[test]
    fn another_text_another_key_or_another_head_is_no_twin() {
        let first = revision(1, &[100], Change::content("x"), Some("old"));
        let gone = revision(2, &[1], Change::removed(), None);
        for other in [
            revision(3, &[100], Change::content("y"), Some("old")),
            revision(3, &[100], Change::content("x"), Some("older")),
            revision(3, &[101], Change::content("x"), Some("old")),
            revision(3, &[100], Change::content("x"), None),
        ] {
            let history = [first.clone(), gone.clone(), other];
            assert_eq!(Heads::fold(&history).content.len(), 2);
        }
    }

    #[test]
    fn what_was_said_again_by_somebody_who_knew_stays() {
        let history = [
            revision(1, &[100], Change::content("x"), Some("old")),
            revision(2, &[1], Change::content("y"), None),
            revision(3, &[100, 200, 2], Change::content("x"), Some("old")),
        ];
        assert_eq!(text(&history).as_deref(), Some("x"));
    }

    #[test]
    fn a_copy_that_takes_its_twins_place_ends_none() {
        let history = [
            revision(1, &[100], Change::content("x"), Some("old")),
            revision(2, &[100], Change::content("x"), Some("old")),
            revision(3, &[100, 1], Change::content("x"), Some("old")),
        ];
        assert_eq!(text(&history).as_deref(), Some("x"));
    }

    #[test]
    fn flags_and_the_trash_know_twins_too() {
        let history = [
            revision(1, &[100], Change::flag(Flag::Unsure, true), Some("old")),
            revision(2, &[1], Change::flag(Flag::Unsure, false), None),
            revision(3, &[100], Change::flag(Flag::Unsure, true), Some("old")),
            revision(4, &[110], Change::deletion(false), Some("old")),
            revision(5, &[4], Change::deletion(true), None),
            revision(6, &[110], Change::deletion(false), Some("old")),
        ];
        let standing = Heads::fold(&history).standing();
        assert!(standing.flags.is_empty() && standing.deleted);
    }
}

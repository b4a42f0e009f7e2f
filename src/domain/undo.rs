//! Taking an action back on one sample: pure, by appending revisions with the former values.

use super::{ActionId, AudioStamp, Change, ContentChange, Flag, Heads, Revision, RevisionId};
use std::collections::BTreeSet;

/// A revision to append so that a field has its former value again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inverse {
    /// What it supersedes: the revisions of the action that is taken back.
    pub parents: Vec<RevisionId>,
    /// The former values.
    pub change: Change,
    /// The audio that the former label was made on.
    pub heard: Option<AudioStamp>,
}

/// What takes `action` back on one sample whose whole history is `history`.
///
/// `None` if the action changed nothing here, or if something changed since: a head of a field that the action
/// touched is no longer the action's own. Several inverses come back where the former state was a conflict.
pub fn invert(history: &[Revision], action: ActionId) -> Option<Vec<Inverse>> {
    let mine: Vec<&Revision> =
        history.iter().filter(|revision| revision.action == action).collect();
    if mine.is_empty() {
        return None;
    }
    let ids: BTreeSet<RevisionId> = mine.iter().map(|revision| revision.id).collect();
    let now = Heads::fold(history);
    let before = Heads::fold(history.iter().filter(|revision| revision.action != action));
    let touched = |of: &dyn Fn(&Change) -> bool| mine.iter().any(|revision| of(&revision.change));

    let mut change = Change::default();
    let mut parents = BTreeSet::new();
    let mut former_contents = Vec::new();
    if touched(&|change| change.content.is_some()) {
        let heads: Vec<RevisionId> = now.content.iter().map(|head| head.id).collect();
        unchanged_since(&heads, &ids)?;
        parents.extend(heads);
        former_contents =
            before.content.into_iter().map(|head| (Some(head.content), head.heard)).collect();
        if former_contents.is_empty() {
            former_contents.push((Some(ContentChange::Removed), None));
        }
    }
    let flags: BTreeSet<&Flag> =
        mine.iter().flat_map(|revision| revision.change.flags().map(|(flag, _)| flag)).collect();
    for flag in flags {
        let heads: Vec<RevisionId> =
            now.flags.get(flag).into_iter().flatten().map(|(id, _)| *id).collect();
        unchanged_since(&heads, &ids)?;
        parents.extend(heads);
        let was_on = before.flags.get(flag).into_iter().flatten().any(|(_, on)| *on);
        if was_on { &mut change.flags_added } else { &mut change.flags_removed }
            .insert(flag.clone());
    }
    if touched(&|change| change.deleted.is_some()) {
        let heads: Vec<RevisionId> = now.deletion.iter().map(|(id, _)| *id).collect();
        unchanged_since(&heads, &ids)?;
        parents.extend(heads);
        change.deleted = Some(
            !before.deletion.is_empty() && before.deletion.iter().all(|(_, deleted)| *deleted),
        );
    }
    let parents: Vec<RevisionId> = parents.into_iter().collect();
    if former_contents.is_empty() {
        former_contents.push((None, None));
    }
    let inverses =
        former_contents.into_iter().enumerate().map(|(index, (content, heard))| Inverse {
            parents: parents.clone(),
            change: if index == 0 {
                Change { content, ..change.clone() }
            } else {
                Change { content, ..Change::default() }
            },
            heard,
        });
    Some(inverses.collect())
}

fn unchanged_since(heads: &[RevisionId], action: &BTreeSet<RevisionId>) -> Option<()> {
    heads.iter().all(|head| action.contains(head)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::super::How;
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn add(history: &mut Vec<Revision>, action: u128, change: Change) {
        let parents = Heads::fold(&*history).parents_of(&change);
        push(history, action, parents, change);
    }

    fn push(history: &mut Vec<Revision>, action: u128, parents: Vec<RevisionId>, change: Change) {
        history.push(Revision {
            id: RevisionId(Uuid::from_u128(history.len() as u128 + 1)),
            parents,
            action: ActionId(Uuid::from_u128(action)),
            author: "ann".into(),
            at: Timestamp::UNIX_EPOCH,
            how: How::Typed,
            heard: None,
            change,
            moved_from: None,
            extra: None,
        });
    }

    fn take_back(history: &mut Vec<Revision>, action: u128) -> bool {
        let Some(inverses) = invert(history, ActionId(Uuid::from_u128(action))) else {
            return false;
        };
        for inverse in inverses {
            push(history, action + 1000, inverse.parents, inverse.change);
        }
        true
    }

    fn shown(
        history: &[Revision],
    ) -> (Option<ContentChange>, Vec<ContentChange>, BTreeSet<Flag>, bool) {
        let standing = Heads::fold(history).standing();
        (
            standing.label.map(|label| label.content),
            standing.rivals.into_iter().map(|rival| rival.content).collect(),
            standing.flags,
            standing.deleted,
        )
    }

    #[test]
    fn a_changed_sample_is_left_alone() {
        let mut history = Vec::new();
        add(&mut history, 1, Change::content("one"));
        add(&mut history, 2, Change::content("two"));
        assert!(!take_back(&mut history, 1));
        assert!(take_back(&mut history, 2));
        assert_eq!(shown(&history).0, Some(ContentChange::Set("one".into())));
    }

    #[test]
    fn taking_back_a_settlement_brings_the_conflict_back() {
        let mut history = Vec::new();
        push(&mut history, 1, vec![], Change::content("a"));
        push(&mut history, 2, vec![], Change::content("b"));
        let before = shown(&history);
        add(&mut history, 3, Change::content("ab"));
        assert!(take_back(&mut history, 3));
        let after = shown(&history);
        assert_eq!(after.1.len(), before.1.len());
        assert!(!after.1.is_empty());
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            "[abc]".prop_map(Change::content),
            Just(Change::removed()),
            any::<bool>().prop_map(|on| Change::flag(Flag::Unsure, on)),
            any::<bool>().prop_map(Change::deletion),
            Just(Change { flags_added: [Flag::NoSpeech].into(), ..Change::content("") }),
        ]
    }

    proptest! {
        #[test]
        fn undo_of_the_last_action_restores_what_was_shown(
            steps in prop::collection::vec(change(), 1..12), last in prop::collection::vec(change(), 1..3),
        ) {
            let mut history = Vec::new();
            for (n, step) in steps.into_iter().enumerate() {
                add(&mut history, n as u128 + 1, step);
            }
            let before = shown(&history);
            for step in last {
                add(&mut history, 500, step);
            }
            prop_assert!(take_back(&mut history, 500));
            prop_assert_eq!(shown(&history), before);
        }
    }
}

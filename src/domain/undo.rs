//! Taking an action back on one sample: pure, by appending revisions with the former values.

use super::{ActionId, AudioStamp, Change, ContentChange, Flag, Heads, How, Revision, RevisionId};
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
/// `None` if the action changed nothing here, or if something changed since: a field that the action touched does not
/// stand as the action left it. What was done since and taken back again is no change. Several inverses come back where
/// the former state was a conflict.
pub fn invert(history: &[Revision], action: ActionId) -> Option<Vec<Inverse>> {
    let mine: Vec<&Revision> =
        history.iter().filter(|revision| revision.action == action).collect();
    if mine.is_empty() {
        return None;
    }
    let now = Heads::fold(history);
    let touched = |of: &dyn Fn(&Change) -> bool| mine.iter().any(|revision| of(&revision.change));

    let mut change = Change::default();
    let mut parents = BTreeSet::new();
    let mut former_contents = Vec::new();
    let content = |change: &Change| change.content.is_some();
    if touched(&content) {
        let field = Field { history, of: &content };
        let heads: Vec<RevisionId> = now.content.iter().map(|head| head.id).collect();
        parents.extend(field.stands_as_left_by(action, heads)?);
        let before = field.before(action);
        former_contents =
            before.content.into_iter().map(|head| (Some(head.content), head.heard)).collect();
        if former_contents.is_empty() {
            former_contents.push((Some(ContentChange::Removed), None));
        }
    }
    let flags: BTreeSet<&Flag> =
        mine.iter().flat_map(|revision| revision.change.flags().map(|(flag, _)| flag)).collect();
    for flag in flags {
        let of = |change: &Change| change.of_flag(flag).is_some();
        let field = Field { history, of: &of };
        let heads: Vec<RevisionId> =
            now.flags.get(flag).into_iter().flatten().map(|(id, _)| *id).collect();
        parents.extend(field.stands_as_left_by(action, heads)?);
        let before = field.before(action);
        let was_on = before.flags.get(flag).into_iter().flatten().any(|(_, on)| *on);
        if was_on { &mut change.flags_added } else { &mut change.flags_removed }
            .insert(flag.clone());
    }
    let deletion = |change: &Change| change.deleted.is_some();
    if touched(&deletion) {
        let field = Field { history, of: &deletion };
        let heads: Vec<RevisionId> = now.deletion.iter().map(|(id, _)| *id).collect();
        parents.extend(field.stands_as_left_by(action, heads)?);
        let before = field.before(action);
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

/// One field through the history: the content, a flag, or the deletion.
struct Field<'a> {
    history: &'a [Revision],
    of: &'a dyn Fn(&Change) -> bool,
}

impl<'a> Field<'a> {
    fn revision(&self, id: RevisionId) -> Option<&'a Revision> {
        self.history.iter().find(|revision| revision.id == id && (self.of)(&revision.change))
    }

    /// What the action left in this field.
    fn heads_of(&self, action: ActionId) -> impl Iterator<Item = RevisionId> {
        let mine = self
            .history
            .iter()
            .filter(move |revision| revision.action == action && (self.of)(&revision.change));
        let superseded: BTreeSet<RevisionId> =
            mine.clone().flat_map(|revision| revision.parents.iter().copied()).collect();
        mine.map(|revision| revision.id).filter(move |id| !superseded.contains(id))
    }

    /// Gives the heads back if the action's own are among them, or if whatever came since was taken back. Heads beside
    /// the action's own, as in a conflict, do not matter: they stand afterwards as they would without the action.
    fn stands_as_left_by(
        &self,
        action: ActionId,
        heads: Vec<RevisionId>,
    ) -> Option<Vec<RevisionId>> {
        let mut own = self.heads_of(action).peekable();
        if own.peek().is_some() && own.all(|id| heads.contains(&id)) {
            return Some(heads);
        }
        let mut state: Vec<&Revision> = heads.iter().filter_map(|id| self.revision(*id)).collect();
        let mut steps = self.history.len();
        loop {
            let owner = single_action(&state)?;
            if owner.action == action {
                return Some(heads);
            }
            state = self.meant(&state, &mut steps)?;
        }
    }

    /// The older state that one made by undo or redo brought back; `None` for any other.
    ///
    /// Undo takes back what is no undo, redo takes back an undo. What it was made on is that, or itself an undo or redo
    /// that brought that back.
    fn meant(&self, state: &[&'a Revision], steps: &mut usize) -> Option<Vec<&'a Revision>> {
        // Each step goes to older revisions; a history that goes in circles is nobody's.
        *steps = steps.checked_sub(1)?;
        let how = &single_action(state)?.how;
        let of_undo = match how {
            How::Undo => false,
            How::Redo => true,
            _ => return None,
        };
        let mut taken = self.before_all(state);
        while (single_action(&taken)?.how == How::Undo) != of_undo {
            taken = self.meant(&taken, steps)?;
        }
        Some(self.before_all(&taken))
    }

    /// The revisions of this field that an action's revisions stood on: its heads before the action.
    fn before_all(&self, state: &[&'a Revision]) -> Vec<&'a Revision> {
        let mut before = self.parents_outside(state);
        if before.len() > 1 {
            // A parent for the sake of another field may be long superseded in this one.
            let older = self.ancestors(&before);
            before.retain(|revision| !older.contains(&revision.id));
        }
        before
    }

    fn ancestors(&self, state: &[&'a Revision]) -> BTreeSet<RevisionId> {
        let mut found = BTreeSet::new();
        let mut left: Vec<&Revision> = state.to_vec();
        while let Some(revision) = left.pop() {
            for parent in revision.parents.iter().filter_map(|id| self.revision(*id)) {
                if found.insert(parent.id) {
                    left.push(parent);
                }
            }
        }
        found
    }

    fn parents_outside(&self, state: &[&'a Revision]) -> Vec<&'a Revision> {
        let mut before: Vec<&Revision> = Vec::new();
        let mut left: Vec<&Revision> = state.to_vec();
        let mut seen: BTreeSet<RevisionId> = left.iter().map(|revision| revision.id).collect();
        while let Some(revision) = left.pop() {
            for parent in revision.parents.iter().filter_map(|id| self.revision(*id)) {
                if !seen.insert(parent.id) {
                    continue;
                }
                if parent.action == revision.action { &mut left } else { &mut before }.push(parent);
            }
        }
        before
    }

    /// The state before the action: without it, and without what stands on it.
    fn before(&self, action: ActionId) -> Heads {
        let mut after: BTreeSet<RevisionId> = self
            .history
            .iter()
            .filter(|revision| revision.action == action)
            .map(|revision| revision.id)
            .collect();
        loop {
            let found = after.len();
            let children = self.history.iter().filter(|revision| (self.of)(&revision.change));
            let standing =
                children.filter(|child| child.parents.iter().any(|id| after.contains(id)));
            let standing: Vec<RevisionId> = standing.map(|child| child.id).collect();
            after.extend(standing);
            if after.len() == found {
                break;
            }
        }
        Heads::fold(self.history.iter().filter(|revision| !after.contains(&revision.id)))
    }
}

/// One of them, if all are one action's.
fn single_action<'r>(state: &[&'r Revision]) -> Option<&'r Revision> {
    let first = state.first()?;
    state.iter().all(|revision| revision.action == first.action).then_some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn add(history: &mut Vec<Revision>, action: u128, change: Change) {
        let parents = Heads::fold(&*history).parents_of(&change);
        push(history, action, parents, change);
    }

    fn push(history: &mut Vec<Revision>, action: u128, parents: Vec<RevisionId>, change: Change) {
        append(history, action, How::Typed, parents, change);
    }

    fn append(
        history: &mut Vec<Revision>,
        action: u128,
        how: How,
        parents: Vec<RevisionId>,
        change: Change,
    ) {
        history.push(Revision {
            id: RevisionId(Uuid::from_u128(history.len() as u128 + 1)),
            parents,
            action: ActionId(Uuid::from_u128(action)),
            author: "ann".into(),
            at: Timestamp::UNIX_EPOCH,
            how,
            heard: None,
            change,
            moved_from: None,
            extra: None,
        });
    }

    fn take_back(history: &mut Vec<Revision>, action: u128) -> bool {
        invert_as(history, action, &How::Undo)
    }

    fn invert_as(history: &mut Vec<Revision>, action: u128, how: &How) -> bool {
        let Some(inverses) = invert(history, ActionId(Uuid::from_u128(action))) else {
            return false;
        };
        for inverse in inverses {
            append(history, action + 1000, how.clone(), inverse.parents, inverse.change);
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
    fn what_stands_beside_an_action_stands_without_it() {
        let mut history = Vec::new();
        push(&mut history, 1, vec![], Change::content("a"));
        push(&mut history, 2, vec![], Change::content("b"));
        assert!(take_back(&mut history, 2));
        let (label, rivals, ..) = shown(&history);
        assert_eq!((label, rivals), (Some(ContentChange::Set("a".into())), vec![]));
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
        /// Actions of several revisions each, taken back one after the other and done again as far as one likes.
        #[test]
        fn one_after_the_other_is_taken_back_and_done_again(
            actions in prop::collection::vec(prop::collection::vec(change(), 1..3), 1..6),
            back in 1_usize..6,
            again in 0_usize..6,
        ) {
            let mut history = Vec::new();
            let mut states = vec![shown(&history)];
            let mut tips: Vec<u128> = Vec::new();
            for (n, steps) in actions.into_iter().enumerate() {
                for step in steps {
                    add(&mut history, n as u128 + 1, step);
                }
                tips.push(n as u128 + 1);
                states.push(shown(&history));
            }
            let back = back.min(tips.len());
            for n in (tips.len() - back..tips.len()).rev() {
                prop_assert!(take_back(&mut history, tips[n]));
                tips[n] += 1000;
                prop_assert_eq!(&shown(&history), &states[n]);
            }
            let from = tips.len() - back;
            for n in from..(from + again).min(tips.len()) {
                prop_assert!(invert_as(&mut history, tips[n], &How::Redo));
                tips[n] += 1000;
                prop_assert_eq!(&shown(&history), &states[n + 1]);
            }
            let redone = (from + again).min(tips.len());
            for n in (0..redone).rev() {
                prop_assert!(take_back(&mut history, tips[n]));
                prop_assert_eq!(&shown(&history), &states[n]);
            }
        }

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

//! The merge rule: which revisions of a sample are in force.
//!
//! Revisions form a graph by their parents, apart for each field. A revision that touches a field is a head of it
//! unless another that touches the same field names it as a parent, or one of its [`twins`](super::twins). Order of
//! arrival never matters.

use super::twins::Twins;
use super::{AudioStamp, ContentChange, Flag, How, Revision, RevisionId};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A content revision in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentHead {
    /// The revision.
    pub id: RevisionId,
    /// What it says.
    pub content: ContentChange,
    /// How it came to be.
    pub how: How,
    /// Who made it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// The audio that was heard.
    pub heard: Option<AudioStamp>,
}

impl ContentHead {
    fn text(&self) -> Option<&str> {
        match &self.content {
            ContentChange::Set(text) => Some(text),
            ContentChange::Removed => None,
        }
    }
}

/// The heads of every field of one sample. Lists are ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heads {
    /// Of the speech content.
    pub content: Vec<ContentHead>,
    /// Of each flag: revision, and whether it sets the flag.
    pub flags: BTreeMap<Flag, Vec<(RevisionId, bool)>>,
    /// Of the deletion: revision, and whether it deletes.
    pub deletion: Vec<(RevisionId, bool)>,
}

/// What the heads of a sample amount to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The head whose text is shown; `None` is unlabeled.
    pub label: Option<ContentHead>,
    /// Other live texts: not empty exactly when the sample is in conflict. A removal shows as an empty text.
    pub rivals: Vec<ContentHead>,
    /// Flags that are set. Set and taken off at once counts as set.
    pub flags: BTreeSet<Flag>,
    /// In the trash. Deleted and restored at once counts as restored.
    pub deleted: bool,
}

impl Standing {
    /// Whether live heads disagree.
    pub fn conflict(&self) -> bool {
        !self.rivals.is_empty()
    }

    /// Whether the label was made on other audio than this. Unknown audio on either side is no change.
    pub fn audio_changed(&self, now: &AudioStamp) -> bool {
        self.label.as_ref().and_then(|label| label.heard.as_ref()).is_some_and(|heard| heard != now)
    }
}

impl Heads {
    /// The heads of a whole history, in whatever order it comes.
    pub fn fold<'a>(revisions: impl IntoIterator<Item = &'a Revision> + Clone) -> Self {
        let mut content_gone = HashSet::new();
        let mut deletion_gone = HashSet::new();
        let mut flag_gone = HashSet::new();
        for revision in revisions.clone() {
            for parent in &revision.parents {
                if revision.change.content.is_some() {
                    content_gone.insert(*parent);
                }
                if revision.change.deleted.is_some() {
                    deletion_gone.insert(*parent);
                }
                for (flag, _) in revision.change.flags() {
                    flag_gone.insert((*parent, flag.clone()));
                }
            }
        }
        if let Some(twins) = Twins::among(revisions.clone()) {
            content_gone.extend(twins.superseded(|one| one.change.content.as_ref()));
            deletion_gone.extend(twins.superseded(|one| one.change.deleted));
            let all = revisions.clone().into_iter().flat_map(|one| one.change.flags());
            for flag in all.map(|(flag, _)| flag).collect::<BTreeSet<_>>() {
                let said = |one: &Revision| {
                    one.change.flags().find(|(other, _)| *other == flag).map(|(_, on)| on)
                };
                flag_gone.extend(twins.superseded(said).into_iter().map(|id| (id, flag.clone())));
            }
        }
        let mut heads = Self::default();
        let mut seen = HashSet::new();
        for revision in revisions {
            if seen.insert(revision.id) {
                heads.put(
                    revision,
                    |id| !content_gone.contains(&id),
                    |id, flag| !flag_gone.contains(&(id, flag.clone())),
                    |id| !deletion_gone.contains(&id),
                );
            }
        }
        heads
    }

    /// Takes in the last revision of a history, which nothing known descends from: what every new one is. They are the
    /// heads of the history before it.
    pub fn apply_newest(&mut self, history: &[Revision]) {
        let Some(revision) = history.last() else { return };
        if history.iter().any(|known| known.moved_from.is_some()) {
            // What it supersedes may have twins.
            *self = Self::fold(history);
            return;
        }
        if revision.change.content.is_some() {
            self.content.retain(|head| !revision.parents.contains(&head.id));
        }
        if revision.change.deleted.is_some() {
            self.deletion.retain(|(id, _)| !revision.parents.contains(id));
        }
        for (flag, _) in revision.change.flags() {
            if let Some(heads) = self.flags.get_mut(flag) {
                heads.retain(|(id, _)| !revision.parents.contains(id));
            }
        }
        self.put(revision, |_| true, |_, _| true, |_| true);
    }

    fn put(
        &mut self,
        revision: &Revision,
        content_lives: impl Fn(RevisionId) -> bool,
        flag_lives: impl Fn(RevisionId, &Flag) -> bool,
        deletion_lives: impl Fn(RevisionId) -> bool,
    ) {
        let id = revision.id;
        if let Some(content) = revision.change.content.clone().filter(|_| content_lives(id)) {
            let head = ContentHead {
                id,
                content,
                how: revision.how.clone(),
                author: revision.author.clone(),
                at: revision.at,
                heard: revision.heard.clone(),
            };
            let place = self.content.partition_point(|other| other.id < id);
            self.content.insert(place, head);
        }
        for (flag, on) in revision.change.flags().filter(|(flag, _)| flag_lives(id, flag)) {
            let heads = self.flags.entry(flag.clone()).or_default();
            heads.insert(heads.partition_point(|(other, _)| *other < id), (id, on));
        }
        if let Some(deleted) = revision.change.deleted.filter(|_| deletion_lives(id)) {
            let place = self.deletion.partition_point(|(other, _)| *other < id);
            self.deletion.insert(place, (id, deleted));
        }
    }

    /// The heads that a change of these fields supersedes: its parents, each once, in order.
    pub fn parents_of(&self, change: &super::Change) -> Vec<RevisionId> {
        let mut parents = BTreeSet::new();
        if change.content.is_some() {
            parents.extend(self.content.iter().map(|head| head.id));
        }
        if change.deleted.is_some() {
            parents.extend(self.deletion.iter().map(|(id, _)| *id));
        }
        for (flag, _) in change.flags() {
            parents.extend(self.flags.get(flag).into_iter().flatten().map(|(id, _)| *id));
        }
        parents.into_iter().collect()
    }

    /// What the heads amount to. A person's head, a removal included, stands over every import.
    pub fn standing(&self) -> Standing {
        let by_person = self.content.iter().any(|head| head.how != How::Import);
        let live: Vec<&ContentHead> =
            self.content.iter().filter(|head| !by_person || head.how != How::Import).collect();
        let label = live.iter().rev().find(|head| head.text().is_some()).copied();
        let rivals = label.map_or_else(Vec::new, |shown| {
            live.iter()
                .filter(|head| head.text() != shown.text())
                .map(|head| (*head).clone())
                .collect()
        });
        Standing {
            label: label.cloned(),
            rivals,
            flags: self
                .flags
                .iter()
                .filter(|(_, heads)| heads.iter().any(|(_, on)| *on))
                .map(|(flag, _)| flag.clone())
                .collect(),
            deleted: !self.deletion.is_empty() && self.deletion.iter().all(|(_, deleted)| *deleted),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{ActionId, Change};
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn id(n: u128) -> RevisionId {
        RevisionId(Uuid::from_u128(n))
    }

    pub(in super::super) fn revision(
        n: u128,
        parents: &[u128],
        how: How,
        change: Change,
    ) -> Revision {
        Revision {
            id: id(n),
            parents: parents.iter().copied().map(id).collect(),
            action: ActionId(Uuid::from_u128(n)),
            author: "ann".into(),
            at: Timestamp::UNIX_EPOCH,
            how,
            heard: None,
            change,
            moved_from: None,
            extra: None,
        }
    }

    pub(in super::super) fn text_of(standing: &Standing) -> Option<&str> {
        standing.label.as_ref().and_then(ContentHead::text)
    }

    #[test]
    fn two_different_texts_from_one_parent_conflict_and_a_child_of_both_settles() {
        let mut history = vec![
            revision(1, &[], How::Typed, Change::content("a")),
            revision(2, &[1], How::Typed, Change::content("b")),
            revision(3, &[1], How::Typed, Change::content("c")),
        ];
        let standing = Heads::fold(&history).standing();
        assert!(standing.conflict());
        assert_eq!(text_of(&standing), Some("c"));
        history.push(revision(4, &[2, 3], How::Settle, Change::content("bc")));
        let standing = Heads::fold(&history).standing();
        assert!(!standing.conflict());
        assert_eq!(text_of(&standing), Some("bc"));
    }

    #[test]
    fn equal_texts_are_no_conflict() {
        let history = [
            revision(1, &[], How::Typed, Change::content("a")),
            revision(2, &[], How::Typed, Change::content("a")),
        ];
        assert!(!Heads::fold(&history).standing().conflict());
    }

    #[test]
    fn a_person_stands_over_imports_in_either_order_even_by_removing() {
        let person = revision(1, &[], How::Typed, Change::removed());
        let import = revision(2, &[], How::Import, Change::content("machine"));
        for history in [[&person, &import], [&import, &person]] {
            let standing = Heads::fold(history).standing();
            assert_eq!((text_of(&standing), standing.conflict()), (None, false));
        }
    }

    #[test]
    fn differing_imports_conflict() {
        let history = [
            revision(1, &[], How::Import, Change::content("a")),
            revision(2, &[], How::Import, Change::content("b")),
        ];
        assert!(Heads::fold(&history).standing().conflict());
    }

    #[test]
    fn removed_here_and_changed_there_keeps_the_text_and_conflicts() {
        let history = [
            revision(1, &[], How::Typed, Change::content("a")),
            revision(2, &[1], How::Typed, Change::content("b")),
            revision(3, &[1], How::Typed, Change::removed()),
        ];
        let standing = Heads::fold(&history).standing();
        assert_eq!((text_of(&standing), standing.conflict()), (Some("b"), true));
    }

    #[test]
    fn flags_and_deletion_merge_without_asking() {
        let history = [
            revision(1, &[], How::Typed, Change::flag(Flag::Unsure, true)),
            revision(2, &[1], How::Typed, Change::flag(Flag::Unsure, false)),
            revision(3, &[1], How::Typed, Change::flag(Flag::Unsure, true)),
            revision(4, &[], How::Typed, Change::deletion(true)),
            revision(5, &[], How::Typed, Change::deletion(false)),
        ];
        let standing = Heads::fold(&history).standing();
        assert!(standing.flags.contains(&Flag::Unsure));
        assert!(!standing.deleted);
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            "[ab]".prop_map(Change::content),
            Just(Change::removed()),
            any::<bool>().prop_map(|on| Change::flag(Flag::Unsure, on)),
            any::<bool>().prop_map(|on| Change::flag(Flag::NoSpeech, on)),
            any::<bool>().prop_map(Change::deletion),
            any::<bool>().prop_map(|on| Change {
                flags_added: [Flag::NoSpeech].into(),
                ..if on { Change::content("") } else { Change::removed() }
            }),
        ]
    }

    fn how() -> impl Strategy<Value = How> {
        prop_oneof![3 => Just(How::Typed), 1 => Just(How::Import)]
    }

    /// A history as `writers` machines make it: each change is made on what its machine has read so far.
    fn histories() -> impl Strategy<Value = Vec<Revision>> {
        prop::collection::vec((change(), how(), 0..3_usize, any::<bool>()), 0..24).prop_map(
            |steps| {
                let mut all: Vec<Revision> = Vec::new();
                let mut read = [0_usize; 3];
                let mut own: [Vec<usize>; 3] = Default::default();
                for (n, (change, how, writer, syncs)) in steps.into_iter().enumerate() {
                    if syncs {
                        read[writer] = all.len();
                    }
                    let known: Vec<&Revision> = (0..all.len())
                        .filter(|i| *i < read[writer] || own[writer].contains(i))
                        .map(|i| &all[i])
                        .collect();
                    let parents = Heads::fold(known).parents_of(&change);
                    let mut made = revision(n as u128 + 1, &[], how, change);
                    made.parents = parents;
                    own[writer].push(all.len());
                    all.push(made);
                }
                all
            },
        )
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_gives_the_same_heads(history in histories(), seed in any::<u64>()) {
            let expected = Heads::fold(&history);
            let mut shuffled = [history.clone(), history.clone()].concat();
            let mut state = seed | 1;
            for i in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
            }
            prop_assert_eq!(Heads::fold(&shuffled), expected);
        }

        #[test]
        fn adding_one_by_one_in_causal_order_equals_the_fold(history in histories()) {
            let mut heads = Heads::default();
            for n in 1..=history.len() {
                heads.apply_newest(&history[..n]);
            }
            heads.flags.retain(|_, list| !list.is_empty());
            prop_assert_eq!(heads, Heads::fold(&history));
        }

        #[test]
        fn a_change_made_on_all_heads_is_in_force_alone(history in histories(), text in "[a-z]{1,4}") {
            let change = Change::content(text.clone());
            let mut last = revision(1000, &[], How::Settle, change.clone());
            last.parents = Heads::fold(&history).parents_of(&change);
            let standing = Heads::fold(history.iter().chain([&last])).standing();
            prop_assert_eq!(text_of(&standing), Some(text.as_str()));
            prop_assert!(!standing.conflict());
        }
    }
}

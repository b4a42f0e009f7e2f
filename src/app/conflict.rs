//! A conflict: the texts that stand against each other, and one text made of them to start from by hand.

use crate::domain::{
    ContentChange, ContentHead, Heads, How, Revision, RevisionId, SampleId, SampleKey,
};
use crate::text::{PieceKind, word_diff};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// One of the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The revision that says it.
    pub id: RevisionId,
    /// What it says; `None`: the label was removed.
    pub content: Option<String>,
    /// Who said it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: How,
    /// It is this person's.
    pub mine: bool,
    /// It is the one that the list shows.
    pub shown: bool,
}

/// What a conflict is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rivals {
    /// Every text once: mine first, then the newest first.
    pub texts: Vec<Rival>,
    /// All content heads: the parents of what settles it.
    pub heads: Vec<RevisionId>,
    /// The last text that all of them stand on.
    pub base: Option<String>,
}

/// The texts of a conflict, side by side.
#[derive(Debug)]
pub struct ConflictDialog {
    /// Which sample.
    pub sample: SampleId,
    /// Its key.
    pub key: SampleKey,
    /// The texts; `None` until read.
    pub rivals: Option<Rivals>,
    /// The chosen one.
    pub cursor: usize,
    /// Opened by itself: keys that came too soon were meant for the one before. When the last of them came.
    pub(super) quiet_from: Option<Duration>,
}

impl Rivals {
    /// The texts in force of a whole history; none where nothing disagrees.
    pub fn of(history: &[Revision], me: &str) -> Self {
        let heads = Heads::fold(history);
        let standing = heads.standing();
        let shown = standing.label.as_ref().map(|label| label.id);
        let mut texts: Vec<Rival> = Vec::new();
        let mut live: Vec<&ContentHead> = standing.rivals.iter().chain(&standing.label).collect();
        live.sort_by_key(|head| std::cmp::Reverse(head.id));
        for head in live {
            let content = text(&head.content).map(str::to_owned);
            let mine = head.author == me;
            match texts.iter_mut().find(|rival| rival.content == content) {
                // The same text twice is one text.
                Some(same) => {
                    same.shown |= Some(head.id) == shown;
                    same.mine |= mine;
                }
                None => texts.push(Rival {
                    id: head.id,
                    content,
                    author: head.author.clone(),
                    at: head.at,
                    how: head.how.clone(),
                    mine,
                    shown: Some(head.id) == shown,
                }),
            }
        }
        texts.sort_by_key(|rival| !rival.mine);
        let ids: Vec<RevisionId> = heads.content.iter().map(|head| head.id).collect();
        let base = base(history, &ids);
        Self { texts, heads: ids, base }
    }

    /// One text to start from: what only one side changed is changed, where both did both stand.
    pub fn merged(&self) -> String {
        let mut texts = self.texts.iter().filter_map(|rival| rival.content.as_deref());
        let mut merged = texts.next().unwrap_or_default().to_owned();
        for other in texts {
            merged = merge(self.base.as_deref(), &merged, other);
        }
        merged
    }
}

fn text(content: &ContentChange) -> Option<&str> {
    match content {
        ContentChange::Set(text) => Some(text),
        ContentChange::Removed => None,
    }
}

/// The newest text that every head descends from.
fn base(history: &[Revision], heads: &[RevisionId]) -> Option<String> {
    let older = |head: RevisionId| {
        let mut found = BTreeSet::new();
        let mut left = vec![head];
        while let Some(id) = left.pop() {
            let Some(revision) = history.iter().find(|revision| revision.id == id) else {
                continue;
            };
            left.extend(revision.parents.iter().copied().filter(|parent| found.insert(*parent)));
        }
        found
    };
    let mut common = heads.iter().map(|head| older(*head));
    let first = common.next()?;
    let shared = common.fold(first, |shared, older| &shared & &older);
    let mut known = history.iter().rev().filter(|revision| shared.contains(&revision.id));
    let last = known.find_map(|revision| revision.change.content.as_ref())?;
    text(last).map(str::to_owned)
}

/// A stretch of the base with what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

fn edits(base: &str, text: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut at = 0;
    let mut open = false;
    for piece in word_diff(base, text) {
        if piece.kind == PieceKind::Same {
            at += piece.text.len();
            open = false;
            continue;
        }
        if !open {
            edits.push(Edit { from: at, to: at, text: String::new() });
            open = true;
        }
        let Some(edit) = edits.last_mut() else { continue };
        if piece.kind == PieceKind::Added {
            edit.text.push_str(&piece.text);
        } else {
            at += piece.text.len();
            edit.to = at;
        }
    }
    edits
}

/// Two texts made one.
pub(super) fn merge(base: Option<&str>, mine: &str, theirs: &str) -> String {
    if let Some(base) = base {
        return merge_edits(base, &edits(base, mine), &edits(base, theirs));
    }
    let mut merged = String::new();
    for piece in word_diff(mine, theirs) {
        join(&mut merged, &piece.text, piece.kind == PieceKind::Added);
    }
    merged
}

fn merge_edits(base: &str, mine: &[Edit], theirs: &[Edit]) -> String {
    let mut merged = String::new();
    let (mut at, mut i, mut j) = (0, 0, 0);
    while i < mine.len() || j < theirs.len() {
        // The stretch that the next edit touches, and whatever of either side reaches into it.
        let starts = mine.get(i).into_iter().chain(theirs.get(j)).map(|edit| edit.from);
        let from = starts.min().unwrap_or(at);
        let (i0, j0) = (i, j);
        let mut to = from;
        loop {
            let before = (i, j);
            while let Some(edit) = mine.get(i).filter(|edit| reaches(edit, from, to)) {
                to = to.max(edit.to);
                i += 1;
            }
            while let Some(edit) = theirs.get(j).filter(|edit| reaches(edit, from, to)) {
                to = to.max(edit.to);
                j += 1;
            }
            if before == (i, j) {
                break;
            }
        }
        merged.push_str(&base[at..from]);
        let ours = applied(base, from, to, &mine[i0..i]);
        let others = applied(base, from, to, &theirs[j0..j]);
        if i0 == i {
            merged.push_str(&others);
        } else if j0 == j || ours == others {
            merged.push_str(&ours);
        } else {
            merged.push_str(&ours);
            join(&mut merged, &others, true);
        }
        at = to;
    }
    merged.push_str(&base[at..]);
    merged
}

/// Whether an edit touches a stretch; one right behind it does not, unless both begin there.
fn reaches(edit: &Edit, from: usize, to: usize) -> bool {
    edit.from == from || edit.from < to
}

fn applied(base: &str, from: usize, to: usize, edits: &[Edit]) -> String {
    let mut text = String::new();
    let mut at = from;
    for edit in edits {
        text.push_str(&base[at..edit.from]);
        text.push_str(&edit.text);
        at = edit.to;
    }
    text.push_str(&base[at..to]);
    text
}

/// Appends; words of two people do not run together.
fn join(text: &mut String, more: &str, apart: bool) {
    let runs_on = |c: char| c.is_alphanumeric() && c.is_ascii();
    let together =
        text.chars().next_back().is_some_and(runs_on) && more.chars().next().is_some_and(runs_on);
    if apart && together {
        text.push(' ');
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ActionId, Change};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn id(n: u128) -> RevisionId {
        RevisionId(Uuid::from_u128(n))
    }

    fn says(n: u128, parents: &[u128], author: &str, change: Change) -> Revision {
        Revision {
            id: id(n),
            parents: parents.iter().copied().map(id).collect(),
            action: ActionId(Uuid::from_u128(n)),
            author: author.into(),
            at: Timestamp::UNIX_EPOCH,
            how: How::Typed,
            heard: None,
            change,
            moved_from: None,
            extra: None,
        }
    }

    #[test]
    fn mine_comes_first_and_the_base_is_what_all_stand_on() {
        let history = [
            says(1, &[], "ann", Change::content("a red house")),
            says(2, &[1], "ann", Change::content("the red house")),
            says(3, &[1], "bob", Change::content("a red horse")),
            says(4, &[1], "eve", Change::removed()),
        ];
        let rivals = Rivals::of(&history, "ann");
        let texts: Vec<_> = rivals.texts.iter().map(|rival| rival.content.as_deref()).collect();
        assert_eq!(texts, [Some("the red house"), None, Some("a red horse")]);
        assert!(rivals.texts[0].mine && rivals.texts[2].shown);
        assert_eq!((rivals.heads.len(), rivals.base.as_deref()), (3, Some("a red house")));
        assert_eq!(rivals.merged(), "the red horse");
        assert!(Rivals::of(&history[..2], "ann").texts.len() < 2);
    }

    #[test]
    fn where_both_changed_a_word_both_stand() {
        assert_eq!(
            merge(Some("one two three"), "one 2 three", "one zwei three"),
            "one 2 zwei three"
        );
        assert_eq!(merge(None, "red rose", "red nose"), "red rose nose");
        assert_eq!(merge(Some(""), "a", "b"), "a b");
        assert_eq!(merge(Some("今天天气"), "今天天气好", "明天天气"), "明天天气好");
    }

    proptest! {
        #[test]
        fn what_only_one_changed_is_changed(
            base in "[a-c 天]{0,12}", one in "[a-d 天]{0,12}", two in "[a-d ]{0,12}"
        ) {
            prop_assert_eq!(&merge(Some(&base), &one, &base), &one);
            prop_assert_eq!(&merge(Some(&base), &base, &two), &two);
            prop_assert_eq!(&merge(Some(&base), &one, &one), &one);
            merge(Some(&base), &one, &two);
            merge(None, &one, &two);
        }
    }
}

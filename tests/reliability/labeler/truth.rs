//! What must be in the workspace, as far as the screen has told; what may be there, where it had no time to tell.

use super::Dice;
use super::script::DRAFT_LAG;
use crate::figures;
use earmark::domain::{Revision, SampleState};
use earmark::workspace::{Drafts, Identity, Reader};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// A file in the source got another name.
pub(super) struct Renamed {
    pub(super) old: String,
    pub(super) new: String,
    /// In which tab it is.
    pub(super) labeled: bool,
}

/// One recording.
#[derive(Debug, Clone)]
struct File {
    /// As it is named in the source.
    name: String,
    /// As it was named before, while the workspace may know it by that.
    former: Option<String>,
    /// What its label is; `None`: unlabeled.
    content: Option<String>,
    deleted: bool,
    /// Every label that was ever confirmed, oldest first.
    told: Vec<String>,
}

/// What one step changes of a file.
#[derive(Debug, Clone)]
struct Change {
    file: usize,
    content: Option<String>,
    deleted: bool,
}

/// An action whose end was not seen yet.
#[derive(Debug, Clone)]
struct Pending {
    changes: Vec<Change>,
    before: Vec<Change>,
}

#[derive(Debug)]
struct Draft {
    file: usize,
    /// What was seen in the box, and when.
    seen: Vec<(Instant, String)>,
    /// What was said to be saved.
    saved: String,
}

#[derive(Debug)]
pub(super) struct Truth {
    files: Vec<File>,
    /// In the order in which they were asked for; what the program did of them is a beginning of it.
    pending: Vec<Pending>,
    /// What undo takes back.
    last: Option<Pending>,
    draft: Option<Draft>,
    words: u64,
    pub(super) published: Vec<String>,
    pub(super) confirmed: u64,
    pub(super) drafts_due: u64,
}

impl Truth {
    pub(super) fn new(names: Vec<String>) -> Self {
        let files = names
            .into_iter()
            .map(|name| File {
                name,
                former: None,
                content: None,
                deleted: false,
                told: Vec::new(),
            })
            .collect();
        Self {
            files,
            pending: Vec::new(),
            last: None,
            draft: None,
            words: 0,
            published: Vec::new(),
            confirmed: 0,
            drafts_due: 0,
        }
    }

    /// A text that nobody typed before.
    pub(super) fn word(&mut self, what: &str) -> String {
        self.words += 1;
        format!("{what} {}", self.words)
    }

    pub(super) fn unlabeled(&self) -> Vec<String> {
        self.names(|file| !file.deleted && file.content.is_none())
    }

    pub(super) fn labeled(&self) -> Vec<String> {
        self.names(|file| !file.deleted && file.content.is_some())
    }

    pub(super) fn deleted(&self) -> Option<String> {
        self.names(|file| file.deleted).pop()
    }

    fn names(&self, which: impl Fn(&File) -> bool) -> Vec<String> {
        let mut names: Vec<String> =
            self.files.iter().filter(|file| which(file)).map(|file| file.name.clone()).collect();
        names.sort();
        names
    }

    fn number(&self, name: &str) -> usize {
        self.files.iter().position(|file| file.name == name).expect("a file of that name")
    }

    fn change(&self, file: usize) -> Change {
        let now = &self.files[file];
        Change { file, content: now.content.clone(), deleted: now.deleted }
    }

    fn try_all(&mut self, changes: Vec<Change>) {
        let before = changes.iter().map(|change| self.change(change.file)).collect();
        self.pending.push(Pending { changes, before });
    }

    /// A label is being given.
    pub(super) fn try_label(&mut self, name: &str, text: &str) {
        let file = self.number(name);
        self.retype(name);
        let content = Some(text.to_owned());
        self.try_all(vec![Change { content, ..self.change(file) }]);
    }

    /// Several get one content, or lose theirs, in one action.
    pub(super) fn try_batch(&mut self, names: &[String], text: Option<&str>) {
        let content = text.map(str::to_owned);
        let change =
            |name: &String| Change { content: content.clone(), ..self.change(self.number(name)) };
        let changes = names.iter().map(change).collect();
        self.try_all(changes);
    }

    pub(super) fn try_delete(&mut self, name: &str, deleted: bool) {
        let file = self.number(name);
        self.try_all(vec![Change { deleted, ..self.change(file) }]);
    }

    /// The last action is being taken back; `false` where there is none that we know.
    pub(super) fn try_undo(&mut self) -> bool {
        let Some(last) = self.last.take() else { return false };
        self.try_all(last.before);
        true
    }

    /// The screen has shown that everything asked for is done.
    pub(super) fn confirm(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            self.confirmed += 1;
            figures::count("actions confirmed on the screen", 1);
            self.happened(&pending);
            self.last = Some(pending);
        }
    }

    fn happened(&mut self, pending: &Pending) {
        for change in &pending.changes {
            let file = &mut self.files[change.file];
            if change.content != file.content {
                file.told.extend(change.content.clone());
                // A label ends the draft it was made of.
                self.draft.take_if(|draft| draft.file == change.file);
            }
            file.content.clone_from(&change.content);
            file.deleted = change.deleted;
        }
    }

    /// Another name for a file that is not in the trash.
    pub(super) fn rename(&mut self, dice: &mut Dice) -> Renamed {
        self.words += 1;
        let live: Vec<usize> = (0..self.files.len()).filter(|n| !self.files[*n].deleted).collect();
        let file = live[dice.roll(live.len() as u64) as usize];
        let new = format!("f{file:02}-{}.wav", self.words);
        let file = &mut self.files[file];
        let old = std::mem::replace(&mut file.name, new.clone());
        // Renamed twice before a sync was seen: the workspace may still know the first name.
        file.former.get_or_insert(old.clone());
        Renamed { old, new, labeled: file.content.is_some() }
    }

    /// Something else is typed over what stands in a box.
    pub(super) fn retype(&mut self, name: &str) {
        let file = self.number(name);
        self.draft.take_if(|draft| draft.file == file);
    }

    /// This much stood in the box.
    pub(super) fn drafted(&mut self, name: &str, text: &str, at: Instant) {
        let file = self.number(name);
        if self.draft.as_ref().is_none_or(|draft| draft.file != file) {
            self.draft = Some(Draft { file, seen: Vec::new(), saved: String::new() });
        }
        let Some(draft) = &mut self.draft else { return };
        draft.seen.push((at, text.to_owned()));
    }

    /// The screen said so of what stood in the box.
    pub(super) fn draft_saved(&mut self) {
        if let Some(draft) = &mut self.draft
            && let Some((_, text)) = draft.seen.last()
        {
            draft.saved.clone_from(text);
        }
    }

    /// Compares with the workspace. What was left open is settled by what is found there.
    #[track_caller]
    pub(super) fn check(&mut self, workspace: &Path) {
        let ended = Instant::now();
        is_sound(workspace);
        is_sound(&workspace.with_extension("earmark-drafts"));
        let reader =
            Reader::open(workspace, Identity::new("checker")).expect("the workspace opens");
        let found: Vec<Found> = self.files.iter().map(|file| look_up(&reader, file)).collect();
        whole_actions(&found);
        for (file, found) in self.files.iter_mut().zip(&found) {
            if found.moved {
                file.former = None;
            }
        }
        self.settle(&found);
        let mut gone = Vec::new();
        for (file, found) in self.files.iter().zip(&found) {
            let said: Vec<&str> = found.history.iter().filter_map(text_of).collect();
            for told in &file.told {
                figures::count("labels checked", 1);
                if !said.contains(&told.as_str()) {
                    gone.push(format!("`{told}` of {}: {said:?}", file.name));
                }
            }
            let expected = (&file.content, file.deleted);
            assert_eq!((&found.content, found.deleted), expected, "{}: {said:?}", file.name);
        }
        figures::count("labels lost", gone.len() as u64);
        assert!(gone.is_empty(), "labels that the screen had confirmed are gone: {gone:#?}");
        self.check_counts(&reader);
        self.check_draft(workspace, ended);
        self.last = None;
    }

    /// Of what was asked for and not seen to end, a beginning was done.
    fn settle(&mut self, found: &[Found]) {
        let mut ended = false;
        for pending in std::mem::take(&mut self.pending) {
            let is_there = |change: &Change| {
                let found = &found[change.file];
                found.content == change.content && found.deleted == change.deleted
            };
            let done = pending.changes.iter().filter(|change| is_there(change)).count();
            let differs = pending.changes.iter().zip(&pending.before).filter(|(after, before)| {
                after.content != before.content || after.deleted != before.deleted
            });
            if differs.count() == 0 {
                continue;
            }
            assert!(
                done == 0 || done == pending.changes.len(),
                "half of an action: {done} of {pending:?}"
            );
            assert!(!ended || done == 0, "done, but not what came before it: {pending:?}");
            ended |= done == 0;
            if done > 0 {
                self.happened(&pending);
            }
        }
    }

    fn check_counts(&self, reader: &Reader) {
        let counts = reader.counts().expect("counts");
        let live = |labeled: bool| {
            let of = |file: &&File| !file.deleted && file.content.is_some() == labeled;
            self.files.iter().filter(of).count() as u64
        };
        // A file whose new name no sync has seen yet may be missing under the old one.
        if self.files.iter().all(|file| file.former.is_none()) {
            assert_eq!((counts.unlabeled, counts.labeled), (live(false), live(true)));
        }
    }

    fn check_draft(&mut self, workspace: &Path, ended: Instant) {
        let Some(draft) = &mut self.draft else { return };
        let long_ago = |at: &Instant| ended.saturating_duration_since(*at) >= DRAFT_LAG;
        let settled = draft.seen.iter().rev().find(|(at, _)| long_ago(at));
        let due = settled.map_or("", |(_, text)| text);
        if !due.is_empty() {
            self.drafts_due += 1;
            figures::count("drafts held against the clock", 1);
        }
        let due = if due.len() > draft.saved.len() { due } else { &draft.saved };
        let file = &self.files[draft.file];
        let mut drafts = Drafts::open(workspace, Identity::new("tester")).expect("drafts open");
        let names = std::iter::once(&file.name).chain(&file.former);
        let kept: BTreeMap<&String, String> = names
            .filter_map(|name| {
                let draft = drafts.load(&name.as_str().into()).expect("a draft is read")?;
                Some((name, draft.text))
            })
            .collect();
        figures::count("drafts checked", 1);
        assert!(
            due.is_empty() || kept.values().any(|text| text.starts_with(due)),
            "the draft `{due}` of {} is gone: {kept:?}",
            file.name
        );
        // What is there now has to be there the next time.
        draft.seen.clear();
        draft.saved = kept.into_values().max_by_key(String::len).unwrap_or_default();
    }
}

/// What the workspace says of a file.
#[derive(Debug)]
struct Found {
    content: Option<String>,
    deleted: bool,
    history: Vec<Revision>,
    /// The workspace knows its newest name.
    moved: bool,
}

fn look_up(reader: &Reader, file: &File) -> Found {
    // While the former name is there, what was done under it has not come along yet: a sync may be ended between finding a
    // new file and finding that it is an old one.
    let mut names = file.former.iter().chain([&file.name]);
    let id = names
        .find_map(|name| reader.find(&name.as_str().into()).expect("the workspace is read"))
        .unwrap_or_else(|| panic!("{file:?} is unknown"));
    let detail = reader.detail(id).expect("the workspace is read").expect("it is there");
    let history = reader.history(id).expect("a history is read");
    Found {
        content: detail.content,
        deleted: detail.state == SampleState::Deleted,
        history,
        moved: detail.key == file.name.as_str().into(),
    }
}

fn text_of(revision: &Revision) -> Option<&str> {
    match revision.change.content.as_ref()? {
        earmark::domain::ContentChange::Set(text) => Some(text),
        earmark::domain::ContentChange::Removed => None,
    }
}

/// A text that was typed for several never came to stand at one of them alone.
fn whole_actions(found: &[Found]) {
    let mut batches: BTreeMap<&str, usize> = BTreeMap::new();
    for revision in found.iter().flat_map(|found| &found.history) {
        if let Some(text) = text_of(revision).filter(|text| text.starts_with("batch")) {
            *batches.entry(text).or_default() += 1;
        }
    }
    for (text, samples) in batches {
        assert!(samples > 1, "half a batch: `{text}`");
    }
}

/// The pages of the file are as SQLite wants them.
fn is_sound(path: &Path) {
    if !path.exists() {
        return;
    }
    let connection = Connection::open(path).expect("the file opens");
    for check in ["integrity_check", "foreign_key_check"] {
        let mut said = connection.prepare(&format!("PRAGMA {check}")).expect("a check");
        let said: Vec<String> = said
            .query_map([], |row| row.get::<_, String>(0))
            .expect("a check")
            .collect::<Result<_, _>>()
            .expect("a check");
        assert!(said.is_empty() || said == ["ok"], "{check} of {}: {said:?}", path.display());
    }
}

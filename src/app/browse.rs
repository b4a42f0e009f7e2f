//! The small file browser: one folder at a time, narrowed by typing, by part of a name or by a pattern like `*.wav`.

use crate::text::Buffer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the browser is open for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowseFor {
    /// Recordings to add: files and folders, any number.
    Add,
    /// One file or folder to import from.
    Import,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file that looks like audio.
    Audio,
    /// Another file.
    Other,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowseEntry {
    /// Its whole path.
    pub path: PathBuf,
    /// Its name as text; shown only after it was made safe.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of a file.
    pub bytes: u64,
}

/// A folder that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// What is in it, folders first, hidden ones left out.
    pub entries: Vec<BrowseEntry>,
}

/// The browser.
#[derive(Debug)]
pub struct BrowseDialog {
    /// What for.
    pub purpose: BrowseFor,
    /// Which question a folder answers.
    pub ticket: u64,
    /// The folder; `None` until read.
    pub folder: Option<Folder>,
    /// What was typed to narrow it.
    pub query: Buffer,
    /// The chosen row of what is shown; the first one leads up.
    pub cursor: usize,
    /// What was selected, in any folder, with its bytes.
    pub selected: BTreeMap<PathBuf, u64>,
    /// Why a folder cannot be read.
    pub error: Option<String>,
    /// Where the cursor goes when a folder was left upwards.
    pub(super) came_from: Option<PathBuf>,
}

/// A row of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowseRow<'a> {
    /// The folder above.
    Up,
    /// An entry.
    Entry(&'a BrowseEntry),
}

impl BrowseDialog {
    pub(super) fn new(purpose: BrowseFor, ticket: u64) -> Self {
        Self {
            purpose,
            ticket,
            folder: None,
            query: Buffer::new(""),
            cursor: 0,
            selected: BTreeMap::new(),
            error: None,
            came_from: None,
        }
    }

    /// The rows that match what was typed.
    pub fn rows(&self) -> Vec<BrowseRow<'_>> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let query = self.query.text().trim();
        let mut rows = Vec::new();
        if query.is_empty() && folder.path.parent().is_some() {
            rows.push(BrowseRow::Up);
        }
        let wanted = |entry: &&BrowseEntry| {
            (self.purpose == BrowseFor::Import || entry.kind != EntryKind::Other)
                && !(is_pattern(query) && entry.kind == EntryKind::Folder)
                && matches_query(query, &entry.name)
        };
        rows.extend(folder.entries.iter().filter(wanted).map(BrowseRow::Entry));
        rows
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<BrowseRow<'_>> {
        self.rows().get(self.cursor).copied()
    }

    /// Files and folders that are selected, and the bytes of the files.
    pub fn weight(&self) -> (u64, u64) {
        (self.selected.len() as u64, self.selected.values().sum())
    }

    /// What going on means now: what is selected; else all that a pattern matches; else the chosen entry.
    pub fn taken(&self) -> Vec<PathBuf> {
        if !self.selected.is_empty() {
            return self.selected.keys().cloned().collect();
        }
        let entries = |rows: Vec<BrowseRow<'_>>| -> Vec<PathBuf> {
            let of = |row: BrowseRow<'_>| match row {
                BrowseRow::Up => None,
                BrowseRow::Entry(entry) => Some(entry.path.clone()),
            };
            rows.into_iter().filter_map(of).collect()
        };
        if self.purpose == BrowseFor::Add && is_pattern(self.query.text()) {
            return entries(self.rows());
        }
        entries(self.chosen().into_iter().collect())
    }

    /// Selects the entry under the cursor, or no longer.
    pub(super) fn toggle(&mut self) {
        let Some(BrowseRow::Entry(entry)) = self.chosen() else { return };
        let (path, bytes) = (entry.path.clone(), entry.bytes);
        if self.selected.remove(&path).is_none() {
            self.selected.insert(path, bytes);
        }
    }

    /// Selects every file that is shown; if all of them are selected, none of them.
    pub(super) fn toggle_all(&mut self) {
        let files: Vec<(PathBuf, u64)> = self
            .rows()
            .into_iter()
            .filter_map(|row| match row {
                BrowseRow::Entry(entry) if entry.kind != EntryKind::Folder => {
                    Some((entry.path.clone(), entry.bytes))
                }
                _ => None,
            })
            .collect();
        if files.iter().all(|(path, _)| self.selected.contains_key(path)) {
            for (path, _) in &files {
                self.selected.remove(path);
            }
        } else {
            self.selected.extend(files);
        }
    }

    /// Shows a folder that was read.
    pub(super) fn show(&mut self, folder: Folder) {
        self.folder = Some(folder);
        self.error = None;
        self.query = Buffer::new("");
        let came_from = self.came_from.take();
        let place = self.rows().iter().position(|row| match row {
            BrowseRow::Entry(entry) => Some(&entry.path) == came_from.as_ref(),
            BrowseRow::Up => false,
        });
        let rows = self.rows().len();
        self.cursor = place.unwrap_or(usize::from(rows > 1));
    }

    /// The folder above, if there is one.
    pub(super) fn above(&self) -> Option<PathBuf> {
        self.folder.as_ref()?.path.parent().map(Path::to_path_buf)
    }
}

/// Whether what was typed is a pattern.
pub(super) fn is_pattern(query: &str) -> bool {
    query.contains(['*', '?'])
}

/// Whether a name has what was typed in it, or matches it as a pattern. Upper and lower case are the same.
fn matches_query(query: &str, name: &str) -> bool {
    let (query, name) = (query.to_lowercase(), name.to_lowercase());
    if is_pattern(&query) {
        let query: Vec<char> = query.chars().collect();
        let name: Vec<char> = name.chars().collect();
        return matches_pattern(&query, &name);
    }
    name.contains(&query)
}

/// `*` is any run of characters, `?` any one. Goes back to the last `*` only, so it never takes long.
fn matches_pattern(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                p = at + 1;
                n = from + 1;
                star = Some((at, n));
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: EntryKind) -> BrowseEntry {
        BrowseEntry { path: format!("/x/{name}").into(), name: name.to_owned(), kind, bytes: 10 }
    }

    fn browser(purpose: BrowseFor) -> BrowseDialog {
        let mut dialog = BrowseDialog::new(purpose, 1);
        dialog.show(Folder {
            path: "/x".into(),
            entries: vec![
                entry("sub", EntryKind::Folder),
                entry("a.WAV", EntryKind::Audio),
                entry("b.flac", EntryKind::Audio),
                entry("notes.txt", EntryKind::Other),
            ],
        });
        dialog
    }

    fn names(dialog: &BrowseDialog) -> Vec<&str> {
        let name = |row: BrowseRow<'_>| match row {
            BrowseRow::Up => None,
            BrowseRow::Entry(entry) => Some(entry.path.file_name()?.to_str()?.to_owned()),
        };
        let found: Vec<String> = dialog.rows().into_iter().filter_map(name).collect();
        let all = ["sub", "a.WAV", "b.flac", "notes.txt"];
        all.into_iter().filter(|name| found.iter().any(|found| found == name)).collect()
    }

    #[test]
    fn typing_narrows_and_patterns_match() {
        let mut dialog = browser(BrowseFor::Add);
        assert_eq!(names(&dialog), ["sub", "a.WAV", "b.flac"]);
        dialog.query.insert("a");
        assert_eq!(names(&dialog), ["a.WAV", "b.flac"]);
        dialog.query.insert(".*v");
        assert_eq!(names(&dialog), ["a.WAV"]);
        assert_eq!(dialog.taken(), [PathBuf::from("/x/a.WAV")]);
        assert_eq!(names(&browser(BrowseFor::Import)).len(), 4);
    }

    #[test]
    fn what_is_selected_stays_selected_across_folders() {
        let mut dialog = browser(BrowseFor::Add);
        dialog.toggle_all();
        assert_eq!(dialog.weight(), (2, 20));
        dialog.toggle_all();
        dialog.cursor = 2;
        dialog.toggle();
        dialog.show(Folder { path: "/".into(), entries: Vec::new() });
        assert_eq!(dialog.taken(), [PathBuf::from("/x/a.WAV")]);
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let pattern: Vec<char> = format!("{}b", "*a".repeat(200)).chars().collect();
        let name: Vec<char> = "a".repeat(2_000).chars().collect();
        assert!(!matches_pattern(&pattern, &name));
        assert!(matches_pattern(&['*', '?'], &name));
        assert!(!matches_pattern(&['?'], &[]));
    }
}

//! Files of one line a recording, as their readers go through them.

use super::text_in::{TextIn, at};
use super::{Files, FormatError, LineProblem, OnRecord, Record};
use std::ops::ControlFlow;

/// A problem with a line of a file.
pub(super) fn problem(file: &str, line: u64, why: impl Into<String>) -> LineProblem {
    LineProblem { file: file.to_owned(), line, column: None, why: why.into() }
}

/// Whoever takes the records of joined files, until no more are wanted.
pub(super) struct Tell<'a, 'b> {
    on_record: &'a mut OnRecord<'b>,
    /// No more are wanted.
    pub(super) stopped: bool,
}

impl<'a, 'b> Tell<'a, 'b> {
    /// All are wanted.
    pub(super) fn new(on_record: &'a mut OnRecord<'b>) -> Self {
        Self { on_record, stopped: false }
    }

    /// Tells a record, or what is wrong with a line, unless no more are wanted.
    pub(super) fn tell(&mut self, told: Result<Record, LineProblem>) {
        if !self.stopped {
            self.stopped = (self.on_record)(told).is_break();
        }
    }
}

/// The folders nearest to the top that have a file of such a name, each as what stands in front of names in it; of a
/// file that was named, its own folder.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn folders(
    files: &dyn Files,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, FormatError> {
    let split = |name: &str| name.rfind('/').map_or(0, |slash| slash + 1);
    if let Some(main) = files.main() {
        return Ok(vec![main[..split(main)].to_owned()]);
    }
    let names = files.names().map_err(|source| at("the folder", source))?;
    let mut folders: Vec<String> = names
        .iter()
        .map(|name| name.split_at(split(name)))
        .filter(|(_, file)| is_wanted(file))
        .map(|(folder, _)| folder.to_owned())
        .collect();
    let depth = |folder: &String| folder.matches('/').count();
    let nearest = folders.iter().map(depth).min();
    folders.retain(|folder| Some(depth(folder)) == nearest);
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// Whether to go on, as a visitor says it.
pub(super) fn go_on(on: bool) -> ControlFlow<()> {
    if on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Takes each line and says whether to go on.
type OnLine<'a> = dyn FnMut(u64, Result<&str, LineProblem>) -> ControlFlow<()> + 'a;

/// Hands over each line that is not blank with its number from 1, or what is wrong with it.
///
/// # Errors
/// The file is not there, cannot be read, or is no text.
pub(super) fn each_line(
    files: &dyn Files,
    name: &str,
    on_line: &mut OnLine<'_>,
) -> Result<ControlFlow<()>, FormatError> {
    let mut file = TextIn::open(files, name)?;
    while let Some(line) = file.next_line()? {
        if line.text.as_ref().is_ok_and(|text| text.trim().is_empty()) {
            continue;
        }
        if on_line(line.number, line.text).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

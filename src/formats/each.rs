//! The loop over the lines of formats that have one recording a line, in the file that was named or those of a folder.

use super::json::Fault;
use super::text_in::{TextIn, at};
use super::{Files, FormatError, OnRecord, Record};
use std::ops::ControlFlow;

/// Which files of a folder belong to a format.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// Those that end like this, in the folder nearest to the top that has one.
    Nearest(&'static [&'static str]),
    /// Those of this name, wherever they lie.
    Named(&'static str),
}

impl Wanted {
    /// The file that was named, or those of the folder, in order.
    ///
    /// # Errors
    /// There is none, or the folder cannot be listed.
    pub(super) fn among(self, files: &dyn Files) -> Result<Vec<String>, FormatError> {
        if let Some(main) = files.main() {
            return Ok(vec![main.to_owned()]);
        }
        let names = files.names().map_err(|source| at("the folder", source))?;
        let wanted = self.of(names);
        if wanted.is_empty() {
            return Err(FormatError::Missing { file: self.to_string() });
        }
        Ok(wanted)
    }

    /// Those that are wanted.
    pub(super) fn of(self, names: Vec<String>) -> Vec<String> {
        let wanted = names.into_iter().filter(|name| self.is(name));
        match self {
            Self::Named(_) => wanted.collect(),
            Self::Nearest(_) => {
                let wanted: Vec<_> = wanted.collect();
                let depth = |name: &String| name.matches('/').count();
                let nearest = wanted.iter().map(depth).min();
                wanted.into_iter().filter(|name| Some(depth(name)) == nearest).collect()
            }
        }
    }

    fn is(self, name: &str) -> bool {
        let name = name.rsplit('/').next().unwrap_or(name);
        match self {
            Self::Named(wanted) => name == wanted,
            Self::Nearest(endings) => {
                !name.starts_with('.')
                    && endings.iter().any(|ending| {
                        name.len() >= ending.len()
                            && name.is_char_boundary(name.len() - ending.len())
                            && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
                    })
            }
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Nearest(endings) => write!(f, "a file that ends in {}", endings.join(" or ")),
        }
    }
}

/// Reads line by line what `parse` makes of each; blank lines, and those it makes nothing of, are passed over.
///
/// # Errors
/// No file, or one that cannot be read.
pub(super) fn each_line(
    files: &dyn Files,
    wanted: Wanted,
    on_record: &mut OnRecord<'_>,
    parse: &mut dyn FnMut(&str) -> Result<Option<Record>, Fault>,
) -> Result<(), FormatError> {
    for name in wanted.among(files)? {
        let mut file = TextIn::open(files, &name)?;
        let place = file.place().to_owned();
        while let Some(line) = file.next_line()? {
            let number = line.number;
            let read = match line.text {
                Err(problem) => Err(problem),
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => match parse(text) {
                    Ok(None) => continue,
                    Ok(Some(record)) => Ok(Record { file: place.clone(), line: number, ..record }),
                    Err(fault) => Err(file.problem(fault.column, fault.why)),
                },
            };
            if on_record(read) == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

//! The files that a format is spread over: where they come from is for whoever calls.

use std::io::{self, Read, Write};

/// Files to read, by names relative to what was named; `/` separates.
pub trait Files {
    /// The file that was named, if it was one file and no folder.
    fn main(&self) -> Option<&str>;

    /// Opens one; `None` if it is not there.
    ///
    /// # Errors
    /// What the disk or the network says.
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>>;

    /// The names of what lies there, those in folders too, in order; beside a main file nothing is listed.
    ///
    /// # Errors
    /// What the disk or the network says.
    fn names(&self) -> io::Result<Vec<String>>;
}

/// Files to write, by names relative to where the export goes.
pub trait Sink {
    /// Starts one. Names with `..`, a leading `/` and the like are refused; one that is there already too.
    ///
    /// # Errors
    /// What the disk says.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>>;
}

//! Files in memory, to test formats with.

use super::{
    Files, Format, FormatError, Item, LineProblem, ReadOptions, Record, Sink, WriteOptions,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::ops::ControlFlow;
use std::rc::Rc;

type Kept = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// A folder, or one file.
#[derive(Debug, Default, Clone)]
pub(crate) struct Memory {
    files: Kept,
    main: Option<String>,
}

impl Memory {
    /// A folder with these in it.
    pub(crate) fn of(files: &[(&str, &[u8])]) -> Self {
        let files =
            files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        Self { files: Rc::new(RefCell::new(files)), main: None }
    }

    /// The same, one of its files named.
    pub(crate) fn main(mut self, name: &str) -> Self {
        self.main = Some(name.to_owned());
        self
    }

    /// A file, as text.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.files.borrow()[name].clone()).unwrap()
    }

    /// The names of all.
    pub(crate) fn list(&self) -> Vec<String> {
        self.files.borrow().keys().cloned().collect()
    }
}

impl Files for Memory {
    fn main(&self) -> Option<&str> {
        self.main.as_deref()
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>> {
        let bytes = self.files.borrow().get(name).cloned();
        Ok(bytes.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(if self.main.is_some() { Vec::new() } else { self.list() })
    }
}

struct Growing(Kept, String);

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().entry(self.1.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Memory {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>> {
        if self.files.borrow().contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.files.borrow_mut().insert(name.to_owned(), Vec::new());
        Ok(Box::new(Growing(Rc::clone(&self.files), name.to_owned())))
    }
}

/// What is written with where there is nothing to choose.
pub(crate) fn plain() -> WriteOptions {
    WriteOptions {
        guard_formulas: false,
        full_addresses: false,
        scheme: None,
        dataset: "test".into(),
    }
}

/// A sample of three seconds at 16 kHz.
pub(crate) fn item(key: &str, content: Option<&str>) -> Item {
    Item {
        key: key.to_owned(),
        url: format!("s3://demo/{key}"),
        content: content.map(str::to_owned),
        suggestion: None,
        flags: Vec::new(),
        author: None,
        at: None,
        seconds: Some(3.0),
        rate: Some(16_000),
        channels: Some(1),
        size: 96_044,
        usage: None,
        speaker: None,
        extra: serde_json::Map::new(),
    }
}

/// Writes them; what cannot be held is told by key.
pub(crate) fn write(
    format: Format,
    items: &[Item],
    options: &WriteOptions,
) -> (Memory, Vec<String>) {
    let mut memory = Memory::default();
    let mut sink = memory.clone();
    let mut refused = Vec::new();
    let mut writer = super::writer(format, &mut sink, "out", options).unwrap();
    for item in items {
        match writer.write(item) {
            Ok(()) => {}
            Err(FormatError::CannotHold { key, why }) => refused.push(format!("{key}: {why}")),
            Err(error) => panic!("{error:?}"),
        }
    }
    writer.finish().unwrap();
    if format.is_one_file() {
        memory = memory.main("out");
    }
    (memory, refused)
}

/// Reads all of it.
pub(crate) fn read(
    format: Format,
    files: &Memory,
    options: &ReadOptions,
) -> Result<(Vec<Record>, Vec<LineProblem>), FormatError> {
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    super::read(format, files, options, &mut |record| {
        match record {
            Ok(record) => records.push(record),
            Err(problem) => problems.push(problem),
        }
        ControlFlow::Continue(())
    })?;
    Ok((records, problems))
}

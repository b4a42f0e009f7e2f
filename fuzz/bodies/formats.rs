//! A stranger's labels through every reader. An input is a folder as text: each file begins behind a line
//! `=== its/name`; a folder of one file is read as that file, too.

use earmark::formats::{
    Files, Format, LineSyntax, ReadOptions, detect, label_lines, read, read_sidecar,
};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

/// Records and problems of one file, at most: each takes a byte at least.
fn bound(bytes: &[u8]) -> usize {
    bytes.len() + 16
}

/// Reads them as what they look like, and as everything else.
pub(crate) fn labels(bytes: &[u8]) {
    let mut folder = Folder::of(bytes);
    let alone = folder.files.len() == 1;
    for main in [false, true] {
        if main && !alone {
            break;
        }
        folder.main = main.then(|| folder.files.keys().next().cloned()).flatten();
        if let Err(error) = detect(&folder) {
            assert!(!error.to_string().is_empty());
        }
        for (format, _) in Format::ALL {
            all(format, &folder, bound(bytes));
        }
    }
    for file in folder.files.values() {
        for syntax in [LineSyntax::Tabs, LineSyntax::Json] {
            let lines = label_lines(file.as_slice(), syntax);
            assert!(lines.count() <= bound(bytes));
        }
        let _ = read_sidecar(file.as_slice());
    }
}

fn all(format: Format, folder: &Folder, bound: usize) {
    let (mut told, mut first) = (0, 0);
    let options = ReadOptions::default();
    let ended = read(format, folder, &options, &mut |record| {
        told += 1;
        if let Err(problem) = record {
            assert!(!problem.to_string().is_empty());
        }
        ControlFlow::Continue(())
    });
    if let Err(error) = ended {
        assert!(!error.to_string().is_empty());
    }
    assert!(told <= bound, "{told} records of {}", format.name());
    let _ = read(format, folder, &options, &mut |_| {
        first += 1;
        ControlFlow::Break(())
    });
    assert!(first <= 1, "{}: goes on after it was told to stop", format.name());
}

struct Folder {
    files: BTreeMap<String, Vec<u8>>,
    main: Option<String>,
}

impl Folder {
    fn of(bytes: &[u8]) -> Self {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut name = "a".to_owned();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_prefix(b"=== ") {
                Some(rest) => {
                    String::from_utf8_lossy(rest).trim_end().clone_into(&mut name);
                    files.entry(name.clone()).or_default();
                }
                None => files.entry(name.clone()).or_default().extend_from_slice(line),
            }
        }
        Self { files, main: None }
    }
}

impl Files for Folder {
    fn main(&self) -> Option<&str> {
        self.main.as_deref()
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>> {
        let bytes = self.files.get(name).cloned();
        Ok(bytes.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let names = self.files.keys().cloned();
        Ok(if self.main.is_some() { Vec::new() } else { names.collect() })
    }
}

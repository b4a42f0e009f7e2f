//! How far a file of labels was read, so that long before its end it can be told how many recordings it names.

use super::files::LabelFiles;
use crate::domain::SampleKey;
use crate::formats::Files;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Files to read labels from, with an eye on how much was read of the one that was named.
pub(super) struct Measured<'f> {
    files: &'f LabelFiles,
    /// Bytes of that one, where it is one and they are known.
    size: Option<u64>,
    read: Arc<AtomicU64>,
}

impl<'f> Measured<'f> {
    /// Nothing was read yet.
    pub(super) fn new(files: &'f LabelFiles) -> Self {
        let head = files.main().and_then(|main| files.store().head(&SampleKey::from(main)).ok());
        let size = head.flatten().map(|entry| entry.stamp.size);
        Self { files, size, read: Arc::default() }
    }

    /// About how many there will be, when so many were read so far.
    pub(super) fn expected(&self, so_far: u64) -> Option<u64> {
        let read = self.read.load(Ordering::Relaxed);
        let expected = u128::from(so_far) * u128::from(self.size?);
        u64::try_from(expected.checked_div(read.into())?).ok()
    }
}

impl Files for Measured<'_> {
    fn main(&self) -> Option<&str> {
        self.files.main()
    }

    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>> {
        let Some(file) = self.files.open(name)? else { return Ok(None) };
        if self.main() != Some(name) {
            return Ok(Some(file));
        }
        Ok(Some(Box::new(Counting { file, read: Arc::clone(&self.read) })))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.files.names()
    }
}

struct Counting {
    file: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_come_is_judged_by_what_came() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        std::fs::write(&path, [b'x'; 4_000]).unwrap();
        let files = LabelFiles::on_disk(&path).unwrap();
        let measured = Measured::new(&files);
        assert_eq!(measured.expected(0), None);
        let mut file = measured.open("labels").unwrap().unwrap();
        file.read_exact(&mut [0; 1_000]).unwrap();
        assert_eq!(measured.expected(10), Some(40));
        let folder = LabelFiles::on_disk(folder.path()).unwrap();
        assert_eq!(Measured::new(&folder).expected(10), None);
    }
}

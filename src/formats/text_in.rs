//! Text files line by line, however large and whatever is in them: the input of every format of lines.
//!
//! A byte order mark and `\r\n` go, packed files and UTF-16 are named for what they are, and a line that is too long or
//! no UTF-8 is a problem of that line alone.

use super::{Files, FormatError, LineProblem};
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of the longest line (or CSV record, or entry of an array) that is read.
pub(super) const LONGEST_LINE: usize = 16 << 20;

const BUFFER: usize = 64 << 10;

/// One text file.
pub(super) struct TextIn {
    name: String,
    place: String,
    reader: BufReader<Box<dyn Read + Send>>,
    number: u64,
    bytes: Vec<u8>,
}

/// One line of it, without its end.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u64,
    /// The text, or what is wrong with it.
    pub(super) text: Result<&'a str, LineProblem>,
}

impl TextIn {
    /// Opens a file that has to be there, and sees that it is text.
    pub(super) fn open(files: &dyn Files, name: &str) -> Result<Self, FormatError> {
        Self::open_if_there(files, name)?
            .ok_or_else(|| FormatError::Missing { file: name.to_owned() })
    }

    /// Opens a file that may be there, and sees that it is text.
    pub(super) fn open_if_there(
        files: &dyn Files,
        name: &str,
    ) -> Result<Option<Self>, FormatError> {
        let Some(mut file) = files.open(name).map_err(|source| at(name, source))? else {
            return Ok(None);
        };
        let mut head = Vec::new();
        file.by_ref()
            .take(BUFFER as u64)
            .read_to_end(&mut head)
            .map_err(|source| at(name, source))?;
        if let Some((why, hint)) = no_text(&head) {
            let (why, hint) = (why.to_owned(), Some(hint.to_owned()));
            return Err(FormatError::NotReadable { file: name.to_owned(), why, hint });
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        let file: Box<dyn Read + Send> = Box::new(io::Cursor::new(head).chain(file));
        Ok(Some(Self {
            name: name.to_owned(),
            place: place(files, name),
            reader: BufReader::with_capacity(BUFFER, file),
            number: 0,
            bytes: Vec::new(),
        }))
    }

    /// Which file, as [`LineProblem::file`] and `Record::file` name it: empty for the one that was named.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What comes next, as much as is there already, without taking it.
    pub(super) fn peek(&mut self) -> Result<&[u8], FormatError> {
        self.reader.fill_buf().map_err(|source| at(&self.name, source))
    }

    /// The next line; `None` at the end. A last line needs no end.
    pub(super) fn next_line(&mut self) -> Result<Option<Line<'_>>, FormatError> {
        let line = self.next_line_with_end()?;
        Ok(line.map(|line| Line {
            number: line.number,
            text: line.text.map(|text| {
                let text = text.strip_suffix('\n').unwrap_or(text);
                text.strip_suffix('\r').unwrap_or(text)
            }),
        }))
    }

    /// The same, with the end of the line as it is there.
    pub(super) fn next_line_with_end(&mut self) -> Result<Option<Line<'_>>, FormatError> {
        if !self.fill()? {
            return Ok(None);
        }
        let text = if self.bytes.len() > LONGEST_LINE {
            Err(self.problem(None, "it is longer than 16 MiB"))
        } else {
            std::str::from_utf8(&self.bytes).map_err(|error| {
                let column = error.valid_up_to() as u64 + 1;
                self.problem(Some(column), "it is not UTF-8 text")
            })
        };
        Ok(Some(Line { number: self.number, text }))
    }

    /// Takes a line in, of one that is too long only so much that it shows. False at the end.
    fn fill(&mut self) -> Result<bool, FormatError> {
        self.bytes.clear();
        let failed = |error| at(&self.name, error);
        let mut line = self.reader.by_ref().take(LONGEST_LINE as u64 + 1);
        line.read_until(b'\n', &mut self.bytes).map_err(failed)?;
        if self.bytes.len() > LONGEST_LINE && !self.bytes.ends_with(b"\n") {
            self.reader.skip_until(b'\n').map_err(failed)?;
        }
        let any = !self.bytes.is_empty();
        self.number += u64::from(any);
        Ok(any)
    }

    /// What is wrong with the line that was read last.
    pub(super) fn problem(&self, column: Option<u64>, why: impl Into<String>) -> LineProblem {
        LineProblem { file: self.place.clone(), line: self.number, column, why: why.into() }
    }

    /// The bytes behind the byte order mark, for what is not read by lines.
    pub(super) fn reader(&mut self) -> &mut impl BufRead {
        &mut self.reader
    }
}

/// The name under which a file is told in problems and records: empty for the one that was named.
pub(super) fn place(files: &dyn Files, name: &str) -> String {
    if files.main() == Some(name) { String::new() } else { name.to_owned() }
}

/// Says on which file the disk or the network failed.
pub(super) fn at(name: &str, source: io::Error) -> FormatError {
    FormatError::Io { file: name.to_owned(), source }
}

/// Why a file that starts like this is no text that can be read, and what to do.
fn no_text(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const UTF_16: &str = "save it as UTF-8: iconv -f UTF-16 -t UTF-8 OLD > NEW";
    match head {
        [0x1f, 0x8b, ..] => Some(("it is packed with gzip", "unpack it first: gunzip FILE")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Some(("it is packed with zstd", "unpack it first: unzstd FILE"))
        }
        [b'P', b'K', 3, 4, ..] => Some(("it is a zip archive", "unpack it first: unzip FILE")),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => {
            Some(("it is packed with bzip2", "unpack it first: bunzip2 FILE"))
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            Some(("it is packed with xz", "unpack it first: unxz FILE"))
        }
        [b'P', b'A', b'R', b'1', ..] => {
            Some(("it is a Parquet file", "write it as CSV or JSON lines first"))
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(("it is UTF-16 text", UTF_16)),
        [0, a, 0, b, ..] | [a, 0, b, 0, ..] if a.is_ascii_graphic() && *b != 0 => {
            Some(("it is UTF-16 text", UTF_16))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::memory::Memory;

    fn lines(bytes: &[u8]) -> Vec<(u64, Result<String, String>)> {
        let files = Memory::of(&[("a", bytes)]).main("a");
        let mut file = TextIn::open(&files, "a").unwrap();
        let mut all = Vec::new();
        while let Some(line) = file.next_line().unwrap() {
            let text = line.text.map(str::to_owned).map_err(|problem| problem.to_string());
            all.push((line.number, text));
        }
        all
    }

    #[test]
    fn marks_and_ends_go_and_the_rest_stays() {
        let ok = |number, text: &str| (number, Ok(text.to_owned()));
        assert_eq!(
            lines(b"\xef\xbb\xbfa\r\n\nb\r\r\n\0\x1b[c"),
            [ok(1, "a"), ok(2, ""), ok(3, "b\r"), ok(4, "\0\x1b[c"),]
        );
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\xef\xbb\xbf"), []);
        assert_eq!(lines(b"x"), [ok(1, "x")]);
    }

    #[test]
    fn a_bad_line_is_one_problem() {
        let read = lines(b"a\ncaf\xe9\nb");
        let latin = "line 2, column 4: it is not UTF-8 text".to_owned();
        assert_eq!(read[1..], [(2, Err(latin)), (3, Ok("b".to_owned()))]);
    }

    /// So many buffers full without an end of line, then a line that is well.
    struct Endless(u32);

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Ok(0);
            }
            self.0 -= 1;
            let size = into.len().min(1 << 20);
            into[..size].fill(b'x');
            if self.0 == 0 {
                into[..4].copy_from_slice(b"\nok\n");
                return Ok(4);
            }
            Ok(size)
        }
    }

    struct One;

    impl Files for One {
        fn main(&self) -> Option<&str> {
            Some("a")
        }

        fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + Send>>> {
            Ok((name == "a").then(|| Box::new(Endless(1_000)) as Box<dyn Read + Send>))
        }

        fn names(&self) -> io::Result<Vec<String>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_line_without_end_is_passed_over_in_little_memory() {
        let mut file = TextIn::open(&One, "a").unwrap();
        let line = file.next_line().unwrap().unwrap();
        assert!(line.text.unwrap_err().why.contains("longer than"));
        assert!(file.bytes.capacity() < 3 * LONGEST_LINE);
        assert_eq!(file.next_line().unwrap().unwrap().text.unwrap(), "ok");
        assert!(file.next_line().unwrap().is_none());
    }

    #[test]
    fn what_is_no_text_is_named() {
        let wrong = |bytes: &[u8]| {
            let files = Memory::of(&[("a", bytes)]).main("a");
            let error = TextIn::open(&files, "a").err().unwrap();
            assert!(error.hint().is_some());
            error.to_string()
        };
        assert_eq!(wrong(b"\x1f\x8b\x08"), "a: it is packed with gzip");
        assert_eq!(wrong(b"\x28\xb5\x2f\xfd\0"), "a: it is packed with zstd");
        for utf_16 in [b"\xff\xfe{\0".as_slice(), b"\xfe\xff\0{", b"{\0\"\0", b"\0{\0\""] {
            assert_eq!(wrong(utf_16), "a: it is UTF-16 text");
        }
        let missing = TextIn::open(&Memory::of(&[]), "b").err().unwrap();
        assert_eq!(missing.to_string(), "b is not there");
    }
}

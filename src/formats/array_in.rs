//! A JSON list, element by element, however long: each is cut out by its brackets and read by itself, so that what is
//! wrong with one does not take the others along.

use super::text_in::{LONGEST_LINE, TextIn};
use super::{FormatError, LineProblem};
use std::io::BufRead;

/// A file that is one list.
pub(super) struct ArrayIn {
    file: Bytes,
    place: String,
    started: bool,
    over: bool,
}

/// One element.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// The line that it starts on, from 1.
    pub(super) line: u64,
    /// The column that it starts at, from 1, in bytes.
    pub(super) column: u64,
    /// Its JSON, or what is wrong with it.
    pub(super) text: Result<String, LineProblem>,
}

impl ArrayIn {
    pub(super) fn new(file: TextIn) -> Self {
        let place = file.place().to_owned();
        Self { file: Bytes { file, line: 1, column: 1 }, place, started: false, over: false }
    }

    /// The next element; `None` at the end. Behind what cannot be passed over there is nothing more.
    pub(super) fn next_element(&mut self) -> Result<Option<Element>, FormatError> {
        if self.over {
            return Ok(None);
        }
        match (self.file.past_blanks()?, self.started) {
            (Some(b'['), false) => {
                self.file.take()?;
                self.started = true;
                if self.file.past_blanks()? == Some(b']') {
                    return self.end();
                }
            }
            (Some(b','), true) => {
                self.file.take()?;
            }
            (Some(b']'), true) => return self.end(),
            (None, true) => return Ok(Some(self.stop("the list is cut off"))),
            (Some(_), true) => {
                return Ok(Some(self.stop("neither a comma nor the end of the list")));
            }
            (_, false) => return Ok(Some(self.stop("it is no JSON list"))),
        }
        self.element().map(Some)
    }

    fn element(&mut self) -> Result<Element, FormatError> {
        self.file.past_blanks()?;
        let (line, column) = (self.file.line, self.file.column);
        let mut bytes = Vec::new();
        let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
        loop {
            let Some(byte) = self.file.peek()? else {
                return Ok(self.stop("the list is cut off"));
            };
            if !in_string && depth == 0 && matches!(byte, b',' | b']' | b'}') {
                break;
            }
            self.file.take()?;
            if bytes.len() <= LONGEST_LINE {
                bytes.push(byte);
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth -= 1,
                _ => {}
            }
            if depth == 0 && !in_string && matches!(byte, b'}' | b']') {
                break;
            }
        }
        let problem = |why: &str| LineProblem {
            file: self.place.clone(),
            line,
            column: Some(column),
            why: why.to_owned(),
        };
        let text = if bytes.len() > LONGEST_LINE {
            Err(problem("it is longer than 16 MiB"))
        } else {
            String::from_utf8(bytes).map_err(|_| problem("it is not UTF-8 text"))
        };
        Ok(Element { line, column, text })
    }

    fn end(&mut self) -> Result<Option<Element>, FormatError> {
        self.file.take()?;
        self.over = true;
        let more = self.file.past_blanks()?;
        Ok(more.map(|_| self.stop("more text behind the end of the list")))
    }

    fn stop(&mut self, why: &str) -> Element {
        self.over = true;
        let (line, column) = (self.file.line, self.file.column);
        let why = format!("{why}: what follows is not read");
        let text = Err(LineProblem { file: self.place.clone(), line, column: Some(column), why });
        Element { line, column, text }
    }
}

struct Bytes {
    file: TextIn,
    line: u64,
    column: u64,
}

impl Bytes {
    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        Ok(self.file.peek()?.first().copied())
    }

    fn take(&mut self) -> Result<(), FormatError> {
        if self.peek()? == Some(b'\n') {
            self.line += 1;
            self.column = 0;
        }
        self.column += 1;
        self.file.reader().consume(1);
        Ok(())
    }

    fn past_blanks(&mut self) -> Result<Option<u8>, FormatError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.take()?,
                other => return Ok(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::memory::Memory;
    use proptest::prelude::*;

    fn elements(bytes: &[u8]) -> Vec<(u64, u64, Result<String, String>)> {
        let files = Memory::of(&[("a", bytes)]).main("a");
        let mut list = ArrayIn::new(TextIn::open(&files, "a").unwrap());
        let mut all = Vec::new();
        while let Some(one) = list.next_element().unwrap() {
            all.push((one.line, one.column, one.text.map_err(|problem| problem.to_string())));
        }
        all
    }

    #[test]
    fn elements_are_cut_out() {
        let text = b"\xef\xbb\xbf [ {\"a\":\"]}\\\"\",\"b\":[1]},\n  {\"c\":{}} , 3,\"x,]\" ]\n";
        let ok = |line, column, text: &str| (line, column, Ok(text.to_owned()));
        assert_eq!(
            elements(text),
            [
                ok(1, 4, "{\"a\":\"]}\\\"\",\"b\":[1]}"),
                ok(2, 3, "{\"c\":{}}"),
                ok(2, 14, "3"),
                ok(2, 16, "\"x,]\" "),
            ]
        );
        assert_eq!(elements(b"[ ]"), []);
    }

    #[test]
    fn what_cannot_be_passed_over_ends_it() {
        let last = |bytes: &[u8]| elements(bytes).pop().unwrap().2.unwrap_err();
        assert_eq!(
            last(b"[{},\n{\"a\":"),
            "line 2, column 6: the list is cut off: what follows is not read"
        );
        assert!(last(b"[{}").contains("cut off"));
        assert!(last(b"").contains("no JSON list"));
        assert!(last(b"{}").contains("no JSON list"));
        assert!(last(b"[{} {}]").contains("neither a comma"));
        assert!(last(b"[{}] x").contains("more text"));
        assert!(elements(b"[{\"a\":\"\xe9\"},{}]")[0].2.is_err());
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "[\\[\\]{},\":a\\\\ \n]{0,40}") {
            elements(text.as_bytes());
        }
    }
}

//! Data for programs that a terminal may get to see all the same: JSON in which whatever acts on a terminal is escaped,
//! and exported text made safe line by line where stdout is one.

use crate::text::{acts_on_terminals, safe_bytes};
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Compact JSON. A reader gets the same text back.
pub(super) struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(acts_on_terminals) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let mut behind = rest[at..].chars();
            for unit in behind.next().into_iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
            {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = behind.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Lines on their way to a terminal. Tabs stay; what is held back of a last line comes with [`SafeLines::finish`].
pub(super) struct SafeLines<W> {
    to: W,
    line: Vec<u8>,
}

impl<W: Write> SafeLines<W> {
    /// To there.
    pub(super) fn new(to: W) -> Self {
        Self { to, line: Vec::new() }
    }

    /// Hands over what is left.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.show()?;
        self.to.flush()
    }

    fn show(&mut self) -> io::Result<()> {
        for (column, cell) in self.line.split(|byte| *byte == b'\t').enumerate() {
            if column > 0 {
                self.to.write_all(b"\t")?;
            }
            self.to.write_all(safe_bytes(cell).as_bytes())?;
        }
        self.line.clear();
        Ok(())
    }
}

impl<W: Write> Write for SafeLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some(end) = piece.strip_suffix(b"\n") {
                self.line.extend_from_slice(end);
                self.show()?;
                self.to.write_all(b"\n")?;
            } else {
                self.line.extend_from_slice(piece);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize as _;

    #[test]
    fn json_acts_on_no_terminal_and_says_the_same() {
        let text = "a\u{9b}31m\u{7f}\x1b]0;x\u{7}\u{202e}\u{2028} 今 \u{e9} 👩 \"q\"";
        let mut out = Vec::new();
        text.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Inert)).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(!out.chars().any(acts_on_terminals), "{out:?}");
        assert!(out.contains("今 é 👩"), "{out}");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }

    #[test]
    fn lines_are_made_safe_however_they_are_cut() {
        let text = "a\tb\x1b[31m\nc\u{9b}\n\nd\u{202e}".as_bytes();
        for size in 1..text.len() {
            let mut shown = Vec::new();
            let mut lines = SafeLines::new(&mut shown);
            for piece in text.chunks(size) {
                lines.write_all(piece).unwrap();
            }
            lines.finish().unwrap();
            assert_eq!(shown, "a\tb␛[31m\nc⟨U+009B⟩\n\nd⟨U+202E⟩".as_bytes(), "{size}");
        }
    }
}

//! Rows of cells, separated by commas, semicolons or tabs: RFC 4180, read strictly, so that no quote that is merely
//! text can swallow what follows it unseen.

use super::text_in::{LONGEST_LINE, TextIn};
use super::{FormatError, LineProblem};

/// A file of rows.
pub(super) struct CsvIn {
    file: TextIn,
    separator: u8,
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The line it starts on, from 1.
    pub(super) line: u64,
    /// Its cells, or what is wrong with it.
    pub(super) cells: Result<Vec<String>, LineProblem>,
}

impl CsvIn {
    pub(super) fn new(file: TextIn, separator: u8) -> Self {
        Self { file, separator }
    }

    /// The next row that is not blank; `None` at the end.
    pub(super) fn next_row(&mut self) -> Result<Option<Row>, FormatError> {
        loop {
            let Some(line) = self.file.next_line_with_end()? else { return Ok(None) };
            let start = line.number;
            let text = match line.text {
                Err(problem) => return Ok(Some(Row { line: start, cells: Err(problem) })),
                Ok(text) if text.trim_end_matches(['\r', '\n']).is_empty() => continue,
                Ok(text) => text.to_owned(),
            };
            let cells = self.cells(start, text)?;
            return Ok(Some(Row { line: start, cells }));
        }
    }

    /// Splits a row, taking more lines as long as a quote is open.
    fn cells(
        &mut self,
        start: u64,
        mut text: String,
    ) -> Result<Result<Vec<String>, LineProblem>, FormatError> {
        let mut splitter = Splitter { separator: self.separator, ..Splitter::default() };
        let mut size = 0;
        loop {
            size += text.len();
            if size > LONGEST_LINE {
                let why = "a quote that is opened here is not closed within 16 MiB";
                return Ok(Err(LineProblem { line: start, ..self.file.problem(None, why) }));
            }
            if let Err((column, why)) = splitter.take(&text) {
                return Ok(Err(self.file.problem(Some(column as u64 + 1), why)));
            }
            if splitter.state != State::Quoted {
                return Ok(Ok(splitter.cells));
            }
            let Some(line) = self.file.next_line_with_end()? else {
                let why = "a quote that is opened here is never closed";
                return Ok(Err(LineProblem { line: start, ..self.file.problem(None, why) }));
            };
            match line.text {
                Ok(more) => more.clone_into(&mut text),
                Err(problem) => return Ok(Err(problem)),
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Before the first character of a cell.
    #[default]
    Start,
    Plain,
    Quoted,
    /// Behind a quote inside quotes: the end, or the first of two.
    Closed,
}

#[derive(Default)]
struct Splitter {
    separator: u8,
    state: State,
    cell: String,
    cells: Vec<String>,
}

impl Splitter {
    /// Takes a line with its end. Where and why it is no row, if so.
    fn take(&mut self, line: &str) -> Result<(), (usize, &'static str)> {
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match self.state {
                State::Quoted => {
                    let run = rest.iter().position(|byte| *byte == b'"').unwrap_or(rest.len());
                    self.cell.push_str(&line[at..at + run]);
                    at += run;
                    if run < rest.len() {
                        self.state = State::Closed;
                        at += 1;
                    }
                }
                State::Closed if rest[0] == b'"' => {
                    self.cell.push('"');
                    self.state = State::Quoted;
                    at += 1;
                }
                State::Start if rest[0] == b'"' => {
                    self.state = State::Quoted;
                    at += 1;
                }
                _ if is_end(rest) => {
                    self.end_cell();
                    return Ok(());
                }
                _ if rest[0] == self.separator => {
                    self.end_cell();
                    at += 1;
                }
                State::Closed => {
                    return Err((
                        at,
                        "text behind a closing quote: a quote in a text is doubled, and the text quoted",
                    ));
                }
                State::Start | State::Plain => {
                    let stop = |byte: &u8| matches!(byte, b'\r' | b'\n') || *byte == self.separator;
                    let run = rest[1..].iter().position(stop).map_or(rest.len(), |run| run + 1);
                    self.cell.push_str(&line[at..at + run]);
                    self.state = State::Plain;
                    at += run;
                }
            }
        }
        if self.state != State::Quoted {
            self.end_cell();
        }
        Ok(())
    }

    fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell));
        self.state = State::Start;
    }
}

fn is_end(rest: &[u8]) -> bool {
    matches!(rest, b"\n" | b"\r\n" | b"\r")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::memory::Memory;
    use proptest::prelude::*;

    fn rows(bytes: &[u8], separator: u8) -> Vec<Read> {
        let files = Memory::of(&[("a", bytes)]).main("a");
        let mut rows = CsvIn::new(TextIn::open(&files, "a").unwrap(), separator);
        let mut all = Vec::new();
        while let Some(row) = rows.next_row().unwrap() {
            all.push((row.line, row.cells.map_err(|problem| problem.to_string())));
        }
        all
    }

    type Read = (u64, Result<Vec<String>, String>);

    fn cells(line: u64, cells: &[&str]) -> Read {
        (line, Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    #[test]
    fn quotes_lines_and_ends() {
        let text = b"a,\"b \"\"c\"\" \r\nd\",\r\n\n\"\",x\"y,'z'\nlast,,";
        assert_eq!(
            rows(text, b','),
            [
                cells(1, &["a", "b \"c\" \r\nd", ""]),
                cells(4, &["", "x\"y", "'z'"]),
                cells(5, &["last", "", ""]),
            ]
        );
        assert_eq!(rows(b"a\tb,c\n", b'\t'), [cells(1, &["a", "b,c"])]);
    }

    #[test]
    fn a_stray_quote_is_a_problem_of_its_row() {
        let read = rows(b"a,\"hi\" she said\nb,c\nd,\"open\ne", b',');
        assert!(read[0].1.as_ref().unwrap_err().starts_with("line 1, column 7: text behind"));
        assert_eq!(read[1], cells(2, &["b", "c"]));
        let open = "line 3: a quote that is opened here is never closed";
        assert_eq!(read[2], (3, Err(open.to_owned())));
        let latin = rows(b"a,caf\xe9\nb,c", b',');
        assert_eq!(latin[0].1, Err("line 1, column 6: it is not UTF-8 text".to_owned()));
        assert_eq!(latin[1], cells(2, &["b", "c"]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_the_csv_crate_writes_is_read(
            table in prop::collection::vec(prop::collection::vec("[a\",;\r\n\té' ]{0,6}", 2..4), 1..4),
            separator in prop_oneof![Just(b','), Just(b'\t'), Just(b';')],
        ) {
            let mut writer =
                csv::WriterBuilder::new().delimiter(separator).flexible(true).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let read: Vec<_> = rows(&bytes, separator).into_iter().map(|row| row.1.unwrap()).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn nothing_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            rows(&bytes, b',');
        }
    }
}

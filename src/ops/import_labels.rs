//! Taking labels in from any format: read on one thread, matched to samples, and written by another in one transaction
//! and one action. Memory does not grow with the file; what goes wrong leaves nothing behind.

use super::OpsError;
use super::capped::Capped;
use super::carried::said;
use super::files::LabelFiles;
use super::import::fingerprint;
use super::matching::{Match, Matcher};
use super::measured::Measured;
use crate::domain::{SampleId, SampleKey, Source, Suggestion};
use crate::formats::{AudioRef, Files, Format, LineProblem, ReadOptions, Record, detect, read};
use crate::text::nfc;
use crate::workspace::{ImportItem, ImportReport, Incoming, Reader, Suggested, Writer};
use jiff::Timestamp;
use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Records handed over at once.
const BATCH: usize = 256;
/// Batches after which it is told how many recordings there will be.
const TOLD_AFTER: u64 = 8;
/// Batches that may wait for the workspace before reading waits too.
const AHEAD: usize = 8;

/// What the texts of a file become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportAs {
    /// Labels; what the file itself calls a machine's, suggestions.
    #[default]
    AsSaid,
    /// Labels, all of them.
    Labels,
    /// Suggestions to confirm one by one.
    Suggestions,
}

/// How a file of labels is to be imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelImport {
    /// Its format; else recognized.
    pub format: Option<Format>,
    /// Names of columns.
    pub read: ReadOptions,
    /// What its texts become.
    pub kind: ImportAs,
    /// Over the labels of people too.
    pub replace: bool,
    /// Lines that cannot be used are left out; else one such line and nothing is imported.
    pub skip_bad_lines: bool,
    /// Objects of other buckets are matched by the ends of their keys too.
    pub any_bucket: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Texts are brought into Unicode's composed form.
    pub to_nfc: bool,
}

/// A recording that a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAt {
    /// The file, relative to what was named; empty where there is but one.
    pub file: String,
    /// From 1; 0 where it has none.
    pub line: u64,
    /// As written.
    pub audio: String,
}

/// What became of a file of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelImportReport {
    /// In which format it was read.
    pub format: Format,
    /// Whether anything stays: not after a dry run, nor where a line stood against it.
    pub applied: bool,
    /// What was done, or would have been.
    pub report: ImportReport,
    /// Recordings that the file names.
    pub records: u64,
    /// Of those, without a text.
    pub unlabeled: u64,
    /// The same text for the same sample again.
    pub repeated: u64,
    /// Recordings that no sample is.
    pub unmatched: Capped<NamedAt>,
    /// File names that several samples have.
    pub ambiguous: Capped<NamedAt>,
    /// Objects of other buckets.
    pub other_bucket: Capped<NamedAt>,
    /// Lines that cannot be used.
    pub problems: Capped<LineProblem>,
}

/// Imports what `files` say. `on_read` is told how many recordings were read and may stop it: then nothing stays and
/// `None` comes back.
///
/// # Errors
/// A file that cannot be read as a whole; the workspace refuses. Nothing of it is done.
pub fn import_labels(
    reader: Reader,
    writer: &mut Writer,
    source: &Source,
    files: &LabelFiles,
    how: &LabelImport,
    at: Timestamp,
    on_read: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<LabelImportReport>, OpsError> {
    let format = match how.format {
        Some(format) => format,
        None => detect(files).map_err(|source| in_files(files, source))?,
    };
    let mut parsed = None;
    let stopped = Cell::new(false);
    let report = thread::scope(|scope| {
        let (send, receive) = sync_channel(AHEAD);
        let parser = scope.spawn(move || parse(&reader, source, files, how, format, send));
        let arriving = Arriving {
            receive,
            batch: Vec::new().into_iter(),
            read: 0,
            on_read,
            stopped: &stopped,
        };
        writer.import_if(arriving, how.replace, at, |_| {
            let outcome = parser.join().unwrap_or(Err(OpsError::Lost));
            let good = outcome.as_ref().is_ok_and(|parsed| {
                !stopped.get() && !how.dry_run && (how.skip_bad_lines || parsed.problems.is_empty())
            });
            parsed = Some(outcome);
            good
        })
    });
    // What the file says comes first: without it there was nothing to write.
    let report = match (report, parsed) {
        (Ok(report), Some(parsed)) => (report, parsed?),
        (Ok(_), None) => return Err(OpsError::Lost),
        (Err(error), _) => return Err(error.into()),
    };
    if stopped.get() {
        return Ok(None);
    }
    let (report, mut parsed) = report;
    for key in &report.unmatched {
        parsed.unmatched.push(NamedAt {
            file: String::new(),
            line: 0,
            audio: key.lossy().into_owned(),
        });
    }
    let good = how.skip_bad_lines || parsed.problems.is_empty();
    Ok(Some(LabelImportReport {
        format,
        applied: good && !how.dry_run,
        report,
        records: parsed.records,
        unlabeled: parsed.unlabeled,
        repeated: parsed.repeated,
        unmatched: parsed.unmatched,
        ambiguous: parsed.ambiguous,
        other_bucket: parsed.other_bucket,
        problems: parsed.problems,
    }))
}

/// A format's error with the name of what was read.
pub(super) fn in_files(files: &LabelFiles, source: crate::formats::FormatError) -> OpsError {
    OpsError::Format { file: files.main().unwrap_or("the folder").to_owned(), source }
}

/// What the parsing thread hands over, one by one.
struct Arriving<'a> {
    receive: Receiver<Batch>,
    batch: std::vec::IntoIter<Incoming>,
    read: u64,
    on_read: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
    stopped: &'a Cell<bool>,
}

struct Batch {
    incoming: Vec<Incoming>,
    /// Recordings read so far.
    read: u64,
}

impl Iterator for Arriving<'_> {
    type Item = Incoming;

    fn next(&mut self) -> Option<Incoming> {
        loop {
            if let Some(one) = self.batch.next() {
                return Some(one);
            }
            if self.stopped.get() {
                return None;
            }
            // The end of the parser is the end of the import.
            let batch = self.receive.recv().ok()?;
            self.read = batch.read;
            self.batch = batch.incoming.into_iter();
            if (self.on_read)(self.read).is_break() {
                self.stopped.set(true);
                self.batch = Vec::new().into_iter();
                return None;
            }
        }
    }
}

#[derive(Default)]
struct Parsed {
    records: u64,
    unlabeled: u64,
    repeated: u64,
    unmatched: Capped<NamedAt>,
    ambiguous: Capped<NamedAt>,
    other_bucket: Capped<NamedAt>,
    problems: Capped<LineProblem>,
}

fn parse(
    reader: &Reader,
    source: &Source,
    files: &LabelFiles,
    how: &LabelImport,
    format: Format,
    send: SyncSender<Batch>,
) -> Result<Parsed, OpsError> {
    let measured = Measured::new(files);
    let mut parser = Parser {
        measured: &measured,
        matcher: Matcher::new(reader, source, files.base_in(source), how.any_bucket),
        origin: files.origin_in(source),
        how,
        format,
        seen: Seen::default(),
        parsed: Parsed::default(),
        batch: Vec::with_capacity(BATCH),
        send,
        waits: 0,
    };
    let mut failed = None;
    read(format, &measured, &how.read, &mut |record| {
        let taken = match record {
            Ok(record) => parser.take(&record),
            Err(problem) => {
                parser.parsed.problems.push(problem);
                Ok(ControlFlow::Continue(()))
            }
        };
        taken.unwrap_or_else(|error| {
            failed = Some(error);
            ControlFlow::Break(())
        })
    })
    .map_err(|source| in_files(files, source))?;
    if let Some(error) = failed {
        return Err(error);
    }
    // Nobody waits any more when the import was given up.
    let _ = parser.hand_over();
    Ok(parser.parsed)
}

struct Parser<'a> {
    measured: &'a Measured<'a>,
    matcher: Matcher<'a>,
    origin: String,
    how: &'a LabelImport,
    format: Format,
    seen: Seen,
    parsed: Parsed,
    batch: Vec<Incoming>,
    send: SyncSender<Batch>,
    /// Records since the last batch.
    waits: usize,
}

impl Parser<'_> {
    fn take(&mut self, record: &Record) -> Result<ControlFlow<()>, OpsError> {
        self.parsed.records += 1;
        self.parsed.unlabeled += u64::from(record.content.is_none());
        let named = |audio: &AudioRef| NamedAt {
            file: record.file.clone(),
            line: record.line,
            audio: audio.as_str().to_owned(),
        };
        match self.matcher.find(&record.audio, &record.file)? {
            Match::Sample(id, key) => self.bring(id, key, record),
            Match::None => self.parsed.unmatched.push(named(&record.audio)),
            Match::Several => self.parsed.ambiguous.push(named(&record.audio)),
            Match::OtherBucket(_) => self.parsed.other_bucket.push(named(&record.audio)),
        }
        self.waits += 1;
        if self.waits < BATCH {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(self.hand_over())
    }

    fn bring(&mut self, id: SampleId, key: SampleKey, record: &Record) {
        let Record { file, line, content, machine, author, at, .. } = record;
        let content = content
            .as_ref()
            .map(|text| if self.how.to_nfc { nfc(text).into_owned() } else { text.clone() });
        let suggests = match self.how.kind {
            ImportAs::AsSaid => machine.is_some(),
            ImportAs::Labels => false,
            ImportAs::Suggestions => true,
        };
        if !suggests && let Some(text) = &content {
            match self.seen.label(id, *line, text) {
                Before::Nothing => {}
                Before::TheSame => {
                    self.parsed.repeated += 1;
                    return;
                }
                Before::Another(first) => {
                    self.parsed.problems.push(LineProblem {
                        file: file.clone(),
                        line: *line,
                        column: None,
                        why: format!("{} has another label already, in line {first}", key.lossy()),
                    });
                    return;
                }
            }
        }
        let extra = said(self.format, record);
        let label = if suggests { None } else { content.clone() };
        if label.is_some() || extra.is_some() {
            let etag = fingerprint(label.as_deref().unwrap_or_default());
            self.batch.push(Incoming::Item(ImportItem {
                key: key.clone(),
                sample: Some(id),
                content: label,
                origin: self.origin.clone(),
                etag,
                author: author.clone(),
                at: *at,
                extra,
            }));
        }
        if suggests && let Some(content) = content {
            let machine = machine.clone().unwrap_or_default();
            let model = if machine.model.is_empty() { self.origin.clone() } else { machine.model };
            let suggestion = Suggestion { content, model, confidence: machine.confidence };
            self.batch.push(Incoming::Suggestion(Suggested { key, suggestion }));
        }
    }

    fn hand_over(&mut self) -> ControlFlow<()> {
        self.waits = 0;
        let mut incoming = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        if !self.how.skip_bad_lines && !self.parsed.problems.is_empty() {
            // Nothing will stay: the rest is read for what else is wrong with it.
            incoming.clear();
        } else if self.parsed.records == TOLD_AFTER * BATCH as u64 {
            incoming.extend(self.measured.expected(self.parsed.records).map(Incoming::Expected));
        }
        match self.send.send(Batch { incoming, read: self.parsed.records }) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Which samples were labeled in this file, in which line and how: eight bytes a sample.
#[derive(Default)]
struct Seen(Vec<(u32, u32)>);

enum Before {
    Nothing,
    TheSame,
    /// In this line.
    Another(u64),
}

impl Seen {
    fn label(&mut self, id: SampleId, line: u64, text: &str) -> Before {
        // Ids are rows of one table, counted from 1 without gaps.
        let Ok(place) = usize::try_from(id.0) else { return Before::Nothing };
        if place >= self.0.len() {
            self.0.resize(place + 1, (0, 0));
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let now = (u32::try_from(line + 1).unwrap_or(u32::MAX), hasher.finish() as u32);
        match self.0[place] {
            (0, _) => {
                self.0[place] = now;
                Before::Nothing
            }
            (_, hash) if hash == now.1 => Before::TheSame,
            (line, _) => Before::Another(u64::from(line) - 1),
        }
    }
}

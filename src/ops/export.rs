//! Writing labels into any format: streamed into a draft beside its place, read back, and only then put there.

use super::OpsError;
use super::capped::Capped;
use super::carried::Told;
use super::files::{Draft, LabelFiles};
use super::read_back::{Followed, digest, labels_in};
use super::split::Split;
use crate::domain::{Filter, SampleKey, Scope, Source, View};
use crate::formats::{Format, FormatError, Item, ItemWriter, Machine, Sink, WriteOptions, writer};
use crate::workspace::{ExportRow, Reader};
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Samples between two reports of progress.
const STEP: u64 = 1_000;
/// Samples that one thread hands to another at once.
const BATCH: usize = 128;
/// Batches that may wait before reading waits too.
const AHEAD: usize = 8;

/// What becomes of samples whose labels disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// Nothing is written while there is one.
    #[default]
    Stop,
    /// The label that is shown is taken.
    Shown,
    /// They are left out.
    Skip,
}

/// Which samples are written, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportPlan {
    /// In which format.
    pub format: Format,
    /// Of which list; `None`: all that are in the source and not in the trash.
    pub view: Option<View>,
    /// Only those that match.
    pub filter: Filter,
    /// Only this share.
    pub scope: Option<Scope>,
    /// Only those that have a label.
    pub labeled_only: bool,
    /// Samples whose labels disagree.
    pub conflicts: OnConflict,
    /// Which are for training and which for evaluation.
    pub split: Option<Split>,
    /// What an import said of their use is passed on where there is no split.
    pub keep_usage: bool,
    /// For the format.
    pub options: WriteOptions,
}

/// Where an export goes.
pub enum ExportTo<'a> {
    /// A file, or a folder for formats of several.
    Path {
        /// It.
        path: &'a Path,
        /// Over files that are there.
        overwrite: bool,
    },
    /// A stream, for formats of one file.
    Stream(&'a mut dyn Write),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportReport {
    /// Samples.
    pub written: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// Samples in conflict, left out or with the label that is shown.
    pub conflicts: u64,
    /// Samples that could not be written, and why.
    pub left_out: Capped<(SampleKey, String)>,
    /// Labels that were read back as they were written; `None` where the format cannot be read.
    pub verified: Option<u64>,
    /// Labels that the format gives back in other words or spaces.
    pub altered: u64,
}

/// Writes the samples of a plan. `on_written` is told how many and may stop it: then nothing stays and `None` comes
/// back.
///
/// # Errors
/// [`OpsError::Conflicts`], [`OpsError::Exists`], [`OpsError::NotVerified`]; the disk or the workspace. Nothing stays.
pub fn export(
    reader: &Reader,
    source: &Source,
    plan: &ExportPlan,
    to: ExportTo<'_>,
    on_written: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<ExportReport>, OpsError> {
    let one_file = plan.format.is_one_file();
    let temporary = std::env::temp_dir().join("export");
    let target = match &to {
        ExportTo::Path { path, overwrite } => {
            refuse_to_overwrite(path, one_file, *overwrite)?;
            *path
        }
        ExportTo::Stream(_) => temporary.as_path(),
    };
    let name = match (&to, target.file_name().and_then(|name| name.to_str())) {
        (ExportTo::Path { .. }, Some(name)) => name.to_owned(),
        _ => "labels".to_owned(),
    };
    let mut draft = Draft::beside(target)?;
    let on_item = &mut |_: &ExportRow, _: &Item| Ok(());
    let written = write_verified(reader, source, plan, &mut draft, &name, on_item, on_written)?;
    let Some(written) = written else { return Ok(None) };
    match to {
        ExportTo::Path { path, overwrite } if one_file => {
            draft.place_file(&name, path, overwrite)?;
        }
        ExportTo::Path { path, overwrite } => draft.place_folder(path, overwrite)?,
        ExportTo::Stream(stream) => {
            let file = draft.file(&name);
            File::open(&file)
                .and_then(|mut file| io::copy(&mut file, stream))
                .map_err(OpsError::io("read", &file))?;
        }
    }
    Ok(Some(written.report))
}

fn refuse_to_overwrite(path: &Path, one_file: bool, overwrite: bool) -> Result<(), OpsError> {
    let Ok(there) = fs::symlink_metadata(path) else { return Ok(()) };
    if one_file && there.is_dir() {
        return Err(OpsError::IsAFolder(path.to_owned()));
    }
    let empty =
        there.is_dir() && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if overwrite || empty { Ok(()) } else { Err(OpsError::Exists(path.to_owned())) }
}

/// What was written, and enough of it to compare it with what is read back.
#[derive(Default)]
pub(super) struct Written {
    pub(super) report: ExportReport,
    /// A digest of each label that is not empty.
    digests: Vec<u64>,
}

/// Sees each sample that was written.
pub(super) type OnItem<'a> = dyn FnMut(&ExportRow, &Item) -> Result<(), OpsError> + 'a;

/// Writes the samples of a plan under `name` and reads them back, one file while it is being written; `None` when it
/// was stopped.
pub(super) fn write_verified(
    reader: &Reader,
    source: &Source,
    plan: &ExportPlan,
    draft: &mut Draft,
    name: &str,
    on_item: &mut OnItem<'_>,
    on_written: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Written>, OpsError> {
    let format = plan.format;
    if !format.is_read() || !format.is_one_file() {
        let written = write(reader, source, plan, draft, name, on_item, on_written)?;
        let Some(mut written) = written else { return Ok(None) };
        if format.is_read() {
            written.verify(labels_in(format, &LabelFiles::on_disk(draft.path())?)?)?;
        }
        return Ok(Some(written));
    }
    thread::scope(|scope| {
        let (mut draft, file) = Followed::new(draft, name);
        let reading = scope.spawn(move || labels_in(format, &file));
        let written = write(reader, source, plan, &mut draft, name, on_item, on_written)?;
        let Some(mut written) = written else { return Ok(None) };
        draft.finish();
        written.verify(reading.join().unwrap_or(Err(OpsError::Lost))?)?;
        Ok(Some(written))
    })
}

/// Writes the samples of a plan under `name`; `None` when it was stopped.
fn write(
    reader: &Reader,
    source: &Source,
    plan: &ExportPlan,
    draft: &mut dyn Sink,
    name: &str,
    on_item: &mut OnItem<'_>,
    on_written: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Written>, OpsError> {
    let in_format = |source| OpsError::Format { file: name.to_owned(), source };
    let mut out = writer(plan.format, draft, name, &plan.options).map_err(in_format)?;
    let mut written = Written::default();
    let mut conflicts = Capped::default();
    let mut failed = None;
    let mut stopped = false;
    each_row(reader, plan, &mut |row| {
        if row.conflict {
            written.report.conflicts += 1;
            match plan.conflicts {
                OnConflict::Shown => {}
                OnConflict::Skip => return ControlFlow::Continue(()),
                OnConflict::Stop => {
                    conflicts.push(row.key);
                    return ControlFlow::Continue(());
                }
            }
        }
        if !conflicts.is_empty() {
            return ControlFlow::Continue(());
        }
        if let Err(error) = written.take(source, plan, out.as_mut(), &row, on_item) {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        if written.report.written % STEP == 0 && on_written(written.report.written).is_break() {
            stopped = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    if stopped {
        return Ok(None);
    }
    if let Some(first) = conflicts.first.first() {
        let first = first.lossy().into_owned();
        return Err(OpsError::Conflicts { count: conflicts.count, first });
    }
    out.finish().map_err(in_format)?;
    Ok(Some(written))
}

/// Hands over the samples of a plan, which another thread reads ahead.
fn each_row(
    reader: &Reader,
    plan: &ExportPlan,
    on_row: &mut dyn FnMut(ExportRow) -> ControlFlow<()>,
) -> Result<(), OpsError> {
    let reader = reader.another()?;
    thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<ExportRow>>(AHEAD);
        let reading = scope.spawn(move || {
            let mut batch = Vec::with_capacity(BATCH);
            reader.export(plan.view, &plan.filter, plan.scope, &mut |row| {
                if !plan.labeled_only || row.content.is_some() {
                    batch.push(row);
                }
                if batch.len() < BATCH {
                    return ControlFlow::Continue(());
                }
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                // Nobody waits any more where no more are wanted.
                if send.send(full).is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            let _ = send.send(batch);
            Ok(())
        });
        let flow = receive.iter().flatten().try_for_each(on_row);
        drop(receive);
        let read = reading.join().unwrap_or(Err(OpsError::Lost));
        if flow.is_break() { Ok(()) } else { read }
    })
}

impl Written {
    fn take(
        &mut self,
        source: &Source,
        plan: &ExportPlan,
        out: &mut dyn ItemWriter,
        row: &ExportRow,
        on_item: &mut OnItem<'_>,
    ) -> Result<(), OpsError> {
        let report = &mut self.report;
        let Some(item) = item_of(source, plan, row) else {
            report.left_out.push((row.key.clone(), "its name is not UTF-8".to_owned()));
            return Ok(());
        };
        match out.write(&item) {
            Ok(()) => {
                report.written += 1;
                report.labeled += u64::from(item.content.is_some());
                self.digests.extend(item.content.as_deref().and_then(digest));
                on_item(row, &item)
            }
            Err(FormatError::CannotHold { why, .. }) => {
                report.left_out.push((row.key.clone(), why));
                Ok(())
            }
            Err(source) => Err(OpsError::Format { file: row.key.lossy().into_owned(), source }),
        }
    }

    /// Compares what was written with what was read back.
    fn verify(&mut self, mut found: Vec<u64>) -> Result<(), OpsError> {
        let expected = self.digests.len();
        if found.len() != expected {
            let why = format!("{} labels were read back, {expected} were written", found.len());
            return Err(OpsError::NotVerified { why });
        }
        let mut altered = 0;
        if found != self.digests {
            found.sort_unstable();
            self.digests.sort_unstable();
            altered = missing_from(&self.digests, &found);
        }
        self.report.altered = altered;
        self.report.verified = Some(expected as u64 - altered);
        Ok(())
    }
}

/// A sample as formats take it; `None` if its key is no text.
fn item_of(source: &Source, plan: &ExportPlan, row: &ExportRow) -> Option<Item> {
    let key = row.key.as_str()?.to_owned();
    let url = match source {
        Source::Folder(folder) => folder.join(&key).into_os_string().into_string().ok()?,
        Source::Bucket { .. } => format!("{source}{key}"),
    };
    let mut told = if row.extras.is_empty() { Told::default() } else { Told::last(&row.extras) };
    let speaker = told.speaker().map(str::to_owned);
    let usage = match &plan.split {
        Some(split) => Some(split.usage(&key, speaker.as_deref()).to_owned()),
        None => told.usage().filter(|_| plan.keep_usage).map(str::to_owned),
    };
    let suggestion = row.suggestion.as_ref().map(|suggestion| {
        let machine =
            Machine { model: suggestion.model.clone(), confidence: suggestion.confidence };
        (suggestion.content.clone(), machine)
    });
    Some(Item {
        url,
        content: row.content.clone(),
        suggestion,
        flags: row.flags.iter().map(|flag| flag.name().to_owned()).collect(),
        author: row.labeled_by.clone(),
        at: row.labeled_at,
        seconds: row.seconds,
        rate: row.info.as_ref().map(|info| info.rate),
        channels: row.info.as_ref().map(|info| info.channels),
        size: row.size,
        usage,
        speaker,
        extra: told.of_format(plan.format),
        key,
    })
}

/// How many of the first sorted list are not in the second.
fn missing_from(wanted: &[u64], found: &[u64]) -> u64 {
    let mut found = found.iter().peekable();
    let mut missing = 0;
    for one in wanted {
        while found.next_if(|other| *other < one).is_some() {}
        if found.next_if_eq(&one).is_none() {
            missing += 1;
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_counted_with_repetitions() {
        assert_eq!(missing_from(&[1, 2, 2, 3], &[1, 2, 3, 4]), 1);
        assert_eq!(missing_from(&[1, 2], &[1, 2]), 0);
        assert_eq!(missing_from(&[5], &[]), 1);
    }
}

//! Labels in and out: imports, previewed and done, and exports.

use super::{Exchange, OnProgress, Told, key_text, named};
use crate::app::{
    ExchangeNews, ExportJob, ExportOutcome, ImportJob, ImportKind, ImportOutcome, InConflict,
    JobProgress, Named, Unit,
};
use crate::domain::UserError;
use crate::formats::{Format, ReadOptions, WriteOptions};
use crate::ops::{
    ExportPlan, ExportTo, ImportAs, LabelFiles, LabelImport, LabelImportReport, NamedAt,
    OnConflict, export, import_labels,
};
use jiff::Timestamp;

impl Exchange {
    pub(super) fn import(
        &self,
        job: &ImportJob,
        at: Timestamp,
        on_progress: &mut OnProgress<'_>,
    ) -> Told {
        let files = if job.from.is_empty() {
            LabelFiles::open(&self.opened.dataset.source, self.opened.options())?
        } else if job.from.contains("://") {
            LabelFiles::open(&job.from, self.opened.options())?
        } else {
            LabelFiles::on_disk(&self.expanded(&job.from))?
        };
        let how = LabelImport {
            format: job.format.map(parsed).transpose()?,
            read: ReadOptions::default(),
            kind: match job.kind {
                ImportKind::AsSaid => ImportAs::AsSaid,
                ImportKind::Labels => ImportAs::Labels,
                ImportKind::Suggestions => ImportAs::Suggestions,
            },
            replace: job.replace,
            // A preview counts what the good lines would do.
            skip_bad_lines: job.skip_bad_lines || job.dry_run,
            any_bucket: false,
            dry_run: job.dry_run,
            to_nfc: self.to_nfc,
        };
        let doing = if job.dry_run { "reading" } else { "importing" };
        let mut on_read = |count| on_progress(JobProgress::of_unknown(doing, count, Unit::Records));
        if on_read(0).is_break() {
            return Ok(None);
        }
        let mut writer = self.opened.writer()?;
        let source = &self.opened.source;
        let reader = self.opened.reader()?;
        let report = import_labels(reader, &mut writer, source, &files, &how, at, &mut on_read)?;
        Ok(report.map(|report| ExchangeNews::Imported(told(&report))))
    }

    pub(super) fn export(&self, job: ExportJob, on_progress: &mut OnProgress<'_>) -> Told {
        if job.to.contains("://") {
            let what = format!("{} is no path of this machine", job.to);
            return Err(UserError::new(what).hint("P publishes into the output"));
        }
        let plan = ExportPlan {
            format: parsed(job.format)?,
            view: job.view,
            filter: job.filter,
            scope: job.scope,
            labeled_only: job.labeled_only,
            conflicts: on_conflict(job.conflicts),
            split: None,
            keep_usage: true,
            options: WriteOptions {
                guard_formulas: false,
                full_addresses: false,
                scheme: None,
                dataset: self.opened.dataset.name.clone(),
            },
        };
        let mut on_written =
            |count| on_progress(JobProgress::of_unknown("writing", count, Unit::Files));
        if on_written(0).is_break() {
            return Ok(None);
        }
        let path = self.expanded(&job.to);
        let to = ExportTo::Path { path: &path, overwrite: job.overwrite };
        let reader = self.opened.reader()?;
        let report = export(&reader, &self.opened.source, &plan, to, &mut on_written)?;
        Ok(report.map(|report| {
            ExchangeNews::Exported(ExportOutcome {
                to: job.to,
                written: report.written,
                labeled: report.labeled,
                conflicts: report.conflicts,
                left_out: named(&report.left_out, |(key, why)| format!("{}: {why}", key_text(key))),
                verified: report.verified,
                altered: report.altered,
            })
        }))
    }
}

fn parsed(name: &str) -> Result<Format, UserError> {
    name.parse().map_err(|why: String| UserError::new(why))
}

pub(super) fn on_conflict(conflicts: InConflict) -> OnConflict {
    match conflicts {
        InConflict::Stop => OnConflict::Stop,
        InConflict::Shown => OnConflict::Shown,
        InConflict::Skip => OnConflict::Skip,
    }
}

fn told(report: &LabelImportReport) -> ImportOutcome {
    let place = |named: &NamedAt| match (named.file.is_empty(), named.line) {
        (true, 0) => named.audio.clone(),
        (true, line) => format!("line {line}: {}", named.audio),
        (false, 0) => format!("{}: {}", named.file, named.audio),
        (false, line) => format!("{}, line {line}: {}", named.file, named.audio),
    };
    let done = &report.report;
    let kept = &done.kept_by_person;
    ImportOutcome {
        format: report.format.name(),
        applied: report.applied,
        records: report.records,
        labels: done.imported,
        suggestions: done.suggested,
        unchanged: done.unchanged,
        without_text: report.unlabeled,
        repeated: report.repeated,
        kept: Named {
            first: kept.iter().take(super::NAMED).map(key_text).collect(),
            count: kept.len() as u64,
        },
        unmatched: named(&report.unmatched, place),
        ambiguous: named(&report.ambiguous, place),
        other_bucket: named(&report.other_bucket, place),
        problems: named(&report.problems, ToString::to_string),
        conflicts: done.conflicts,
    }
}

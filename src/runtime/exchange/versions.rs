//! Versions: counting what one would change, publishing it, reading and comparing those that are there.

use super::labels::on_conflict;
use super::{Exchange, OnProgress, Told, key_text, named};
use crate::app::{
    ExchangeNews, JobProgress, KeepTogether, PublishCheck, PublishJob, PublishOutcome, Unit,
    VersionDiff, VersionRow,
};
use crate::ops::{
    PublishPlan, PublishStep, Split, SplitBy, VersionInfo, check_publish, compare_versions,
    find_version, next_number, publish, published_versions,
};
use crate::workspace::Difference;
use jiff::Timestamp;
use std::path::Path;

/// Samples that differ, told one by one.
const DIFFERENCES: usize = 500;

impl Exchange {
    pub(super) fn check_publish(&self, job: PublishJob, on_progress: &mut OnProgress<'_>) -> Told {
        let (_, output) = self.output()?;
        let plan = plan(job);
        let mut on_step = |step| on_progress(progress(step));
        let counts =
            check_publish(&self.opened.reader()?, &output, &plan, self.scratch(), &mut on_step)?;
        Ok(counts.map(|counts| {
            ExchangeNews::PublishChecked(PublishCheck {
                version: counts.version,
                parent: counts.parent,
                total: counts.total,
                labeled: counts.labeled,
                added: counts.changes.added,
                modified: counts.changes.modified,
                deleted: counts.changes.deleted,
                conflicts: named(&counts.conflicts, key_text),
            })
        }))
    }

    pub(super) fn publish(
        &self,
        job: PublishJob,
        at: Timestamp,
        on_progress: &mut OnProgress<'_>,
    ) -> Told {
        let (place, output) = self.output()?;
        let (reader, mut writer) = (self.opened.reader()?, self.opened.writer()?);
        let plan = plan(job);
        let mut on_step = |step| on_progress(progress(step));
        if on_step(PublishStep::Writing(0)).is_break() {
            return Ok(None);
        }
        let published = publish(&reader, &mut writer, &output, &plan, at, &mut on_step)?;
        Ok(published.map(|published| {
            let info = &published.info;
            let place = place.to_string();
            let slash = if place.ends_with('/') { "" } else { "/" };
            ExchangeNews::Published(PublishOutcome {
                version: info.name.clone(),
                manifest: format!("{place}{slash}{}", info.manifest),
                counts: counts_of(info),
                left_out: named(&published.left_out, |(key, why)| {
                    format!("{}: {why}", key_text(key))
                }),
                unfinished: published.unfinished,
            })
        }))
    }

    pub(super) fn versions(&self) -> Told {
        let (_, output) = self.output()?;
        let versions = published_versions(&output)?;
        let next = next_number(&versions);
        let mut rows: Vec<VersionRow> =
            versions.into_iter().filter_map(|version| version.info).map(row).collect();
        rows.reverse();
        Ok(Some(ExchangeNews::Versions { rows, next }))
    }

    pub(super) fn compare(
        &self,
        earlier: &str,
        later: &str,
        on_progress: &mut OnProgress<'_>,
    ) -> Told {
        let (_, output) = self.output()?;
        let (before, after) = (find_version(&output, earlier)?, find_version(&output, later)?);
        if on_progress(JobProgress::of_unknown("comparing", 0, Unit::Files)).is_break() {
            return Ok(None);
        }
        let mut samples = Vec::new();
        let (mut stopped, mut found) = (false, 0);
        let changes =
            compare_versions(&output, &before, &after, self.scratch(), &mut |key, how| {
                found += 1;
                if samples.len() < DIFFERENCES {
                    let sign = match how {
                        Difference::Added => '+',
                        Difference::Modified => '~',
                        Difference::Deleted => '-',
                    };
                    samples.push((sign, key));
                }
                let flow = on_progress(JobProgress::of_unknown("comparing", found, Unit::Files));
                stopped |= flow.is_break();
                flow
            })?;
        let changes = [changes.added, changes.modified, changes.deleted];
        let (earlier, later) = (earlier.to_owned(), later.to_owned());
        let diff = VersionDiff { earlier, later, changes, samples };
        Ok((!stopped).then_some(ExchangeNews::Compared(diff)))
    }

    /// Where there is room for what is compared: beside the workspace.
    fn scratch(&self) -> &Path {
        self.opened.workspace.parent().unwrap_or(Path::new("."))
    }
}

fn plan(job: PublishJob) -> PublishPlan {
    let split = job.split.map(|(training, together)| {
        let by = match together {
            KeepTogether::File => SplitBy::File,
            KeepTogether::Folder => SplitBy::Folder,
            KeepTogether::Speaker => SplitBy::Speaker,
        };
        Split { training, seed: 0, by }
    });
    PublishPlan {
        version: job.version,
        description: job.description,
        labeled_only: job.labeled_only,
        conflicts: on_conflict(job.conflicts),
        split,
        scheme: None,
    }
}

fn progress(step: PublishStep) -> JobProgress {
    match step {
        PublishStep::Writing(count) => JobProgress::of_unknown("writing", count, Unit::Files),
        PublishStep::Comparing(count) => JobProgress::of_unknown("comparing", count, Unit::Files),
        PublishStep::Uploading(bytes) => JobProgress::of_unknown("uploading", bytes, Unit::Bytes),
    }
}

fn counts_of(info: &VersionInfo) -> PublishCheck {
    PublishCheck {
        version: info.name.clone(),
        parent: info.parent.clone(),
        total: info.total,
        labeled: info.labeled,
        added: info.added,
        modified: info.modified,
        deleted: info.deleted,
        ..PublishCheck::default()
    }
}

fn row(info: VersionInfo) -> VersionRow {
    VersionRow {
        name: info.name,
        at: info.at,
        author: info.author,
        description: info.description,
        parent: info.parent,
        total: info.total,
        labeled: info.labeled,
        changes: [info.added, info.modified, info.deleted],
    }
}

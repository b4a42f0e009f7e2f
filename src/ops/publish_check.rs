//! What publishing would change, counted before anything is written.

use super::OpsError;
use super::capped::Capped;
use super::export::OnConflict;
use super::publish::{PublishPlan, PublishStep, next_number};
use super::versions::{content_digest, each_of_version, published_versions};
use crate::domain::{Filter, SampleKey};
use crate::objects::Store;
use crate::workspace::{Changes, Comparison, Reader};
use std::ops::ControlFlow;
use std::path::Path;

/// Samples between two reports of progress.
const STEP: u64 = 1_000;

/// What a version would hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishCounts {
    /// The name that it would have.
    pub version: String,
    /// The version before it.
    pub parent: Option<String>,
    /// Samples.
    pub total: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// Against the parent; without one, all are added.
    pub changes: Changes,
    /// Samples whose labels disagree.
    pub conflicts: Capped<SampleKey>,
}

/// Counts what [`publish`](super::publish()) would write for this plan. `on_step` may stop it: then `None` comes back.
///
/// # Errors
/// The workspace, the output or the parent's manifest cannot be read; no room in `scratch`.
pub fn check_publish(
    reader: &Reader,
    output: &Store,
    plan: &PublishPlan,
    scratch: &Path,
    on_step: &mut dyn FnMut(PublishStep) -> ControlFlow<()>,
) -> Result<Option<PublishCounts>, OpsError> {
    let versions = published_versions(output)?;
    let version = plan.version.clone().unwrap_or_else(|| next_number(&versions));
    let parent = versions.into_iter().filter_map(|version| version.info).next_back();
    let mut counts = PublishCounts { version, ..PublishCounts::default() };
    let mut comparison = Comparison::create(scratch)?;
    let (mut failed, mut stopped) = (None, false);
    reader.export(None, &Filter::default(), None, &mut |row| {
        if plan.labeled_only && row.content.is_none() {
            return ControlFlow::Continue(());
        }
        if row.conflict {
            counts.conflicts.push(row.key.clone());
            if plan.conflicts == OnConflict::Skip {
                return ControlFlow::Continue(());
            }
        }
        counts.total += 1;
        counts.labeled += u64::from(row.content.is_some());
        let digest = content_digest(row.content.as_deref());
        if let Err(error) = comparison.after(row.key.as_bytes(), digest) {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        if counts.total.is_multiple_of(STEP) {
            let flow = on_step(PublishStep::Writing(counts.total));
            stopped |= flow.is_break();
            return flow;
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(parent) = parent.as_ref().filter(|_| !stopped) {
        let mut compared: u64 = 0;
        each_of_version(output, parent, &mut |key, record| {
            comparison.before(key.as_bytes(), content_digest(record.content.as_deref()))?;
            compared += 1;
            let flow = if compared.is_multiple_of(STEP) {
                on_step(PublishStep::Comparing(compared))
            } else {
                ControlFlow::Continue(())
            };
            stopped |= flow.is_break();
            Ok(flow)
        })?;
    }
    if stopped || on_step(PublishStep::Comparing(counts.total)).is_break() {
        return Ok(None);
    }
    counts.changes = comparison.changes()?;
    counts.parent = parent.map(|parent| parent.name);
    Ok(Some(counts))
}

//! Delete File with the source files: what it would take away, and taking it away, each file with its own outcome.
//!
//! Without the source files, deleting is a deed of the workspace alone.

use super::OpsError;
use super::known::Registry;
use super::sample::Named;
use crate::domain::{ActionReport, Deed, SampleId, SampleKey, Source, Target};
use crate::objects::{DeleteError, Store, Versioning};
use crate::workspace::{Dataset, Identity, Reader, Writer};
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;

/// Outcomes written down at once: what a crash may leave unwritten is done again by the next run.
const WRITTEN: usize = 100;

/// What the dialog says before the source files go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeletionPlan {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Other known datasets that list at least one of them, by name.
    pub also_in: Vec<String>,
    /// Published versions that list at least one of them, by name.
    pub versions: Vec<String>,
    /// Whether the store keeps what is deleted; [`Versioning::Unknown`] until it was asked.
    pub kept: Versioning,
}

/// What became of one source file.
#[derive(Debug)]
pub struct SourceDeletion {
    /// The sample.
    pub id: SampleId,
    /// Its key.
    pub key: SampleKey,
    /// Gone for good, or why not.
    pub outcome: Result<(), DeleteError>,
}

impl SourceDeletion {
    /// Whether the file is not there any more, by our doing or somebody else's.
    pub fn is_gone(&self) -> bool {
        matches!(self.outcome, Ok(()) | Err(DeleteError::Gone))
    }
}

/// Adds up what deleting these source files would take away, as far as this machine knows.
///
/// # Errors
/// The workspace or the list of datasets cannot be read. Other datasets whose workspace cannot be read are passed over.
pub fn plan_deletion(
    reader: &Reader,
    registry: &Registry,
    identity: &Identity,
    samples: &[Named],
) -> Result<DeletionPlan, OpsError> {
    let mut plan = DeletionPlan { files: samples.len() as u64, ..DeletionPlan::default() };
    for (id, _) in samples {
        plan.bytes += reader.stamp(*id)?.map_or(0, |stamp| stamp.size);
    }
    plan.versions = reader.versions_listing(samples.iter().map(|(id, _)| *id))?;
    let here = reader.dataset();
    for other in registry.all()? {
        let Ok(there) = Reader::open(&other.workspace, identity.clone()) else { continue };
        if there.dataset().id != here.id && lists_any(&there, here, samples) {
            plan.also_in.push(other.name);
        }
    }
    Ok(plan)
}

fn lists_any(there: &Reader, here: &Dataset, samples: &[Named]) -> bool {
    let (Ok(ours), Ok(theirs)) =
        (Source::parse(&here.source), Source::parse(&there.dataset().source))
    else {
        return false;
    };
    let elsewhere = here.connection.endpoint != there.dataset().connection.endpoint;
    if ours.folder().is_none() && elsewhere {
        return false;
    }
    let (ours, theirs) = (address(&ours, b""), address(&theirs, b""));
    if !ours.starts_with(&theirs) && !theirs.starts_with(&ours) {
        return false;
    }
    samples.iter().any(|(_, key)| {
        let full = [ours.as_slice(), key.as_bytes()].concat();
        let key = full.strip_prefix(theirs.as_slice()).map(SampleKey::new);
        key.is_some_and(|key| matches!(there.find(&key), Ok(Some(_))))
    })
}

/// Bytes that are the same for the same file, whichever dataset lists it.
fn address(source: &Source, key: &[u8]) -> Vec<u8> {
    match source {
        Source::Folder(path) => [path.as_os_str().as_bytes(), b"/", key].concat(),
        // `s3` and `obs` are one protocol.
        Source::Bucket { bucket, prefix, .. } => {
            [b"s3://", bucket.as_bytes(), b"/", prefix.as_bytes(), key].concat()
        }
    }
}

/// Deletes the source files, in bulk where the store can, then marks the samples whose file is gone as deleted, in one
/// action. What failed stays in the list. `on_file` sees each outcome and says whether to go on; what is gone by then
/// is marked. Run again after a break, it goes on: what is gone already counts as such.
///
/// # Errors
/// The workspace refuses. Files that could not be deleted are no error of the whole.
pub fn delete_with_sources(
    reader: &Reader,
    writer: &mut Writer,
    store: &Store,
    samples: &[Named],
    at: Timestamp,
    on_file: &mut dyn FnMut(&SourceDeletion) -> ControlFlow<()>,
) -> Result<(ActionReport, Vec<SourceDeletion>), OpsError> {
    let mut outcomes = Vec::with_capacity(samples.len());
    let mut listed = Vec::with_capacity(samples.len());
    let mut named = Vec::with_capacity(samples.len());
    let mut goes_on = true;
    for (id, key) in samples {
        if let Some(stamp) = reader.stamp(*id)? {
            listed.push((key.clone(), stamp));
            named.push(*id);
        } else {
            let outcome = Err(DeleteError::Gone);
            let deletion = SourceDeletion { id: *id, key: key.clone(), outcome };
            goes_on &= on_file(&deletion).is_continue();
            outcomes.push(deletion);
        }
    }
    let mut recorded = 0;
    if goes_on {
        store.delete_many(&listed, &mut |place, outcome| {
            let Some(((key, _), id)) = listed.get(place).zip(named.get(place)) else {
                return ControlFlow::Continue(());
            };
            let deletion = SourceDeletion { id: *id, key: key.clone(), outcome };
            let flow = on_file(&deletion);
            outcomes.push(deletion);
            if outcomes.len() - recorded >= WRITTEN {
                record(writer, &outcomes[recorded..], at);
                recorded = outcomes.len();
            }
            flow
        });
    }
    record(writer, &outcomes[recorded..], at);
    let gone = outcomes.iter().filter(|deletion| deletion.is_gone()).map(|deletion| deletion.id);
    let report = writer.act(&Deed::Delete, &Target::Samples(gone.collect()), at)?;
    Ok((report, outcomes))
}

/// The journal keeps each file's outcome; a journal that cannot be written does not stop a deletion half-way.
fn record(writer: &mut Writer, deletions: &[SourceDeletion], at: Timestamp) {
    let said = |deletion: &SourceDeletion| match &deletion.outcome {
        Ok(()) => "deleted".to_owned(),
        Err(error) => error.to_string(),
    };
    let outcomes: Vec<(SampleId, String)> =
        deletions.iter().map(|deletion| (deletion.id, said(deletion))).collect();
    if outcomes.is_empty() {
        return;
    }
    if let Err(error) = writer.journal_outcomes("delete-source", &outcomes, at) {
        tracing::warn!(%error, "the outcomes of a deletion were not recorded");
    }
}

//! Delete File with the source files: what it would take away, and taking it away, each file with its own outcome.
//!
//! Without the source files, deleting is a deed of the workspace alone.

use super::OpsError;
use super::known::Registry;
use super::sample::Named;
use crate::domain::{ActionReport, Deed, SampleId, SampleKey, Source, Target};
use crate::objects::{DeleteError, Store};
use crate::workspace::{Dataset, Identity, Reader, Writer};
use jiff::Timestamp;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What the dialog says before the source files go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeletionPlan {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Other known datasets that list at least one of them, by name.
    pub also_in: Vec<String>,
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

/// Adds up what deleting these source files would take away.
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
    let folder = |source: &str| Source::parse(source).ok()?.folder().map(Path::to_owned);
    let (Some(ours), Some(theirs)) = (folder(&here.source), folder(&there.dataset().source)) else {
        return false;
    };
    if !ours.starts_with(&theirs) && !theirs.starts_with(&ours) {
        return false;
    }
    samples.iter().any(|(_, key)| {
        let path = ours.join(std::ffi::OsStr::from_bytes(key.as_bytes()));
        let key = path.strip_prefix(&theirs).ok().map(|rest| rest.as_os_str().as_bytes().to_vec());
        key.is_some_and(|key| matches!(there.find(&SampleKey::new(key)), Ok(Some(_))))
    })
}

/// Deletes the source files one by one, then marks the samples whose file is gone as deleted, in one action. What
/// failed stays in the list. `on_file` sees each outcome and says whether to go on; what is gone by then is marked.
///
/// # Errors
/// The workspace refuses. Files that could not be deleted are no error of the whole.
pub fn delete_with_sources(
    reader: &Reader,
    writer: &mut Writer,
    store: &Store,
    samples: &[Named],
    at: Timestamp,
    on_file: &mut dyn FnMut(&SourceDeletion) -> std::ops::ControlFlow<()>,
) -> Result<(ActionReport, Vec<SourceDeletion>), OpsError> {
    let mut outcomes = Vec::with_capacity(samples.len());
    for (id, key) in samples {
        let outcome = match reader.stamp(*id)? {
            Some(listed) => store.delete(key, &listed),
            None => Err(DeleteError::Gone),
        };
        let deletion = SourceDeletion { id: *id, key: key.clone(), outcome };
        record(writer, &deletion, at);
        let flow = on_file(&deletion);
        outcomes.push(deletion);
        if flow.is_break() {
            break;
        }
    }
    let gone = outcomes.iter().filter(|deletion| deletion.is_gone()).map(|deletion| deletion.id);
    let report = writer.act(&Deed::Delete, &Target::Samples(gone.collect()), at)?;
    Ok((report, outcomes))
}

/// The journal keeps each file's outcome; a journal that cannot be written does not stop a deletion half-way.
fn record(writer: &mut Writer, deletion: &SourceDeletion, at: Timestamp) {
    let detail = match &deletion.outcome {
        Ok(()) => "deleted".to_owned(),
        Err(error) => error.to_string(),
    };
    if let Err(error) = writer.journal("delete-source", Some(deletion.id), 0, &detail, at) {
        tracing::warn!(%error, "the outcome of a deletion was not recorded");
    }
}

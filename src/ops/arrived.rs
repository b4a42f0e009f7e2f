//! Labels that came with the data: `*.manifest` at the source's root, read once each time they change.

use super::OpsError;
use super::files::LabelFiles;
use super::import_labels::{LabelImport, import_labels};
use crate::domain::{SampleKey, Source, UserError};
use crate::formats::Format;
use crate::objects::{Entry, Store};
use crate::workspace::{Reader, Writer};
use jiff::Timestamp;
use std::ops::ControlFlow;

/// What the manifests of a source gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrived {
    /// Labels taken in.
    pub imported: u64,
    /// Manifests that could not be taken in, with the reason; nothing of them was.
    pub failed: Vec<(SampleKey, UserError)>,
}

/// Imports every manifest that is new or changed since it was last read, by the merge rule: a person's label stands.
///
/// # Errors
/// The workspace cannot be read or written.
pub fn take_manifests(
    open_reader: &dyn Fn() -> Result<Reader, OpsError>,
    writer: &mut Writer,
    store: &Store,
    source: &Source,
    manifests: &[Entry],
    to_nfc: bool,
    at: Timestamp,
) -> Result<Arrived, OpsError> {
    let mut arrived = Arrived::default();
    for manifest in manifests {
        let Some(name) = manifest.key.as_str() else { continue };
        let place = format!("manifest {name}");
        let reader = open_reader()?;
        if reader.recall(&place)?.as_deref() == Some(manifest.stamp.etag.as_str()) {
            continue;
        }
        let files = LabelFiles::of_store(store, source, name);
        let how = LabelImport { format: Some(Format::Manifest), to_nfc, ..LabelImport::default() };
        let go_on = &mut |_| ControlFlow::Continue(());
        match import_labels(reader, writer, source, &files, &how, at, go_on) {
            Ok(Some(report)) if report.applied => {
                arrived.imported += report.report.imported;
                writer.remember(&place, &manifest.stamp.etag)?;
            }
            Ok(Some(report)) => {
                let first = report.problems.first.first().map(ToString::to_string);
                let why = first.unwrap_or_else(|| "a line in it cannot be used".to_owned());
                let hint = "`earmark import SOURCE FILE --skip-bad-lines` takes the rest";
                arrived.failed.push((manifest.key.clone(), UserError::new(why).hint(hint)));
            }
            Ok(None) => {}
            Err(error) => arrived.failed.push((manifest.key.clone(), error.into())),
        }
    }
    Ok(arrived)
}

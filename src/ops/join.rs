//! Joining a dataset by its output: `earmark.json` says which source it belongs to.

use super::OpsError;
use crate::domain::Source;
use crate::objects::{Options, Store, StoreError};
use crate::sync::{Marker, ShareError, read_marker};

/// What the place that was typed says, if it is the output of a dataset.
///
/// # Errors
/// It cannot be asked, or a newer earmark made it.
pub(super) fn marker_at(place: &Source, options: &Options) -> Result<Option<Marker>, OpsError> {
    let store = Store::open(place, options)?;
    match read_marker(&store) {
        // Keys that may only list can still label.
        Err(ShareError::Output(StoreError::Denied { .. })) => Ok(None),
        Err(ShareError::Output(error)) => Err(error.into()),
        outcome => Ok(outcome?),
    }
}

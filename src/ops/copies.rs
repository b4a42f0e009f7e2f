//! Copies of a workspace and what they are good for: made each day, put back, and the salvage of what has none.

use super::{OpsError, Place};
use crate::text::{counted, safe_line};
use crate::workspace::{self, Copy, Salvaged, WorkspaceError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Makes today's copy of a workspace, unless it is there or `days` is 0, and lets go of those beyond `days`. `rest` is
/// told how long each step took, and may wait or end it.
///
/// # Errors
/// The workspace is damaged, or the copy cannot be written.
pub fn copy_of_the_day(
    workspace: &Path,
    days: u32,
    at: Timestamp,
    rest: &mut dyn FnMut(Duration) -> ControlFlow<()>,
) -> Result<Option<PathBuf>, OpsError> {
    let day = at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string();
    Ok(workspace::daily_copy(workspace, &day, days as usize, rest)?)
}

/// Puts a copy in the place of a dataset's workspace: a file, or the name of one that lies beside it, as a day. Returns
/// the copy that was meant, and under which name what was there is kept.
///
/// # Errors
/// No such copy, or [`workspace::put_back`]'s.
pub fn put_copy_back(
    place: &Place,
    named: &Path,
    at: Timestamp,
) -> Result<(PathBuf, Option<PathBuf>), OpsError> {
    let beside = workspace::copies(&place.workspace)?;
    let copy = meant(&beside, named).ok_or_else(|| OpsError::NoSuchCopy {
        named: named.display().to_string(),
        newest: beside.first().map(|copy| copy.name.clone()),
    })?;
    let aside = tag(at);
    let source = Some(place.dataset.source.as_str());
    let kept = workspace::put_back(&place.workspace, &copy, source, &aside)?;
    Ok((copy, kept))
}

fn meant(beside: &[Copy], named: &Path) -> Option<PathBuf> {
    let of_name = beside.iter().find(|copy| Path::new(&copy.name) == named);
    let of_name = of_name.map(|copy| copy.path.clone());
    of_name.or_else(|| named.exists().then(|| named.to_owned()))
}

/// Writes what is readable of a dataset's workspace to a new file; without `to`, beside it.
///
/// # Errors
/// [`workspace::salvage`]'s.
pub fn salvage_dataset(
    place: &Place,
    to: Option<PathBuf>,
    at: Timestamp,
) -> Result<(PathBuf, Salvaged), OpsError> {
    let to = to
        .unwrap_or_else(|| place.workspace.with_extension(format!("salvaged-{}.earmark", tag(at))));
    let salvaged = workspace::salvage(&place.workspace, &to, Some(&place.dataset))?;
    Ok((to, salvaged))
}

/// A time as part of a file's name.
fn tag(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y%m%d-%H%M%S").to_string()
}

/// The copies of a workspace in one sentence.
pub(super) fn told(copies: &[Copy]) -> Option<String> {
    let newest = copies.first()?;
    let all = counted(copies.len() as u64, "copy", "copies");
    Some(format!("{all}, the newest {}", safe_line(&newest.name)))
}

/// A damaged or missing workspace, which copies can replace.
pub(super) fn is_damage(error: &OpsError) -> bool {
    matches!(
        error,
        OpsError::Gone { .. }
            | OpsError::Workspace(WorkspaceError::Corrupt { .. } | WorkspaceError::Damaged { .. })
    )
}

//! From what was typed to samples of a dataset.

use super::OpsError;
use crate::domain::{Anchor, Order, PageRequest, SampleId, SampleKey, Source, Target};
use crate::text::safe_bytes;
use crate::workspace::Reader;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A sample, and what it is called.
pub type Named = (SampleId, SampleKey);

/// Rows read at once.
const PAGE: usize = 1000;

/// The sample with this key; or, where the source is a folder, at this path.
///
/// # Errors
/// There is none; the workspace cannot be read.
pub fn find_sample(reader: &Reader, source: &Source, typed: &OsStr) -> Result<Named, OpsError> {
    let key = SampleKey::new(typed.as_bytes());
    if let Some(id) = reader.find(&key)? {
        return Ok((id, key));
    }
    if let Some(key) = key_of_path(source, Path::new(typed))
        && let Some(id) = reader.find(&key)?
    {
        return Ok((id, key));
    }
    Err(OpsError::NoSuchSample(safe_bytes(key.as_bytes()).into_owned()))
}

/// All that are there, and the keys of those that are not.
///
/// # Errors
/// The workspace cannot be read.
pub fn find_samples<'a>(
    reader: &Reader,
    source: &Source,
    typed: impl IntoIterator<Item = &'a OsStr>,
) -> Result<(Vec<Named>, Vec<SampleKey>), OpsError> {
    let mut found: Vec<Named> = Vec::new();
    let mut seen = HashSet::new();
    let mut unknown = Vec::new();
    for typed in typed {
        match find_sample(reader, source, typed) {
            Ok(sample) if seen.insert(sample.0) => found.push(sample),
            Ok(_) => {}
            Err(OpsError::NoSuchSample(_)) => unknown.push(SampleKey::new(typed.as_bytes())),
            Err(error) => return Err(error),
        }
    }
    Ok((found, unknown))
}

/// A path as the shell completes it, as a key. The file itself may be gone.
fn key_of_path(source: &Source, path: &Path) -> Option<SampleKey> {
    let folder = source.folder()?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let full = parent.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?);
    let relative = full.strip_prefix(folder).ok()?;
    Some(SampleKey::new(relative.as_os_str().as_bytes()))
}

/// Every sample of a target, for what has to be done one by one.
///
/// # Errors
/// The workspace cannot be read.
pub fn samples_of(reader: &Reader, target: &Target) -> Result<Vec<Named>, OpsError> {
    let (view, filter, scope) = match target {
        Target::Samples(ids) => {
            let details = ids.iter().map(|id| reader.detail(*id));
            let known = details.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
            return Ok(known.map(|detail| (detail.id, detail.key)).collect());
        }
        Target::Matching { view, filter, scope } => (*view, filter.clone(), *scope),
    };
    let anchor = Anchor::First;
    let mut request =
        PageRequest { view, filter, scope, order: Order::default(), anchor, limit: PAGE };
    let mut samples = Vec::new();
    loop {
        let page = reader.page(&request)?;
        let last = page.rows.last().map(|row| row.id);
        samples.extend(page.rows.into_iter().map(|row| (row.id, row.key)));
        match last {
            Some(last) if page.more_after => request.anchor = Anchor::After(last),
            _ => return Ok(samples),
        }
    }
}

//! What was published into an output, by whomever: which versions there are, what each lists, how two differ.

use super::OpsError;
use super::files::LabelFiles;
use super::import_labels::in_files;
use super::matching::key_in;
use crate::domain::{SampleKey, Source};
use crate::formats::{Format, ReadOptions, Record, read};
use crate::objects::Store;
use crate::workspace::{Changes, Comparison, Difference, Reader, Version, Writer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::path::Path;

/// Where versions are claimed and described, in the output.
const FOLDER: &str = "versions/";
/// More than a description ever has.
const LIMIT: u64 = 1 << 20;

/// `versions/<V>/version.json`: there only when the version is complete. Fields of a newer earmark are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// Of this description: 1.
    pub format: u32,
    /// `V001` or as it was named.
    pub name: String,
    /// The dataset's id.
    pub dataset: String,
    /// Where the audio lives.
    pub source: String,
    /// The manifest, relative to the output.
    pub manifest: String,
    /// When it was published, UTC.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// From which workspace.
    pub writer: String,
    /// What was said about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The version before it.
    pub parent: Option<String>,
    /// Samples.
    pub total: u64,
    /// Of those, labeled.
    pub labeled: u64,
    /// Samples that the parent does not have.
    pub added: u64,
    /// Samples with another content than in the parent.
    pub modified: u64,
    /// Samples that only the parent has.
    pub deleted: u64,
    /// How it was split, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitInfo>,
    /// How far each writer's log is in it.
    #[serde(default)]
    pub positions: BTreeMap<String, u64>,
    /// Fields of a newer earmark.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How a version was split into training and evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitInfo {
    /// The share for training.
    pub training: f64,
    /// The seed.
    pub seed: u64,
    /// `file`, `folder` or `speaker`.
    pub by: String,
}

impl VersionInfo {
    /// As the workspace keeps it.
    pub fn to_version(&self) -> Version {
        Version {
            name: self.name.clone(),
            at: self.at,
            author: self.author.clone(),
            parent: self.parent.clone(),
            manifest: self.manifest.clone(),
            total: self.total,
            labeled: self.labeled,
            changes: Changes { added: self.added, modified: self.modified, deleted: self.deleted },
        }
    }
}

/// A version in an output: complete, or begun and not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedVersion {
    /// Its name.
    pub name: String,
    /// What it says of itself; `None` while it is not complete.
    pub info: Option<VersionInfo>,
    /// Who claimed the name: workspaces, by the names of their claims.
    pub claims: Vec<String>,
}

/// Every version in an output, the oldest first, unfinished ones last.
///
/// # Errors
/// The output cannot be read, or a description in it.
pub fn published_versions(output: &Store) -> Result<Vec<PublishedVersion>, OpsError> {
    let mut found: BTreeMap<String, PublishedVersion> = BTreeMap::new();
    let mut complete = Vec::new();
    output.list_under(FOLDER, None, &mut |entries| {
        for entry in entries {
            let Some((name, file)) = entry
                .key
                .as_str()
                .and_then(|key| key.strip_prefix(FOLDER))
                .and_then(|rest| rest.split_once('/'))
            else {
                continue;
            };
            let version = found.entry(name.to_owned()).or_insert_with(|| PublishedVersion {
                name: name.to_owned(),
                info: None,
                claims: Vec::new(),
            });
            if let Some(claim) = file.strip_prefix("claim-") {
                version.claims.push(claim.to_owned());
            } else if file == "version.json" {
                complete.push(name.to_owned());
            }
        }
        ControlFlow::Continue(())
    })?;
    for name in complete {
        let key = info_key(&name);
        let bytes = output.get(&key, LIMIT)?;
        let info = serde_json::from_slice(&bytes)
            .map_err(|source| OpsError::Description { file: key, source })?;
        if let Some(version) = found.get_mut(&name) {
            version.info = Some(info);
        }
    }
    let mut versions: Vec<PublishedVersion> = found.into_values().collect();
    versions.sort_by_key(|version| {
        let at = version.info.as_ref().map(|info| info.at);
        (at.is_none(), at, version.name.clone())
    });
    Ok(versions)
}

/// Where a version describes itself.
pub(super) fn info_key(version: &str) -> String {
    format!("{FOLDER}{version}/version.json")
}

/// Where a version's name is claimed.
pub(super) fn claim_key(version: &str, writer: &str) -> String {
    format!("{FOLDER}{version}/claim-{writer}")
}

/// The complete version of this name.
///
/// # Errors
/// There is none, or the output cannot be read.
pub fn find_version(output: &Store, name: &str) -> Result<VersionInfo, OpsError> {
    let versions = published_versions(output)?;
    let known = versions.iter().filter(|version| version.info.is_some());
    let names: Vec<&str> = known.map(|version| version.name.as_str()).collect();
    let missing = OpsError::NoSuchVersion { name: name.to_owned(), known: names.join(", ") };
    let found = versions.iter().find(|version| version.name == name);
    found.and_then(|version| version.info.clone()).ok_or(missing)
}

/// Every sample of a version, as its manifest says it: key and record. Keys that are not of the version's source are
/// addresses.
///
/// # Errors
/// The manifest is not there or cannot be read.
pub fn each_of_version(
    output: &Store,
    info: &VersionInfo,
    on_sample: &mut dyn FnMut(SampleKey, Record) -> Result<ControlFlow<()>, OpsError>,
) -> Result<(), OpsError> {
    let source = Source::parse(&info.source)?;
    let files = LabelFiles::of_store(output, &source, &info.manifest);
    let mut failed = None;
    let outcome = read(Format::Manifest, &files, &ReadOptions::default(), &mut |record| {
        let taken = match record {
            Ok(record) => on_sample(SampleKey::new(key_in(&source, &record.audio)), record),
            Err(problem) => Err(OpsError::BadLine { file: info.manifest.clone(), source: problem }),
        };
        taken.unwrap_or_else(|error| {
            failed = Some(error);
            ControlFlow::Break(())
        })
    });
    match failed {
        Some(error) => Err(error),
        None => outcome.map_err(|source| in_files(&files, source)),
    }
}

/// Every sample that differs between two versions, in the order of keys.
///
/// # Errors
/// A manifest cannot be read, or there is no room in `scratch` to compare them.
pub fn compare_versions(
    output: &Store,
    earlier: &VersionInfo,
    later: &VersionInfo,
    scratch: &Path,
    on_difference: &mut dyn FnMut(SampleKey, Difference) -> ControlFlow<()>,
) -> Result<Changes, OpsError> {
    let mut comparison = Comparison::create(scratch)?;
    each_of_version(output, earlier, &mut |key, record| {
        comparison.before(key.as_bytes(), content_digest(record.content.as_deref()))?;
        Ok(ControlFlow::Continue(()))
    })?;
    each_of_version(output, later, &mut |key, record| {
        comparison.after(key.as_bytes(), content_digest(record.content.as_deref()))?;
        Ok(ControlFlow::Continue(()))
    })?;
    comparison.each(on_difference)?;
    Ok(comparison.changes()?)
}

/// Tells one content from another, and from none.
pub(super) fn content_digest(content: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// Takes notice of the versions that others published: which samples each lists. Returns how many were new.
///
/// # Errors
/// The output or the workspace fails. What was noticed before stays.
pub fn learn_versions(
    reader: &Reader,
    writer: &mut Writer,
    output: &Store,
) -> Result<u64, OpsError> {
    let known: Vec<String> = reader.versions()?.into_iter().map(|version| version.name).collect();
    let mut learned = 0;
    for version in published_versions(output)? {
        let Some(info) = version.info.filter(|info| !known.contains(&info.name)) else { continue };
        let mut samples = Vec::new();
        each_of_version(output, &info, &mut |key, _| {
            samples.extend(reader.find(&key)?);
            Ok(ControlFlow::Continue(()))
        })?;
        writer.record_version(&info.to_version(), &samples)?;
        learned += 1;
    }
    Ok(learned)
}

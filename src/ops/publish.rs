//! Publishing: an immutable snapshot of the labels as a manifest in the output, under a name that nobody else takes.
//!
//! The manifest is written and verified here first. Then the name is claimed, `versions/<V>/claim-<writer>`: whoever
//! finds another claim beside its own steps back. The description, `versions/<V>/version.json`, comes last and makes
//! the version complete; until then nobody reads it, and its own workspace may finish it in another run.

use super::OpsError;
use super::capped::Capped;
use super::export::{ExportPlan, ExportReport, OnConflict, write_verified};
use super::files::Draft;
use super::known::locked;
use super::split::{Split, SplitBy};
use super::versions::{
    PublishedVersion, SplitInfo, VersionInfo, claim_key, content_digest, each_of_version, info_key,
    published_versions,
};
use crate::domain::{Filter, SampleId, SampleKey, Source, UserError};
use crate::formats::{Format, WriteOptions};
use crate::objects::{PutIf, Store, StoreError};
use crate::sync::write_snapshot;
use crate::workspace::{Changes, Comparison, Dataset, Reader, Writer};
use jiff::Timestamp;
use serde_json::{Map, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Tries to be alone with a name before giving up.
const TRIES: u32 = 12;
/// The longest pause between two tries, times their number.
const PAUSE: Duration = Duration::from_millis(150);
/// The manifest while it has no name.
const DRAFT: &str = "draft.manifest";

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PublishPlan {
    /// Under which name; `None`: the next number.
    pub version: Option<String>,
    /// What is said about it.
    pub description: String,
    /// Only samples that have a label.
    pub labeled_only: bool,
    /// Samples whose labels disagree.
    pub conflicts: OnConflict,
    /// Training and evaluation.
    pub split: Option<Split>,
    /// `s3` or `obs` for addresses; as the source says if `None`.
    pub scheme: Option<String>,
}

/// What was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// As it describes itself.
    pub info: VersionInfo,
    /// Samples that could not be written, and why.
    pub left_out: Capped<(SampleKey, String)>,
    /// Samples in conflict, left out or with the label that is shown.
    pub conflicts: u64,
    /// Names that others claimed and did not finish so far.
    pub unfinished: Vec<String>,
    /// Why the history, at which new machines start, was not written beside it.
    pub without_history: Option<String>,
}

/// How far publishing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishStep {
    /// Samples written.
    Writing(u64),
    /// Samples compared with the parent.
    Comparing(u64),
    /// Bytes of the manifest in the output.
    Uploading(u64),
}

/// Publishes. `on_step` may stop it before anything is in the output: then `None` comes back.
///
/// # Errors
/// [`OpsError::Conflicts`], [`OpsError::VersionTaken`], [`OpsError::VersionName`]; the workspace or the output fails.
pub fn publish(
    reader: &Reader,
    writer: &mut Writer,
    output: &Store,
    plan: &PublishPlan,
    at: Timestamp,
    on_step: &mut dyn FnMut(PublishStep) -> ControlFlow<()>,
) -> Result<Option<Publication>, OpsError> {
    plan.version.as_deref().map_or(Ok(()), check_version_name)?;
    let lock = writer.path().with_extension("publishing");
    let _alone = locked(&lock).map_err(OpsError::io("lock", &lock))?;
    let dataset = writer.dataset().clone();
    let source = Source::parse(&dataset.source)?;
    let versions = published_versions(output)?;
    let me = writer.writer_id().to_string();
    let unnoted = unnoted(reader, &versions, &me)?;
    if let Some(name) = &plan.version
        && unnoted.is_none_or(|unnoted| unnoted.name != *name)
    {
        refuse_taken(&versions, name, &me)?;
    }
    let parent = versions.iter().filter_map(|version| version.info.clone()).next_back();
    let scratch = writer.path().parent().unwrap_or(Path::new(".")).to_owned();
    let Some(snapshot) = Snapshot::take(
        reader,
        output,
        &source,
        plan,
        parent.as_ref(),
        &dataset,
        &scratch,
        on_step,
    )?
    else {
        return Ok(None);
    };
    if let Some(info) = unnoted {
        if is_this(info, plan, &snapshot) {
            let (info, unfinished) = (info.clone(), unfinished(&versions, &info.name));
            return complete(reader, writer, output, &scratch, info, snapshot, unfinished)
                .map(Some);
        }
        if let Some(name) = &plan.version {
            refuse_taken(&versions, name, &me)?;
        }
    }
    let author = writer.identity().author.clone();
    let claimed = claim(output, plan.version.as_deref(), &me, &author, at)?;
    let info = VersionInfo {
        format: 1,
        manifest: manifest_key(&dataset, &claimed.name),
        name: claimed.name,
        dataset: dataset.id.to_string(),
        source: dataset.source.clone(),
        at,
        author,
        writer: me,
        description: plan.description.clone(),
        parent: parent.map(|parent| parent.name),
        total: snapshot.report.written,
        labeled: snapshot.report.labeled,
        added: snapshot.changes.added,
        modified: snapshot.changes.modified,
        deleted: snapshot.changes.deleted,
        split: plan.split.map(said_of_split),
        positions: (reader.log_positions()?.into_iter())
            .map(|(writer, at)| (writer.to_string(), at))
            .collect(),
        other: Map::new(),
    };
    // What lies there of an unfinished version of our own was never seen by anybody.
    let when = if claimed.resumed { PutIf::Anything } else { PutIf::Absent };
    let key = SampleKey::from(info.manifest.as_str());
    output
        .upload(&key, &snapshot.draft.file(DRAFT), when, &mut |bytes| {
            // From here on it is finished: a claim without a version would be in the way of others.
            let _ = on_step(PublishStep::Uploading(bytes));
            ControlFlow::Continue(())
        })
        .map_err(|error| taken(error, &info.name))?;
    let described = serde_json::to_vec_pretty(&info)
        .map_err(|source| OpsError::Description { file: info_key(&info.name), source })?;
    output
        .put(&info_key(&info.name), &described, PutIf::Absent)
        .map_err(|error| taken(error, &info.name))?;
    complete(reader, writer, output, &scratch, info, snapshot, claimed.unfinished).map(Some)
}

/// What follows once the output has the version. The workspace notes it last: until then another run comes here again.
fn complete(
    reader: &Reader,
    writer: &mut Writer,
    output: &Store,
    scratch: &Path,
    info: VersionInfo,
    snapshot: Snapshot,
    unfinished: Vec<String>,
) -> Result<Publication, OpsError> {
    // Without its snapshot a new machine only has more logs to read.
    let without_history = write_snapshot(output, reader, scratch, &info.name).err();
    writer.record_version(&info.to_version(), &snapshot.samples)?;
    Ok(Publication {
        info,
        without_history: without_history.map(|error| UserError::from(error).to_string()),
        left_out: snapshot.report.left_out,
        conflicts: snapshot.report.conflicts,
        unfinished,
    })
}

/// The newest version, if this workspace published it and does not know: the run that did broke off, or its answer was
/// lost.
fn unnoted<'a>(
    reader: &Reader,
    versions: &'a [PublishedVersion],
    me: &str,
) -> Result<Option<&'a VersionInfo>, OpsError> {
    let newest = versions.iter().filter_map(|version| version.info.as_ref()).next_back();
    let Some(newest) = newest.filter(|newest| newest.writer == me) else { return Ok(None) };
    let known = reader.versions()?.iter().any(|version| version.name == newest.name);
    Ok((!known).then_some(newest))
}

/// Whether a version is what is to be published: the same labels, described in the same way. `snapshot` was compared
/// with it.
fn is_this(info: &VersionInfo, plan: &PublishPlan, snapshot: &Snapshot) -> bool {
    plan.version.as_ref().is_none_or(|name| *name == info.name)
        && snapshot.changes == Changes::default()
        && (snapshot.report.written, snapshot.report.labeled) == (info.total, info.labeled)
        && plan.description == info.description
        && plan.split.map(said_of_split) == info.split
}

fn unfinished(versions: &[PublishedVersion], but: &str) -> Vec<String> {
    let begun = versions.iter().filter(|version| version.info.is_none() && version.name != but);
    begun.map(|version| version.name.clone()).collect()
}

/// The manifest on this machine's disk, verified and compared with the parent.
struct Snapshot {
    draft: Draft,
    report: ExportReport,
    samples: Vec<SampleId>,
    changes: Changes,
}

impl Snapshot {
    #[expect(clippy::too_many_arguments, reason = "everything that a version is made of")]
    fn take(
        reader: &Reader,
        output: &Store,
        source: &Source,
        plan: &PublishPlan,
        parent: Option<&VersionInfo>,
        dataset: &Dataset,
        scratch: &Path,
        on_step: &mut dyn FnMut(PublishStep) -> ControlFlow<()>,
    ) -> Result<Option<Self>, OpsError> {
        let export = ExportPlan {
            format: Format::Manifest,
            view: None,
            filter: Filter::default(),
            scope: None,
            labeled_only: plan.labeled_only,
            conflicts: plan.conflicts,
            split: plan.split,
            keep_usage: false,
            options: WriteOptions {
                guard_formulas: false,
                full_addresses: true,
                scheme: plan.scheme.clone(),
                dataset: dataset.name.clone(),
            },
        };
        let mut draft = Draft::beside(&scratch.join(DRAFT))?;
        let mut comparison = Comparison::create(scratch)?;
        let mut samples = Vec::new();
        let written = write_verified(
            reader,
            source,
            &export,
            &mut draft,
            DRAFT,
            &mut |row, item| {
                samples.push(row.id);
                let digest = content_digest(item.content.as_deref());
                Ok(comparison.after(row.key.as_bytes(), digest)?)
            },
            &mut |written| on_step(PublishStep::Writing(written)),
        )?;
        let Some(written) = written else { return Ok(None) };
        if written.report.altered > 0 {
            let why = format!("{} labels read back differently", written.report.altered);
            return Err(OpsError::NotVerified { why });
        }
        let mut stopped = false;
        if let Some(parent) = parent {
            let mut compared = 0;
            each_of_version(output, parent, &mut |key, record| {
                comparison.before(key.as_bytes(), content_digest(record.content.as_deref()))?;
                compared += 1;
                let flow = on_step(PublishStep::Comparing(compared));
                stopped |= flow.is_break();
                Ok(flow)
            })?;
        }
        if stopped {
            return Ok(None);
        }
        let changes = comparison.changes()?;
        Ok(Some(Self { draft, report: written.report, samples, changes }))
    }
}

fn said_of_split(split: Split) -> SplitInfo {
    let by = match split.by {
        SplitBy::File => "file",
        SplitBy::Folder => "folder",
        SplitBy::Speaker => "speaker",
    };
    SplitInfo { training: split.training, seed: split.seed, by: by.to_owned() }
}

/// As `ModelArts` lays its output out.
fn manifest_key(dataset: &Dataset, version: &str) -> String {
    let name: String =
        dataset.name.chars().map(|c| if c == '/' || c.is_control() { '-' } else { c }).collect();
    format!("{name}-{}/annotation/{version}/{version}.manifest", dataset.id.simple())
}

/// Letters, digits, `-` and `_`, up to 32 of them.
fn check_version_name(name: &str) -> Result<(), OpsError> {
    let good = (1..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if good { Ok(()) } else { Err(OpsError::VersionName(name.to_owned())) }
}

/// A name that is ours now.
struct Claimed {
    name: String,
    /// An earlier run of this workspace had claimed it and did not finish.
    resumed: bool,
    unfinished: Vec<String>,
}

fn claim(
    output: &Store,
    asked: Option<&str>,
    me: &str,
    author: &str,
    at: Timestamp,
) -> Result<Claimed, OpsError> {
    let claim = json!({ "writer": me, "author": author, "at": at }).to_string();
    let mut name = String::new();
    for attempt in 1..=TRIES {
        let versions = published_versions(output)?;
        let mine = |version: &&PublishedVersion| {
            version.info.is_none() && version.claims == [me.to_owned()]
        };
        let begun = versions
            .iter()
            .filter(mine)
            .map(|version| version.name.clone())
            .find(|begun| asked.is_none_or(|asked| asked == begun));
        let resumed = begun.is_some();
        name = match (asked, begun) {
            (_, Some(begun)) => begun,
            (Some(asked), None) => {
                refuse_taken(&versions, asked, me)?;
                asked.to_owned()
            }
            (None, None) => next_number(&versions),
        };
        output.put(&claim_key(&name, me), claim.as_bytes(), PutIf::Anything)?;
        if is_alone(output, &name, me)? {
            let unfinished = unfinished(&versions, &name);
            return Ok(Claimed { name, resumed, unfinished });
        }
        output.remove(&claim_key(&name, me))?;
        thread::sleep(PAUSE.mul_f64(f64::from(attempt) * unlike_others(me, attempt)));
    }
    Err(OpsError::VersionTaken { name, published: false })
}

/// Whether nothing stands under a name but our own claim, and what we ourselves had begun there.
fn is_alone(output: &Store, name: &str, me: &str) -> Result<bool, OpsError> {
    let versions = published_versions(output)?;
    let version = versions.iter().find(|version| version.name == name);
    Ok(version.is_some_and(|version| version.info.is_none() && version.claims == [me.to_owned()]))
}

fn refuse_taken(versions: &[PublishedVersion], name: &str, me: &str) -> Result<(), OpsError> {
    let Some(version) = versions.iter().find(|version| version.name == name) else {
        return Ok(());
    };
    let published = version.info.is_some();
    if published || version.claims.iter().any(|claim| claim != me) {
        return Err(OpsError::VersionTaken { name: name.to_owned(), published });
    }
    Ok(())
}

/// `V001`, or one more than the highest that anybody took.
pub fn next_number(versions: &[PublishedVersion]) -> String {
    let numbers =
        versions.iter().filter_map(|version| version.name.strip_prefix('V')?.parse::<u32>().ok());
    format!("V{:03}", numbers.max().unwrap_or(0).saturating_add(1))
}

/// A number from 0 to 1 in which two writers differ.
fn unlike_others(me: &str, attempt: u32) -> f64 {
    let mixed = content_digest(Some(&format!("{me}{attempt}")));
    (mixed % 1_000) as f64 / 1_000.0
}

fn taken(error: StoreError, name: &str) -> OpsError {
    match error {
        StoreError::AlreadyThere { .. } => {
            OpsError::VersionTaken { name: name.to_owned(), published: true }
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Identity, Listed};
    use std::sync::Barrier;

    struct Desk {
        _dir: tempfile::TempDir,
        reader: Reader,
        writer: Writer,
    }

    fn desk(source: &Path, keys: &[&str]) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.earmark");
        let dataset = Dataset {
            id: uuid::Uuid::from_u128(7),
            name: "calls".into(),
            source: source.display().to_string(),
            output: None,
            connection: crate::domain::Connection::default(),
        };
        let mut writer = Writer::create(&path, &dataset, Identity::new("ann")).unwrap();
        for key in keys {
            let etag = "1".into();
            writer.take_in(&Listed { key: (*key).into(), size: 1, etag, modified: None }).unwrap();
        }
        let reader = Reader::open(&path, Identity::new("ann")).unwrap();
        Desk { _dir: dir, reader, writer }
    }

    fn output() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let source = Source::Folder(dir.path().join("out"));
        let store = Store::create(&source, &crate::objects::Options::default()).unwrap();
        (dir, store)
    }

    impl Desk {
        fn publish(
            &mut self,
            output: &Store,
            version: Option<&str>,
        ) -> Result<VersionInfo, OpsError> {
            let plan = PublishPlan { version: version.map(str::to_owned), ..Default::default() };
            let go_on = &mut |_| ControlFlow::Continue(());
            let at = Timestamp::now();
            publish(&self.reader, &mut self.writer, output, &plan, at, go_on)
                .map(|publication| publication.unwrap().info)
        }
    }

    #[test]
    fn names_count_up_and_are_never_taken_twice() {
        let (_dir, output) = output();
        let mut ann = desk(Path::new("/data"), &["a.wav", "b.wav"]);
        let first = ann.publish(&output, None).unwrap();
        assert_eq!((first.name.as_str(), first.total, first.added), ("V001", 2, 2));
        let second = ann.publish(&output, None).unwrap();
        assert_eq!((second.name.as_str(), second.added), ("V002", 0));
        assert_eq!(second.parent.as_deref(), Some("V001"));
        let again = ann.publish(&output, Some("V001"));
        assert!(matches!(again, Err(OpsError::VersionTaken { published: true, .. })));
        assert!(matches!(ann.publish(&output, Some("a/b")), Err(OpsError::VersionName(_))));
    }

    #[test]
    fn what_was_begun_here_is_finished_and_what_others_began_is_left_alone() {
        let (_dir, output) = output();
        let mut ann = desk(Path::new("/data"), &["a.wav"]);
        let me = ann.writer.writer_id().to_string();
        output.put(&claim_key("V001", &me), b"{}", PutIf::Anything).unwrap();
        assert_eq!(ann.publish(&output, None).unwrap().name, "V001");
        output.put(&claim_key("V002", "somebody"), b"{}", PutIf::Anything).unwrap();
        let asked = ann.publish(&output, Some("V002"));
        assert!(matches!(asked, Err(OpsError::VersionTaken { published: false, .. })));
        assert_eq!(ann.publish(&output, None).unwrap().name, "V003");
    }

    #[test]
    fn a_version_whose_run_broke_off_at_the_end_is_not_published_twice() {
        let (_dir, output) = output();
        let mut ann = desk(Path::new("/data"), &["a.wav"]);
        let mut elsewhere = ann.publish(&output, None).unwrap();
        let unnoted = |info: &mut VersionInfo, name: &str, description: &str| {
            info.name = name.to_owned();
            info.description = description.to_owned();
            info.at = Timestamp::now();
            let bytes = serde_json::to_vec(info).unwrap();
            output.put(&info_key(name), &bytes, PutIf::Absent).unwrap();
        };
        unnoted(&mut elsewhere, "V002", "");
        assert_eq!(ann.publish(&output, None).unwrap().name, "V002", "it was, and is noted now");
        assert_eq!(ann.publish(&output, None).unwrap().name, "V003", "this is another one");
        unnoted(&mut elsewhere, "V004", "");
        assert_eq!(ann.publish(&output, Some("V004")).unwrap().name, "V004");
        unnoted(&mut elsewhere, "V005", "described otherwise");
        assert!(matches!(ann.publish(&output, Some("V005")), Err(OpsError::VersionTaken { .. })));
        assert_eq!(ann.publish(&output, None).unwrap().name, "V006");
    }

    #[test]
    fn two_at_once_get_two_names() {
        let (_dir, output) = output();
        let barrier = Barrier::new(4);
        let mut names: Vec<String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut desk = desk(Path::new("/data"), &["a.wav"]);
                        barrier.wait();
                        desk.publish(&output, None).unwrap().name
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 4);
        let versions = published_versions(&output).unwrap();
        assert_eq!(versions.iter().filter(|version| version.info.is_some()).count(), 4);
    }
}

//! The one connection of a process that changes a workspace. Each method is one transaction, on disk when it returns.

mod indexing;
mod pictures;
mod syncing;

use self::indexing::Indexing;
use super::error::{Doing, Result, WorkspaceError};
use super::file;
use super::identity::{Dataset, Identity};
use super::kinds::{
    ImportItem, ImportReport, Incoming, LabelOutcome, LabelRequest, Lease, Probe, Suggested,
};
use super::ledger::Ledger;
use super::many::Many;
use super::place::Place;
use super::sample::{Sample, find, whereabouts};
use super::undo::Way;
use super::{
    deed, import, leases, list, many, meta, presence::Presence, probes, search, share, since, undo,
};
use crate::crash;
use crate::domain::{
    ActionId, ActionReport, AudioStamp, Deed, How, Peaks, RevisionId, SampleId, SampleKey, Skip,
    Target, UndoReport, WriterId,
};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// After actions on no more samples than this, the search index is brought up at once.
const INDEX_AT_ONCE: usize = 16;

/// A connection that changes a workspace. One thread owns it; every method blocks.
///
/// A method that fails has changed nothing, unless it says otherwise.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    place: Place,
    dataset: Dataset,
    id: WriterId,
    identity: Identity,
    presence: Presence,
    /// What was done through this connection: who asks for it need not be asked about it.
    own: BTreeSet<ActionId>,
    indexing: Indexing,
    /// The version of the file's data when others' changes were last looked for.
    seen: i64,
}

impl Writer {
    /// Makes a new workspace file, and the folders that it lies in, for their owner alone.
    ///
    /// # Errors
    /// [`WorkspaceError::Exists`], or the file cannot be made.
    pub fn create(path: &Path, dataset: &Dataset, identity: Identity) -> Result<Self> {
        let mut connection = file::create(path)?;
        transact(&mut connection, path, "make the workspace", |transaction| {
            meta::set_dataset(transaction, dataset)
        })?;
        Self::enter(connection, path, identity)
    }

    /// Opens a workspace. One of an older format is copied and brought up to date; a copy of a workspace becomes a
    /// writer of its own.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::NotAWorkspace`], [`WorkspaceError::Newer`],
    /// [`WorkspaceError::Corrupt`]; the file is left as it is.
    pub fn open(path: &Path, identity: Identity) -> Result<Self> {
        Self::enter(file::open(path)?, path, identity)
    }

    fn enter(mut connection: Connection, path: &Path, identity: Identity) -> Result<Self> {
        let presence = Presence::enter(path, identity.instance)?;
        let fingerprint = file::fingerprint(path)?;
        let (dataset, id) = transact(&mut connection, path, "open the workspace", |transaction| {
            leases::bury(transaction, &identity, &presence)?;
            Ok((meta::dataset(transaction)?, meta::writer(transaction, &fingerprint)?))
        })?;
        let place = Place::of(path)?;
        let path = path.to_owned();
        let own = BTreeSet::new();
        let mut writer = Self {
            connection,
            path,
            place,
            dataset,
            id,
            identity,
            presence,
            own,
            indexing: Indexing::default(),
            seen: 0,
        };
        writer.changed_by_others()?;
        Ok(writer)
    }

    /// What the workspace is about.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Who works here.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Under which name this workspace shares its labels.
    pub fn writer_id(&self) -> WriterId {
        self.id
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Calls the dataset something else.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn rename(&mut self, name: &str) -> Result<()> {
        self.describe(Dataset { name: name.to_owned(), ..self.dataset.clone() })
    }

    /// Says where labels are shared. In another output than before, all that is known here is shared from the beginning.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn set_output(&mut self, output: Option<&str>) -> Result<()> {
        let dataset = Dataset { output: output.map(str::to_owned), ..self.dataset.clone() };
        let changes = dataset.output != self.dataset.output;
        self.change("describe the dataset", |transaction, _| {
            if changes {
                share::begin_anew(transaction)?;
            }
            meta::set_dataset(transaction, &dataset)
        })?;
        self.dataset = dataset;
        Ok(())
    }

    /// Says how the buckets are reached.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn set_connection(&mut self, connection: &crate::domain::Connection) -> Result<()> {
        self.describe(Dataset { connection: connection.clone(), ..self.dataset.clone() })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn presence(&self) -> &Presence {
        &self.presence
    }

    pub(super) fn set_id(&mut self, id: WriterId) {
        self.id = id;
    }

    pub(super) fn describe(&mut self, dataset: Dataset) -> Result<()> {
        self.change("describe the dataset", |transaction, _| {
            meta::set_dataset(transaction, &dataset)
        })?;
        self.dataset = dataset;
        Ok(())
    }

    /// Labels one sample; on disk when it returns. A sample that is missing or in the trash is labeled where it is.
    /// What this connection itself made of the label since `based_on` is no reason to ask.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchSample`], or it is not on disk: the text must stay where it is.
    pub fn label(&mut self, request: &LabelRequest, at: Timestamp) -> Result<LabelOutcome> {
        let Self { connection, place, identity: me, own, indexing, .. } = self;
        let outcome = change(connection, place, "save the label", |transaction| {
            let id = whereabouts(transaction, request.sample.0)?;
            let mut sample = Sample::load(transaction, id)?
                .ok_or(WorkspaceError::NoSuchSample(request.sample))?;
            let standing = sample.heads.standing();
            let Some(entry) = deed::label(
                transaction,
                &sample,
                &standing,
                &request.content,
                request.how.clone(),
            )?
            else {
                return Ok(LabelOutcome::Unchanged);
            };
            let asks = |heads: &Vec<RevisionId>| {
                !since::same_heads(&sample, heads) && !since::only_own(&sample, heads, own)
            };
            if request.based_on.as_ref().is_some_and(asks) {
                return Ok(LabelOutcome::ChangedMeanwhile(Box::new(sample.detail(transaction)?)));
            }
            let mut ledger = Ledger::new(transaction, &me.author, at);
            ledger.append(&mut sample, vec![entry])?;
            search::index(transaction, id, indexing.large)?;
            Ok(LabelOutcome::Labeled(ledger.file("label")?))
        })?;
        if let LabelOutcome::Labeled(ActionReport { action: Some(action), .. }) = &outcome {
            self.own.insert(*action);
        }
        Ok(outcome)
    }

    /// Does one thing to one sample or to many: one transaction, one action.
    ///
    /// # Errors
    /// Nothing of it is done.
    pub fn act(&mut self, deed: &Deed, target: &Target, at: Timestamp) -> Result<ActionReport> {
        let large = self.indexing.large;
        let report = self.change("save the action", |transaction, me| {
            let ids = list::of_target(transaction, target)?;
            let report = deed::act(transaction, &me.author, deed, &ids, at)?;
            if ids.len() <= INDEX_AT_ONCE {
                ids.iter().try_for_each(|id| search::index(transaction, *id, large))?;
            }
            Ok(report)
        })?;
        self.own.extend(report.action);
        Ok(report)
    }

    /// How many samples a deed would be asked of.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn count(&self, target: &Target) -> Result<u64> {
        list::of_target(&self.connection, target).map(|ids| ids.len() as u64)
    }

    /// The samples that a deed would be asked of, with their keys.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn samples(&self, target: &Target) -> Result<Vec<(SampleId, SampleKey)>> {
        let doing = "read the samples";
        let mut sql =
            self.connection.prepare_cached("SELECT key FROM sample WHERE id = ?").doing(doing)?;
        list::of_target(&self.connection, target)?
            .into_iter()
            .map(|id| {
                let key = sql.query_row([id], |row| row.get::<_, Vec<u8>>(0)).doing(doing)?;
                Ok((SampleId(id), SampleKey::new(key)))
            })
            .collect()
    }

    /// How many samples a deed would be asked of, and the bytes of their audio.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn weigh(&self, target: &Target) -> Result<(u64, u64)> {
        let doing = "weigh the samples";
        let mut sql =
            self.connection.prepare_cached("SELECT size FROM sample WHERE id = ?").doing(doing)?;
        list::of_target(&self.connection, target)?.into_iter().try_fold(
            (0, 0),
            |(count, bytes), id| {
                let size: i64 = sql.query_row([id], |row| row.get(0)).doing(doing)?;
                Ok((count + 1, bytes + size.unsigned_abs()))
            },
        )
    }

    /// Whether another connection committed since the last call. This one's own commits do not count.
    ///
    /// # Errors
    /// The workspace cannot be read, or is not in its place any more.
    pub fn changed_by_others(&mut self) -> Result<bool> {
        self.place.check()?;
        let now: i64 = self
            .connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .doing("look for changes of others")?;
        Ok(std::mem::replace(&mut self.seen, now) != now)
    }

    /// Labels many by key in one action; also returns the keys that no sample has.
    ///
    /// # Errors
    /// Nothing of it is done.
    pub fn label_many(
        &mut self,
        labels: impl IntoIterator<Item = (SampleKey, String)>,
        how: &How,
        at: Timestamp,
    ) -> Result<(ActionReport, Vec<SampleKey>)> {
        self.change("save the labels", |transaction, me| {
            let many = Many::together(transaction, usize::MAX)?;
            let mut ledger = Ledger::of_many(&many, &me.author, at);
            let mut unmatched = Vec::new();
            for (key, content) in labels {
                let sample = match find(transaction, &key)? {
                    Some(id) => Sample::load_of(&many, id)?,
                    None => None,
                };
                let Some(mut sample) = sample else {
                    unmatched.push(key);
                    continue;
                };
                let standing = sample.heads.standing();
                match deed::label(transaction, &sample, &standing, &content, how.clone())? {
                    Some(entry) => drop(ledger.append(&mut sample, vec![entry])?),
                    None => ledger.skip(Skip::NothingToDo),
                }
            }
            let report = ledger.file("batch")?;
            many.finish()?;
            Ok((report, unmatched))
        })
    }

    /// Takes in labels that came with the data, by the merge rule: a person's label stands, unless `replace`.
    ///
    /// # Errors
    /// Nothing of it is done.
    pub fn import(
        &mut self,
        items: impl IntoIterator<Item = ImportItem>,
        replace: bool,
        at: Timestamp,
    ) -> Result<ImportReport> {
        let items = items.into_iter().map(Incoming::Item);
        self.change("import the labels", |transaction, me| {
            import::import(transaction, &me.author, items, replace, at)
        })
    }

    /// As [`Writer::import`], for what is still being read: at the end, `keep` says whether any of it stays. The report
    /// says what was done, or would have been.
    ///
    /// # Errors
    /// Nothing of it is done.
    pub fn import_if(
        &mut self,
        incoming: impl IntoIterator<Item = Incoming>,
        replace: bool,
        at: Timestamp,
        keep: impl FnOnce(&ImportReport) -> bool,
    ) -> Result<ImportReport> {
        let doing = "import the labels";
        let Self { connection, path, place, identity, .. } = self;
        let run = || {
            place.check()?;
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .doing(doing)?;
            file::still_known(&transaction, path)?;
            many::wake(&transaction)?;
            let report = import::import(&transaction, &identity.author, incoming, replace, at)?;
            if keep(&report) {
                crash::point("workspace.import.written");
                transaction.commit().doing(doing)?;
            } else {
                transaction.rollback().doing(doing)?;
            }
            place.check()?;
            Ok(report)
        };
        run().map_err(|error| file::as_damage(error, path))
    }

    /// Takes this person's last action back; `None` when there is none.
    ///
    /// # Errors
    /// Nothing of it is done.
    pub fn undo(&mut self, at: Timestamp) -> Result<Option<UndoReport>> {
        self.step("undo", Way::Undo, at)
    }

    /// Does again what was taken back last; `None` when there is nothing, or something else was done since.
    ///
    /// # Errors
    /// Nothing of it is done.
    pub fn redo(&mut self, at: Timestamp) -> Result<Option<UndoReport>> {
        self.step("redo", Way::Redo, at)
    }

    fn step(&mut self, doing: &'static str, way: Way, at: Timestamp) -> Result<Option<UndoReport>> {
        let step =
            self.change(doing, |transaction, me| undo::step(transaction, &me.author, way, at))?;
        Ok(step.map(|(action, report)| {
            self.own.insert(action);
            report
        }))
    }

    /// Records what looks at audio headers found out. Those whose audio changed since are dropped.
    ///
    /// # Errors
    /// Nothing of it is recorded.
    pub fn record_probes(&mut self, probes: &[Probe]) -> Result<()> {
        self.change("record what the audio is", |transaction, _| {
            probes.iter().try_for_each(|probe| probes::record(transaction, probe))
        })
    }

    /// Keeps a waveform, for as long as the audio is this one.
    ///
    /// # Errors
    /// It is not kept.
    pub fn save_peaks(&mut self, id: SampleId, stamp: &AudioStamp, peaks: &Peaks) -> Result<()> {
        self.change("keep a waveform", |transaction, _| {
            probes::save_peaks(transaction, id, stamp, peaks)
        })
    }

    /// Keeps something of this person's under a name: the place on the screen, the speed, …
    ///
    /// # Errors
    /// It is not kept.
    pub fn remember(&mut self, name: &str, value: &str) -> Result<()> {
        self.change("remember the place", |transaction, me| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO place (author, name, value) VALUES (?, ?, ?)",
                )
                .and_then(|mut sql| sql.execute([&me.author, name, value]))
                .doing("remember the place")
                .map(drop)
        })
    }

    /// Takes or renews the right to edit a sample.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn lease(&mut self, id: SampleId, at: Timestamp, minutes: u32) -> Result<Lease> {
        let Self { connection, place, identity, presence, .. } = self;
        change(connection, place, "lease a sample", |transaction| {
            leases::take(transaction, identity, presence, id.0, at, minutes)
        })
    }

    /// Gives a lease back; one that somebody else has stays.
    ///
    /// # Errors
    /// The workspace cannot be written.
    pub fn release(&mut self, id: SampleId) -> Result<()> {
        self.change("give a lease back", |transaction, me| leases::release(transaction, me, id.0))
    }

    /// Keeps machines' proposals, one a sample, the last one given; returns the keys that no sample has.
    ///
    /// # Errors
    /// Nothing of it is kept.
    pub fn set_suggestions(
        &mut self,
        suggested: impl IntoIterator<Item = Suggested>,
    ) -> Result<Vec<SampleKey>> {
        self.change("keep the suggestions", |transaction, _| {
            let many = Many::begin(transaction, usize::MAX)?;
            let mut unmatched = Vec::new();
            for suggested in suggested {
                if !import::suggest(&many, &suggested)? {
                    unmatched.push(suggested.key);
                }
            }
            many.finish()?;
            Ok(unmatched)
        })
    }

    /// Writes down a timed interaction, for measuring overhead. Never shared.
    ///
    /// # Errors
    /// It is not written.
    pub fn journal(
        &mut self,
        kind: &str,
        sample: Option<SampleId>,
        millis: u64,
        detail: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.change("write the journal", |transaction, me| {
            transaction
                .prepare_cached("INSERT INTO journal (at, author, kind, sample, millis, detail) VALUES (?, ?, ?, ?, ?, ?)")
                .and_then(|mut sql| {
                    let at = super::codec::nanos(at);
                    sql.execute(params![at, me.author, kind, sample.map(|id| id.0), millis as i64, detail])
                })
                .doing("write the journal")
                .map(drop)
        })
    }

    pub(super) fn change<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Connection, &Identity) -> Result<T>,
    ) -> Result<T> {
        let Self { connection, place, identity, .. } = self;
        change(connection, place, doing, |transaction| work(transaction, identity))
    }
}

/// Everything that `work` does, or nothing; confirmed only where whoever opens the file next finds it.
fn change<T>(
    connection: &mut Connection,
    place: &Place,
    doing: &'static str,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    place.check()?;
    let value = transact(connection, place.file(), doing, work)?;
    place.check()?;
    Ok(value)
}

/// Everything that `work` does, or nothing.
fn transact<T>(
    connection: &mut Connection,
    path: &Path,
    doing: &'static str,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let run = || {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).doing(doing)?;
        file::still_known(&transaction, path)?;
        many::wake(&transaction)?;
        let value = work(&transaction)?;
        crash::point("workspace.change.written");
        transaction.commit().doing(doing)?;
        crash::point("workspace.change.committed");
        Ok(value)
    };
    run().map_err(|error| file::as_damage(error, path))
}

#[cfg(test)]
impl Writer {
    /// Makes the disk look full: the file may not grow beyond so many pages (or beyond what it has).
    pub(super) fn limit_pages(&self, pages: u32) {
        self.connection
            .pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
            .unwrap();
    }
}

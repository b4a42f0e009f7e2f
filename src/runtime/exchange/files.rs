//! Files: browsing this machine, adding recordings to the source, deleting source files.

use super::{Exchange, NAMED, OnProgress, Told, key_text};
use crate::app::{
    AddCheck, AddJob, AddOutcome, BrowseEntry, DeletionFacts, EntryKind, ExchangeNews, Folder,
    JobProgress, SourceRights, Unit,
};
use crate::audio::looks_like_audio;
use crate::domain::{Source, Target, UserError};
use crate::objects::Versioning;
use crate::ops::{
    self, AddOutcome as Added, Addition, OpsError, SourceDeletion, add_one, delete_with_sources,
    find_additions, learn_versions, plan_deletion,
};
use crate::workspace::Reader;
use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};

impl Exchange {
    /// Reads a folder of this machine: folders first, then files, by name; hidden ones are left out. Without one, the
    /// home.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn browse(&self, folder: Option<&Path>) -> Result<Folder, UserError> {
        let path = folder.map(Path::to_path_buf).or_else(|| self.home.clone());
        let path = path.unwrap_or_else(|| PathBuf::from("/"));
        let failed = |error: std::io::Error| {
            UserError::caused(format!("cannot read {}", path.display()), &error)
        };
        let mut entries = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What cannot be looked at now cannot be taken either.
            let Ok(about) = fs::metadata(entry.path()) else { continue };
            if name.starts_with('.') {
                continue;
            }
            let kind = match (about.is_dir(), looks_like_audio(&name)) {
                (true, _) => EntryKind::Folder,
                (false, true) => EntryKind::Audio,
                (false, false) => EntryKind::Other,
            };
            let bytes = if about.is_dir() { 0 } else { about.len() };
            entries.push(BrowseEntry { path: entry.path(), name, kind, bytes });
        }
        entries.sort_by(|a, b| {
            let file = |entry: &BrowseEntry| entry.kind != EntryKind::Folder;
            (file(a), &a.name).cmp(&(file(b), &b.name))
        });
        Ok(Folder { path, entries })
    }

    pub(super) fn check_add(&self, job: &AddJob, on_progress: &mut OnProgress<'_>) -> Told {
        let additions = find_additions(&job.files, &job.folder)?;
        let store = self.opened.store()?;
        let mut check = AddCheck::default();
        for (index, addition) in additions.iter().enumerate() {
            let done = index as u64;
            let of = Some(additions.len() as u64);
            let progress =
                JobProgress { doing: "looking", done, of, unit: Unit::Files, file: None };
            if on_progress(progress).is_break() {
                return Ok(None);
            }
            check.files += 1;
            check.bytes += addition.bytes;
            if store.head(&addition.key).map_err(OpsError::from)?.is_some() {
                check.existing.count += 1;
                if check.existing.first.len() < NAMED {
                    check.existing.first.push(key_text(&addition.key));
                }
            }
        }
        Ok(Some(ExchangeNews::AddChecked(check)))
    }

    pub(super) fn add(
        &self,
        job: &AddJob,
        at: Timestamp,
        on_progress: &mut OnProgress<'_>,
    ) -> Told {
        let additions = find_additions(&job.files, &job.folder)?;
        let store = self.opened.store()?;
        let mut writer = self.opened.writer()?;
        let all: u64 = additions.iter().map(|addition| addition.bytes).sum();
        let mut outcome = AddOutcome::default();
        let mut before = 0;
        for (index, addition) in additions.iter().enumerate() {
            let file = Some((index as u64 + 1, additions.len() as u64));
            let mut on_bytes = |bytes: u64| {
                let done = before + bytes.min(addition.bytes);
                let (doing, of, unit) = ("adding", Some(all), Unit::Bytes);
                on_progress(JobProgress { doing, done, of, unit, file })
            };
            if on_bytes(0).is_break() {
                outcome.stopped = true;
                break;
            }
            let added = add_one(&mut writer, &store, addition, job.overwrite, at, &mut on_bytes);
            let Some(added) = added else {
                outcome.stopped = true;
                break;
            };
            count(&mut outcome, addition, added);
            before += addition.bytes;
        }
        while writer.index_step().map_err(OpsError::from)? > 0 {}
        Ok(Some(ExchangeNews::Added(outcome)))
    }

    /// What deleting the source files of samples would take away besides.
    ///
    /// # Errors
    /// The workspace or the list of datasets cannot be read.
    pub fn plan_deletion(&self, target: &Target) -> Result<DeletionFacts, UserError> {
        let samples = self.opened.writer()?.samples(target).map_err(OpsError::from)?;
        let reader = self.opened.reader()?;
        self.learn_versions(&reader);
        let plan = plan_deletion(&reader, &self.registry, self.opened.identity(), &samples)?;
        let kept = match &self.opened.source {
            Source::Folder(_) => Versioning::Final,
            // A store that cannot be asked now does not say.
            Source::Bucket { .. } => {
                let asked = self.opened.store().and_then(|store| Ok(store.abilities(None)?));
                asked.map_or(Versioning::Unknown, |abilities| abilities.versioning)
            }
        };
        let kept = match kept {
            Versioning::Kept => Some(true),
            Versioning::Final => Some(false),
            Versioning::Unknown => None,
        };
        Ok(DeletionFacts { versions: plan.versions, datasets: plan.also_in, kept })
    }

    /// Versions that others published count too, as far as they can be read now.
    fn learn_versions(&self, reader: &Reader) {
        let learned = self.opened.output().and_then(|output| {
            let Some(output) = output else { return Ok(0) };
            learn_versions(reader, &mut self.opened.writer()?, &output)
        });
        if let Err(error) = learned {
            tracing::warn!(%error, "versions of others are not known");
        }
    }

    /// What these keys may do in the source, as far as it is known without trying.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub fn rights(&self) -> Result<SourceRights, UserError> {
        let abilities = self.opened.store()?.abilities(None).map_err(OpsError::from)?;
        Ok(SourceRights { add: abilities.write, delete: abilities.delete })
    }

    pub(super) fn delete_sources(
        &self,
        target: &Target,
        count: u64,
        at: Timestamp,
        on_progress: &mut OnProgress<'_>,
    ) -> Told {
        let (reader, mut writer) = (self.opened.reader()?, self.opened.writer()?);
        let samples = writer.samples(target).map_err(OpsError::from)?;
        if samples.len() as u64 != count {
            let what = "nothing was deleted: the selection changed since it was counted";
            return Err(UserError::new(what).hint("press d again"));
        }
        let store = self.opened.store()?;
        let mut done = 0;
        let mut stopped = false;
        let mut tell = |done: u64| {
            let of = Some(count);
            let (doing, unit) = ("deleting", Unit::Files);
            on_progress(JobProgress { doing, done, of, unit, file: None })
        };
        if tell(0).is_break() {
            return Ok(None);
        }
        let mut on_file = |_: &SourceDeletion| {
            done += 1;
            let flow = tell(done);
            stopped |= flow.is_break() && done < count;
            flow
        };
        let (_, files) =
            delete_with_sources(&reader, &mut writer, &store, &samples, at, &mut on_file)?;
        let deleted = files.iter().filter(|file| file.is_gone()).count() as u64;
        let failed = files
            .into_iter()
            .filter(|file| !file.is_gone())
            .filter_map(|file| Some((file.key, file.outcome.err()?.to_string())))
            .collect();
        Ok(Some(ExchangeNews::SourcesDeleted { deleted, failed, stopped }))
    }
}

fn count(outcome: &mut AddOutcome, addition: &Addition, added: Added) {
    let failed = match added {
        Added::Added => {
            outcome.added += 1;
            outcome.bytes += addition.bytes;
            return;
        }
        Added::Replaced => {
            outcome.replaced += 1;
            outcome.bytes += addition.bytes;
            return;
        }
        Added::Exists => {
            outcome.skipped += 1;
            return;
        }
        ops::AddOutcome::NotAudio(why) => why,
        ops::AddOutcome::Failed(error) => UserError::from(error).to_string(),
    };
    outcome.failed.push((addition.key.clone(), failed));
}

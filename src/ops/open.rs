//! From what was typed to a dataset: which source, which workspace, made now if it has to be.

use super::OpsError;
use super::join::marker_at;
use super::known::{KnownDataset, Registry, check_name, make_private_folder};
use super::storage::{ambient, options};
use crate::config::{Paths, Storage};
use crate::domain::{Connection, Source, hex};
use crate::keymap::nearest;
use crate::objects::{Inventory, Options, Store, StoreError, check_endpoint};
use crate::sync::{Marker, SyncError};
use crate::workspace::{Dataset, Identity, Reader, Writer, copies};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf, absolute};
use uuid::Uuid;

/// What was typed to name a dataset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Locate {
    /// A folder, a bucket address, or the name of a dataset that was opened before.
    pub source: String,
    /// Where its labels are to be shared from now on.
    pub output: Option<String>,
    /// What it is to be called from now on.
    pub name: Option<String>,
    /// Its workspace file, if not the usual one.
    pub workspace: Option<PathBuf>,
    /// How its buckets are reached, as far as that was typed.
    pub connection: Connection,
    /// The settings for buckets.
    pub storage: Storage,
}

/// Whether a dataset that has no workspace yet gets one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// Yes; and the dataset is on the list of known ones from then on.
    IfMissing,
    /// No: that is an error.
    Never,
}

/// A dataset, found.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What its workspace says about it.
    pub dataset: Dataset,
    /// Where its audio lives.
    pub source: Source,
    /// Its workspace file.
    pub workspace: PathBuf,
    /// Whether the workspace was made just now.
    pub made: bool,
    identity: Identity,
    options: Options,
}

impl Opened {
    /// Opens the source. Apart from the rest, because labels can be read and written while it is away.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn store(&self) -> Result<Store, OpsError> {
        Ok(Store::open(&self.source, &self.options)?)
    }

    /// Opens the output, which is made if it is a folder that is not there; `None` if labels are not shared.
    ///
    /// # Errors
    /// As [`Opened::store`].
    pub fn output(&self) -> Result<Option<Store>, OpsError> {
        let Some(output) = &self.dataset.output else { return Ok(None) };
        Ok(Some(Store::create(&Source::parse(output)?, &self.options)?))
    }

    /// The inventories of the source that lie at this address; `None` where it is empty. Nothing is read yet.
    ///
    /// # Errors
    /// The source is no bucket, or the address is none.
    pub fn inventory(&self, address: &str) -> Result<Option<Inventory>, OpsError> {
        if address.is_empty() {
            return Ok(None);
        }
        let inventory = Inventory::at(address, &self.source, &self.options);
        Ok(Some(inventory.map_err(SyncError::from)?))
    }

    /// How its buckets are spoken to.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// With these settings for buckets: those of the dataset itself, once they are read.
    #[must_use]
    pub fn tuned(mut self, storage: &Storage) -> Self {
        self.options = options(&self.dataset.connection, storage);
        self
    }

    /// Opens the workspace for writing.
    ///
    /// # Errors
    /// As [`Writer::open`].
    pub fn writer(&self) -> Result<Writer, OpsError> {
        Ok(Writer::open(&self.workspace, self.identity.clone())?)
    }

    /// Opens the workspace for reading.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn reader(&self) -> Result<Reader, OpsError> {
        Ok(Reader::open(&self.workspace, self.identity.clone())?)
    }

    /// Who opened it.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where settings for this dataset alone lie, if there are any.
    pub fn config_file(&self) -> PathBuf {
        config_file_of(&self.workspace)
    }
}

fn config_file_of(workspace: &Path) -> PathBuf {
    workspace.with_extension("toml")
}

/// Where a dataset's workspace is or would be, without looking into it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub workspace: PathBuf,
    /// What is known about the dataset beside it.
    pub dataset: Dataset,
}

/// Finds the workspace of the dataset that was typed, be it damaged or gone.
///
/// # Errors
/// Nothing of that name.
pub fn whereabouts(typed: &Locate, paths: &Paths) -> Result<Place, OpsError> {
    let registry = Registry::of(paths);
    let found = find(typed, &registry)?;
    let Whole { source, known, connection, output, .. } = whole(found, typed, Make::Never, paths)?;
    let usual = usual_workspace(paths, &source, &connection);
    let known = match known {
        Some(known) => Some(known),
        None => registry.find(&source.to_string())?,
    };
    let workspace = match &typed.workspace {
        Some(path) => absolute(path).map_err(OpsError::io("find", path))?,
        None => known.as_ref().map_or(usual, |known| known.workspace.clone()),
    };
    let output = output.map(|output| output.to_string());
    let dataset = Dataset {
        id: Uuid::now_v7(),
        name: known.as_ref().map_or_else(|| plain_name(&source), |known| known.name.clone()),
        source: source.to_string(),
        output: output.or_else(|| known.as_ref().and_then(|known| known.output.clone())),
        connection: known.map_or(connection, |known| known.connection),
    };
    Ok(Place { workspace, dataset })
}

/// Finds the dataset that was typed; makes its workspace if there is none and `make` says so.
///
/// # Errors
/// Nothing of that name, a workspace of another dataset, an output inside the source; and what disk and workspace say.
pub fn locate(
    typed: &Locate,
    make: Make,
    identity: &Identity,
    paths: &Paths,
    at: Timestamp,
) -> Result<Opened, OpsError> {
    let registry = Registry::of(paths);
    let found = find(typed, &registry)?;
    for connection in [&typed.connection, &found.connection] {
        check_endpoint(connection.endpoint.as_deref())?;
    }
    let Whole { source, known, connection, output, marker } = whole(found, typed, make, paths)?;
    if let Some(name) = &typed.name {
        check_name(name)?;
    }
    let workspace = match &typed.workspace {
        Some(path) => absolute(path).map_err(OpsError::io("find", path))?,
        None => known
            .map_or_else(|| usual_workspace(paths, &source, &connection), |known| known.workspace),
    };
    let made = !workspace.exists();
    let dataset = if made {
        // Begun anew, it would look as if all labels were lost.
        if let Some(copy) = copies(&workspace)?.into_iter().next() {
            return Err(OpsError::Gone { workspace, newest: copy.name });
        }
        if marker.is_none() {
            Store::open(&source, &options(&connection, &typed.storage))?;
        }
        if make == Make::Never {
            return Err(OpsError::NoWorkspace { source_name: typed.source.clone() });
        }
        let name = typed.name.as_deref();
        let theirs = marker.as_ref().map(|marker| marker.name.as_str());
        let dataset = Dataset {
            id: marker.as_ref().map_or_else(Uuid::now_v7, |marker| marker.id),
            name: free_name(name, theirs, &source, &registry)?,
            source: source.to_string(),
            output: output.map(|output| output.to_string()),
            connection,
        };
        make_private_folder(workspace.parent().unwrap_or(Path::new(".")))?;
        Writer::create(&workspace, &dataset, identity.clone())?;
        dataset
    } else {
        existing(&workspace, typed, output.as_ref(), &source, identity, &registry)?
    };
    if make == Make::IfMissing {
        registry.remember(KnownDataset {
            name: dataset.name.clone(),
            source: dataset.source.clone(),
            output: dataset.output.clone(),
            workspace: workspace.clone(),
            opened: at,
            connection: dataset.connection.clone(),
        })?;
    }
    let options = options(&dataset.connection, &typed.storage);
    Ok(Opened { dataset, source, workspace, made, identity: identity.clone(), options })
}

/// What was typed, and what the place itself says if it is an output.
struct Whole {
    source: Source,
    known: Option<KnownDataset>,
    connection: Connection,
    output: Option<Source>,
    marker: Option<Marker>,
}

fn whole(found: Found, typed: &Locate, make: Make, paths: &Paths) -> Result<Whole, OpsError> {
    let Found { mut source, known, mut connection } = found;
    let mut output =
        typed.output.as_deref().map(|output| checked_output(output, &source)).transpose()?;
    // A workspace that is there says itself what it belongs to, and how that is reached.
    let there = match &typed.workspace {
        Some(path) => path.exists(),
        None => usual_workspace(paths, &source, &connection).exists(),
    };
    let unheard_of = known.is_none() && !there;
    let mut marker = None;
    if unheard_of && make == Make::IfMissing && output.is_none() {
        marker = marker_at(&source, &options(&connection, &typed.storage))?;
    }
    if let Some(marker) = &marker {
        let by_folder = matches!(source, Source::Folder(_));
        output = Some(std::mem::replace(&mut source, Source::parse(&marker.source)?));
        // Whoever can write a bucket shall not be able to send this account's requests to another store.
        let theirs = marker.endpoint.as_deref().filter(|_| by_folder);
        check_endpoint(theirs)?;
        connection.endpoint = connection.endpoint.or_else(|| theirs.map(str::to_owned));
    }
    Ok(Whole { source, known, connection, output, marker })
}

struct Found {
    source: Source,
    /// Only when it was opened before.
    known: Option<KnownDataset>,
    /// How it is reached if its workspace is made now.
    connection: Connection,
}

/// A folder that exists wins over a name; a folder that is away just now is still known by its path.
fn find(typed: &Locate, registry: &Registry) -> Result<Found, OpsError> {
    let source = Source::parse(&typed.source)?;
    let Source::Folder(path) = &source else {
        return find_bucket(source, typed, registry);
    };
    let connection = typed.connection.clone().or(ambient(&typed.storage));
    if let Ok(path) = path.canonicalize() {
        if let Some(known) = known_by_output(typed, registry, &path.to_string_lossy(), None)? {
            return Ok(Found {
                source: Source::parse(&known.source)?,
                known: Some(known),
                connection,
            });
        }
        return Ok(Found { source: Source::Folder(path), known: None, connection });
    }
    let name = &typed.source;
    if let Some(known) = registry.find(name)? {
        return Ok(Found { source: Source::parse(&known.source)?, known: Some(known), connection });
    }
    let full = absolute(path).map_err(OpsError::io("find", path))?;
    if registry.find(&full.to_string_lossy())?.is_some() {
        return Ok(Found { source: Source::Folder(full), known: None, connection });
    }
    if name.contains('/') {
        return Err(StoreError::NoSuchFolder { path: name.clone() }.into());
    }
    let names: Vec<String> = registry.all()?.into_iter().map(|known| known.name).collect();
    let near = nearest(name, names.iter().map(String::as_str)).map(ToOwned::to_owned);
    Err(OpsError::NoSuchDataset { typed: name.clone(), near })
}

/// One address can be two buckets at two endpoints. Unless an endpoint is said, the one that was opened before is meant.
fn find_bucket(source: Source, typed: &Locate, registry: &Registry) -> Result<Found, OpsError> {
    let ambient = ambient(&typed.storage);
    let address = source.to_string();
    let mut known = registry.all()?;
    known.retain(|known| known.source == address);
    let endpoint = typed.connection.endpoint.clone().or_else(|| ambient.endpoint.clone());
    let at = known.iter().position(|known| known.connection.endpoint == endpoint);
    let at = at.or_else(|| (typed.connection.endpoint.is_none() && known.len() == 1).then_some(0));
    let known = at.map(|at| known.swap_remove(at));
    if known.is_none()
        && let Some(known) = known_by_output(typed, registry, &address, endpoint.as_deref())?
    {
        let source = Source::parse(&known.source)?;
        return Ok(Found { source, connection: known.connection.clone(), known: Some(known) });
    }
    Ok(Found { source, known, connection: typed.connection.clone().or(ambient) })
}

/// The dataset of this machine whose output was typed. A workspace that is still to be made joins it as a new machine
/// does: by what the output says.
fn known_by_output(
    typed: &Locate,
    registry: &Registry,
    output: &str,
    endpoint: Option<&str>,
) -> Result<Option<KnownDataset>, OpsError> {
    if typed.workspace.as_ref().is_some_and(|workspace| !workspace.exists()) {
        return Ok(None);
    }
    let mut all = registry.all()?.into_iter();
    Ok(all.find(|known| {
        let there = endpoint.is_none() || known.connection.endpoint.as_deref() == endpoint;
        there && known.output.as_deref() == Some(output)
    }))
}

/// The dataset of a workspace that is there, with the name and output that were typed.
fn existing(
    workspace: &Path,
    typed: &Locate,
    output: Option<&Source>,
    source: &Source,
    identity: &Identity,
    registry: &Registry,
) -> Result<Dataset, OpsError> {
    let mut dataset = Reader::open(workspace, identity.clone())?.dataset().clone();
    if dataset.source != source.to_string() {
        return Err(OpsError::OtherSource {
            workspace: workspace.to_owned(),
            holds: dataset.source,
            wanted: source.to_string(),
        });
    }
    let output = output.map(ToString::to_string);
    let renamed = typed.name.as_ref().filter(|name| **name != dataset.name);
    let connection = typed.connection.clone().or(dataset.connection.clone());
    let reached_anew = connection != dataset.connection;
    if renamed.is_some() || reached_anew || (output.is_some() && output != dataset.output) {
        let mut writer = Writer::open(workspace, identity.clone())?;
        if let Some(name) = renamed {
            registry.rename(workspace, name)?;
            writer.rename(name)?;
            dataset.name.clone_from(name);
        }
        if output.is_some() {
            writer.set_output(output.as_deref())?;
            dataset.output = output;
        }
        if reached_anew {
            writer.set_connection(&connection)?;
            dataset.connection = connection;
        }
    }
    Ok(dataset)
}

/// One file a dataset in the data folder: its name for people, a hash of its source to keep it apart.
fn usual_workspace(paths: &Paths, source: &Source, connection: &Connection) -> PathBuf {
    let mut identity = source.to_string();
    if let (Source::Bucket { .. }, Some(endpoint)) = (source, &connection.endpoint) {
        identity = format!("{endpoint} {identity}");
    }
    let tail = hex(&Sha256::digest(identity.as_bytes())[..5]);
    let name: String = plain_name(source)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    paths.data.join("workspaces").join(format!("{name}-{tail}.earmark"))
}

/// The name that was asked for; else the source's, with a number if another dataset has it.
fn free_name(
    asked: Option<&str>,
    theirs: Option<&str>,
    source: &Source,
    registry: &Registry,
) -> Result<String, OpsError> {
    let all = registry.all()?;
    let taken = |name: &str| {
        all.iter().any(|known| known.name == name && known.source != source.to_string())
    };
    if let Some(name) = asked {
        return if taken(name) {
            Err(OpsError::NameTaken(name.to_owned()))
        } else {
            Ok(name.to_owned())
        };
    }
    let base = theirs.map_or_else(|| plain_name(source), tame);
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    Ok(std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(base))
}

fn plain_name(source: &Source) -> String {
    tame(&source.short_name())
}

/// A name from outside as one of ours.
fn tame(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control() && *c != '/').collect();
    let name: String = name.trim_start_matches(['.', '-']).chars().take(60).collect();
    if name.trim().is_empty() { "dataset".to_owned() } else { name }
}

/// The output as an absolute source, if it does not lie inside the source of the audio.
fn checked_output(typed: &str, source: &Source) -> Result<Source, OpsError> {
    let output = match Source::parse(typed)? {
        Source::Folder(path) => Source::Folder(resolved(&path)?),
        bucket @ Source::Bucket { .. } => bucket,
    };
    let inside = match (&output, source) {
        (Source::Folder(output), Source::Folder(source)) => output.starts_with(source),
        (
            Source::Bucket { bucket, prefix, .. },
            Source::Bucket { bucket: other, prefix: outer, .. },
        ) => bucket == other && prefix.starts_with(outer),
        _ => false,
    };
    if inside { Err(OpsError::OutputInsideSource(typed.to_owned())) } else { Ok(output) }
}

/// Canonical as far as it exists.
fn resolved(path: &Path) -> Result<PathBuf, OpsError> {
    let full = absolute(path).map_err(OpsError::io("find", path))?;
    let real = full.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    Ok(match real.and_then(|(part, real)| Some((real, full.strip_prefix(part).ok()?))) {
        Some((real, rest)) => real.join(rest),
        None => full,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_inside_the_source_is_refused_however_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("calls/sub")).unwrap();
        std::os::unix::fs::symlink("calls", root.join("link")).unwrap();
        let source = Source::Folder(root.join("calls"));
        let check = |typed: &str| checked_output(root.join(typed).to_str().unwrap(), &source);
        for inside in ["calls", "calls/out", "link/out", "calls/sub/../out"] {
            assert!(matches!(check(inside), Err(OpsError::OutputInsideSource(_))), "{inside}");
        }
        assert_eq!(check("out/x").unwrap(), Source::Folder(root.join("out/x")));
        assert!(check("calls-out").is_ok());
        let bucket = Source::parse("s3://b/calls/").unwrap();
        assert!(checked_output("s3://b/calls/out", &bucket).is_err());
        assert!(checked_output("s3://b/out", &bucket).is_ok());
    }

    #[test]
    fn a_hostile_source_gives_a_tame_file_name() {
        let paths = Paths {
            data: "/d".into(),
            config: "/c".into(),
            state: "/s".into(),
            runtime: "/r".into(),
            cache: "/k".into(),
        };
        let none = Connection::default();
        let path = usual_workspace(&paths, &Source::Folder("/x/..\u{1b}[2J a".into()), &none);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("-2J-a-"), "{name}");
        assert_ne!(
            path,
            usual_workspace(&paths, &Source::Folder("/y/..\u{1b}[2J a".into()), &none)
        );
        let bucket = Source::parse("s3://calls/").unwrap();
        let elsewhere = Connection { endpoint: Some("http://store".into()), ..none.clone() };
        let here = usual_workspace(&paths, &bucket, &none);
        assert_ne!(here, usual_workspace(&paths, &bucket, &elsewhere));
    }
}

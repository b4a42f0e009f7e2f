//! What was typed but is not yet a label: a small SQLite file beside the workspace, so that saving never waits for one.

use super::codec::{ids_from_blob, ids_to_blob, instance_at, key_at, nanos, time};
use super::error::{Doing, Result, WorkspaceError};
use super::file::{as_damage, beside, patient, private_file, wal};
use super::identity::Identity;
use super::presence::Presence;
use crate::crash;
use crate::domain::{Draft, InstanceId, SampleKey};
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior, params};
use std::path::{Path, PathBuf};

const COLUMNS: &str = "key, author, instance, text, cursor, heads, at";

/// The drafts of one person in one running earmark.
#[derive(Debug)]
pub struct Drafts {
    connection: Connection,
    identity: Identity,
    presence: Presence,
}

impl Drafts {
    /// Opens or makes `<workspace>-drafts`, and marks this running earmark as alive until it is dropped.
    ///
    /// # Errors
    /// The file cannot be made, or is damaged.
    pub fn open(workspace: &Path, identity: Identity) -> Result<Self> {
        let path = file_of(workspace);
        match private_file(&path) {
            Ok(_) | Err(WorkspaceError::Exists(_)) => {}
            Err(error) => return Err(error),
        }
        let connection = connect(&path).map_err(|error| as_damage(error, &path))?;
        let presence = Presence::enter(workspace, identity.instance)?;
        Ok(Self { connection, identity, presence })
    }

    /// Whose drafts they are.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Saves; an earlier draft of the same person and instance for the same key is replaced.
    ///
    /// # Errors
    /// It is not on disk: the text must stay where it is.
    pub fn save(&mut self, draft: &Draft) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO draft ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
            ))
            .and_then(|mut sql| {
                sql.execute(params![
                    draft.key.as_bytes(),
                    draft.author,
                    draft.instance.0.as_bytes(),
                    draft.text,
                    draft.cursor as i64,
                    ids_to_blob(&draft.heads),
                    nanos(draft.at),
                ])
            })
            .doing("save the draft")?;
        crash::point("workspace.draft.saved");
        Ok(())
    }

    /// Removes this instance's draft.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove(&mut self, key: &SampleKey) -> Result<()> {
        crash::point("workspace.draft.removing");
        self.connection
            .prepare_cached("DELETE FROM draft WHERE key = ? AND author = ? AND instance = ?")
            .and_then(|mut sql| {
                sql.execute(params![
                    key.as_bytes(),
                    self.identity.author,
                    self.identity.instance.0.as_bytes()
                ])
            })
            .doing("remove a draft")?;
        Ok(())
    }

    /// This instance's draft, else the newest of this person's instances that do not run any more.
    ///
    /// It is this instance's from now on. A draft that a living neighbour works on is not touched; what else the dead
    /// left stays where it is and shows up once this one is removed.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn load(&mut self, key: &SampleKey) -> Result<Option<Draft>> {
        let Self { connection, identity, presence } = self;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("read a draft")?;
        let drafts: Vec<Draft> = transaction
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM draft WHERE key = ? AND author = ? ORDER BY at DESC"
            ))
            .doing("read a draft")?
            .query_map(params![key.as_bytes(), identity.author], draft)
            .doing("read a draft")?
            .collect::<rusqlite::Result<_>>()
            .doing("read a draft")?;
        let own = drafts.iter().position(|draft| draft.instance == identity.instance);
        let found = own.or_else(|| drafts.iter().position(|draft| !presence.alive(draft.instance)));
        let Some(mut draft) = found.and_then(|index| drafts.into_iter().nth(index)) else {
            return Ok(None);
        };
        if draft.instance != identity.instance {
            transaction
                .prepare_cached("UPDATE draft SET instance = ?4 WHERE key = ?1 AND author = ?2 AND instance = ?3")
                .and_then(|mut sql| {
                    sql.execute(params![
                        key.as_bytes(),
                        identity.author,
                        draft.instance.0.as_bytes(),
                        identity.instance.0.as_bytes()
                    ])
                })
                .doing("take over a draft")?;
            draft.instance = identity.instance;
        }
        transaction.commit().doing("take over a draft")?;
        Ok(Some(draft))
    }

    /// The keys of all drafts that [`Drafts::load`] would give, ordered.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self) -> Result<Vec<SampleKey>> {
        let all: Vec<(SampleKey, InstanceId)> = self
            .connection
            .prepare_cached("SELECT key, instance FROM draft WHERE author = ? ORDER BY key")
            .doing("read the drafts")?
            .query_map([&self.identity.author], |row| Ok((key_at(row, 0)?, instance_at(row, 1)?)))
            .doing("read the drafts")?
            .collect::<rusqlite::Result<_>>()
            .doing("read the drafts")?;
        let mine = |of: &InstanceId| *of == self.identity.instance || !self.presence.alive(*of);
        let mut keys: Vec<SampleKey> =
            all.into_iter().filter(|(_, of)| mine(of)).map(|(key, _)| key).collect();
        keys.dedup();
        Ok(keys)
    }
}

/// Where the drafts of a workspace lie.
pub(super) fn file_of(workspace: &Path) -> PathBuf {
    beside(workspace, "-drafts")
}

/// Writes drafts, as their columns, to the drafts file of a workspace. How many there are then.
pub(super) fn fill<P: rusqlite::ToSql>(workspace: &Path, rows: &[Vec<P>]) -> Result<u64> {
    let mut connection = connect(&file_of(workspace))?;
    let transaction = connection.transaction().doing("write the drafts")?;
    for row in rows {
        transaction
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO draft ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
            ))
            .and_then(|mut sql| sql.execute(rusqlite::params_from_iter(row)))
            .doing("write the drafts")?;
    }
    let count = transaction
        .query_row("SELECT count(*) FROM draft", [], |row| row.get::<_, i64>(0))
        .doing("write the drafts")?;
    transaction.commit().doing("write the drafts")?;
    connection.close().map_err(|(_, error)| error).doing("write the drafts")?;
    Ok(count.unsigned_abs())
}

/// Lets drafts follow files that moved. Where the new key has one of the same instance already, both stay.
pub(super) fn follow(workspace: &Path, moves: &[(SampleKey, SampleKey)]) -> Result<()> {
    let path = file_of(workspace);
    if moves.is_empty() || !path.exists() {
        return Ok(());
    }
    let mut connection = connect(&path).map_err(|error| as_damage(error, &path))?;
    let transaction = connection.transaction().doing("let drafts follow")?;
    for (from, to) in moves {
        transaction
            .prepare_cached("UPDATE OR IGNORE draft SET key = ? WHERE key = ?")
            .and_then(|mut sql| sql.execute([to.as_bytes(), from.as_bytes()]))
            .doing("let drafts follow")?;
    }
    transaction.commit().doing("let drafts follow")
}

/// Which keys have a draft of one person: what the list shows.
#[derive(Debug)]
pub(super) struct Marks {
    connection: Connection,
}

impl Marks {
    /// Nothing where there never was a draft.
    pub(super) fn open(workspace: &Path) -> Result<Option<Self>> {
        let path = file_of(workspace);
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags).doing("read the drafts")?;
        patient(&mut connection).doing("read the drafts")?;
        let ready = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'draft'", [], |row| {
                row.get::<_, i64>(0)
            })
            .doing("read the drafts")
            .map_err(|error| as_damage(error, &path))?;
        Ok((ready > 0).then_some(Self { connection }))
    }

    pub(super) fn has(&self, author: &str, key: &SampleKey) -> Result<bool> {
        self.connection
            .prepare_cached("SELECT 1 FROM draft WHERE key = ? AND author = ?")
            .and_then(|mut sql| sql.exists(params![key.as_bytes(), author]))
            .doing("read the drafts")
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).doing("open the drafts")?;
    patient(&mut connection).doing("open the drafts")?;
    wal(&connection)?;
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS draft (
                 key      BLOB NOT NULL,
                 author   TEXT NOT NULL,
                 instance BLOB NOT NULL,
                 text     TEXT NOT NULL,
                 cursor   INTEGER NOT NULL,
                 heads    BLOB NOT NULL,
                 at       INTEGER NOT NULL,
                 PRIMARY KEY (key, author, instance)
             ) STRICT;",
        )
        .doing("open the drafts")?;
    Ok(connection)
}

fn draft(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        key: key_at(row, 0)?,
        author: row.get(1)?,
        instance: instance_at(row, 2)?,
        text: row.get(3)?,
        cursor: row.get::<_, i64>(4)? as usize,
        heads: ids_from_blob(row.get_ref(5)?.as_blob()?),
        at: time(row.get(6)?),
    })
}

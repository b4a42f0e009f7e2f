//! What a workspace says about itself.

use super::error::{Doing, Result};
use super::identity::Dataset;
use crate::domain::WriterId;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// Reads what the workspace is about.
pub(super) fn dataset(connection: &Connection) -> Result<Dataset> {
    Ok(Dataset {
        id: get(connection, "dataset")?.and_then(|id| id.parse().ok()).unwrap_or(Uuid::nil()),
        name: get(connection, "name")?.unwrap_or_default(),
        source: get(connection, "source")?.unwrap_or_default(),
        output: get(connection, "output")?,
        connection: get(connection, "connection")?
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default(),
    })
}

/// Writes what the workspace is about, within the caller's transaction.
pub(super) fn set_dataset(connection: &Connection, dataset: &Dataset) -> Result<()> {
    set(connection, "dataset", Some(&dataset.id.to_string()))?;
    set(connection, "name", Some(&dataset.name))?;
    set(connection, "source", Some(&dataset.source))?;
    set(connection, "output", dataset.output.as_deref())?;
    let how = serde_json::to_string(&dataset.connection).ok();
    set(connection, "connection", how.as_deref().filter(|_| !dataset.connection.is_default()))
}

/// The writer id; a new one where the file is not the one that it was given to, within the caller's transaction.
pub(super) fn writer(connection: &Connection, fingerprint: &str) -> Result<WriterId> {
    let known = get(connection, "writer")?.and_then(|id| id.parse().ok()).map(WriterId);
    if let Some(known) = known
        && get(connection, "file")?.as_deref() == Some(fingerprint)
    {
        return Ok(known);
    }
    let writer = WriterId(Uuid::now_v7());
    set(connection, "writer", Some(&writer.to_string()))?;
    set(connection, "file", Some(fingerprint))?;
    Ok(writer)
}

/// Another writer id for this file, within the caller's transaction.
pub(super) fn renew_writer(connection: &Connection) -> Result<WriterId> {
    let writer = WriterId(Uuid::now_v7());
    set(connection, "writer", Some(&writer.to_string()))?;
    Ok(writer)
}

pub(super) fn get(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?")
        .doing("read the workspace")?
        .query_row([name], |row| row.get(0))
        .optional()
        .doing("read the workspace")
}

pub(super) fn set(connection: &Connection, name: &str, value: Option<&str>) -> Result<()> {
    let result = match value {
        Some(value) => connection
            .execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", [name, value]),
        None => connection.execute("DELETE FROM meta WHERE name = ?", [name]),
    };
    result.doing("describe the workspace").map(drop)
}

//! Brings a workspace file from the format that it has to the newest, a copy before each step.

use super::error::{Doing, Result, WorkspaceError};
use super::file::{beside, private_file, settle_folder};
use crate::crash;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, TransactionBehavior};
use std::fs;
use std::path::Path;

/// Every step, in order; the first makes format 1. Only ever appended to.
pub(super) const ALL: &[&str] = &[
    include_str!("../../assets/migrations/0001_workspace.sql"),
    include_str!("../../assets/migrations/0002_share.sql"),
    include_str!("../../assets/migrations/0003_versions.sql"),
    include_str!("../../assets/migrations/0004_lean_indexes.sql"),
    include_str!("../../assets/migrations/0005_search_merges.sql"),
];

/// The format that this program writes.
pub(super) fn newest() -> u32 {
    ALL.len() as u32
}

/// Runs the steps that are missing, each in a transaction of its own. Several processes may try at once.
pub(super) fn run(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<()> {
    // A file that is just being made holds nothing to keep.
    let made_before = format(connection)? > 0;
    for (index, step) in steps.iter().enumerate() {
        let version = index as u32 + 1;
        if format(connection)? >= version {
            continue;
        }
        if made_before {
            copy(connection, path, version)?;
        }
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("bring the workspace up to date")?;
        if format(&transaction)? < version {
            transaction.execute_batch(step).doing("bring the workspace up to date")?;
            transaction
                .pragma_update(None, "user_version", version)
                .doing("bring the workspace up to date")?;
        }
        transaction.commit().doing("bring the workspace up to date")?;
    }
    Ok(())
}

fn format(connection: &Connection) -> Result<u32> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .doing("read the workspace's format")
}

/// `<file>.before-NNNN`, whole or not there at all. A copy that another process made already is left alone.
fn copy(connection: &Connection, path: &Path, version: u32) -> Result<()> {
    let target = beside(path, &format!(".before-{version:04}"));
    if target.exists() {
        return Ok(());
    }
    copy_to(connection, &target)
}

/// A consistent copy of a workspace while others work. Refuses to touch a file that exists.
pub(super) fn copy_to(connection: &Connection, target: &Path) -> Result<()> {
    if target.exists() {
        return Err(WorkspaceError::Exists(target.to_owned()));
    }
    let partial = beside(target, &format!(".{}", uuid::Uuid::now_v7()));
    drop(private_file(&partial)?);
    let copied = write_copy(connection, &partial).and_then(|()| {
        crash::point("workspace.backup.written");
        fs::rename(&partial, target)
            .map_err(|error| WorkspaceError::io("copy the workspace to", target, error))?;
        settle_folder(target)
    });
    if copied.is_err() {
        // The first error is the one that matters.
        let _ = fs::remove_file(&partial);
    }
    copied
}

/// In one go: a reader holds nobody up, and sees one moment.
fn write_copy(connection: &Connection, target: &Path) -> Result<()> {
    let mut copy = Connection::open(target).doing("copy the workspace")?;
    copy.pragma_update(None, "synchronous", "full").doing("copy the workspace")?;
    let step = Backup::new(connection, &mut copy)
        .and_then(|backup| backup.step(-1))
        .doing("copy the workspace")?;
    if step != StepResult::Done {
        return Err(WorkspaceError::Busy { doing: "copy the workspace" });
    }
    copy.close().map_err(|(_, error)| error).doing("copy the workspace")
}

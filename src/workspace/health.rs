//! Whether a workspace is whole: every page, every reference, every maintained count.

use super::copies::{is_sound, plain};
use super::error::{Doing, Result, WorkspaceError};
use super::{drafts, file};
use rusqlite::Connection;
use std::path::Path;

const DOING: &str = "look through the workspace";
/// More than so many problems tell nothing new.
const MOST: usize = 5;

/// What is wrong with a workspace and its drafts, in SQLite's words or ours; empty when nothing is. Reads all of it, one
/// moment of it while others work: seconds for a large one.
///
/// # Errors
/// It cannot be opened at all.
pub fn examine(workspace: &Path) -> Result<Vec<String>> {
    let connection = file::examine(workspace)?;
    let moment = connection.unchecked_transaction().doing(DOING)?;
    let mut problems = Vec::new();
    for look in [pages, references, counts] {
        match look(&moment) {
            Ok(found) => problems.extend(found),
            Err(WorkspaceError::Damaged { source, .. }) => problems.push(source.to_string()),
            Err(error) => return Err(error),
        }
    }
    let drafts = drafts::file_of(workspace);
    if drafts.exists() && !is_sound(&drafts) {
        problems.push("the drafts file cannot be read".to_owned());
    }
    problems.dedup();
    problems.truncate(MOST);
    Ok(problems)
}

fn pages(connection: &Connection) -> Result<Vec<String>> {
    let said = rows(connection, &format!("PRAGMA integrity_check({MOST})"))?;
    Ok(said.iter().filter(|line| *line != "ok").map(|line| plain(line)).collect())
}

fn references(connection: &Connection) -> Result<Vec<String>> {
    let tables = rows(connection, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
    Ok(tables
        .into_iter()
        .map(|table| format!("rows of {table} refer to what is not there"))
        .collect())
}

/// The counts of the tabs against what they count.
fn counts(connection: &Connection) -> Result<Vec<String>> {
    let wrong = rows(
        connection,
        "SELECT 'state ' || what FROM tally LEFT JOIN (SELECT state, count(*) AS n, sum(micros IS NOT NULL) AS k, \
         total(micros) AS m FROM sample GROUP BY state) ON state = what \
         WHERE what < 5 AND (samples <> ifnull(n, 0) OR known <> ifnull(k, 0) OR micros <> ifnull(m, 0)) \
         UNION ALL SELECT 'to confirm' FROM tally WHERE what = 5 \
         AND samples <> (SELECT count(*) FROM sample WHERE confirm > 0) \
         UNION ALL SELECT 'conflicts' FROM tally WHERE what = 6 \
         AND samples <> (SELECT count(*) FROM sample WHERE confirm & 2)",
    )?;
    Ok(wrong.into_iter().map(|what| format!("the count of {what} is wrong")).collect())
}

fn rows(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    connection
        .prepare(sql)
        .doing(DOING)?
        .query_map([], |row| row.get(0))
        .doing(DOING)?
        .collect::<rusqlite::Result<_>>()
        .doing(DOING)
}

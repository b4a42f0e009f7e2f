//! What a workspace really holds, read from the file itself and held against what was confirmed.

use crate::figures;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A label that somebody was told is on disk.
#[derive(Debug, Clone)]
pub(crate) struct Confirmed {
    pub(crate) author: String,
    pub(crate) content: String,
    /// Where that was said; a screen hands files out by itself.
    pub(crate) key: Option<String>,
}

/// One revision that says something about the label.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) key: String,
    pub(crate) id: Vec<u8>,
    pub(crate) parents: Vec<Vec<u8>>,
    pub(crate) action: Vec<u8>,
    pub(crate) author: String,
    /// `None`: the label was removed.
    pub(crate) content: Option<String>,
}

pub(crate) struct Truth {
    pub(crate) said: Vec<Said>,
    connection: Connection,
}

impl Truth {
    pub(crate) fn of(workspace: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection =
            Connection::open_with_flags(workspace, flags).expect("the workspace opens");
        let said = connection
            .prepare(
                "SELECT key, revision.id, parents, action, author, revision.content
                 FROM revision JOIN sample ON sample.id = revision.sample
                 WHERE revision.content IS NOT NULL OR removed ORDER BY seq",
            )
            .and_then(|mut sql| {
                let rows = sql.query_map([], |row| {
                    let key: Vec<u8> = row.get(0)?;
                    let parents: Vec<u8> = row.get(2)?;
                    Ok(Said {
                        key: String::from_utf8_lossy(&key).into_owned(),
                        id: row.get(1)?,
                        parents: parents.chunks(16).map(<[u8]>::to_vec).collect(),
                        action: row.get(3)?,
                        author: row.get(4)?,
                        content: row.get(5)?,
                    })
                })?;
                rows.collect()
            })
            .expect("revisions can be read");
        Self { said, connection }
    }

    /// Everything that must hold of any workspace: sound pages, keys that lead somewhere, counters that count.
    pub(crate) fn is_sound(&self) {
        let sound: String = self.one("PRAGMA integrity_check");
        assert_eq!(sound, "ok");
        let astray: i64 = self.one("SELECT count(*) FROM pragma_foreign_key_check");
        assert_eq!(astray, 0, "rows that refer to nothing");
        let kept = self.numbers("SELECT what, samples, known, micros FROM tally WHERE what < 5");
        let counted = self.numbers(
            "SELECT what, count(sample.id), count(sample.micros), coalesce(sum(sample.micros), 0)
             FROM tally LEFT JOIN sample ON sample.state = what WHERE what < 5 GROUP BY what",
        );
        assert_eq!(kept, counted, "counters by state");
        let kept = self.numbers("SELECT what, samples, 0, 0 FROM tally WHERE what >= 5");
        let counted = self.numbers(
            "SELECT 5, count(*), 0, 0 FROM sample WHERE confirm > 0 UNION ALL
             SELECT 6, count(*), 0, 0 FROM sample WHERE confirm & 2",
        );
        assert_eq!(kept, counted, "counters of what wants confirming");
    }

    /// Every label that was confirmed is in the history of its file, under the name of who gave it. Counts what is not.
    pub(crate) fn keeps(&self, confirmed: &[Confirmed]) {
        let lost: Vec<_> = confirmed.iter().filter(|label| !self.has(label)).collect();
        figures::count("labels checked", confirmed.len() as u64);
        figures::count("labels lost", lost.len() as u64);
        let some: Vec<_> = lost.iter().take(9).collect();
        assert!(lost.is_empty(), "{} of {} lost: {some:?}", lost.len(), confirmed.len());
    }

    /// As [`Truth::keeps`], where somebody may have been beaten to a file: then the text is a draft until that person
    /// decides. How many are.
    pub(crate) fn keeps_or_drafts(&self, confirmed: &[Confirmed], workspace: &Path) -> usize {
        let drafts = drafts(workspace);
        let is_draft = |label: &Confirmed| {
            drafts.iter().any(|(author, text)| *author == label.author && *text == label.content)
        };
        let (labels, others): (Vec<_>, Vec<_>) =
            confirmed.iter().cloned().partition(|label| self.has(label) || !is_draft(label));
        self.keeps(&labels);
        figures::count("drafts checked", others.len() as u64);
        others.len()
    }

    fn has(&self, label: &Confirmed) -> bool {
        self.said.iter().any(|said| {
            said.author == label.author
                && said.content.as_ref() == Some(&label.content)
                && label.key.as_ref().is_none_or(|key| *key == said.key)
        })
    }

    /// No update was lost: of each file, every label was made knowing the one before, so that they form one line, and
    /// what the list shows is its end.
    pub(crate) fn is_one_line_a_file(&self) {
        let mut ends: BTreeMap<&str, &Said> = BTreeMap::new();
        for said in &self.said {
            let before = ends.insert(&said.key, said);
            let stands_on: BTreeSet<_> = said.parents.iter().collect();
            let expected: BTreeSet<_> = before.iter().map(|before| &before.id).collect();
            assert_eq!(stands_on, expected, "{said:?} was not made on {before:?}");
        }
        let shown = self.shown();
        for (key, end) in ends {
            let of_end = end.content.clone().map(|content| (content, end.author.clone()));
            assert_eq!(shown.get(key).cloned(), of_end, "what is shown of {key}");
        }
    }

    /// Labels and who gave them, as lists show them.
    pub(crate) fn shown(&self) -> BTreeMap<String, (String, String)> {
        self.connection
            .prepare("SELECT key, content, labeled_by FROM sample WHERE content IS NOT NULL")
            .and_then(|mut sql| {
                let rows = sql.query_map([], |row| {
                    let key: Vec<u8> = row.get(0)?;
                    Ok((String::from_utf8_lossy(&key).into_owned(), (row.get(1)?, row.get(2)?)))
                })?;
                rows.collect()
            })
            .expect("labels can be read")
    }

    fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.connection.query_row(sql, [], |row| row.get(0)).expect("an answer")
    }

    fn numbers(&self, sql: &str) -> Vec<[i64; 4]> {
        let mut sql = self.connection.prepare(sql).expect("a question");
        let rows =
            sql.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]));
        rows.expect("an answer").collect::<Result<_, _>>().expect("numbers")
    }
}

/// Authors and texts of all drafts.
fn drafts(workspace: &Path) -> Vec<(String, String)> {
    let mut path = workspace.as_os_str().to_owned();
    path.push("-drafts");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(path, flags).expect("the drafts open");
    let mut sql = connection.prepare("SELECT author, text FROM draft").expect("a question");
    let rows = sql.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("an answer");
    rows.collect::<Result<_, _>>().expect("drafts can be read")
}

//! Taking labels from sidecars: the texts that lie beside the audio, or in a folder of the same shape.

use super::OpsError;
use crate::domain::{
    Anchor, ByteSource, Filter, Order, PageRequest, SampleKey, SampleState, Suggestion, View, hex,
};
use crate::formats::{read_sidecar, sidecar_of};
use crate::objects::{Store, StoreError};
use crate::text::nfc;
use crate::workspace::{ImportItem, ImportReport, Reader, Suggested, Writer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Samples read from the workspace at once.
const PAGE: usize = 1000;
/// What imported labels are signed with: the same wherever a source is read.
const ORIGIN: &str = "sidecar";

/// What becomes of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidecarImport {
    /// Labels; those of people stand, unless they are to be replaced.
    Labels {
        /// Over the labels of people too.
        replace: bool,
    },
    /// Suggestions to confirm one by one.
    Suggestions,
}

/// A sidecar that gave no label, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidecarProblem {
    /// The sidecar.
    pub key: SampleKey,
    /// In one sentence.
    pub why: String,
}

/// Reads the sidecar of every sample below `from` (the source itself, or a folder of the same shape) and takes what
/// they say in, in one action. Texts without audio are the report's unmatched ones.
///
/// Sidecars that cannot be read come back beside the report; the others count. `on_read` is told how many samples were
/// looked at and may stop it before anything is written: then `None` comes back.
///
/// # Errors
/// The folder or the workspace cannot be read; the workspace refuses.
pub fn import_sidecars(
    reader: &Reader,
    writer: &mut Writer,
    from: &Store,
    how: SidecarImport,
    to_nfc: bool,
    at: Timestamp,
    on_read: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<(ImportReport, Vec<SidecarProblem>)>, OpsError> {
    let texts = texts_of(from)?;
    let Some(mut read) = read_all(reader, from, &texts, to_nfc, on_read)? else { return Ok(None) };
    let mut lonely: Vec<SampleKey> =
        texts.into_iter().filter(|text| !read.used.contains(text)).collect();
    lonely.sort();
    let items = std::mem::take(&mut read.items);
    let mut report = match how {
        SidecarImport::Labels { replace } => writer.import(items, replace, at)?,
        SidecarImport::Suggestions => suggest(writer, items)?,
    };
    report.unmatched.extend(lonely);
    Ok(Some((report, read.problems)))
}

#[derive(Default)]
struct Sidecars {
    items: Vec<ImportItem>,
    used: HashSet<SampleKey>,
    problems: Vec<SidecarProblem>,
}

fn read_all(
    reader: &Reader,
    from: &Store,
    texts: &HashSet<SampleKey>,
    to_nfc: bool,
    on_read: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Sidecars>, OpsError> {
    let mut sidecars = Sidecars::default();
    let mut request = PageRequest {
        view: View::All,
        filter: Filter::default(),
        order: Order::default(),
        scope: None,
        anchor: Anchor::First,
        limit: PAGE,
    };
    let mut looked_at = 0;
    loop {
        let page = reader.page(&request)?;
        looked_at += page.rows.len() as u64;
        for row in &page.rows {
            if matches!(row.state, SampleState::Unlabeled | SampleState::Labeled) {
                sidecars.read(from, texts, &row.key, to_nfc);
            }
        }
        if on_read(looked_at).is_break() {
            return Ok(None);
        }
        match page.rows.last() {
            Some(last) if page.more_after => request.anchor = Anchor::After(last.id),
            _ => return Ok(Some(sidecars)),
        }
    }
}

impl Sidecars {
    fn read(&mut self, from: &Store, texts: &HashSet<SampleKey>, audio: &SampleKey, to_nfc: bool) {
        let Some(sidecar) = sidecar_of(audio).filter(|sidecar| texts.contains(sidecar)) else {
            return;
        };
        let text = match from.read(&sidecar) {
            Ok(bytes) => read_sidecar(Bytes { bytes, offset: 0 }).map_err(|e| explained(&e)),
            Err(StoreError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return;
            }
            Err(error) => Err(explained(&error)),
        };
        match text {
            Ok(Some(text)) => {
                let content = if to_nfc { nfc(&text).into_owned() } else { text };
                let etag = fingerprint(&content);
                self.items.push(ImportItem::label(audio.clone(), content, ORIGIN, etag));
            }
            Ok(None) => {}
            Err(why) => self.problems.push(SidecarProblem { key: sidecar.clone(), why }),
        }
        self.used.insert(sidecar);
    }
}

/// The content itself, not the file's time, tells one state of a sidecar from the next: that is the same everywhere.
pub(super) fn fingerprint(content: &str) -> String {
    format!("sha256:{}", hex(&Sha256::digest(content.as_bytes())))
}

fn explained(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Every text that lies there: listing them once is cheaper than asking for each.
fn texts_of(from: &Store) -> Result<HashSet<SampleKey>, OpsError> {
    let mut texts = HashSet::new();
    from.list(&mut |entries| {
        let keys = entries.into_iter().map(|entry| entry.key);
        texts.extend(keys.filter(|key| key.as_bytes().ends_with(b".txt")));
        ControlFlow::Continue(())
    })?;
    Ok(texts)
}

fn suggest(writer: &mut Writer, items: Vec<ImportItem>) -> Result<ImportReport, OpsError> {
    let total = items.len() as u64;
    let suggested = items.into_iter().map(|item| Suggested {
        key: item.key,
        suggestion: Suggestion {
            content: item.content.unwrap_or_default(),
            model: item.origin,
            confidence: None,
        },
    });
    let unmatched = writer.set_suggestions(suggested)?;
    let imported = total - unmatched.len() as u64;
    Ok(ImportReport { imported, unmatched, ..ImportReport::default() })
}

/// Ranged reads as a stream.
struct Bytes {
    bytes: Arc<dyn ByteSource>,
    offset: u64,
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(self.offset, buffer)?;
        self.offset += read as u64;
        Ok(read)
    }
}

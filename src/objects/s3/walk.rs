//! Listing a whole bucket, by several prefixes at once.
//!
//! A large listing is split where the bucket has folders: what lies below each is listed on its own, up to
//! [`AT_ONCE`] at a time, split further in the same way. What no folder divides is read page by page.

use super::client::{Shared, runtime};
use super::list::{Page, Place, page};
use crate::objects::{Entry, Listing, OnEntries, StoreError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

/// Listing requests under way at once.
const AT_ONCE: usize = 8;
/// So many folders are listed one by one however little is in them; more only if a page holds few of them.
const FEW: usize = 32;
/// Pages that may wait for the receiver.
const AHEAD: usize = 16;

/// Lists everything below the prefix, in any order.
pub(super) fn all(
    shared: &Arc<Shared>,
    on_entries: &mut OnEntries<'_>,
) -> Result<Listing, StoreError> {
    let (found, mut pages) = channel(AHEAD);
    let walk = Walk { shared: shared.clone(), found, turns: Arc::new(Semaphore::new(AT_ONCE)) };
    let walking = runtime()?.spawn(async move { walk.below(String::new(), None).await });
    let mut listing = Listing::default();
    while let Some(entries) = pages.blocking_recv() {
        if on_entries(entries).is_break() {
            listing.stopped = true;
            break;
        }
    }
    drop(pages);
    let (done, end) = std::sync::mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        let _ = done.send(walking.await.unwrap_or(Err(StoreError::Stopped)));
    });
    match end.recv().unwrap_or(Err(StoreError::Stopped)) {
        Ok(()) => Ok(listing),
        Err(StoreError::Stopped) if listing.stopped => Ok(listing),
        Err(error) => Err(error),
    }
}

#[derive(Clone)]
struct Walk {
    shared: Arc<Shared>,
    found: Sender<Vec<Entry>>,
    turns: Arc<Semaphore>,
}

type Boxed = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

impl Walk {
    /// Lists what lies below a whole prefix, behind a whole key.
    fn below(self, prefix: String, after: Option<String>) -> Boxed {
        Box::pin(async move {
            let prefix = if prefix.is_empty() { self.shared.prefix.clone() } else { prefix };
            let first = self.page(&prefix, &Place::behind(after), false).await?;
            let (last, next) = (first.last.clone(), first.next.clone());
            let seen = folders_of(&first.entries, prefix.len() - self.shared.prefix.len());
            self.hand_over(first.entries).await?;
            let (Some(next), Some(last)) = (next, last) else { return Ok(()) };
            match self.folders(&prefix, &last, seen).await? {
                Some((direct, folders)) => self.split(direct, folders, &last).await,
                None => self.in_order(&prefix, next).await,
            }
        })
    }

    /// The folders that divide what comes behind `last`, and the keys between them; `None` where that is no gain: on
    /// a page of keys out of `seen` folders, one request for each folder can be many more than one for each page.
    async fn folders(
        &self,
        prefix: &str,
        last: &str,
        seen: usize,
    ) -> Result<Option<(Vec<Entry>, Vec<String>)>, StoreError> {
        let rest = last.strip_prefix(prefix).unwrap_or_default();
        if !rest.contains('/') {
            return Ok(None);
        }
        let page = self.page(prefix, &Place::default(), true).await?;
        let few = page.folders.len() <= FEW || seen <= FEW / 4;
        if page.next.is_some() || page.more_folders || page.folders.len() < 2 || !few {
            return Ok(None);
        }
        let behind =
            |key: &[u8]| [self.shared.prefix.as_bytes(), key].concat() > last.as_bytes().to_vec();
        let direct =
            page.entries.into_iter().filter(|entry| behind(entry.key.as_bytes())).collect();
        let folders = page
            .folders
            .into_iter()
            .filter(|folder| folder.as_str() > last || last.starts_with(folder.as_str()))
            .collect();
        Ok(Some((direct, folders)))
    }

    async fn split(
        &self,
        direct: Vec<Entry>,
        folders: Vec<String>,
        last: &str,
    ) -> Result<(), StoreError> {
        self.hand_over(direct).await?;
        let mut walks = JoinSet::new();
        for folder in folders {
            // A bounded number of walks: each holds a page.
            while walks.len() >= AT_ONCE * 2 {
                joined(walks.join_next().await)?;
            }
            let after = last.starts_with(folder.as_str()).then(|| last.to_owned());
            walks.spawn(self.clone().below(folder, after));
        }
        while let Some(end) = walks.join_next().await {
            joined(Some(end))?;
        }
        Ok(())
    }

    async fn in_order(&self, prefix: &str, from: Place) -> Result<(), StoreError> {
        let mut at = Some(from);
        while let Some(place) = at {
            let page = self.page(prefix, &place, false).await?;
            self.hand_over(page.entries).await?;
            at = page.next;
        }
        Ok(())
    }

    async fn page(&self, prefix: &str, at: &Place, folders: bool) -> Result<Page, StoreError> {
        let _turn = self.turns.acquire().await.map_err(|_| StoreError::Stopped)?;
        page(&self.shared, prefix, at, folders).await
    }

    async fn hand_over(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.found.send(entries).await.map_err(|_| StoreError::Stopped)
    }
}

/// How many folders keys are in, below a place in the keys; keys of one folder come together.
fn folders_of(entries: &[Entry], below: usize) -> usize {
    let folder = |entry: &Entry| {
        let rest = entry.key.as_bytes().get(below..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'/').map(|end| rest[..end].to_vec())
    };
    let mut folders: Vec<_> = entries.iter().filter_map(folder).collect();
    folders.dedup();
    folders.len()
}

fn joined(
    end: Option<Result<Result<(), StoreError>, tokio::task::JoinError>>,
) -> Result<(), StoreError> {
    end.map_or(Ok(()), |end| end.unwrap_or(Err(StoreError::Stopped)))
}

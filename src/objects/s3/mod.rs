//! A bucket below a prefix, through the AWS SDK: one client a bucket, made when it is first needed, so that opening a
//! bucket that is out of reach costs nothing. Blocking outside; requests run on a small runtime of their own.

mod client;
mod delete;
mod examine;
mod fault;
mod http;
mod list;
mod profile;
mod read;
mod upload;
mod walk;
mod watch;
mod write;

use super::{
    Abilities, DeleteError, Entry, Examination, Listing, OnEntries, Options, PutIf, StoreError,
};
use crate::domain::{AudioStamp, ByteSource, SampleKey};
pub use client::check_endpoint;
use client::{Shared, wait};
use read::ObjectBytes;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// A bucket, opened. Clones share one client.
#[derive(Debug, Clone)]
pub struct S3Store {
    shared: Arc<Shared>,
}

impl S3Store {
    /// Takes note of a bucket; nothing is asked of it yet.
    pub fn open(scheme: &str, bucket: &str, prefix: &str, options: &Options) -> Self {
        Self { shared: Arc::new(Shared::new(scheme, bucket, prefix, options)) }
    }

    /// See [`super::Store::address`].
    pub fn address(&self, key: &SampleKey) -> String {
        format!("{}{}", self.shared.address, key.lossy())
    }

    /// See [`super::Store::list`].
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn list(&self, on_entries: &mut OnEntries<'_>) -> Result<Listing, StoreError> {
        walk::all(&self.shared, on_entries)
    }

    /// See [`super::Store::list_under`].
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn list_under(
        &self,
        prefix: &str,
        after: Option<&str>,
        on_entries: &mut OnEntries<'_>,
    ) -> Result<(), StoreError> {
        list::under(&self.shared, prefix, after, on_entries)
    }

    /// See [`super::Store::head`].
    ///
    /// # Errors
    /// The store cannot be asked.
    pub fn head(&self, key: &SampleKey) -> Result<Option<Entry>, StoreError> {
        let (shared, key) = (self.shared.clone(), key.clone());
        wait(async move { read::head(&shared, &key).await })
    }

    /// See [`super::Store::read`] and [`super::Store::read_listed`].
    ///
    /// # Errors
    /// A key that no object can have.
    pub fn read(
        &self,
        key: &SampleKey,
        listed: Option<&AudioStamp>,
    ) -> Result<Arc<dyn ByteSource>, StoreError> {
        let name = text_of(key)?;
        Ok(Arc::new(ObjectBytes::new(self.shared.clone(), name, listed)))
    }

    /// See [`super::Store::get`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::TooLarge`], and what the store says.
    pub fn get(&self, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        let (shared, key) = (self.shared.clone(), key.to_owned());
        wait(async move { read::whole(&shared, &key, limit).await })
    }

    /// See [`super::Store::put`].
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`], and what the store says.
    pub fn put(&self, key: &str, bytes: &[u8], when: PutIf) -> Result<AudioStamp, StoreError> {
        let (shared, key, bytes) = (self.shared.clone(), key.to_owned(), bytes.to_vec());
        wait(async move { write::put(&shared, &key, bytes, when).await })
    }

    /// See [`super::Store::remove`].
    ///
    /// # Errors
    /// What the store says.
    pub fn remove(&self, key: &str) -> Result<(), StoreError> {
        let (shared, key) = (self.shared.clone(), key.to_owned());
        wait(async move { delete::one(&shared, &key).await })
    }

    /// See [`super::Store::upload`].
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`], [`StoreError::Stopped`], the file cannot be read, and what the store says.
    pub fn upload(
        &self,
        key: &SampleKey,
        file: &Path,
        when: PutIf,
        on_bytes: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<AudioStamp, StoreError> {
        upload::upload(&self.shared, text_of(key)?, file, when, on_bytes)
    }

    /// See [`super::Store::delete`].
    ///
    /// # Errors
    /// It changed since, or the store refuses.
    pub fn delete(&self, key: &SampleKey, listed: &AudioStamp) -> Result<(), DeleteError> {
        let mut outcome = Err(DeleteError::Store(StoreError::Stopped));
        self.delete_many(&[(key.clone(), listed.clone())], &mut |_, done| {
            outcome = done;
            ControlFlow::Continue(())
        });
        outcome
    }

    /// See [`super::Store::delete_many`].
    pub fn delete_many(
        &self,
        listed: &[(SampleKey, AudioStamp)],
        on_outcome: &mut dyn FnMut(usize, Result<(), DeleteError>) -> ControlFlow<()>,
    ) {
        delete::many(&self.shared, listed, on_outcome);
    }

    /// See [`super::Store::abilities`].
    ///
    /// # Errors
    /// The store cannot be reached, or turns these keys away altogether.
    pub fn abilities(&self, scratch: Option<&str>) -> Result<Abilities, StoreError> {
        let (shared, scratch) = (self.shared.clone(), scratch.map(str::to_owned));
        wait(async move { examine::abilities(&shared, scratch.as_deref()).await })
    }

    /// See [`super::Store::examine`].
    pub fn examine(&self, scratch: Option<&str>) -> Examination {
        let (shared, scratch) = (self.shared.clone(), scratch.map(str::to_owned));
        let found = wait(async move { Ok(examine::examine(&shared, scratch.as_deref()).await) });
        found.unwrap_or_else(|error| Examination {
            keys: Some(Err(error)),
            ..Examination::default()
        })
    }
}

/// The key as a bucket can have it.
fn text_of(key: &SampleKey) -> Result<&str, StoreError> {
    key.as_str()
        .filter(|key| !key.is_empty())
        .ok_or_else(|| StoreError::NotFound { key: key.lossy().into_owned() })
}

/// An `ETag` as it is kept: without its quotes.
fn plain(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

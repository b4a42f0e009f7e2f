//! Listing pages in order below one prefix, by either call, believing no store that it goes on for ever.

use super::client::{Shared, wait};
use super::plain;
use crate::domain::{AudioStamp, ListVersion, SampleKey};
use crate::objects::{Entry, OnEntries, StoreError};
use aws_sdk_s3::types::{CommonPrefix, EncodingType, Object};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Lists what starts with `prefix` and stands behind `after`, in order.
pub(super) fn under(
    shared: &Arc<Shared>,
    prefix: &str,
    after: Option<&str>,
    on_entries: &mut OnEntries<'_>,
) -> Result<(), StoreError> {
    let mut at = Place::behind(after.map(|after| shared.full(after)));
    loop {
        let (from, full, on) = (at.clone(), shared.full(prefix), shared.clone());
        let page = wait(async move { page(&on, &full, &from, false).await })?;
        if !page.entries.is_empty() && on_entries(page.entries).is_break() {
            return Ok(());
        }
        match page.next {
            Some(next) => at = next,
            None => return Ok(()),
        }
    }
}

/// A few of what is there: the first page.
pub(super) async fn some(shared: &Shared) -> Result<Vec<Entry>, StoreError> {
    Ok(page(shared, &shared.prefix, &Place::default(), false).await?.entries)
}

/// Where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    token: Option<String>,
    /// The whole key behind which it begins.
    after: Option<String>,
}

impl Place {
    pub(super) fn behind(after: Option<String>) -> Self {
        Self { token: None, after }
    }
}

/// One answer.
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    /// Whole prefixes, each ending in `/`.
    pub(super) folders: Vec<String>,
    /// Whether there are prefixes beside them that nobody can ask for: they are no text.
    pub(super) more_folders: bool,
    /// The last whole key that can be asked for.
    pub(super) last: Option<String>,
    pub(super) next: Option<Place>,
}

/// One page of what lies below a whole prefix; with `folders`, what lies in folders below it only by their names.
pub(super) async fn page(
    shared: &Shared,
    prefix: &str,
    at: &Place,
    folders: bool,
) -> Result<Page, StoreError> {
    let v1 = shared.made().await?.profile.list == ListVersion::V1
        || shared.only_v1.load(Ordering::Relaxed);
    let page = if v1 {
        page_v1(shared, prefix, at, folders).await?
    } else {
        match page_v2(shared, prefix, at, folders).await {
            Err(StoreError::Refused { status: 400 | 405 | 501, .. }) if at.token.is_none() => {
                let page = page_v1(shared, prefix, at, folders).await?;
                shared.only_v1.store(true, Ordering::Relaxed);
                page
            }
            page => page?,
        }
    };
    // A page that leads to itself would be read for ever.
    if page.next.as_ref() == Some(at) && *at != Place::default() {
        return Err(nonsense("the next page is the same one"));
    }
    Ok(page)
}

async fn page_v2(
    shared: &Shared,
    prefix: &str,
    at: &Place,
    folders: bool,
) -> Result<Page, StoreError> {
    let escaped = shared.made().await?.profile.escaped_lists;
    let answer = shared
        .send("ListObjectsV2", "", |client| {
            client
                .list_objects_v2()
                .bucket(&shared.bucket)
                .prefix(prefix)
                .set_delimiter(folders.then(|| "/".to_owned()))
                .set_encoding_type(escaped.then_some(EncodingType::Url))
                .set_continuation_token(at.token.clone())
                .set_start_after(at.after.clone().filter(|_| at.token.is_none()))
                .send()
        })
        .await?;
    let unescape = unescaper(answer.encoding_type());
    let Some(more) = answer.is_truncated() else { return Err(cut_short()) };
    let told = answer.contents().len() + answer.common_prefixes().len();
    if answer.key_count().is_some_and(|count| i32::try_from(told).is_ok_and(|told| told < count)) {
        return Err(cut_short());
    }
    let token = answer.next_continuation_token().map(str::to_owned);
    let (folders, more_folders) = folders_of(answer.common_prefixes(), unescape);
    let (entries, last) = entries(shared, answer.contents(), unescape);
    let next = match token {
        _ if !more => None,
        Some(token) => Some(Place { token: Some(token), after: None }),
        // What the first listing call answers: this one was taken for it.
        None => {
            shared.only_v1.store(true, Ordering::Relaxed);
            Some(behind_all(last.as_ref(), &folders, at)?)
        }
    };
    Ok(Page { entries, folders, more_folders, last, next })
}

async fn page_v1(
    shared: &Shared,
    prefix: &str,
    at: &Place,
    folders: bool,
) -> Result<Page, StoreError> {
    let escaped = shared.made().await?.profile.escaped_lists;
    let answer = shared
        .send("ListObjects", "", |client| {
            client
                .list_objects()
                .bucket(&shared.bucket)
                .prefix(prefix)
                .set_delimiter(folders.then(|| "/".to_owned()))
                .set_encoding_type(escaped.then_some(EncodingType::Url))
                .set_marker(at.after.clone())
                .send()
        })
        .await?;
    let unescape = unescaper(answer.encoding_type());
    let (folders, more_folders) = folders_of(answer.common_prefixes(), unescape);
    let (entries, last) = entries(shared, answer.contents(), unescape);
    let more = answer.is_truncated().ok_or_else(cut_short)?;
    // Not by the marker that the store names: some name it escaped, and some escape it again.
    let next = if more { Some(behind_all(last.as_ref(), &folders, at)?) } else { None };
    Ok(Page { entries, folders, more_folders, last, next })
}

/// Prefixes, and whether there are some that are no text.
fn folders_of(prefixes: &[CommonPrefix], unescape: fn(&str) -> Vec<u8>) -> (Vec<String>, bool) {
    let all = prefixes.iter().filter_map(CommonPrefix::prefix).map(unescape);
    let (text, odd): (Vec<_>, Vec<_>) = all.map(String::from_utf8).partition(Result::is_ok);
    (text.into_iter().flatten().collect(), !odd.is_empty())
}

/// Keys as they are, also those that are no text: taken for text they could be those of other objects.
fn entries(
    shared: &Shared,
    objects: &[Object],
    unescape: fn(&str) -> Vec<u8>,
) -> (Vec<Entry>, Option<String>) {
    let mut entries = Vec::with_capacity(objects.len());
    let mut last = None;
    for object in objects {
        let Some(key) = object.key().map(unescape) else { continue };
        // What ends in a slash stands for a folder, even if it holds bytes.
        if let Some(rest) = key.strip_prefix(shared.prefix.as_bytes())
            && !rest.is_empty()
            && !rest.ends_with(b"/")
        {
            let modified = object.last_modified();
            entries.push(Entry {
                key: SampleKey::new(rest),
                stamp: AudioStamp {
                    size: object.size().unwrap_or(0).unsigned_abs(),
                    etag: plain(object.e_tag()),
                },
                modified: modified.and_then(timestamp),
            });
        }
        last = String::from_utf8(key).ok().or(last);
    }
    (entries, last)
}

/// A time of the SDK as ours.
pub(super) fn timestamp(time: &aws_sdk_s3::primitives::DateTime) -> Option<Timestamp> {
    let nanos = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanos).ok()
}

fn unescaper(encoding: Option<&EncodingType>) -> fn(&str) -> Vec<u8> {
    match encoding {
        Some(EncodingType::Url) => |text| percent_decode_str(&text.replace('+', " ")).collect(),
        _ => |text| text.as_bytes().to_vec(),
    }
}

/// The place behind everything on a page, which is to come after the place where the page began.
fn behind_all(last: Option<&String>, folders: &[String], at: &Place) -> Result<Place, StoreError> {
    let after = last.into_iter().chain(folders).max().cloned();
    if after <= at.after {
        return Err(nonsense("the next page does not come after this one"));
    }
    Ok(Place::behind(after))
}

/// An answer that ends early still parses: what is not told would be missing from the source.
fn cut_short() -> StoreError {
    nonsense("it ends before its end")
}

fn nonsense(why: &str) -> StoreError {
    StoreError::Nonsense { call: "ListObjects", why: why.to_owned() }
}

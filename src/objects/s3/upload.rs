//! Uploading files: large ones in parts, a few at once, going on where an earlier try broke off.

use super::client::{Shared, runtime, wait};
use super::write::{put, refuse_existing};
use super::{plain, read};
use crate::domain::{AudioStamp, SampleKey, hex};
use crate::objects::{PutIf, StoreError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use md5::{Digest, Md5};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Larger files go in parts.
const WHOLE: u64 = 16 << 20;
/// Bytes of a part, at least; more where there would be too many.
const PART: u64 = 8 << 20;
/// Parts under way at once.
const AT_ONCE: usize = 4;
/// As many parts as every store takes.
const MOST_PARTS: u64 = 10_000;

/// Copies a local file into the bucket.
pub(super) fn upload(
    shared: &Arc<Shared>,
    key: &str,
    file: &Path,
    when: PutIf,
    on_bytes: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<AudioStamp, StoreError> {
    let failed = |source| StoreError::File { key: file.display().to_string(), source };
    let mut local = File::open(file).map_err(failed)?;
    let size = local.metadata().map_err(failed)?.len();
    if size <= WHOLE {
        let mut bytes = Vec::new();
        local.take(WHOLE + 1).read_to_end(&mut bytes).map_err(failed)?;
        let (on, name) = (shared.clone(), key.to_owned());
        let stamp = wait(async move { put(&on, &name, bytes, when).await })?;
        return match on_bytes(stamp.size) {
            ControlFlow::Continue(()) | ControlFlow::Break(()) => Ok(stamp),
        };
    }
    let (on, name) = (shared.clone(), key.to_owned());
    let begun = wait(async move {
        refuse_existing(&on, &name, when).await?;
        unfinished(&on, &name).await
    })?;
    let part = PART.max(size.div_ceil(MOST_PARTS));
    let mut upload = Upload { shared, key, size, part, when, id: String::new(), etags: Vec::new() };
    if let Some((id, known)) = begun {
        upload.id = id;
        match upload.send(&mut local, &known, on_bytes).and_then(|()| upload.complete()) {
            // It was ended meanwhile, or another one sends its own parts to it.
            Err(StoreError::Refused { code, .. })
                if ["NoSuchUpload", "InvalidPart", "InvalidPartOrder"].contains(&code.as_str()) => {
            }
            outcome => return outcome,
        }
    }
    upload.begin()?;
    upload.send(&mut local, &HashMap::new(), on_bytes)?;
    upload.complete()
}

/// An upload of this key that was begun and not ended, with the parts that are there: size and `ETag` by number.
async fn unfinished(
    shared: &Shared,
    key: &str,
) -> Result<Option<(String, HashMap<i32, (u64, String)>)>, StoreError> {
    let full = shared.full(key);
    let answer = shared
        .send("ListMultipartUploads", key, |client| {
            client.list_multipart_uploads().bucket(&shared.bucket).prefix(&full).send()
        })
        .await;
    let uploads = match answer {
        Ok(uploads) => uploads,
        // Stores without that call, and keys without that right, begin anew.
        Err(error) if error.is_offline() => return Err(error),
        Err(_) => return Ok(None),
    };
    let ours = uploads.uploads().iter().filter(|upload| upload.key() == Some(full.as_str()));
    let newest = ours.max_by_key(|upload| upload.initiated().map(DateTime::as_nanos));
    let Some(id) = newest.and_then(|upload| upload.upload_id()).map(str::to_owned) else {
        return Ok(None);
    };
    let mut known = HashMap::new();
    let mut marker: Option<String> = None;
    loop {
        let (from, upload) = (marker.clone(), id.clone());
        let answer = shared
            .send("ListParts", key, |client| {
                client
                    .list_parts()
                    .bucket(&shared.bucket)
                    .key(&full)
                    .upload_id(upload)
                    .set_part_number_marker(from)
                    .send()
            })
            .await;
        let parts = match answer {
            Ok(parts) => parts,
            Err(error) if error.is_offline() => return Err(error),
            Err(_) => return Ok(None),
        };
        for part in parts.parts() {
            if let (Some(number), Some(size)) = (part.part_number(), part.size()) {
                known.insert(number, (size.unsigned_abs(), plain(part.e_tag())));
            }
        }
        let next = parts.next_part_number_marker().map(str::to_owned);
        if !parts.is_truncated().unwrap_or(false) || next.is_none() || next == marker {
            return Ok(Some((id, known)));
        }
        marker = next;
    }
}

struct Upload<'a> {
    shared: &'a Arc<Shared>,
    key: &'a str,
    size: u64,
    /// Bytes of each part but the last.
    part: u64,
    when: PutIf,
    id: String,
    etags: Vec<String>,
}

impl Upload<'_> {
    fn begin(&mut self) -> Result<(), StoreError> {
        let (on, key) = (self.shared.clone(), self.key.to_owned());
        let id = wait(async move {
            on.send("CreateMultipartUpload", &key, |client| {
                client.create_multipart_upload().bucket(&on.bucket).key(on.full(&key)).send()
            })
            .await
        })?;
        self.id = id.upload_id().map(str::to_owned).ok_or_else(|| StoreError::Nonsense {
            call: "CreateMultipartUpload",
            why: "it names no upload".to_owned(),
        })?;
        Ok(())
    }

    /// Sends each part that is not there yet, a few at once. What stops in the middle stays for the next try.
    fn send(
        &mut self,
        local: &mut File,
        known: &HashMap<i32, (u64, String)>,
        on_bytes: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (done, sent) = channel();
        let mut tally = Tally { there: 0, under_way: 0, end: Ok(()), on_bytes };
        self.etags = vec![String::new(); self.size.div_ceil(self.part) as usize];
        for place in 0..self.etags.len() {
            let at = place as u64 * self.part;
            let bytes = self.bytes(local, at, self.part.min(self.size - at))?;
            let (number, count) = (place as i32 + 1, bytes.len() as u64);
            let hash = hex(&Md5::digest(&bytes));
            match known.get(&number) {
                Some((size, etag)) if *size == count && *etag == hash => {
                    self.etags[place].clone_from(etag);
                    tally.add(count);
                }
                _ => {
                    self.send_part(number, bytes, done.clone())?;
                    tally.under_way += 1;
                }
            }
            while tally.under_way == AT_ONCE {
                tally.take(&sent, &mut self.etags);
            }
            if tally.end.is_err() {
                break;
            }
        }
        // What is under way is waited for: it need not be sent again.
        while tally.under_way > 0 {
            tally.take(&sent, &mut self.etags);
        }
        tally.end
    }

    fn bytes(&self, local: &mut File, at: u64, count: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        local
            .seek(SeekFrom::Start(at))
            .and_then(|_| local.take(count).read_to_end(&mut bytes))
            .and_then(|read| {
                let whole = read as u64 == count;
                if whole { Ok(()) } else { Err(io::Error::other("it became shorter meanwhile")) }
            })
            .map_err(|source| StoreError::File { key: self.key.to_owned(), source })?;
        Ok(bytes)
    }

    fn send_part(&self, number: i32, bytes: Vec<u8>, done: Sender<Sent>) -> Result<(), StoreError> {
        let (on, key, id) = (self.shared.clone(), self.key.to_owned(), self.id.clone());
        let count = bytes.len() as u64;
        runtime()?.spawn(async move {
            let answer = on
                .send("UploadPart", &key, |client| {
                    client
                        .upload_part()
                        .bucket(&on.bucket)
                        .key(on.full(&key))
                        .upload_id(id)
                        .part_number(number)
                        .body(ByteStream::from(bytes))
                        .customize()
                        .config_override(on.unhurried())
                        .send()
                })
                .await;
            // Whoever waited may be gone.
            let _ = done.send((number, count, answer.map(|part| plain(part.e_tag()))));
        });
        Ok(())
    }

    fn complete(&self) -> Result<AudioStamp, StoreError> {
        let parts = (1..).zip(&self.etags).map(|(number, etag)| {
            CompletedPart::builder().part_number(number).e_tag(format!("\"{etag}\"")).build()
        });
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let (on, key, size) = (self.shared.clone(), self.key.to_owned(), self.size);
        let (when, id, wanted) = (self.when, self.id.clone(), etag_of(&self.etags));
        wait(async move {
            // The parts took their time.
            refuse_existing(&on, &key, when).await?;
            let only_new = when == PutIf::Absent && on.conditional.get() != Some(&false);
            let answer = match end(&on, &key, &id, &parts, only_new).await {
                // Some stores refuse what they do not know.
                Err(StoreError::Refused { status: 501, .. }) if only_new => {
                    end(&on, &key, &id, &parts, false).await
                }
                answer => answer,
            };
            match answer {
                Ok(etag) if !etag.is_empty() => Ok(AudioStamp { size, etag }),
                // An answer that ended early, or a store that does not say: it is asked.
                Ok(_) => match read::head(&on, &SampleKey::from(key.as_str())).await? {
                    Some(there) if there.stamp.size == size => Ok(there.stamp),
                    _ => Err(StoreError::Nonsense {
                        call: "CompleteMultipartUpload",
                        why: "what it says is complete is not there".to_owned(),
                    }),
                },
                Err(error) => {
                    // An answer that was lost: the upload is over, and its object is there.
                    match read::head(&on, &SampleKey::from(key.as_str())).await {
                        Ok(Some(there))
                            if there.stamp.size == size && there.stamp.etag == wanted =>
                        {
                            Ok(there.stamp)
                        }
                        _ => Err(error),
                    }
                }
            }
        })
    }
}

async fn end(
    shared: &Shared,
    key: &str,
    id: &str,
    parts: &CompletedMultipartUpload,
    only_new: bool,
) -> Result<String, StoreError> {
    let done = shared
        .send("CompleteMultipartUpload", key, |client| {
            client
                .complete_multipart_upload()
                .bucket(&shared.bucket)
                .key(shared.full(key))
                .upload_id(id)
                .set_if_none_match(only_new.then(|| "*".to_owned()))
                .multipart_upload(parts.clone())
                .customize()
                .config_override(shared.unhurried())
                .send()
        })
        .await?;
    Ok(plain(done.e_tag()))
}

/// A part's number, its bytes, and its `ETag`.
type Sent = (i32, u64, Result<String, StoreError>);

/// How far an upload is.
struct Tally<'a> {
    there: u64,
    under_way: usize,
    end: Result<(), StoreError>,
    on_bytes: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
}

impl Tally<'_> {
    fn add(&mut self, bytes: u64) {
        self.there += bytes;
        if self.end.is_ok() && (self.on_bytes)(self.there).is_break() {
            self.end = Err(StoreError::Stopped);
        }
    }

    /// Waits for one of those under way.
    fn take(&mut self, sent: &Receiver<Sent>, etags: &mut [String]) {
        self.under_way -= 1;
        match sent.recv().unwrap_or((0, 0, Err(StoreError::Stopped))) {
            (number, count, Ok(etag)) => {
                etags[number as usize - 1] = etag;
                self.add(count);
            }
            (_, _, Err(error)) if self.end.is_ok() => self.end = Err(error),
            _ => {}
        }
    }
}

/// The `ETag` that AWS gives an object made of parts: the hash of their hashes, and how many they were.
fn etag_of(parts: &[String]) -> String {
    let mut all = Md5::new();
    for part in parts {
        let bytes = part
            .as_bytes()
            .chunks(2)
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        all.update(bytes.collect::<Vec<u8>>());
    }
    format!("{}-{}", hex(&all.finalize()), parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_etag_of_parts_is_the_hash_of_their_hashes() {
        let parts = ["a", "b"].map(|part| hex(&Md5::digest(part)));
        let both: Vec<u8> = ["a", "b"].iter().flat_map(|part| Md5::digest(part).to_vec()).collect();
        assert_eq!(etag_of(&parts), format!("{}-2", hex(&Md5::digest(both))));
    }
}

//! Uploads in parts.

use super::contents::{Contents, Object, Upload, hex};
use hyper::body::Bytes;
use s3s::crypto::{Checksum, Md5};
use s3s::dto::{
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, ETag, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part, Timestamp,
};
use s3s::{S3Result, s3_error};

/// Bytes of any part but the last, at least.
const SMALLEST: usize = 5 << 20;

/// The upload by that id, if it is for that key.
pub(crate) fn upload<'a>(
    contents: &'a mut Contents,
    id: &str,
    key: &str,
) -> S3Result<&'a mut Upload> {
    let upload = contents.uploads.get_mut(id).filter(|upload| upload.key == key);
    upload.ok_or_else(|| s3_error!(NoSuchUpload))
}

pub(crate) fn list(contents: &mut Contents, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let limit = input.max_parts.and_then(|parts| usize::try_from(parts).ok()).unwrap_or(1000);
    let limit = limit.min(contents.page);
    let upload = upload(contents, &input.upload_id, &input.key)?;
    let behind = input.part_number_marker.unwrap_or(0);
    let mut left = upload.parts.range(behind + 1..);
    let parts: Vec<Part> =
        left.by_ref().take(limit).map(|(number, part)| of(*number, part)).collect();
    let truncated = left.next().is_some();
    Ok(ListPartsOutput {
        is_truncated: Some(truncated),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        parts: Some(parts),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        ..ListPartsOutput::default()
    })
}

fn of(number: i32, part: &Object) -> Part {
    Part {
        part_number: Some(number),
        e_tag: Some(ETag::Strong(part.etag.clone())),
        size: i64::try_from(part.bytes.len()).ok(),
        last_modified: Some(Timestamp::from(part.modified)),
        ..Part::default()
    }
}

pub(crate) fn list_uploads(
    contents: &Contents,
    input: ListMultipartUploadsInput,
) -> ListMultipartUploadsOutput {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let behind = (
        input.key_marker.as_deref().unwrap_or_default(),
        input.upload_id_marker.as_deref().unwrap_or("\u{10ffff}"),
    );
    let mut all: Vec<(&str, &str, &Upload)> = contents
        .uploads
        .iter()
        .map(|(id, upload)| (upload.key.as_str(), id.as_str(), upload))
        .filter(|(key, id, _)| key.starts_with(prefix) && (*key, *id) > behind)
        .collect();
    all.sort_by_key(|(key, id, _)| (*key, *id));
    let truncated = all.len() > contents.page;
    all.truncate(contents.page);
    let last = all.last().filter(|_| truncated);
    ListMultipartUploadsOutput {
        is_truncated: Some(truncated),
        next_key_marker: last.map(|(key, ..)| (*key).to_owned()),
        next_upload_id_marker: last.map(|(_, id, _)| (*id).to_owned()),
        uploads: Some(
            all.iter()
                .map(|(key, id, upload)| MultipartUpload {
                    key: Some((*key).to_owned()),
                    upload_id: Some((*id).to_owned()),
                    initiated: Some(Timestamp::from(upload.started)),
                    ..MultipartUpload::default()
                })
                .collect(),
        ),
        bucket: Some(input.bucket),
        prefix: input.prefix,
        ..ListMultipartUploadsOutput::default()
    }
}

/// Puts the parts that are named together. The upload is gone then: a second try is `NoSuchUpload`.
pub(crate) fn complete(
    contents: &mut Contents,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let upload = upload(contents, &input.upload_id, &input.key)?;
    let (mut bytes, mut digests) = (Vec::new(), Vec::new());
    let mut before = 0;
    for (place, wanted) in named.iter().enumerate() {
        let number = wanted.part_number.unwrap_or(0);
        if number <= before {
            return Err(s3_error!(InvalidPartOrder));
        }
        before = number;
        let part = upload.parts.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
        if wanted.e_tag.as_ref().is_none_or(|etag| etag.value() != part.etag) {
            return Err(s3_error!(InvalidPart));
        }
        if part.bytes.len() < SMALLEST && place + 1 < named.len() {
            return Err(s3_error!(EntityTooSmall));
        }
        bytes.extend_from_slice(&part.bytes);
        digests.extend(Md5::checksum(&part.bytes));
    }
    if named.is_empty() {
        return Err(s3_error!(MalformedXML));
    }
    let mut object = Object::new(Bytes::from(bytes));
    object.etag = format!("{}-{}", hex(&Md5::checksum(&digests)), named.len());
    let etag = ETag::Strong(object.etag.clone());
    contents.uploads.remove(&input.upload_id);
    contents.write(&input.key, object);
    Ok(CompleteMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(etag),
        ..CompleteMultipartUploadOutput::default()
    })
}

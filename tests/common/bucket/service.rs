//! The calls, answered from memory.

use super::contents::{Bucket, Buckets, Contents, Object};
use super::listing::{Query, asks_encoding, encoded, page};
use super::manners::Manners;
use super::parts;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use s3s::crypto::{Checksum, Md5};
use s3s::dto::*;
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};

type Answer<T> = S3Result<S3Response<T>>;

/// The store.
pub(crate) struct Service {
    buckets: Buckets,
    manners: Manners,
}

impl Service {
    pub(crate) fn new(buckets: Buckets, manners: Manners) -> Self {
        Self { buckets, manners }
    }

    fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.buckets.existing(name).ok_or_else(|| s3_error!(NoSuchBucket))
    }

    /// The bucket, if this key may be touched in it.
    fn bucket_for(&self, name: &str, key: &str) -> S3Result<Bucket> {
        let bucket = self.bucket(name)?;
        let forbidden = bucket.lock().forbidden.contains(key);
        if forbidden { Err(s3_error!(AccessDenied)) } else { Ok(bucket) }
    }

    /// Whether a write may go on.
    fn may_write(
        &self,
        contents: &Contents,
        key: &str,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<()> {
        if !self.manners.conditional_put {
            return Ok(());
        }
        let there = contents.objects.get(key);
        if let Some(condition) = if_match {
            let Some(object) = there else {
                return Err(s3_error!(NoSuchKey));
            };
            if !fits(condition, object) {
                return Err(s3_error!(PreconditionFailed));
            }
        }
        if let (Some(condition), Some(object)) = (if_none_match, there)
            && fits(condition, object)
        {
            return Err(s3_error!(PreconditionFailed));
        }
        Ok(())
    }

    fn object(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<Object> {
        let bucket = self.bucket_for(bucket, key)?;
        let object = bucket.lock().objects.get(key).cloned();
        let object = object.ok_or_else(|| s3_error!(NoSuchKey))?;
        if if_match.is_some_and(|condition| !fits(condition, &object)) {
            return Err(s3_error!(PreconditionFailed));
        }
        if if_none_match.is_some_and(|condition| fits(condition, &object)) {
            return Err(s3_error!(NotModified));
        }
        Ok(object)
    }
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        let versioned = self.bucket(&request.input.bucket)?.lock().versioned;
        let enabled = || BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
        Ok(S3Response::new(GetBucketVersioningOutput {
            status: versioned.then(enabled),
            ..GetBucketVersioningOutput::default()
        }))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> Answer<ListObjectsOutput> {
        let input = request.input;
        let bucket = self.bucket(&input.bucket)?;
        let is_encoded = asks_encoding(input.encoding_type.as_ref());
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().unwrap_or_default(),
            after: input.marker.as_deref().unwrap_or_default(),
            after_prefix: true,
            limit: limit(input.max_keys),
            encoded: is_encoded,
        };
        let page = page(&bucket.lock(), &query);
        // AWS names the next marker only where there is a delimiter.
        let next = page.last.filter(|_| page.truncated && !query.delimiter.is_empty());
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: input.prefix.map(|prefix| encoded(&prefix, is_encoded)),
            marker: input.marker.map(|marker| encoded(&marker, is_encoded)),
            max_keys: Some(input.max_keys.unwrap_or(1000)),
            is_truncated: Some(page.truncated),
            next_marker: next.map(|next| encoded(&next, is_encoded)),
            contents: Some(page.objects),
            common_prefixes: Some(page.prefixes),
            delimiter: input.delimiter,
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        let input = request.input;
        let bucket = self.bucket(&input.bucket)?;
        let is_encoded = asks_encoding(input.encoding_type.as_ref());
        let token = input.continuation_token.as_deref().map(untokened).transpose()?;
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().unwrap_or_default(),
            after: token.as_deref().or(input.start_after.as_deref()).unwrap_or_default(),
            after_prefix: token.is_some(),
            limit: limit(input.max_keys),
            encoded: is_encoded,
        };
        let page = page(&bucket.lock(), &query);
        let next = page.last.as_ref().filter(|_| page.truncated);
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: i32::try_from(page.len()).ok(),
            next_continuation_token: next.map(|last| BASE64_URL_SAFE.encode(last)),
            prefix: input.prefix.map(|prefix| encoded(&prefix, is_encoded)),
            start_after: input.start_after.map(|after| encoded(&after, is_encoded)),
            max_keys: Some(input.max_keys.unwrap_or(1000)),
            continuation_token: input.continuation_token,
            is_truncated: Some(page.truncated),
            contents: Some(page.objects),
            common_prefixes: Some(page.prefixes),
            delimiter: input.delimiter,
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let input = request.input;
        let conditions = (input.if_match.as_ref(), input.if_none_match.as_ref());
        let object = self.object(&input.bucket, &input.key, conditions.0, conditions.1)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(object.bytes.len()).ok(),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(Timestamp::from(object.modified)),
            accept_ranges: Some("bytes".into()),
            ..HeadObjectOutput::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let input = request.input;
        let conditions = (input.if_match.as_ref(), input.if_none_match.as_ref());
        let object = self.object(&input.bucket, &input.key, conditions.0, conditions.1)?;
        let whole = object.bytes.len() as u64;
        let range = match input.range.map(|range| range.check(whole)) {
            Some(Ok(range)) => Some(range),
            Some(Err(outside)) if self.manners.range_refused => return Err(outside.into()),
            _ => None,
        };
        let told =
            range.as_ref().map(|range| format!("bytes {}-{}/{whole}", range.start, range.end - 1));
        let bytes = match range {
            Some(range) => object.bytes.slice(range.start as usize..range.end as usize),
            None => object.bytes,
        };
        Ok(S3Response::new(GetObjectOutput {
            content_length: i64::try_from(bytes.len()).ok(),
            content_range: told,
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(Timestamp::from(object.modified)),
            accept_ranges: Some("bytes".into()),
            body: Some(StreamingBlob::from(Body::from(bytes))),
            ..GetObjectOutput::default()
        }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let input = request.input;
        let bucket = self.bucket_for(&input.bucket, &input.key)?;
        let object = Object::new(received(input.body, input.content_md5.as_deref()).await?);
        let etag = ETag::Strong(object.etag.clone());
        let mut contents = bucket.lock();
        let conditions = (input.if_match.as_ref(), input.if_none_match.as_ref());
        self.may_write(&contents, &input.key, conditions.0, conditions.1)?;
        contents.write(&input.key, object);
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(etag), ..PutObjectOutput::default() }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> Answer<DeleteObjectOutput> {
        let input = request.input;
        let bucket = self.bucket_for(&input.bucket, &input.key)?;
        let mut contents = bucket.lock();
        if let Some(condition) = input.if_match.as_ref() {
            self.may_write(&contents, &input.key, Some(condition), None)?;
        }
        contents.delete(&input.key);
        let marker = contents.versioned.then_some(true);
        let output = DeleteObjectOutput { delete_marker: marker, ..DeleteObjectOutput::default() };
        Ok(S3Response::new(output))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        let input = request.input;
        if input.delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML));
        }
        let bucket = self.bucket(&input.bucket)?;
        let mut contents = bucket.lock();
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in input.delete.objects {
            if contents.forbidden.contains(&object.key) {
                errors.push(Error {
                    code: Some("AccessDenied".into()),
                    key: Some(object.key),
                    message: Some("Access Denied".into()),
                    version_id: None,
                });
                continue;
            }
            contents.delete(&object.key);
            let key = Some(object.key);
            deleted.push(DeletedObject { key, ..DeletedObject::default() });
        }
        let quiet = input.delete.quiet.unwrap_or_default();
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: (!errors.is_empty()).then_some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let input = request.input;
        let bucket = self.bucket_for(&input.bucket, &input.key)?;
        let id = bucket.lock().begin_upload(&input.key);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let input = request.input;
        let bucket = self.bucket_for(&input.bucket, &input.key)?;
        let part = Object::new(received(input.body, input.content_md5.as_deref()).await?);
        let etag = ETag::Strong(part.etag.clone());
        let mut contents = bucket.lock();
        let upload = parts::upload(&mut contents, &input.upload_id, &input.key)?;
        upload.parts.insert(input.part_number, part);
        Ok(S3Response::new(UploadPartOutput { e_tag: Some(etag), ..UploadPartOutput::default() }))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        let bucket = self.bucket_for(&request.input.bucket, &request.input.key)?;
        parts::list(&mut bucket.lock(), request.input).map(S3Response::new)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        let output = parts::list_uploads(&bucket.lock(), request.input);
        Ok(S3Response::new(output))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let input = request.input;
        let bucket = self.bucket_for(&input.bucket, &input.key)?;
        let mut contents = bucket.lock();
        parts::upload(&mut contents, &input.upload_id, &input.key)?;
        let conditions = (input.if_match.as_ref(), input.if_none_match.as_ref());
        self.may_write(&contents, &input.key, conditions.0, conditions.1)?;
        parts::complete(&mut contents, input).map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        let input = request.input;
        let bucket = self.bucket_for(&input.bucket, &input.key)?;
        let mut contents = bucket.lock();
        parts::upload(&mut contents, &input.upload_id, &input.key)?;
        contents.uploads.remove(&input.upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// The whole of a body, if it is what its digest says.
async fn received(body: Option<StreamingBlob>, md5: Option<&str>) -> S3Result<Bytes> {
    let bytes = match body {
        None => Bytes::new(),
        Some(body) => {
            let whole = Body::from(body).collect().await;
            whole.map_err(|_| s3_error!(IncompleteBody))?.to_bytes()
        }
    };
    match md5 {
        Some(md5) if md5 != BASE64_STANDARD.encode(Md5::checksum(&bytes)) => {
            Err(s3_error!(BadDigest))
        }
        _ => Ok(bytes),
    }
}

fn fits(condition: &ETagCondition, object: &Object) -> bool {
    condition.as_etag().is_none_or(|etag| etag.value() == object.etag)
}

fn limit(keys: Option<i32>) -> usize {
    keys.and_then(|keys| usize::try_from(keys).ok()).unwrap_or(1000).min(1000)
}

fn untokened(token: &str) -> S3Result<String> {
    let bytes = BASE64_URL_SAFE.decode(token).ok();
    let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

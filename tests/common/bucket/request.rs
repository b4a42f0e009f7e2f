//! What a request asks for, read off its head.

use hyper::http::request::Parts;
use hyper::{Method, header};

/// The calls this server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    HeadBucket,
    GetBucketVersioning,
    ListObjects,
    ListObjectsV2,
    HeadObject,
    GetObject,
    PutObject,
    DeleteObject,
    DeleteObjects,
    CreateMultipartUpload,
    UploadPart,
    ListParts,
    ListMultipartUploads,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    Other,
}

impl Op {
    /// Whether it changes what the bucket holds.
    pub(crate) fn writes(self) -> bool {
        matches!(
            self,
            Self::PutObject
                | Self::DeleteObject
                | Self::DeleteObjects
                | Self::CreateMultipartUpload
                | Self::UploadPart
                | Self::CompleteMultipartUpload
                | Self::AbortMultipartUpload
        )
    }

    /// Whether it lists objects.
    pub(crate) fn lists(self) -> bool {
        matches!(self, Self::ListObjects | Self::ListObjectsV2)
    }
}

/// One request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// 0, 1, 2, …
    pub(crate) number: usize,
    pub(crate) method: String,
    pub(crate) op: Op,
    pub(crate) bucket: String,
    /// The object's key, decoded; of a listing its prefix.
    pub(crate) key: String,
    /// Everything behind the `?`, as sent.
    pub(crate) query: String,
    /// The `Range` header.
    pub(crate) range: Option<String>,
    /// Whether the bucket's name stood in the host.
    pub(crate) host_style: bool,
}

impl Request {
    pub(crate) fn read(number: usize, head: &Parts) -> Self {
        let host = host(head);
        let path = decoded(head.uri.path().trim_start_matches('/'));
        let of_host = bucket_of_host(&host);
        let (bucket, key) = match &of_host {
            Some(bucket) => (bucket.clone(), path),
            None => match path.split_once('/') {
                Some((bucket, key)) => (bucket.to_owned(), key.to_owned()),
                None => (path, String::new()),
            },
        };
        let query = head.uri.query().unwrap_or_default().to_owned();
        let op = op(&head.method, key.is_empty(), &query);
        let key = if key.is_empty() { value(&query, "prefix").unwrap_or_default() } else { key };
        let range = head.headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        Self {
            number,
            method: head.method.to_string(),
            op,
            bucket,
            key,
            query,
            range: range.map(str::to_owned),
            host_style: of_host.is_some(),
        }
    }
}

/// The host asked for: of a proxy, in the URI.
pub(crate) fn host(head: &Parts) -> String {
    let named = head.uri.authority().map(ToString::to_string);
    named.unwrap_or_else(|| {
        let host = head.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        host.unwrap_or_default().to_owned()
    })
}

/// `bucket.rest`, unless the host is a number or a plain `obs.…` or `s3.…`.
pub(crate) fn bucket_of_host(host: &str) -> Option<String> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let (first, rest) = name.split_once('.')?;
    let numeric = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let service = matches!(first, "obs" | "s3") || rest.is_empty();
    (!numeric && !service).then(|| first.to_owned())
}

fn op(method: &Method, of_bucket: bool, query: &str) -> Op {
    let has = |name: &str| value(query, name).is_some();
    match (method.as_str(), of_bucket) {
        ("HEAD", true) => Op::HeadBucket,
        ("GET", true) if has("versioning") => Op::GetBucketVersioning,
        ("GET", true) if has("uploads") => Op::ListMultipartUploads,
        ("GET", true) if has("list-type") => Op::ListObjectsV2,
        ("GET", true) => Op::ListObjects,
        ("POST", true) if has("delete") => Op::DeleteObjects,
        ("HEAD", false) => Op::HeadObject,
        ("GET", false) if has("uploadId") => Op::ListParts,
        ("GET", false) => Op::GetObject,
        ("PUT", false) if has("uploadId") => Op::UploadPart,
        ("PUT", false) => Op::PutObject,
        ("POST", false) if has("uploads") => Op::CreateMultipartUpload,
        ("POST", false) if has("uploadId") => Op::CompleteMultipartUpload,
        ("DELETE", false) if has("uploadId") => Op::AbortMultipartUpload,
        ("DELETE", false) => Op::DeleteObject,
        _ => Op::Other,
    }
}

/// The value of one query parameter, decoded.
fn value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| decoded(value))
    })
}

/// Without its percent signs.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                plain.push(byte);
                at += 3;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

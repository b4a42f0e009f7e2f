//! The manifest of an inventory: of which bucket, as of when, in which files, with which columns.

use super::error::InventoryError;
use jiff::Timestamp;
use serde::Deserialize;

/// Bytes of a manifest, at most: room for some 100,000 data files.
pub(super) const LARGEST: u64 = 32 << 20;

/// How the data files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Gzip, no head, keys escaped as in URLs.
    Csv(Columns),
    /// Says its columns itself.
    Parquet,
}

/// Where in a CSV row what stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Columns {
    pub(super) key: usize,
    pub(super) size: usize,
    pub(super) etag: usize,
    pub(super) modified: usize,
    pub(super) latest: Option<usize>,
    pub(super) marker: Option<usize>,
    /// Columns of a row.
    pub(super) count: usize,
}

/// One data file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct DataFile {
    /// Its whole key in the destination bucket.
    pub(super) key: String,
    /// Bytes.
    pub(super) size: u64,
    /// In hexadecimal digits.
    #[serde(rename = "MD5checksum")]
    pub(super) md5: String,
}

/// A manifest, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    /// When the store began to look through the bucket.
    pub(super) as_of: Timestamp,
    pub(super) format: Format,
    pub(super) files: Vec<DataFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    source_bucket: String,
    creation_timestamp: Millis,
    file_format: String,
    file_schema: String,
    files: Vec<DataFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Millis {
    Text(String),
    Number(i64),
}

impl Millis {
    fn time(&self) -> Option<Timestamp> {
        let millis = match self {
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Number(number) => *number,
        };
        Timestamp::from_millisecond(millis).ok()
    }
}

/// Understands the manifest at `address`, which is to be one of `bucket`.
pub(super) fn parse(address: &str, bytes: &[u8], bucket: &str) -> Result<Manifest, InventoryError> {
    let bad = |why: String| InventoryError::Manifest { manifest: address.to_owned(), why };
    let written: Written = serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
    if bucket_of(&written.source_bucket) != bucket {
        return Err(InventoryError::OtherBucket {
            manifest: address.to_owned(),
            theirs: bucket_of(&written.source_bucket).to_owned(),
            ours: bucket.to_owned(),
        });
    }
    let as_of = written
        .creation_timestamp
        .time()
        .ok_or_else(|| bad("creationTimestamp is no time".to_owned()))?;
    let format = match written.file_format.to_ascii_lowercase().as_str() {
        "csv" => Format::Csv(columns(address, &written.file_schema)?),
        "parquet" => Format::Parquet,
        _ => {
            let (manifest, format) = (address.to_owned(), written.file_format);
            return Err(InventoryError::Format { manifest, format });
        }
    };
    if let Some(odd) = written.files.iter().find(|file| !is_md5(&file.md5)) {
        return Err(bad(format!("the MD5 of {:?} is none", odd.key)));
    }
    Ok(Manifest { as_of, format, files: written.files })
}

/// The bucket's name, also where it is written as an ARN.
fn bucket_of(text: &str) -> &str {
    text.rsplit(":::").next().unwrap_or(text)
}

fn is_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn columns(address: &str, schema: &str) -> Result<Columns, InventoryError> {
    let names: Vec<&str> = schema.split(',').map(str::trim).collect();
    let place = |name: &str| names.iter().position(|other| other.eq_ignore_ascii_case(name));
    let wanted =
        [("Key", "Key"), ("Size", "Size"), ("ETag", "ETag"), ("LastModifiedDate", "Last modified")];
    let missing: Vec<&str> =
        wanted.iter().filter(|(name, _)| place(name).is_none()).map(|(_, said)| *said).collect();
    let (Some(key), Some(size), Some(etag), Some(modified)) =
        (place("Key"), place("Size"), place("ETag"), place("LastModifiedDate"))
    else {
        return Err(InventoryError::Columns { file: address.to_owned(), missing });
    };
    let (latest, marker) = (place("IsLatest"), place("IsDeleteMarker"));
    Ok(Columns { key, size, etag, modified, latest, marker, count: names.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: &str = r#"{"sourceBucket":"calls","destinationBucket":"arn:aws:s3:::kept","version":"2016-11-30",
        "creationTimestamp":"1514944800000","fileFormat":"CSV",
        "fileSchema":"Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass",
        "files":[{"key":"inv/calls/all/data/d7.csv.gz","size":2147483647,"MD5checksum":"f11166069f1990abeb9c97ace9cdfabc"}]}"#;

    fn parsed(text: &str) -> Result<Manifest, InventoryError> {
        parse("s3://kept/manifest.json", text.as_bytes(), "calls")
    }

    #[test]
    fn a_manifest_says_as_of_when_and_what_stands_where() {
        let manifest = parsed(AWS).unwrap();
        assert_eq!(manifest.as_of.to_string(), "2018-01-03T02:00:00Z");
        let columns = Columns {
            key: 1,
            size: 5,
            etag: 7,
            modified: 6,
            latest: Some(3),
            marker: Some(4),
            count: 9,
        };
        assert_eq!(manifest.format, Format::Csv(columns));
        assert_eq!(manifest.files.len(), 1);
        let number = AWS.replace("\"1514944800000\"", "1514944800000");
        assert_eq!(parsed(&number).unwrap(), manifest);
    }

    #[test]
    fn what_cannot_stand_for_a_listing_is_refused_by_name() {
        let refused = |from: &str, to: &str| parsed(&AWS.replace(from, to)).unwrap_err();
        assert!(matches!(refused("\"calls\"", "\"other\""), InventoryError::OtherBucket { .. }));
        let orc = refused("\"CSV\"", "\"ORC\"");
        assert!(orc.to_string().contains("ORC"), "{orc}");
        let InventoryError::Columns { missing, .. } = refused("Size, LastModifiedDate, ETag,", "")
        else {
            panic!("columns are missing")
        };
        assert_eq!(missing, ["Size", "ETag", "Last modified"]);
        for (from, to) in
            [("f11166069f", "f11"), ("1514944800000", "yesterday"), ("\"files\"", "\"data\"")]
        {
            assert!(matches!(refused(from, to), InventoryError::Manifest { .. }), "{from}");
        }
    }
}

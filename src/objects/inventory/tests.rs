//! Inventories in a folder, as a store delivers them.

use super::*;
use crate::objects::Entry;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;

const TIME: &str = "2026-11-06T21:32:10.000Z";

/// A folder as a store delivers inventories into it.
struct Delivered {
    folder: tempfile::TempDir,
}

impl Delivered {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("all/data")).unwrap();
        Self { folder }
    }

    /// A data file of these rows; what a manifest says of it comes back.
    fn file(&self, name: &str, rows: &str) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        gzip.write_all(rows.as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap();
        fs::write(self.folder.path().join("all/data").join(name), &bytes).unwrap();
        let (md5, size) = (md5_of(&bytes), bytes.len());
        format!(r#"{{"key":"kept/calls/all/data/{name}","size":{size},"MD5checksum":"{md5}"}}"#)
    }

    fn manifest(&self, date: &str, files: &[String], with_checksum: bool) {
        let millis = date.chars().filter(char::is_ascii_digit).collect::<String>();
        let text = format!(
            r#"{{"sourceBucket":"calls","destinationBucket":"arn:aws:s3:::kept","version":"2016-11-30",
            "creationTimestamp":"{millis}","fileFormat":"CSV",
            "fileSchema":"Bucket, Key, Size, LastModifiedDate, ETag","files":[{}]}}"#,
            files.join(",")
        );
        let dated = self.folder.path().join("all").join(date);
        fs::create_dir_all(&dated).unwrap();
        fs::write(dated.join(MANIFEST), &text).unwrap();
        if with_checksum {
            fs::write(dated.join(CHECKSUM), format!("{}\n", md5_of(text.as_bytes()))).unwrap();
        }
    }

    fn at(&self, place: &str) -> Inventory {
        let address = self.folder.path().join(place).display().to_string();
        let source = Source::parse("s3://calls/recorded/").unwrap();
        Inventory::at(&address, &source, &Options::default()).unwrap()
    }

    fn listed(&self, place: &str) -> Result<Vec<Entry>, InventoryError> {
        let mut all = Vec::new();
        let listing = self.at(place).newest()?.list(self.folder.path(), &mut |entries| {
            all.extend(entries);
            ControlFlow::Continue(())
        })?;
        assert_eq!(listing, Listing::default());
        Ok(all)
    }
}

fn row(key: &str) -> String {
    format!("\"calls\",\"{key}\",\"7\",\"{TIME}\",\"e\"\n")
}

fn keys(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.key.lossy().into_owned()).collect()
}

#[test]
fn the_newest_complete_one_is_read_file_by_file() {
    let delivered = Delivered::new();
    let one = delivered.file("1.csv.gz", &(row("recorded/a.wav") + &row("elsewhere/x.wav")));
    let two = delivered.file("2.csv.gz", &row("recorded/b+1.wav"));
    delivered.manifest("2026-11-05T21-32Z", &[], true);
    delivered.manifest("2026-11-06T21-32Z", &[one, two], true);
    // Not delivered to its end.
    delivered.manifest("2026-11-07T21-32Z", &[], false);
    for place in ["all", "all/", "all/2026-11-06T21-32Z/manifest.json"] {
        assert_eq!(keys(&delivered.listed(place).unwrap()), ["a.wav", "b 1.wav"], "{place}");
    }
    let picture = delivered.at("all").newest().unwrap();
    assert_eq!(picture.as_of(), Timestamp::from_millisecond(202_611_062_132).unwrap());
    assert!(matches!(delivered.listed("all/data"), Err(InventoryError::None { .. })));
}

#[test]
fn a_file_that_is_not_what_the_manifest_says_is_refused() {
    let delivered = Delivered::new();
    let file = delivered.file("1.csv.gz", &row("recorded/a.wav"));
    let path = delivered.folder.path().join("all/data/1.csv.gz");
    let good = fs::read(&path).unwrap();
    delivered.manifest("2026-11-06T21-32Z", &[file], true);
    let mut other = good.clone();
    other[12] ^= 1;
    let longer = [&good[..], b"x"].concat();
    for bad in [&other, &longer, &good[..good.len() - 1].to_vec()] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(delivered.listed("all"), Err(InventoryError::Differs { .. })));
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        delivered.listed("all"),
        Err(InventoryError::Store(StoreError::NotFound { .. }))
    ));
    fs::write(&path, &good).unwrap();
    assert_eq!(delivered.listed("all").unwrap().len(), 1);
    let checksum = delivered.folder.path().join("all/2026-11-06T21-32Z/manifest.checksum");
    fs::write(checksum, "0").unwrap();
    assert!(matches!(delivered.listed("all"), Err(InventoryError::Manifest { .. })));
}

#[test]
fn a_manifest_leads_nowhere_else() {
    let delivered = Delivered::new();
    fs::write(delivered.folder.path().join("secret"), "s").unwrap();
    for key in ["../secret", "/etc/passwd", "a/../../secret", ""] {
        let file = format!(r#"{{"key":"{key}","size":1,"MD5checksum":"{}"}}"#, md5_of(b"s"));
        delivered.manifest("2026-11-06T21-32Z", &[file], true);
        let refused = delivered.listed("all").unwrap_err();
        assert!(matches!(refused, InventoryError::Store(_)), "{key}: {refused}");
    }
}

#[test]
fn an_inventory_is_of_a_bucket() {
    let none = Options::default();
    let folder = Source::parse("/data/calls").unwrap();
    assert!(matches!(Inventory::at("/x", &folder, &none), Err(InventoryError::NoBucket)));
    let bucket = Source::parse("s3://calls/").unwrap();
    for odd in ["", "https://x/manifest.json", "s3://"] {
        assert!(matches!(Inventory::at(odd, &bucket, &none), Err(InventoryError::Address { .. })));
    }
}

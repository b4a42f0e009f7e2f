//! A bucket's inventory read into a staged listing: how long, and in how much memory, where there are very many objects.

use super::data::{self, Dice};
use super::machine;
use super::report::{Bar, Figure, Report, Row};
use super::scale::Scale;
use super::timing::timed;
use earmark::domain::Source;
use earmark::objects::{Inventory, Options};
use earmark::text::thousands;
use earmark::workspace::{Listed, Staging};
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Rows of one data file.
const ROWS: usize = 1_000_000;
/// As of when it is.
const AS_OF: &str = "2026-11-06T21-32Z";
/// Rows between two looks at the memory.
const LOOK: u64 = 100_000;
/// What reading an inventory may take, in MiB, however long it is.
const MOST: f64 = 64.0;

pub(crate) fn run(scale: &Scale, report: &mut Report) {
    let objects = if scale.full { 10_000_000 } else { 300_000 };
    let folder = delivered(objects);
    let source = Source::parse("s3://calls/").expect("a source");
    let address = folder.display().to_string();
    let scratch = tempfile::tempdir_in(data::folder()).expect("a folder to work in");
    let mut staging = Staging::create(scratch.path()).expect("a staged listing");
    let inventory = Inventory::at(&address, &source, &Options::default()).expect("its address");
    let (before, _) = memory();
    let (mut found, mut most) = (0_u64, 0.0_f64);
    let taken = timed(|| {
        let picture = inventory.newest().expect("an inventory");
        let listed = picture.list(scratch.path(), &mut |entries| {
            let before = found;
            found += entries.len() as u64;
            let chunk: Vec<Listed> = entries
                .into_iter()
                .map(|entry| Listed {
                    key: entry.key,
                    size: entry.stamp.size,
                    etag: entry.stamp.etag,
                    modified: entry.modified,
                })
                .collect();
            staging.add(&chunk).expect("room on the disk");
            if before / LOOK != found / LOOK {
                most = most.max(memory().0);
            }
            ControlFlow::Continue(())
        });
        listed.expect("it can be read");
    })
    .1;
    assert_eq!(found, objects as u64);
    let objects = thousands(objects as u64);
    report.add(Row::seconds(format!("inventory of {objects} objects read into a listing"), taken));
    report.add(
        Row::new("memory that it takes", Figure::Mebibytes((most - before).max(0.0)))
            .bar(Bar::AtMost(MOST))
            .note(format!("{before:.0} MiB resident before, {most:.0} MiB at most")),
    );
}

fn memory() -> (f64, f64) {
    let own = i32::try_from(std::process::id()).expect("a process id");
    machine::memory(own).unwrap_or_default()
}

/// An inventory in CSV as a store delivers it, made once: whole files in no order, each in order.
fn delivered(objects: usize) -> PathBuf {
    let folder = data::folder().join(format!("inventory-{objects}"));
    let manifest = folder.join(AS_OF).join("manifest.json");
    if manifest.exists() {
        return folder;
    }
    eprintln!("  writing an inventory of {objects} objects …");
    fs::create_dir_all(folder.join("data")).expect("a folder for it");
    let mut files = Vec::new();
    let mut dice = Dice::new(7);
    for start in (0..objects).step_by(ROWS) {
        let name = format!("data/{start:08}.csv.gz");
        let path = folder.join(&name);
        write_rows(&path, start..(start + ROWS).min(objects), &mut dice);
        let (size, md5) = md5_of(&path);
        files.push(format!(r#"{{"key":"kept/{name}","size":{size},"MD5checksum":"{md5}"}}"#));
    }
    files.reverse();
    let text = format!(
        r#"{{"sourceBucket":"calls","fileFormat":"CSV","creationTimestamp":"1793914320000",
        "fileSchema":"Bucket, Key, Size, LastModifiedDate, ETag","files":[{}]}}"#,
        files.join(",")
    );
    fs::create_dir_all(folder.join(AS_OF)).expect("a folder for it");
    fs::write(manifest, text).expect("room on the disk");
    folder
}

fn write_rows(path: &Path, numbers: std::ops::Range<usize>, dice: &mut Dice) {
    let file = BufWriter::new(File::create(path).expect("room on the disk"));
    let mut gzip = GzEncoder::new(file, Compression::new(1));
    for number in numbers {
        let size = 20_000 + dice.below(200_000);
        let etag = format!("{:016x}{:016x}", dice.below(usize::MAX), dice.below(usize::MAX));
        let key = data::key(number);
        writeln!(gzip, "\"calls\",\"{key}\",\"{size}\",\"2026-11-06T21:32:10.000Z\",\"{etag}\"")
            .expect("room on the disk");
    }
    gzip.finish().and_then(|mut file| file.flush()).expect("room on the disk");
}

fn md5_of(path: &Path) -> (u64, String) {
    let mut file = File::open(path).expect("what was written");
    let (mut hash, mut block, mut size) = (Md5::new(), vec![0; 1 << 20], 0);
    loop {
        let read = file.read(&mut block).expect("what was written");
        if read == 0 {
            break;
        }
        size += read as u64;
        hash.update(&block[..read]);
    }
    let hex = hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    (size, hex)
}

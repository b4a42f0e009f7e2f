//! A folder with recordings and a workspace for it.

use earmark::domain::{
    Anchor, Counts, Filter, How, Order, PageRequest, Row, SampleKey, Source, SyncReport, View,
};
use earmark::objects::{Options, Store};
use earmark::ops::probe_all;
use earmark::sync::{SyncSummary, sync};
use earmark::workspace::{Dataset, Identity, LabelRequest, Reader, Writer};
use jiff::Timestamp;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

pub(crate) struct Folder {
    dir: tempfile::TempDir,
    pub(crate) writer: Writer,
}

impl Folder {
    pub(crate) fn with(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("source")).unwrap();
        let dataset = Dataset {
            id: Uuid::now_v7(),
            name: "test".into(),
            source: dir.path().join("source").display().to_string(),
            output: None,
            connection: earmark::domain::Connection::default(),
        };
        let workspace = dir.path().join("test.earmark");
        let writer = Writer::create(&workspace, &dataset, Identity::new("ann")).unwrap();
        let folder = Self { dir, writer };
        for file in files {
            folder.record(file, file);
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("source").join(name)
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&Source::Folder(self.dir.path().join("source")), &Options::default()).unwrap()
    }

    /// Writes a recording: a WAV file of `text`'s bytes, so that texts of one length give files of one size.
    pub(crate) fn record(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, wav(text.as_bytes())).unwrap();
    }

    /// Moves the modified time, as copying without keeping times does.
    pub(crate) fn touch(&self, name: &str) {
        let file = File::options().append(true).open(self.path(name)).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_hours(1)).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn sync(&mut self) -> SyncReport {
        self.sync_all().report
    }

    pub(crate) fn sync_all(&mut self) -> SyncSummary {
        let store = self.store();
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let summary = sync(&store, &mut self.writer, &Timestamp::now, go_on).unwrap().unwrap();
        let report = summary.report;
        let counts = self.counts();
        assert_eq!(counts.total, report.total, "{report:?}");
        assert_eq!(
            counts.unlabeled + counts.labeled + counts.missing + counts.deleted,
            counts.total
        );
        summary
    }

    pub(crate) fn probe(&mut self) {
        let reader = self.reader();
        let store = self.store();
        probe_all(&reader, &mut self.writer, &store, &mut |_| ControlFlow::Continue(())).unwrap();
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(self.writer.path(), self.writer.identity().clone()).unwrap()
    }

    pub(crate) fn reopen(&mut self) {
        let path = self.writer.path().to_owned();
        self.writer = Writer::open(&path, Identity::new("ann")).unwrap();
    }

    pub(crate) fn workspace_folder(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.reader().counts().unwrap()
    }

    pub(crate) fn label(&mut self, key: &str, content: &str) {
        let sample = self.reader().find(&key.into()).unwrap().unwrap();
        let request =
            LabelRequest { sample, content: content.into(), how: How::Typed, based_on: None };
        self.writer.label(&request, Timestamp::now()).unwrap();
    }

    pub(crate) fn rows(&self, view: View) -> Vec<Row> {
        let request = PageRequest {
            view,
            filter: Filter::default(),
            order: Order::default(),
            scope: None,
            anchor: Anchor::First,
            limit: 10_000,
        };
        self.reader().page(&request).unwrap().rows
    }

    pub(crate) fn keys(&self, view: View) -> Vec<String> {
        self.rows(view).iter().map(|row| row.key.lossy().into_owned()).collect()
    }

    pub(crate) fn content(&self, key: &str) -> Option<String> {
        let reader = self.reader();
        let sample = reader.find(&SampleKey::from(key)).unwrap()?;
        reader.detail(sample).unwrap()?.content
    }
}

/// A mono 8-bit WAV file with these samples.
pub(crate) fn wav(samples: &[u8]) -> Vec<u8> {
    let length = samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000_u32.to_le_bytes());
    file.extend(8000_u32.to_le_bytes());
    file.extend(b"\x01\0\x08\0data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

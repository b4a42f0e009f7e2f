//! From how a file names a recording to the sample that is meant: by key, then by a file name that only one has.

use super::OpsError;
use crate::domain::{SampleId, SampleKey, Source};
use crate::formats::AudioRef;
use crate::workspace::{Namesake, Reader};
use std::iter;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What became of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    /// This sample.
    Sample(SampleId, SampleKey),
    /// No sample has the name.
    None,
    /// Several samples have the file name, and nothing else tells which is meant.
    Several,
    /// An object of this other bucket.
    OtherBucket(String),
}

/// Finds the samples that one file, or one folder of files, names.
#[derive(Debug)]
pub(super) struct Matcher<'r> {
    reader: &'r Reader,
    source: Source,
    /// The folder of the source that the names may be relative to: empty, or ending in `/`. `None`: outside of it.
    base: Option<String>,
    /// Objects of other buckets count as well.
    any_bucket: bool,
}

impl<'r> Matcher<'r> {
    /// For names in files below `base` of the source, if they lie in it.
    pub(super) fn new(
        reader: &'r Reader,
        source: &Source,
        base: Option<String>,
        any_bucket: bool,
    ) -> Self {
        Self { reader, source: source.clone(), base, any_bucket }
    }

    /// The sample that is meant by a name in `file` (relative to what was named; empty where there is but one).
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub(super) fn find(&self, audio: &AudioRef, file: &str) -> Result<Match, OpsError> {
        match audio {
            AudioRef::Url(url) => self.by_url(url),
            AudioRef::Path(path) => self.by_path(path, file),
            AudioRef::Stem(stem) => self.by_stem(stem),
        }
    }

    fn by_url(&self, url: &str) -> Result<Match, OpsError> {
        let Some((bucket, path)) = bucket_and_key(url) else {
            let path = url.split_once("://").map_or(url, |(_, rest)| rest);
            let is_file = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
            if is_file {
                return self.by_path(path, "");
            }
            let path = path.split(['?', '#']).next().unwrap_or(path);
            let path = path.split_once('/').map_or("", |(_, path)| path);
            return self.by_ending(path);
        };
        match &self.source {
            Source::Bucket { bucket: ours, prefix, .. } if *ours == bucket => {
                if let Some(found) = self.below(prefix, path)? {
                    return Ok(found);
                }
                self.by_ending(path)
            }
            Source::Bucket { .. } if !self.any_bucket => Ok(Match::OtherBucket(bucket.to_owned())),
            Source::Bucket { .. } | Source::Folder(_) => self.by_ending(path),
        }
    }

    /// What stands behind `prefix` as a key: as it is written, then percent-decoded.
    fn below(&self, prefix: &str, path: &str) -> Result<Option<Match>, OpsError> {
        let raw = path.strip_prefix(prefix).map(|key| key.as_bytes().to_vec());
        if let Some(found) = raw.map(|key| self.by_key(key)).transpose()?.flatten() {
            return Ok(Some(found));
        }
        let Some(decoded) = decoded(path) else { return Ok(None) };
        let key = decoded.strip_prefix(prefix.as_bytes()).map(<[u8]>::to_vec);
        Ok(key.map(|key| self.by_key(key)).transpose()?.flatten())
    }

    fn by_path(&self, path: &str, file: &str) -> Result<Match, OpsError> {
        if path.starts_with('/') {
            if let Some(found) = self.by_absolute(path)? {
                return Ok(found);
            }
            return self.by_ending(path);
        }
        if let Some(found) = self.below("", path)? {
            return Ok(found);
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let slash = if folder.is_empty() { "" } else { "/" };
        let base = self.base.as_deref().unwrap_or_default();
        for from in [format!("{base}{folder}{slash}"), format!("{folder}{slash}")] {
            let Some(key) = joined(&from, path) else { continue };
            if key != path
                && let Some(found) = self.below("", &key)?
            {
                return Ok(found);
            }
        }
        self.by_ending(path)
    }

    fn by_absolute(&self, path: &str) -> Result<Option<Match>, OpsError> {
        let Some(folder) = self.source.folder() else { return Ok(None) };
        let relative = |path: &Path| {
            path.strip_prefix(folder).ok().map(|rest| rest.as_os_str().as_bytes().to_vec())
        };
        let decoded = iter::once_with(|| decoded(path)).flatten();
        for path in iter::once(path.as_bytes().to_vec()).chain(decoded) {
            let path = Path::new(std::ffi::OsStr::from_bytes(&path)).to_owned();
            if let Some(found) = relative(&path).map(|key| self.by_key(key)).transpose()?.flatten()
            {
                return Ok(Some(found));
            }
            let real = path.parent().and_then(|parent| parent.canonicalize().ok());
            let real = real.zip(path.file_name()).map(|(parent, name)| parent.join(name));
            let key = real.and_then(|real| relative(&real));
            if let Some(found) = key.map(|key| self.by_key(key)).transpose()?.flatten() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The longest end of a path that is a key; else a file name that only one sample has.
    fn by_ending(&self, path: &str) -> Result<Match, OpsError> {
        let mut forms = vec![path.as_bytes().to_vec()];
        forms.extend(decoded(path));
        for path in &forms {
            let starts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            let ends =
                starts.map(|(slash, _)| &path[slash + 1..]).filter(|end| end.contains(&b'/'));
            for end in ends {
                if let Some(found) = self.by_key(end.to_vec())? {
                    return Ok(found);
                }
            }
        }
        for path in &forms {
            let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
            match self.reader.by_file_name(name)? {
                Namesake::One(id, key) => return Ok(Match::Sample(id, key)),
                Namesake::Several => return Ok(Match::Several),
                Namesake::None => {}
            }
        }
        Ok(Match::None)
    }

    fn by_stem(&self, stem: &str) -> Result<Match, OpsError> {
        if let Some(found) = self.by_key(stem.as_bytes().to_vec())? {
            return Ok(found);
        }
        let name = stem.rsplit('/').next().unwrap_or(stem);
        for name in [stem, name] {
            for namesake in
                [self.reader.by_stem(name.as_bytes())?, self.reader.by_file_name(name.as_bytes())?]
            {
                match namesake {
                    Namesake::One(id, key) => return Ok(Match::Sample(id, key)),
                    Namesake::Several => return Ok(Match::Several),
                    Namesake::None => {}
                }
            }
        }
        Ok(Match::None)
    }

    fn by_key(&self, key: Vec<u8>) -> Result<Option<Match>, OpsError> {
        if key.is_empty() {
            return Ok(None);
        }
        let key = SampleKey::new(key);
        Ok(self.reader.find(&key)?.map(|id| Match::Sample(id, key)))
    }
}

/// Bucket and key of an `s3://`, `s3a://`, `s3n://` or `obs://` address, in whatever case.
pub(super) fn bucket_and_key(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let known = ["s3", "s3a", "s3n", "obs"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let (bucket, key) = rest.split_once('/')?;
    (known && !bucket.is_empty()).then_some((bucket, key))
}

/// What a manifest says of this source, as a key: for comparing versions, where no sample needs to be there.
pub(super) fn key_in(source: &Source, audio: &AudioRef) -> Vec<u8> {
    let written = audio.as_str();
    let key = match source {
        Source::Bucket { bucket, prefix, .. } => bucket_and_key(written)
            .filter(|(theirs, _)| theirs == bucket)
            .and_then(|(_, key)| key.strip_prefix(prefix.as_str())),
        Source::Folder(folder) => folder
            .to_str()
            .and_then(|folder| written.strip_prefix(folder))
            .and_then(|rest| rest.strip_prefix('/')),
    };
    key.unwrap_or(written).as_bytes().to_vec()
}

/// `path` as seen from `folder` (empty, or ending in `/`); `None` where it leads out of everything.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Percent-decoded; `None` where nothing changes by it.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while at < bytes.len() {
        match (bytes[at], digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
                changed = true;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dataset, Identity, Listed, Writer};

    fn workspace(source: &str, keys: &[&str]) -> (tempfile::TempDir, Reader) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.earmark");
        let dataset = Dataset {
            id: uuid::Uuid::nil(),
            name: "d".into(),
            source: source.into(),
            output: None,
            connection: crate::domain::Connection::default(),
        };
        let mut writer = Writer::create(&path, &dataset, Identity::new("ann")).unwrap();
        for key in keys {
            let etag = "1".into();
            writer.take_in(&Listed { key: (*key).into(), size: 1, etag, modified: None }).unwrap();
        }
        let reader = Reader::open(&path, Identity::new("ann")).unwrap();
        (dir, reader)
    }

    fn found(matcher: &Matcher<'_>, audio: &AudioRef, file: &str) -> String {
        match matcher.find(audio, file).unwrap() {
            Match::Sample(_, key) => key.lossy().into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn addresses_of_the_same_bucket_are_keys_however_they_are_spelled() {
        let keys = ["a b+c.wav", "50%.wav", "x/1.wav", "y/1.wav", "50%25.wav"];
        let (_dir, reader) = workspace("s3://b/in/", &keys);
        let source = Source::parse("obs://b/in/").unwrap();
        let matcher = Matcher::new(&reader, &source, None, false);
        let url = |url: &str| found(&matcher, &AudioRef::read(url), "");
        assert_eq!(url("s3://b/in/a b+c.wav"), "a b+c.wav");
        assert_eq!(url("S3a://b/in/a%20b+c.wav"), "a b+c.wav");
        assert_eq!(url("obs://b/in/50%.wav"), "50%.wav");
        assert_eq!(url("obs://b/in/50%25.wav"), "50%25.wav", "as written comes first");
        assert_eq!(url("s3://b/in/x/1.wav"), "x/1.wav");
        assert_eq!(url("s3://b/elsewhere/x/1.wav"), "x/1.wav");
        assert_eq!(url("s3://b/elsewhere/1.wav"), "Several");
        assert_eq!(url("s3://other/in/x/1.wav"), "OtherBucket(\"other\")");
        assert_eq!(url("s3://b/in/none.wav"), "None");
        assert_eq!(url("https://b.obs.example.com/in/x/1.wav?sig=1"), "x/1.wav");
        let any = Matcher::new(&reader, &source, None, true);
        assert_eq!(found(&any, &AudioRef::read("s3://other/in/x/1.wav"), ""), "x/1.wav");
    }

    #[test]
    fn paths_are_relative_to_the_source_or_to_the_file_that_says_so() {
        let (_dir, reader) = workspace("/data", &["x/1.wav", "x/2.wav", "y/1.wav", "3.flac"]);
        let source = Source::Folder("/data".into());
        let matcher = Matcher::new(&reader, &source, Some("y/".into()), false);
        let path = |path: &str| found(&matcher, &AudioRef::Path(path.into()), "");
        assert_eq!(path("x/1.wav"), "x/1.wav");
        assert_eq!(path("./x/2.wav"), "x/2.wav");
        assert_eq!(path("1.wav"), "y/1.wav");
        assert_eq!(path("../x/1.wav"), "x/1.wav");
        assert_eq!(path("/data/x/1.wav"), "x/1.wav");
        assert_eq!(path("/elsewhere/x/1.wav"), "x/1.wav");
        assert_eq!(path("../../../x/2.wav"), "x/2.wav");
        assert_eq!(path("2.wav"), "x/2.wav");
        assert_eq!(path("9.wav"), "None");
        let beside = AudioRef::Path("2.wav".into());
        assert_eq!(found(&matcher, &beside, "x/metadata.csv"), "x/2.wav");
        let stem = |stem: &str| found(&matcher, &AudioRef::Stem(stem.into()), "");
        assert_eq!((stem("3").as_str(), stem("1").as_str()), ("3.flac", "Several"));
        assert_eq!(found(&matcher, &AudioRef::read("file:///data/3.flac"), ""), "3.flac");
    }

    #[test]
    fn versions_compare_by_key_without_a_workspace() {
        let bucket = Source::parse("s3://b/in/").unwrap();
        let key = |source: &Source, text: &str| {
            String::from_utf8(key_in(source, &AudioRef::read(text))).unwrap()
        };
        assert_eq!(key(&bucket, "obs://b/in/a/b.wav"), "a/b.wav");
        assert_eq!(key(&bucket, "s3://c/in/a.wav"), "s3://c/in/a.wav");
        assert_eq!(key(&Source::Folder("/data".into()), "/data/x.wav"), "x.wav");
    }
}

//! What a folder store lists, reads and deletes, and that it never leaves its folder.

use super::*;
use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt, symlink};

struct Dataset {
    dir: tempfile::TempDir,
    store: FolderStore,
}

fn dataset(files: &[&str]) -> Dataset {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let path = dir.path().join("source").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    fs::create_dir_all(dir.path().join("source")).unwrap();
    let store = FolderStore::open(&dir.path().join("source")).unwrap();
    Dataset { dir, store }
}

impl Dataset {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("source").join(name)
    }

    fn listed(&self) -> (Vec<Entry>, Listing) {
        let mut all = Vec::new();
        let listing = self.store.list(&mut |entries| {
            all.extend(entries);
            ControlFlow::Continue(())
        });
        all.sort_by(|a, b| a.key.cmp(&b.key));
        (all, listing.unwrap())
    }

    fn keys(&self) -> BTreeSet<String> {
        self.listed().0.iter().map(|entry| entry.key.lossy().into_owned()).collect()
    }
}

fn set(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn files_at_any_depth_are_listed_and_hidden_ones_are_not() {
    let data = dataset(&["a.wav", "b/c/d.wav", ".hidden.wav", ".git/e.wav", "b/.f/g.wav"]);
    assert_eq!(data.keys(), set(&["a.wav", "b/c/d.wav"]));
    let (entries, listing) = data.listed();
    assert_eq!(listing, Listing::default());
    assert_eq!(entries[0].stamp.size, 5);
    assert!(entries[0].stamp.etag.starts_with("mtime:"));
    assert!(entries[0].modified.is_some());
}

#[test]
fn links_are_followed_inside_only_and_never_in_circles() {
    let data = dataset(&["a.wav", ".store/x/b.wav", "sub/c.wav"]);
    fs::write(data.dir.path().join("outside.wav"), "x").unwrap();
    symlink("a.wav", data.path("same.wav")).unwrap();
    symlink(".store/x", data.path("linked")).unwrap();
    symlink("..", data.path("sub/loop")).unwrap();
    symlink("sub", data.path("twice")).unwrap();
    symlink("../outside.wav", data.path("out.wav")).unwrap();
    symlink("/", data.path("everything")).unwrap();
    symlink("nowhere", data.path("broken.wav")).unwrap();
    assert_eq!(data.keys(), set(&["a.wav", "same.wav", "linked/b.wav", "sub/c.wav"]));
    assert_eq!(data.listed().1.links_left_out, 3);
}

#[test]
fn a_name_that_is_not_utf8_keeps_its_bytes() {
    let data = dataset(&[]);
    let name = OsStr::from_bytes(b"caf\xe9\n.wav");
    if fs::write(data.dir.path().join("source").join(name), "x").is_err() {
        return; // this file system takes UTF-8 only
    }
    let (entries, _) = data.listed();
    assert_eq!(entries[0].key.as_bytes(), b"caf\xe9\n.wav");
    assert_eq!(data.store.read(&entries[0].key).unwrap().len(), Some(1));
}

#[test]
fn an_unreadable_subfolder_is_named_and_the_rest_is_listed() {
    let data = dataset(&["a.wav", "closed/b.wav"]);
    fs::set_permissions(data.path("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let closed = fs::read_dir(data.path("closed")).is_err(); // root reads everything
    let (entries, listing) = data.listed();
    fs::set_permissions(data.path("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(entries[0].key, SampleKey::from("a.wav"));
    if closed {
        assert_eq!(listing.unlisted[0].prefix, SampleKey::from("closed/"));
    }
}

#[test]
fn the_receiver_can_stop_the_listing() {
    let names: Vec<String> = (0..CHUNK * 3).map(|n| format!("{n}.wav")).collect();
    let data = dataset(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut chunks = 0;
    let listing = data.store.list(&mut |_| {
        chunks += 1;
        ControlFlow::Break(())
    });
    assert!(listing.unwrap().stopped);
    assert_eq!(chunks, 1);
    assert_eq!(data.keys().len(), CHUNK * 3);
}

#[test]
fn nothing_outside_is_read_or_deleted() {
    let data = dataset(&["a.wav", "sub/b.wav"]);
    let outside = data.dir.path().join("outside.wav");
    fs::write(&outside, "keep me").unwrap();
    symlink("../outside.wav", data.path("out.wav")).unwrap();
    symlink("..", data.path("up")).unwrap();
    let stamp = stamp_of(&fs::metadata(&outside).unwrap());
    let keys =
        ["../outside.wav", "sub/../../outside.wav", "out.wav", "up/outside.wav", "", ".", "/"];
    for key in keys.map(SampleKey::from) {
        assert!(matches!(data.store.read(&key), Err(StoreError::Outside { .. })), "{key:?}");
        assert!(matches!(data.store.delete(&key, &stamp), Err(DeleteError::Outside)), "{key:?}");
    }
    let absolute = SampleKey::new(outside.as_os_str().as_bytes());
    assert!(matches!(data.store.delete(&absolute, &stamp), Err(DeleteError::Outside)));
    assert!(outside.exists());
}

#[test]
fn only_the_file_that_was_listed_is_deleted() {
    let data = dataset(&["a.wav", "b.wav"]);
    let (entries, _) = data.listed();
    fs::write(data.path("a.wav"), "another recording").unwrap();
    let outcome = data.store.delete(&entries[0].key, &entries[0].stamp);
    assert!(matches!(outcome, Err(DeleteError::Changed)));
    data.store.delete(&entries[1].key, &entries[1].stamp).unwrap();
    assert_eq!(data.keys(), set(&["a.wav"]));
    let again = data.store.delete(&entries[1].key, &entries[1].stamp);
    assert!(matches!(again, Err(DeleteError::Gone)));
}

#[test]
fn what_is_no_folder_says_so() {
    let data = dataset(&["a.wav"]);
    let open = |name: &str| FolderStore::open(&data.path(name)).unwrap_err();
    assert!(matches!(open("a.wav"), StoreError::NotAFolder { .. }));
    assert!(matches!(open("nowhere"), StoreError::NoSuchFolder { .. }));
    assert!(matches!(open("a.wav/x"), StoreError::NotAFolder { .. }));
}

#[test]
fn bytes_are_read_by_range() {
    let data = dataset(&["a.wav"]);
    let bytes = data.store.read(&SampleKey::from("a.wav")).unwrap();
    let mut buffer = [0; 3];
    assert_eq!(bytes.read_at(2, &mut buffer).unwrap(), 3);
    assert_eq!(&buffer, b"wav");
    assert_eq!(bytes.read_at(5, &mut buffer).unwrap(), 0);
}

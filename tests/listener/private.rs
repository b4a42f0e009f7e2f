//! Who could reach what waits for connections: nobody from another machine, and no other account's files.

use crate::home::Home;
use crate::pty::{Launch, Screen};
use crate::world::World;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Local addresses, as `/proc/net` writes them.
const LOOPBACK: [&str; 2] = ["0100007F", "00000000000000000000000001000000"];

/// The program in a shell whose files anybody may read unless somebody takes care.
fn careless(home: &Home, args: &[&str]) -> Screen {
    Launch::program("sh", home)
        .args(["-c", "umask 000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_earmark")])
        .args(args)
        .start()
}

/// The TCP sockets at which a process waits, by their local addresses.
fn waiting(process: i32) -> Vec<String> {
    let folder = Path::new("/proc").join(process.to_string());
    let links = fs::read_dir(folder.join("fd")).unwrap().flatten();
    let open: Vec<String> = links
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|link| link.to_string_lossy().into_owned())
        .collect();
    let mut found = Vec::new();
    for table in ["net/tcp", "net/tcp6"] {
        for line in fs::read_to_string(folder.join(table)).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (fields[1], fields[3], fields[9]);
            if state == "0A" && open.contains(&format!("socket:[{inode}]")) {
                found.push(local.to_owned());
            }
        }
    }
    found
}

#[track_caller]
fn is_reached_from_here_alone(screen: &Screen, sockets: usize) {
    let waiting = waiting(screen.pid());
    assert_eq!(waiting.len(), sockets, "{waiting:?}");
    for local in waiting {
        let (address, _) = local.split_once(':').unwrap();
        assert!(LOOPBACK.contains(&address), "{local}");
    }
}

/// Everything below a folder is this account's alone; how many sockets are among it.
fn sockets_below(folder: &Path) -> usize {
    let mut sockets = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        assert_eq!(about.mode() & 0o077, 0, "{}: {:o}", path.display(), about.mode());
        if about.is_dir() {
            sockets += sockets_below(&path);
        }
        sockets += usize::from(about.file_type().is_socket());
    }
    sockets
}

#[test]
fn a_listener_waits_at_a_socket_of_this_account() {
    let home = Home::new();
    let screen = careless(&home, &["listen"]);
    screen.wait_for_text("listening at");
    is_reached_from_here_alone(&screen, 0);
    assert_eq!(sockets_below(&home.join("run")), 1);
}

#[test]
fn a_listener_at_a_port_is_reached_from_this_machine_alone() {
    let home = Home::new();
    let screen = careless(&home, &["listen", "--tcp"]);
    screen.wait_for_text("listening at");
    is_reached_from_here_alone(&screen, 1);
}

#[test]
fn a_player_page_is_reached_from_this_machine_alone() {
    let home = Home::new();
    let calls = home.recordings("calls", 1);
    let screen = careless(&home, &[calls.to_str().unwrap(), "--player-page"]);
    screen.wait_for_text("127.0.0.1:");
    let written = screen.written_since(0);
    let clickable = b"\x1b]8;;http://127.0.0.1:";
    assert!(written.windows(clickable.len()).any(|part| part == clickable), "{}", screen.text());
    is_reached_from_here_alone(&screen, 1);
    assert_eq!(sockets_below(&home.join("run")), 0);
}

/// What any process of this account was started with.
fn started_with() -> Vec<(PathBuf, Vec<u8>)> {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    // Processes come and go, and some are others'.
    let read = |path: PathBuf| fs::read(&path).ok().map(|bytes| (path, bytes));
    processes
        .flat_map(|process| [process.join("cmdline"), process.join("environ")])
        .filter_map(read)
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match fs::symlink_metadata(&path).map(|about| about.file_type()) {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&path)),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
    found
}

#[test]
fn a_token_is_in_its_note_alone() {
    let world = World::new();
    let calls = world.server.recordings("calls", 2);
    let screen = world.connect(&[calls.to_str().unwrap()]).start();
    screen.wait_for_text("Unlabeled 2");
    screen.type_keys("<enter>heard from afar<enter>");
    screen.wait_for_text("Labeled 1");
    let token = world.note().token.text().to_owned();
    let shown = |bytes: &[u8]| bytes.windows(token.len()).any(|window| window == token.as_bytes());
    let (mut processes, mut files) = (0, Vec::new());
    for (path, bytes) in started_with() {
        assert!(!shown(&bytes), "{}", path.display());
        processes += usize::from(bytes.windows(7).any(|window| window == b"earmark"));
    }
    for home in [&world.laptop, &world.server] {
        let below = files_below(&home.join("")).into_iter();
        files.extend(below.filter(|path| fs::read(path).is_ok_and(|bytes| shown(&bytes))));
    }
    assert!(processes >= 2, "{processes}");
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].starts_with(world.notes().folder()), "{files:?}");
    assert!(!shown(&screen.written_since(0)));
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

//! Checks that the house stands as ARCHITECTURE.md draws it; the law itself is data, in `law.rs`.

#![allow(clippy::expect_used, clippy::panic, reason = "a check may stop where it stands")]

mod law;
mod source;

use law::{
    ASSETS, CLOCKS_AND_DICE, CRATES, LONGEST_FILE, LONGEST_MAIN, PURE, REACH, REACHING, ROOMS,
};
use source::{NamedPath, Source, lines_before_tests, sources, written_files};
use std::collections::BTreeSet;
use std::path::Path;

/// Fails with all that is wrong, not only the first of it.
#[track_caller]
fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

fn at(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path)
}

#[test]
fn the_law_names_every_room_and_looks_down() {
    let lib = Source::parse("src/lib.rs", include_str!("../../src/lib.rs"));
    let built: BTreeSet<&str> = lib
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let named: BTreeSet<&str> = ROOMS.iter().map(|room| room.name).collect();
    assert_eq!(built, named, "the rooms of src/lib.rs (left) and of the law (right)");

    for (place, room) in ROOMS.iter().enumerate() {
        for import in room.may_import {
            assert!(
                ROOMS[..place].iter().any(|below| below.name == *import),
                "`{}` may import `{import}`, which does not stand above it in the law",
                room.name
            );
        }
    }
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(here) = source.room() else { continue };
        let may = ROOMS.iter().find(|room| room.name == here).map_or(&[][..], |r| r.may_import);
        for path in &source.paths {
            if let Some(room) = path.room()
                && room != here
                && !may.contains(&room)
            {
                wrong.push(format!("{}: {here} imports {room}", at(&source, path.line)));
            }
        }
    }
    none(&wrong, "imports that the law does not allow (tests/architecture/law.rs, ROOMS)");
}

#[test]
fn outside_crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(here) = source.room() else { continue };
        for path in &source.paths {
            if let Some((name, rooms)) = CRATES.iter().find(|(name, _)| path.segments[0] == *name)
                && !rooms.contains(&here)
            {
                wrong.push(format!("{}: {here} uses {name}", at(&source, path.line)));
            }
        }
    }
    none(&wrong, "crates outside their rooms (tests/architecture/law.rs, CRATES)");
}

#[test]
fn pure_rooms_reach_for_nothing_outside() {
    let mut wrong = Vec::new();
    for source in sources() {
        let pure = source.room().is_some_and(|room| PURE.contains(&room));
        if !pure || REACHING.contains(&source.path.as_str()) {
            continue;
        }
        for path in source.paths.iter().filter(|path| reaches_out(path)) {
            wrong.push(format!("{}: {}", at(&source, path.line), path.segments.join("::")));
        }
    }
    none(
        &wrong,
        "pure rooms get time, files and environment from outside (tests/architecture/law.rs, PURE)",
    );
}

fn reaches_out(path: &NamedPath) -> bool {
    let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    // `use std::time;` and `use std::time::*;` would bring the clock in under another name.
    let module = segments.strip_suffix(&["*"]).unwrap_or(&segments);
    let whole_module = |reach: &[&str]| path.imported && reach.starts_with(module);
    REACH.iter().any(|reach| segments.starts_with(reach) || whole_module(reach))
        || CLOCKS_AND_DICE.iter().any(|end| segments.ends_with(end))
}

#[test]
fn each_asset_is_embedded_by_its_own_room_alone() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (named, line) in &source.embedded {
            let Some((_, asset)) = named.rsplit_once("assets/") else { continue };
            let owner = ASSETS.iter().find(|(start, _)| asset.starts_with(start));
            match owner {
                Some((_, room)) if source.room() == Some(room) => {}
                Some((_, room)) => {
                    wrong.push(format!("{}: {named} belongs to {room}", at(&source, *line)));
                }
                None => wrong.push(format!("{}: {named} belongs to no room", at(&source, *line))),
            }
        }
    }
    none(&wrong, "assets outside their rooms (tests/architecture/law.rs, ASSETS)");
}

#[test]
fn every_migration_is_numbered_and_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/migrations");
    let Ok(entries) = folder.read_dir() else { return };
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("assets are readable").file_name().to_string_lossy().into())
        .collect();
    files.sort();
    let embedded: Vec<String> =
        sources().iter().flat_map(|source| source.embedded.clone()).map(|(name, _)| name).collect();

    let mut wrong = Vec::new();
    for (place, file) in files.iter().enumerate() {
        let number = format!("{:04}_", place + 1);
        if !file.starts_with(&number) {
            wrong.push(format!("{file} does not start with {number}"));
        }
        if !embedded.iter().any(|name| name.contains(&format!("migrations/{file}"))) {
            wrong.push(format!("{file} is run by nobody"));
        }
    }
    none(&wrong, "assets/migrations");
}

#[test]
fn every_file_says_what_it_owns() {
    let wrong: Vec<String> = written_files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    none(&wrong, "files that do not start with `//!`");
}

#[test]
fn no_file_outgrows_one_idea() {
    let mut wrong = Vec::new();
    for (path, text) in written_files() {
        let lines = lines_before_tests(&text);
        let most = if path == "src/main.rs" { LONGEST_MAIN } else { LONGEST_FILE };
        if lines > most {
            wrong.push(format!("{path}: {lines} lines, at most {most}"));
        }
    }
    none(&wrong, "files to split");
}

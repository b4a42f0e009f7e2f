//! The shipped settings against their reference, the corpora of good and bad files, and the order of the layers.

use super::*;
use crate::domain::{OrderBy, Scope};
use std::fs;
use std::path::Path;

fn file(text: &str) -> SettingsFile {
    SettingsFile { path: "FILE".into(), text: text.to_owned() }
}

fn user(text: &str) -> Layers {
    Layers { user: Some(file(text)), ..Layers::default() }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The files of a corpus, by name.
fn corpus(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn the_reference_states_every_setting_as_shipped() {
    let entries = Config::explain(&user(Config::reference())).unwrap();
    for (entry, shipped) in entries.iter().zip(Config::explain(&Layers::default()).unwrap()) {
        assert!(entry.origin.is_some(), "{} is missing", entry.name);
        assert_eq!(entry.value, shipped.value, "{}", entry.name);
    }
    assert_eq!(Config::load(&user(Config::reference())).unwrap(), Config::default());
}

#[test]
fn the_reference_says_the_same_without_its_comments_and_has_one_for_each_setting() {
    let (comments, lines): (Vec<&str>, Vec<&str>) =
        Config::reference().lines().partition(|line| line.starts_with('#'));
    assert_eq!(Config::load(&user(&lines.join("\n"))).unwrap(), Config::default());
    assert!(comments.len() >= table::SETTINGS.len());
    for (before, line) in Config::reference().lines().zip(Config::reference().lines().skip(1)) {
        assert!(!line.contains(" = ") || before.starts_with('#'), "uncommented: {line}");
    }
}

#[test]
fn the_reference_names_the_range_of_every_number() {
    let reference = Config::reference();
    for setting in table::SETTINGS.iter().filter(|setting| *setting.range.end() < f64::MAX) {
        let range = format!("{} to {}.", setting.range.start(), setting.range.end());
        let name = setting.dotted.split_once('.').unwrap().1;
        let line = reference.find(&format!("\n{name} = ")).unwrap();
        let comment = reference[..line].rsplit('\n').next().unwrap();
        assert!(comment.ends_with(&range), "{}: {comment:?} lacks {range:?}", setting.dotted);
    }
}

#[test]
fn valid_files_are_taken() {
    for (name, text) in corpus("valid") {
        Config::load(&user(&text)).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    }
}

#[test]
fn invalid_files_are_refused_with_every_error_they_state() {
    for (name, text) in corpus("invalid") {
        let expected: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# expect: ")).collect();
        let errors = Config::load(&user(&text)).expect_err(&name);
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn every_setting_can_be_set() {
    let text =
        &corpus("valid").into_iter().find(|(name, _)| name.ends_with("everything.toml")).unwrap().1;
    let changed = Config::explain(&user(text)).unwrap();
    for (entry, shipped) in changed.iter().zip(Config::explain(&Layers::default()).unwrap()) {
        assert_ne!(entry.value, shipped.value, "{}", entry.name);
    }
    let config = Config::load(&user(text)).unwrap();
    assert_eq!(config.work.part, Some(Scope { part: 2, of: 5 }));
    assert_eq!(config.list.order, OrderBy::CharsPerSecond);
    assert_eq!(config.screen.theme, ThemeName::HighContrast);
}

#[test]
fn what_is_stated_can_be_read_again() {
    for (name, text) in corpus("valid") {
        let stated: Vec<String> = Config::explain(&user(&text))
            .unwrap()
            .into_iter()
            .map(|entry| format!("{} = {}", entry.name, entry.value))
            .collect();
        let again = Config::load(&user(&stated.join("\n"))).unwrap();
        assert_eq!(again, Config::load(&user(&text)).unwrap(), "{name}");
    }
}

#[test]
fn later_layers_win() {
    let mut layers =
        user("[playback]\nrate = 1.1\nagain_rate = 0.6\nprefetch = 1\nstep_small = 1\n");
    layers.dataset = Some(file("[playback]\nagain_rate = 0.7\nprefetch = 2\nstep_small = 2.5\n"));
    layers.env = pairs(&[("EARMARK_PLAYBACK_PREFETCH", "4"), ("EARMARK_PLAYBACK_STEP_SMALL", "3")]);
    layers.flags = pairs(&[("playback.step_small", "4")]);
    let playback = Config::load(&layers).unwrap().playback;
    assert_eq!(
        (playback.rate, playback.again_rate, playback.prefetch, playback.step_small),
        (1.1, 0.7, 4, 4.0)
    );
    let entries = Config::explain(&layers).unwrap();
    let origin = |name| {
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        entry.origin.as_ref().map(ToString::to_string)
    };
    assert_eq!(origin("playback.rate").as_deref(), Some("FILE:2:8"));
    assert_eq!(
        origin("playback.prefetch").as_deref(),
        Some("the environment variable EARMARK_PLAYBACK_PREFETCH")
    );
    assert_eq!(origin("playback.step_small").as_deref(), Some("the command line"));
    assert_eq!(origin("playback.volume_db"), None);
}

#[test]
fn variables_of_other_purpose_are_passed_over_and_misspelt_ones_told() {
    let layers = Layers {
        env: pairs(&[
            ("EARMARK_USER", "ann"),
            ("EARMARK_WORKSPACE", "x.earmark"),
            ("EARMARK_WORK_PART", "1/3"),
            ("EARMARK_SYNC_ON_OPEN", "maybe"),
            ("EARMARK_PLAYBACK_RAET", "2"),
            ("HOME", "/home/ann"),
        ]),
        flags: pairs(&[("screen.them", "dark")]),
        ..Layers::default()
    };
    let told: Vec<String> =
        Config::load(&layers).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the environment variable EARMARK_SYNC_ON_OPEN: sync.on_open is \"maybe\", not true or false",
            "the environment variable EARMARK_PLAYBACK_RAET: there is no setting playback.raet; did you mean playback.rate?",
            "the command line: there is no setting screen.them; did you mean screen.theme?",
        ]
    );
}

#[test]
fn errors_of_all_layers_are_told_together() {
    let mut layers = user("[editor]\nnfc = 1\n");
    layers.dataset = Some(file("[work]\npart = \"0/2\"\n"));
    assert_eq!(Config::load(&layers).unwrap_err().len(), 2);
}

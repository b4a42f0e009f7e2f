//! Hints are commands to paste: what stands between backticks does what it says and nothing else, however the things are
//! called that it names. It is run here by `sh`, with a stand-in for each program that tells what it was given.

use super::nobody_obeyed;
use crate::corpus::{Kind, assert_harmless};
use crate::figures;
use crate::home::Home;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A place with datasets of such names.
struct Place {
    home: Home,
}

impl Place {
    fn new() -> Self {
        let home = Home::new();
        let bin = home.join("bin");
        fs::create_dir(&bin).expect("a folder");
        for (program, line) in
            [("earmark", "printf '<%s>' earmark \"$@\"; echo"), ("ssh", "exit 255")]
        {
            let path = bin.join(program);
            fs::write(&path, format!("#!/bin/sh\n{line}\n")).expect("a program");
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&path, executable).expect("a program");
        }
        home.recordings("clips", 1);
        Self { home }
    }

    fn path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.home.join("bin").display())
    }

    /// The folder that everything is named from.
    fn here(&self) -> PathBuf {
        self.home.join("run")
    }

    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.env_clear().envs(self.home.environment()).env("PATH", self.path());
        let output = command.current_dir(self.here()).args(args).output().expect("it starts");
        assert_harmless(Kind::Lines, &output.stdout, &format!("{command:?}"));
        assert_harmless(Kind::Lines, &output.stderr, &format!("{command:?}"));
        output
    }

    /// Runs what stands between backticks; gives what the stand-ins were given.
    #[track_caller]
    fn pasted(&self, output: &Output) -> Vec<String> {
        let text = [&output.stdout[..], &output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let commands: Vec<&str> = text
            .lines()
            .flat_map(|line| line.split('`').skip(1).step_by(2))
            .filter(|command| !command.contains("SOURCE"))
            .collect();
        assert!(!commands.is_empty(), "it names a command: {text}");
        let run = |command: &&str| {
            let mut shell = Command::new("/bin/sh");
            shell.env_clear().env("PATH", self.path()).current_dir(self.here());
            let output = shell.args(["-c", command]).output().expect("sh starts");
            nobody_obeyed(&self.home.join(""));
            assert!(!output.stdout.is_empty(), "{command}: {output:?}");
            String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
        };
        let given = commands.iter().map(run).collect();
        figures::count("hostile texts tried", commands.len() as u64);
        given
    }

    fn dataset(&self, name: &str) {
        let folder = self.here().join(name);
        fs::create_dir(&folder).expect("a folder");
        let clips = fs::read_dir(self.home.join("clips")).expect("a folder");
        for clip in clips.flatten() {
            fs::copy(clip.path(), folder.join(clip.file_name())).expect("a copy");
        }
    }

    fn workspaces(&self) -> Vec<PathBuf> {
        let folder = self.home.join("data/earmark/workspaces");
        let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "earmark")).collect()
    }
}

/// What damages a workspace so that its salvage is advised: a page of it that is not what it was.
fn damage(workspace: &Path) {
    let mut bytes = fs::read(workspace).expect("a workspace");
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    fs::write(workspace, bytes).expect("a workspace");
}

#[test]
fn a_hint_that_is_pasted_does_what_it_says() {
    for (name, word) in [
        ("$(touch owned)", "$(touch owned)"),
        ("-rf", "./-rf"),
        ("a; touch owned #", "a; touch owned #"),
        ("it's && touch owned", "it's && touch owned"),
        ("~", "~"),
        ("plain", "plain"),
        ("приве́т 语音", "приве́т 语音"),
    ] {
        let place = Place::new();
        place.dataset(name);
        // Which is not yet opened.
        let unopened = place.run(["status", "--", name]);
        assert_eq!(place.pasted(&unopened), [format!("<earmark><sync><{word}>")], "{name}");
        // Which has no output.
        let full = place.here().join(name);
        place.run(["sync", "--", name]);
        let unshared = place.run(["publish", "--", name]);
        let given = place.pasted(&unshared);
        assert!(
            matches!(&given[..], [one] if one.starts_with("<earmark><sync><") && one.ends_with("><--output><OUT>")),
            "{name}: {given:?}"
        );
        // Whose workspace is put back, is gone, is damaged.
        let key = fs::read_dir(&full).expect("a folder").flatten().next().expect("one");
        let key = key.file_name();
        place.run([
            "label".as_ref(),
            "--content=x".as_ref(),
            "--".as_ref(),
            OsStr::new(name),
            &key,
        ]);
        place.run(["backup", "--", name]);
        let copies = fs::read_dir(place.here()).expect("a folder").flatten();
        let mut copies = copies.map(|entry| entry.path());
        let copy = copies.find(|path| path.extension().is_some_and(|end| end == "earmark"));
        let copy = copy.expect("a copy");
        let back = place.run(["put-back".as_ref(), "--".as_ref(), OsStr::new(name), copy.as_ref()]);
        assert_eq!(place.pasted(&back), [format!("<earmark><sync><{word}>")], "{name}");
        let workspaces = place.workspaces();
        let [workspace] = &workspaces[..] else { panic!("one workspace: {workspaces:?}") };
        damage(workspace);
        let doctor = place.run(["doctor", "--no-tone", "--", name]);
        place.pasted(&doctor);
        let salvaged = place.here().join(format!("{name} salvaged"));
        let salvaged = salvaged.to_str().expect("text");
        let said = place.run(["salvage", "--to", salvaged, "--", name]);
        let wanted = format!("<earmark><put-back><{word}><{salvaged}>");
        assert_eq!(place.pasted(&said), [wanted], "{name}");
    }
}

#[test]
fn a_host_that_is_pasted_is_a_host() {
    let place = Place::new();
    for host in ["$(touch${IFS}owned)", "a;touch${IFS}owned", "host"] {
        let said = place.run(["connect", host]);
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        let command = text.split('`').nth(1).unwrap_or_else(|| panic!("a command: {text}"));
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("PATH", place.path()).current_dir(place.here());
        let ended = shell.args(["-c", command]).status().expect("sh starts");
        assert_eq!(ended.code(), Some(255), "the stand-in was called: {command}");
        nobody_obeyed(&place.home.join(""));
    }
    figures::count("hostile texts tried", 3);
}

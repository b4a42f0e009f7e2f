//! Two people and one bucket, by the command line alone: what they add, label, share, publish and delete.

use crate::home::Home;
use crate::pty::{Launch, Screen};
use crate::servers::{ADMIN, Server};
use assert_cmd::Command;
use serde_json::Value;
use std::fs;

/// One person at one machine.
pub(crate) struct Person<'s> {
    server: &'s Server,
    home: Home,
    name: &'static str,
}

impl<'s> Person<'s> {
    pub(crate) fn new(server: &'s Server, name: &'static str) -> Self {
        Self { server, home: Home::new(), name }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("earmark"));
        command
            .env_clear()
            .envs(self.home.environment())
            .envs(self.server.environment(ADMIN))
            .env("EARMARK_USER", self.name)
            .current_dir(self.home.join(""))
            .args(args);
        command
    }

    /// The program on a terminal.
    pub(crate) fn screen(&self, args: &[&str]) -> Screen {
        let mut launch = Launch::earmark(&self.home).env("EARMARK_USER", self.name).args(args);
        for (name, value) in self.server.environment(ADMIN) {
            launch = launch.env(name, value);
        }
        launch.start()
    }

    /// The JSON object that it prints, and its exit code.
    pub(crate) fn json(&self, args: &[&str]) -> (Value, i32) {
        let output = self.command(args).arg("--json").output().unwrap();
        let value = serde_json::from_slice(&output.stdout);
        (value.unwrap_or_else(|error| panic!("{error}: {output:?}")), output.status.code().unwrap())
    }

    pub(crate) fn done(&self, args: &[&str]) -> Value {
        let (value, code) = self.json(args);
        assert_eq!(code, 0, "{args:?}: {value}");
        value
    }
}

#[test]
fn two_people_share_a_bucket_by_the_command_line() {
    let server = Server::seaweedfs();
    let bucket = server.bucket();
    let (source, output) = (format!("s3://{bucket}/calls/"), format!("s3://{bucket}/labels/"));
    let ann = Person::new(&server, "ann");
    let bob = Person::new(&server, "bob");

    // Add, and sync.
    let recordings = ann.home.recordings("recordings", 3);
    let mut names: Vec<String> = (fs::read_dir(&recordings).unwrap().flatten())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    ann.done(&["init", &source, "--output", &output]);
    let added = ann.done(&["add", "calls", "recordings"]);
    assert_eq!((&added["added"], &added["failed"]), (&3.into(), &Value::Array(Vec::new())));
    let again = ann.json(&["add", "calls", "recordings"]);
    assert_eq!((again.1, &again.0["added"]), (1, &0.into()), "nothing is overwritten");
    let synced = ann.done(&["sync", "calls"]);
    assert_eq!((&synced["unchanged"], &synced["total"]), (&3.into(), &3.into()));

    // Label, share, join by the output.
    ann.command(&["label", "calls", &names[0], "--content", "from ann"]).assert().success();
    assert_eq!(ann.done(&["sync", "calls"])["labels_pushed"], 1);
    let joined = bob.done(&["sync", &output]);
    assert_eq!((&joined["added"], &joined["labels_pulled"]), (&3.into(), &1.into()));
    let status = bob.done(&["status", "calls"]);
    assert_eq!((&status["labeled"], &status["unlabeled"]), (&1.into(), &2.into()));

    // Both label one file: a conflict, exit code 4, until it is settled.
    ann.command(&["label", "calls", &names[0], "--content", "ann again"]).assert().success();
    bob.command(&["label", "calls", &names[0], "--content", "bob too"]).assert().success();
    ann.done(&["sync", "calls"]);
    let (synced, code) = bob.json(&["sync", "calls"]);
    assert_eq!((code, &synced["conflicts"]), (4, &1.into()), "{synced}");
    let export = ["export", "calls", "--format", "modelarts", "--to", "out.manifest"];
    bob.command(&export).assert().code(4);
    assert!(!bob.home.join("out.manifest").exists());
    bob.command(&["label", "calls", &names[0], "--content", "both"]).assert().success();
    bob.done(&["sync", "calls"]);
    assert_eq!(ann.done(&["sync", "calls"])["conflicts"], 0);

    // Publish, compare, and read back.
    let first = ann.done(&["publish", "calls"]);
    assert_eq!((&first["version"], &first["labeled"]), (&"V001".into(), &1.into()));
    bob.command(&["label", "calls", &names[1], "--content", "more"]).assert().success();
    assert_eq!(bob.done(&["publish", "calls"])["modified"], 1);
    let manifest = format!("{output}{}", first["manifest"].as_str().unwrap());
    let read = ann.done(&["import", "calls", &manifest]);
    assert_eq!((&read["imported"], &read["unchanged"]), (&0.into(), &1.into()), "{read}");

    // Delete one for good.
    let wrong = ["delete", "calls", &names[2], "--source-files", "--yes-delete", "2"];
    assert_ne!(ann.command(&wrong).output().unwrap().status.code(), Some(0));
    let right = ["delete", "calls", &names[2], "--source-files", "--yes-delete", "1"];
    ann.command(&right).assert().success();
    ann.done(&["sync", "calls"]);
    bob.done(&["sync", "calls"]);
    let status = bob.done(&["status", "calls"]);
    let counts = ["labeled", "missing", "deleted", "total"].map(|count| status[count].as_u64());
    assert_eq!(counts, [Some(2), Some(0), Some(1), Some(3)]);
}

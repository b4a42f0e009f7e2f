//! The list of datasets opened before, read beside the loop.

use super::Account;
use super::runner::Answers;
use super::told;
use crate::app::{KnownDataset, Message};
use crate::config::Paths;
use crate::ops::{Locate, OpsError, Registry};
use crate::workspace::{Identity, Reader};
use std::path::{Path, PathBuf};

/// Reads the list, and the counts of each dataset, and sends them.
pub(super) fn list(account: &Account, answers: &Answers) {
    run(account, answers, |_| Ok(()));
}

/// Gives a dataset another name, then sends the list.
pub(super) fn rename(account: &Account, workspace: &str, name: &str, answers: &Answers) {
    let (workspace, name) = (PathBuf::from(workspace), name.to_owned());
    run(account, answers, move |registry| registry.rename(&workspace, &name));
}

/// Takes a dataset off the list, then sends the list.
pub(super) fn forget(account: &Account, workspace: &str, answers: &Answers) {
    let workspace = PathBuf::from(workspace);
    run(account, answers, move |registry| registry.forget(&workspace));
}

/// What opens again the dataset of a row, or of what was typed.
pub(super) fn locate(paths: &Paths, which: &str) -> Locate {
    let known = Registry::of(paths).all().unwrap_or_default();
    let row = known.into_iter().find(|known| known.workspace.as_os_str() == which);
    match row {
        Some(known) => {
            Locate { source: known.source, workspace: Some(known.workspace), ..Locate::default() }
        }
        None => Locate { source: home_expanded(which), ..Locate::default() },
    }
}

/// `~/x` as a shell would read it: the prompt of the screen has no shell.
fn home_expanded(typed: &str) -> String {
    match (typed.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => typed.to_owned(),
    }
}

fn run(
    account: &Account,
    answers: &Answers,
    change: impl FnOnce(&Registry) -> Result<(), OpsError> + Send + 'static,
) {
    let (registry, identity, answers) =
        (Registry::of(&account.paths), account.identity.clone(), answers.clone());
    std::thread::spawn(move || {
        if let Err(error) = change(&registry) {
            answers.send(Message::Failed(told(error)));
        }
        match registry.all() {
            Ok(known) => {
                let known = known.into_iter().map(|known| described(known, &identity)).collect();
                answers.send(Message::Datasets(known));
            }
            Err(error) => {
                answers.send(Message::Datasets(Vec::new()));
                answers.send(Message::Failed(told(error)));
            }
        }
    });
}

fn described(known: crate::ops::KnownDataset, identity: &Identity) -> KnownDataset {
    let counts = counts(&known.workspace, identity);
    KnownDataset {
        workspace: known.workspace.to_string_lossy().into_owned(),
        name: known.name,
        source: known.source,
        problem: counts.as_ref().err().map(ToString::to_string),
        counts: counts.ok(),
        last_opened: Some(known.opened),
    }
}

fn counts(workspace: &Path, identity: &Identity) -> Result<crate::domain::Counts, OpsError> {
    Ok(Reader::open(workspace, identity.clone())?.counts()?)
}

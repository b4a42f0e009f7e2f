//! `earmark add`: local recordings into the source and the dataset.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use super::progress::Progress;
use crate::domain::{SampleKey, UserError};
use crate::formats::KeyFields;
use crate::ops::{AddOutcome, Addition, Make, Opened, add_one, find_additions};
use crate::text::{byte_size, counted, safe_bytes};
use clap::Args;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Flags of `add`.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    source: SourceArg,
    /// Recordings, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder of the source that they are put into
    #[arg(long, value_name = "FOLDER", default_value = "")]
    to: String,
    /// Over files of the same name
    #[arg(long)]
    overwrite: bool,
}

#[derive(Serialize)]
struct Answer {
    added: u64,
    replaced: u64,
    bytes: u64,
    failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Failed {
    #[serde(flatten)]
    key: KeyFields,
    why: String,
}

#[derive(Default)]
struct Done {
    added: u64,
    replaced: u64,
    bytes: u64,
    failed: Vec<(SampleKey, String)>,
}

impl Add {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let additions = find_additions(&self.files, &self.to)?;
        if additions.is_empty() {
            return Err(Failure::one(
                UserError::new("there is no audio in what was named")
                    .hint("name recordings, or folders that hold some"),
            ));
        }
        let interrupt = Interrupt::watch();
        let progress = context.progress("adding");
        let done = self.add(context, &opened, &additions, &interrupt, &progress)?;
        drop(progress);
        context.out.json(&Answer {
            added: done.added,
            replaced: done.replaced,
            bytes: done.bytes,
            failed: done
                .failed
                .iter()
                .map(|(key, why)| Failed { key: key.into(), why: why.clone() })
                .collect(),
        })?;
        let files = counted(done.added + done.replaced, "file", "files");
        context.out.line(format!("added {files} ({})", byte_size(done.bytes)))?;
        for (key, why) in &done.failed {
            context.out.item_failed(key, why);
        }
        if interrupt.is_set() {
            return Err(Failure::Interrupted);
        }
        Ok(Exit::of_items(done.added + done.replaced, done.failed.len()))
    }

    fn add(
        &self,
        context: &Context,
        opened: &Opened,
        additions: &[Addition],
        interrupt: &Interrupt,
        progress: &Progress,
    ) -> Result<Done, Failure> {
        let store = opened.store()?;
        let mut writer = opened.writer()?;
        let mut done = Done::default();
        for (index, addition) in additions.iter().enumerate() {
            progress.done("adding", index as u64, additions.len() as u64);
            let mut on_bytes = |_| {
                if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let at = context.now();
            let mut outcome =
                add_one(&mut writer, &store, addition, self.overwrite, at, &mut on_bytes);
            if matches!(outcome, Some(AddOutcome::Exists)) && asked(progress, addition) {
                outcome = add_one(&mut writer, &store, addition, true, at, &mut on_bytes);
            }
            match outcome {
                Some(outcome) => done.count(addition, outcome),
                None => break,
            }
            if interrupt.is_set() {
                break;
            }
        }
        while writer.index_step()? > 0 {}
        Ok(done)
    }
}

impl Done {
    fn count(&mut self, addition: &Addition, outcome: AddOutcome) {
        let why = match outcome {
            AddOutcome::Added => {
                self.added += 1;
                self.bytes += addition.bytes;
                return;
            }
            AddOutcome::Replaced => {
                self.replaced += 1;
                self.bytes += addition.bytes;
                return;
            }
            AddOutcome::Exists => {
                "the source has a file of this name already; --overwrite replaces it".to_owned()
            }
            AddOutcome::NotAudio(why) => why,
            AddOutcome::Failed(error) => UserError::from(error).to_string(),
        };
        self.failed.push((addition.key.clone(), why));
    }
}

/// Whether a person at a terminal wants a file replaced. Without one, nobody does.
fn asked(progress: &Progress, addition: &Addition) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    let mut answer = String::new();
    progress.suspend(|| {
        let name = safe_bytes(addition.key.as_bytes());
        let asked = write!(io::stderr(), "{name} is in the source already. Replace it? [y/N] ");
        if asked.and_then(|()| io::stdin().read_line(&mut answer)).is_err() {
            answer.clear();
        }
    });
    matches!(answer.trim(), "y" | "Y" | "yes")
}

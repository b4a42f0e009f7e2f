//! `earmark delete`: Delete File. The source files go only when asked for, with their count.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use super::publish::output_of;
use super::report::{act_on, named_samples};
use crate::domain::{Deed, SampleKey};
use crate::formats::KeyFields;
use crate::objects::Versioning;
use crate::ops::{
    DeletionPlan, Make, Named, Opened, Registry, SourceDeletion, delete_with_sources,
    learn_versions, plan_deletion,
};
use crate::text::{byte_size, counted, safe_line};
use clap::Args;
use serde::Serialize;
use std::ffi::OsString;
use std::ops::ControlFlow;

/// Flags of `delete`.
#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    source: SourceArg,
    /// The samples: keys, as `list` shows them, or paths of their files
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<OsString>,
    /// Delete the source files too; this cannot be taken back
    #[arg(long)]
    source_files: bool,
    /// How many source files are to be deleted, as a safeguard
    #[arg(long = "yes-delete", value_name = "N", requires = "source_files")]
    confirmed: Option<u64>,
}

#[derive(Serialize)]
struct Answer {
    changed: u64,
    files_deleted: u64,
    failed: Vec<Failed>,
    unmatched: Vec<KeyFields>,
}

#[derive(Serialize)]
struct Failed {
    #[serde(flatten)]
    key: KeyFields,
    why: String,
}

impl Delete {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        if !self.source_files {
            return act_on(context, &opened, &self.keys, &Deed::Delete, "deleted");
        }
        let (samples, unknown) = named_samples(&opened, &self.keys)?;
        let registry = Registry::of(&context.paths()?);
        learn(context, &opened);
        let mut plan = plan_deletion(&opened.reader()?, &registry, &context.identity, &samples)?;
        if self.confirmed != Some(plan.files) {
            // What the store keeps is worth saying, and no reason not to ask.
            plan.kept = opened
                .store()?
                .abilities(None)
                .map_or_else(|_| Versioning::Unknown, |abilities| abilities.versioning);
        }
        if self.confirmed != Some(plan.files) {
            return Err(refused(&plan, self.confirmed));
        }
        delete(context, &opened, &samples, &unknown)
    }
}

/// Takes notice of versions that others published, if the output is there to say so.
fn learn(context: &Context, opened: &Opened) {
    let learned = || -> Result<(), Failure> {
        if opened.dataset.output.is_some() {
            let output = output_of(opened)?;
            learn_versions(&opened.reader()?, &mut opened.writer()?, &output)?;
        }
        Ok(())
    };
    if learned().is_err() {
        context
            .out
            .note("versions that others published may be unknown: the output could not be read");
    }
}

fn refused(plan: &DeletionPlan, given: Option<u64>) -> Failure {
    let files = counted(plan.files, "source file", "source files");
    let mut what = format!("{files} ({}) would be deleted for good", byte_size(plan.bytes));
    if !plan.also_in.is_empty() {
        let names: Vec<_> = plan.also_in.iter().map(|name| safe_line(name)).collect();
        what = format!("{what}; also listed by {}", names.join(", "));
    }
    if !plan.versions.is_empty() {
        let names: Vec<_> = plan.versions.iter().map(|name| safe_line(name)).collect();
        what = format!("{what}; published in {}", names.join(", "));
    }
    match plan.kept {
        Versioning::Kept => what.push_str("; the bucket keeps old versions of them"),
        Versioning::Final => {}
        Versioning::Unknown => what.push_str("; whether old versions are kept is not known"),
    }
    if let Some(given) = given {
        what = format!("{what}, not {given}");
    }
    Failure::usage(what, format!("confirm with --yes-delete {}", plan.files))
}

fn delete(
    context: &mut Context,
    opened: &Opened,
    samples: &[Named],
    unknown: &[SampleKey],
) -> Outcome {
    let interrupt = Interrupt::watch();
    let progress = context.progress("deleting");
    let mut done = 0;
    let mut on_file = |_: &SourceDeletion| {
        done += 1;
        progress.done("deleting", done, samples.len() as u64);
        if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (reader, mut writer, store) = (opened.reader()?, opened.writer()?, opened.store()?);
    let (report, outcomes) =
        delete_with_sources(&reader, &mut writer, &store, samples, context.now(), &mut on_file)?;
    drop(progress);
    let failed: Vec<&SourceDeletion> = outcomes.iter().filter(|file| !file.is_gone()).collect();
    let files_deleted = outcomes.iter().filter(|file| file.outcome.is_ok()).count() as u64;
    for file in &failed {
        context.out.item_failed(&file.key, &why(file));
    }
    for key in unknown {
        context.out.item_failed(key, "there is no such sample in the dataset");
    }
    context.out.json(&Answer {
        changed: report.changed,
        files_deleted,
        failed: failed
            .iter()
            .map(|file| Failed { key: KeyFields::from(&file.key), why: why(file) })
            .collect(),
        unmatched: unknown.iter().map(KeyFields::from).collect(),
    })?;
    let files = counted(files_deleted, "source file", "source files");
    let marked = counted(report.changed, "sample", "samples");
    context.out.line(format!("deleted {marked} and {files}"))?;
    if interrupt.is_set() {
        return Err(Failure::Interrupted);
    }
    Ok(Exit::of_items(outcomes.len() as u64 - failed.len() as u64, failed.len() + unknown.len()))
}

fn why(file: &SourceDeletion) -> String {
    let Err(error) = &file.outcome else { return String::new() };
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

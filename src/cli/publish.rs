//! `earmark publish`: an immutable version in the output.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::export::{Conflicts, Scheme, in_conflict};
use super::interrupt::Interrupt;
use crate::formats::KeyFields;
use crate::objects::Store;
use crate::ops::{
    Make, Opened, OpsError, Publication, PublishPlan, PublishStep, Split, SplitBy, VersionInfo,
    publish,
};
use crate::text::{byte_size, counted, safe_line};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::ops::ControlFlow;

/// Flags of `publish`.
#[derive(Debug, Args)]
pub(super) struct Publish {
    #[command(flatten)]
    source: SourceArg,
    /// Its name; without it the next number: V001, V002, …
    #[arg(long, value_name = "NAME")]
    version: Option<String>,
    /// What is to be known about it
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// The share for training, as in 0.9; the rest is for evaluation
    #[arg(long, value_name = "SHARE", value_parser = share)]
    split: Option<f64>,
    /// Another seed, another split
    #[arg(long, value_name = "N", default_value_t = 0, requires = "split")]
    seed: u64,
    /// What the split keeps together
    #[arg(long, value_enum, default_value_t = By::File, requires = "split")]
    split_by: By,
    /// Only samples that have a label
    #[arg(long)]
    labeled_only: bool,
    /// What becomes of samples whose labels disagree
    #[arg(long, value_enum, default_value_t = Conflicts::Stop)]
    conflicts: Conflicts,
    /// With which scheme buckets are written
    #[arg(long, value_enum)]
    scheme: Option<Scheme>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    File,
    Folder,
    Speaker,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "expected a share from 0 to 1, such as 0.9".to_owned())
}

#[derive(Serialize)]
struct Answer<'a> {
    version: &'a str,
    manifest: &'a str,
    parent: Option<&'a str>,
    total: u64,
    labeled: u64,
    added: u64,
    modified: u64,
    deleted: u64,
    conflicts: u64,
    failed: Vec<KeyFields>,
    failed_total: u64,
    unfinished: &'a [String],
}

impl Publish {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let output = output_of(&opened)?;
        let by = match self.split_by {
            By::File => SplitBy::File,
            By::Folder => SplitBy::Folder,
            By::Speaker => SplitBy::Speaker,
        };
        let plan = PublishPlan {
            version: self.version,
            description: self.description,
            labeled_only: self.labeled_only,
            conflicts: self.conflicts.into(),
            split: self.split.map(|training| Split { training, seed: self.seed, by }),
            scheme: self.scheme.map(Scheme::name),
        };
        let (reader, mut writer) = (opened.reader()?, opened.writer()?);
        let interrupt = Interrupt::watch();
        let progress = context.progress("writing");
        let mut on_step = |step| {
            match step {
                PublishStep::Writing(count) => progress.found("writing", count),
                PublishStep::Comparing(count) if count % 1_000 == 0 => {
                    progress.found("comparing", count);
                }
                PublishStep::Comparing(_) => {}
                PublishStep::Uploading(bytes) => {
                    progress.say(&format!("uploading {}", byte_size(bytes)));
                }
            }
            if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let published = publish(&reader, &mut writer, &output, &plan, context.now(), &mut on_step);
        drop(progress);
        match published {
            Err(error @ OpsError::Conflicts { .. }) => Ok(in_conflict(context, error)),
            published => print(context, &published?.ok_or(Failure::Interrupted)?),
        }
    }
}

/// Where versions are, if the dataset says so.
pub(super) fn output_of(opened: &Opened) -> Result<Store, Failure> {
    let none = || OpsError::NoOutput(opened.dataset.name.clone());
    Ok(opened.output()?.ok_or_else(none)?)
}

fn print(context: &mut Context, publication: &Publication) -> Outcome {
    let Publication { info, left_out, conflicts, unfinished, without_history } = publication;
    context.out.json(&Answer {
        version: &info.name,
        manifest: &info.manifest,
        parent: info.parent.as_deref(),
        total: info.total,
        labeled: info.labeled,
        added: info.added,
        modified: info.modified,
        deleted: info.deleted,
        conflicts: *conflicts,
        failed: left_out.first.iter().map(|(key, _)| KeyFields::from(key)).collect(),
        failed_total: left_out.count,
        unfinished,
    })?;
    context.out.line(format!("published {}: {}", info.name, safe_line(&info.manifest)))?;
    context.out.line(counts(info))?;
    if *conflicts > 0 {
        context.out.note(format!("{} in conflict", counted(*conflicts, "sample", "samples")));
    }
    for name in unfinished {
        context.out.note(format!("{} was begun by somebody and is not finished", safe_line(name)));
    }
    if let Some(why) = without_history {
        context.out.note(format!("the history was not written beside it: {}", safe_line(why)));
    }
    for (key, why) in &left_out.first {
        context.out.item_failed(key, why);
    }
    let failed = usize::try_from(left_out.count).unwrap_or(usize::MAX);
    Ok(Exit::of_items(info.total, failed))
}

/// What a version holds, in a line.
pub(super) fn counts(info: &VersionInfo) -> String {
    let samples = counted(info.total, "sample", "samples");
    let changes = match &info.parent {
        Some(parent) => format!(
            "; against {}: {} added, {} modified, {} deleted",
            safe_line(parent),
            info.added,
            info.modified,
            info.deleted
        ),
        None => String::new(),
    };
    format!("{samples}, {} labeled{changes}", info.labeled)
}

//! `earmark export`: labels out, in any format.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::inert::SafeLines;
use super::interrupt::Interrupt;
use super::list::Tab;
use crate::domain::{Filter, Scope};
use crate::formats::{Format, KeyFields, WriteOptions};
use crate::ops::{
    ExportPlan, ExportReport, ExportTo, Make, OnConflict, OpsError, export, parse_scope,
};
use crate::text::counted;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Flags of `export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    source: SourceArg,
    /// How they are written: one of modelarts, annotation, labelstudio, labelstudio-csv, groundtruth, nemo, kaldi,
    /// audiofolder, audiofolder-jsonl, commonvoice, ljspeech, lhotse, txt, csv, tsv, jsonl, vtt, srt, textgrid, elan,
    /// audacity
    #[arg(long, value_parser = |text: &str| text.parse::<Format>())]
    format: Format,
    /// The file, or the folder for formats of several files; - for stdout
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Which samples; without it, all that are in the source and not in the trash
    #[arg(long, value_enum)]
    tab: Option<Tab>,
    /// Only those that match, as in "hello flag:unsure dur>2.5"
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only this share of the samples, as in 2/5
    #[arg(long, value_name = "N/OF", value_parser = parse_scope)]
    part: Option<Scope>,
    /// Only samples that have a label
    #[arg(long)]
    labeled_only: bool,
    /// What becomes of samples whose labels disagree
    #[arg(long, value_enum, default_value_t = Conflicts::Stop)]
    conflicts: Conflicts,
    /// With which scheme buckets are written
    #[arg(long, value_enum)]
    scheme: Option<Scheme>,
    /// Audio by its full address rather than by its key, where the format leaves the choice
    #[arg(long)]
    full_addresses: bool,
    /// In CSV and TSV, put a ' before what a spreadsheet would take for a formula
    #[arg(long)]
    guard_formulas: bool,
    /// Over files that are there
    #[arg(long)]
    overwrite: bool,
}

/// What becomes of samples whose labels disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Conflicts {
    /// Nothing is written while there is one
    #[default]
    Stop,
    /// The label that is shown is taken
    Shown,
    /// They are left out
    Skip,
}

impl From<Conflicts> for OnConflict {
    fn from(conflicts: Conflicts) -> Self {
        match conflicts {
            Conflicts::Stop => Self::Stop,
            Conflicts::Shown => Self::Shown,
            Conflicts::Skip => Self::Skip,
        }
    }
}

/// How addresses of buckets start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scheme {
    S3,
    Obs,
}

impl Scheme {
    /// As formats take it.
    pub(super) fn name(self) -> String {
        match self {
            Self::S3 => "s3".to_owned(),
            Self::Obs => "obs".to_owned(),
        }
    }
}

#[derive(Serialize)]
struct Answer {
    format: &'static str,
    written: u64,
    labeled: u64,
    conflicts: u64,
    verified: Option<u64>,
    altered: u64,
    failed: Vec<Failed>,
    failed_total: u64,
}

#[derive(Serialize)]
struct Failed {
    #[serde(flatten)]
    key: KeyFields,
    why: String,
}

impl Export {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let filter =
            Filter::parse(self.filter.as_deref().unwrap_or_default()).map_err(|error| {
                Failure::usage(error.to_string(), "see the flag --filter in `earmark list --help`")
            })?;
        let to_stdout = self.to.as_os_str() == "-";
        if to_stdout && !self.format.is_one_file() {
            return Err(Failure::usage(
                format!("{} is several files", self.format),
                "name a folder with --to",
            ));
        }
        if to_stdout && context.out.is_json() {
            return Err(Failure::usage(
                "--to - and --json both want stdout",
                "name a file with --to",
            ));
        }
        let opened = context.open(&self.source, Make::Never)?;
        let plan = ExportPlan {
            format: self.format,
            view: self.tab.map(Into::into),
            filter,
            scope: self.part,
            labeled_only: self.labeled_only,
            conflicts: self.conflicts.into(),
            split: None,
            keep_usage: true,
            options: WriteOptions {
                guard_formulas: self.guard_formulas,
                full_addresses: self.full_addresses,
                scheme: self.scheme.map(Scheme::name),
                dataset: opened.dataset.name.clone(),
            },
        };
        let interrupt = Interrupt::watch();
        let progress = context.progress("writing");
        let mut on_written = |count| {
            progress.found("writing", count);
            if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut stdout = io::stdout().lock();
        // What is only looked at need not be exact, but safe.
        let mut shown = stdout.is_terminal().then(|| SafeLines::new(io::stdout().lock()));
        let to = if let (true, Some(shown)) = (to_stdout, &mut shown) {
            ExportTo::Stream(shown)
        } else if to_stdout {
            ExportTo::Stream(&mut stdout)
        } else {
            ExportTo::Path { path: &self.to, overwrite: self.overwrite }
        };
        let reader = opened.reader()?;
        let exported = export(&reader, &opened.source, &plan, to, &mut on_written);
        shown.map_or(Ok(()), SafeLines::finish).map_err(Failure::Output)?;
        drop((progress, stdout));
        let report = match exported {
            Err(error @ OpsError::Conflicts { .. }) => return Ok(in_conflict(context, error)),
            exported => exported?.ok_or(Failure::Interrupted)?,
        };
        print(context, &plan, &report, to_stdout)
    }
}

/// Nothing was written, and nothing is lost.
pub(super) fn in_conflict(context: &Context, error: OpsError) -> Exit {
    context.out.error(&error.into());
    Exit::Conflicts
}

fn print(
    context: &mut Context,
    plan: &ExportPlan,
    report: &ExportReport,
    to_stdout: bool,
) -> Outcome {
    let failed = &report.left_out;
    context.out.json(&Answer {
        format: plan.format.name(),
        written: report.written,
        labeled: report.labeled,
        conflicts: report.conflicts,
        verified: report.verified,
        altered: report.altered,
        failed: failed
            .first
            .iter()
            .map(|(key, why)| Failed { key: key.into(), why: why.clone() })
            .collect(),
        failed_total: failed.count,
    })?;
    let samples = counted(report.written, "sample", "samples");
    let verified = match report.verified {
        Some(verified) => format!("{verified} labels read back and verified"),
        None => "this format is not read back".to_owned(),
    };
    let said = format!("exported {samples}, {} labeled; {verified}", report.labeled);
    if to_stdout {
        context.out.note(said);
    } else {
        context.out.line(said)?;
    }
    if report.conflicts > 0 {
        let samples = counted(report.conflicts, "sample", "samples");
        let how = if plan.conflicts == OnConflict::Skip { "left out" } else { "as shown" };
        context.out.note(format!("{samples} in conflict, {how}"));
    }
    if report.altered > 0 {
        let labels = counted(report.altered, "label", "labels");
        context.out.note(format!("{labels} in words that {} cannot hold", plan.format));
    }
    for (key, why) in &failed.first {
        context.out.item_failed(key, why);
    }
    let left_out = usize::try_from(failed.count + report.altered).unwrap_or(usize::MAX);
    Ok(Exit::of_items(report.written, left_out))
}

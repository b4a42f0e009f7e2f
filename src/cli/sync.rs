//! `earmark sync`: Synchronize New Data.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use crate::domain::SyncReport;
use crate::objects::Store;
use crate::ops::{Locate, Make, Opened, SidecarImport, import_sidecars, probe_all};
use crate::sync::{SyncStep, SyncSummary, sync};
use crate::text::{counted, thousands};
use crate::workspace::Writer;
use clap::Args;
use std::ops::ControlFlow;

/// Flags of `sync`.
#[derive(Debug, Args)]
pub(super) struct Sync {
    #[command(flatten)]
    source: SourceArg,
    /// Where labels are shared and versions published
    #[arg(long, value_name = "OUT")]
    output: Option<String>,
    /// Do not look into new files for their length
    #[arg(long)]
    no_probe: bool,
}

impl Sync {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let typed = Locate { output: self.output, ..self.source.locate(&context.global) };
        let opened = context.locate(&typed, Make::IfMissing)?;
        let config = context.config(Some(&opened))?;
        let store = opened.store()?;
        let mut writer = opened.writer()?;
        let interrupt = Interrupt::watch();
        let mut summary = run_sync(context, &store, &mut writer, &interrupt)?;
        let mut exit = Exit::Done;
        if config.sync.sidecars {
            let nfc = config.editor.nfc;
            exit = take_sidecars(context, &opened, &store, &mut writer, nfc, &mut summary.report)?;
        }
        if !self.no_probe {
            probe(context, &opened, &store, &mut writer, &interrupt)?;
        }
        print(context, &summary, exit)
    }
}

fn run_sync(
    context: &Context,
    store: &Store,
    writer: &mut Writer,
    interrupt: &Interrupt,
) -> Result<SyncSummary, Failure> {
    let progress = context.progress("listing");
    let mut on_step = |step: &SyncStep| {
        match step {
            SyncStep::Listing { found } => progress.found("listing", *found),
            SyncStep::Applying { done, of } => progress.done("applying", *done, *of),
            SyncStep::Done(_) => {}
        }
        if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    sync(store, writer, &|| context.now(), &mut on_step)?.ok_or(Failure::Interrupted)
}

fn take_sidecars(
    context: &Context,
    opened: &Opened,
    store: &Store,
    writer: &mut Writer,
    to_nfc: bool,
    report: &mut SyncReport,
) -> Outcome {
    let labels = SidecarImport::Labels { replace: false };
    let goes_on = &mut |_| ControlFlow::Continue(());
    let reader = opened.reader()?;
    let imported = import_sidecars(&reader, writer, store, labels, to_nfc, context.now(), goes_on)?;
    let Some((imported, problems)) = imported else { return Ok(Exit::Done) };
    report.labels_pulled += imported.imported;
    report.conflicts = reader.counts()?.conflicts;
    for problem in &problems {
        context.out.item_failed(&problem.key, &problem.why);
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Partial })
}

fn probe(
    context: &Context,
    opened: &Opened,
    store: &Store,
    writer: &mut Writer,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let progress = context.progress("measuring");
    probe_all(&opened.reader()?, writer, store, &mut |done| {
        progress.found("measuring", done);
        if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if interrupt.is_set() { Err(Failure::Interrupted) } else { Ok(()) }
}

fn print(context: &mut Context, summary: &SyncSummary, exit: Exit) -> Outcome {
    let SyncSummary { report, unlisted, links_left_out } = summary;
    context.out.json(report)?;
    let counts = [
        ("added", report.added),
        ("changed", report.changed),
        ("moved", report.moved),
        ("missing", report.missing),
        ("restored", report.restored),
        ("unchanged", report.unchanged),
        ("total", report.total),
    ];
    for (name, count) in counts {
        context.out.line(format!("{name:<10}{:>12}", thousands(count)))?;
    }
    if report.labels_pulled > 0 {
        context.out.line(format!("{:<10}{:>12}", "labels", thousands(report.labels_pulled)))?;
    }
    if report.total == 0 {
        context.out.note("no audio was found in the source");
    }
    let listed = report.added + report.changed + report.moved + report.restored + report.unchanged;
    if report.missing > 0 && listed == 0 {
        context.out.note("every sample is missing: is the drive mounted? Labels are kept");
    }
    if report.possible_moves > 0 {
        let files = counted(report.possible_moves, "new file", "new files");
        context.out.note(format!("{files} may be a missing one that moved, but not for certain"));
    }
    if *links_left_out > 0 {
        let links = counted(*links_left_out, "link", "links");
        context.out.note(format!("{links} leading outside the source not followed"));
    }
    for part in unlisted {
        context.out.item_failed(&part.prefix, &format!("could not be listed: {}", part.why));
    }
    if report.conflicts > 0 {
        let samples = counted(report.conflicts, "sample", "samples");
        context.out.note(format!("{samples} in conflict: tab 2, To confirm, settles them"));
    }
    Ok(match (exit, unlisted.is_empty()) {
        (Exit::Done, true) if report.conflicts > 0 => Exit::Conflicts,
        (exit, true) => exit,
        (_, false) => Exit::Partial,
    })
}

//! `earmark sync`: Synchronize New Data.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use crate::config::Config;
use crate::domain::{SyncReport, UserError};
use crate::objects::{Inventory, Store};
use crate::ops::{
    Locate, Make, Opened, OpsError, SidecarImport, copy_of_the_day, import_sidecars, probe_all,
    take_manifests,
};
use crate::sync::{ShareError, ShareStep, SyncStep, SyncSummary, share, sync_by};
use crate::text::{counted, thousands};
use crate::workspace::Writer;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::ops::ControlFlow;

/// Flags of `sync`.
#[derive(Debug, Args)]
pub(super) struct Sync {
    #[command(flatten)]
    source: SourceArg,
    /// Where labels are shared and versions published
    #[arg(long, value_name = "OUT")]
    output: Option<String>,
    /// Read what the bucket holds from an inventory that the store wrote: its manifest.json, or the folder above the
    /// dated ones; "" lists the bucket itself
    #[arg(long, value_name = "URL|FOLDER")]
    inventory: Option<String>,
    /// Do not look into new files for their length
    #[arg(long)]
    no_probe: bool,
}

impl Sync {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let typed = Locate { output: self.output, ..self.source.locate(&context.global) };
        let opened = context.locate(&typed, Make::IfMissing)?;
        let config = context.config(Some(&opened))?;
        let mut writer = opened.writer()?;
        let interrupt = Interrupt::watch();
        let inventory = self.inventory.as_ref().unwrap_or(&config.storage.inventory);
        let inventory = opened.inventory(inventory)?;
        let synced = opened.store().map_err(Failure::from).and_then(|store| {
            Ok((run_sync(context, &store, inventory, &mut writer, &interrupt)?, store))
        });
        // Labels are shared even while the audio is out of reach.
        let mut labels = SyncReport::default();
        let mut exit = match &synced {
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            _ => share_labels(context, &opened, &mut writer, &interrupt, &mut labels)?,
        };
        let (mut summary, store) = synced?;
        summary.report.labels_pulled = labels.labels_pulled;
        summary.report.labels_pushed = labels.labels_pushed;
        summary.report.conflicts = summary.report.conflicts.max(labels.conflicts);
        exit = exit.or(take_arrived(context, &opened, &store, &mut writer, &config, &mut summary)?);
        if config.sync.sidecars {
            let nfc = config.editor.nfc;
            let report = &mut summary.report;
            exit = exit.or(take_sidecars(context, &opened, &store, &mut writer, nfc, report)?);
        }
        let counts = opened.reader()?.counts()?;
        (summary.report.total, summary.report.conflicts) = (counts.total, counts.conflicts);
        if !self.no_probe {
            probe(context, &opened, &store, &mut writer, &interrupt)?;
        }
        drop(writer);
        exit = exit.or(copy_today(context, &opened, &config, &interrupt));
        print(context, &summary, exit)
    }
}

/// Today's copy of the workspace. What was synchronized stands, whether it can be made or not.
fn copy_today(context: &Context, opened: &Opened, config: &Config, interrupt: &Interrupt) -> Exit {
    let progress = context.progress("copying the workspace");
    let days = config.workspace.keep_copies;
    let copied = copy_of_the_day(&opened.workspace, days, context.now(), &mut |_| {
        if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(progress);
    match copied {
        Ok(_) => Exit::Done,
        Err(error) => {
            context.out.error(&error.into());
            Exit::Partial
        }
    }
}

fn run_sync(
    context: &Context,
    store: &Store,
    inventory: Option<Inventory>,
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
    sync_by(store, inventory, writer, &|| context.now(), &mut on_step)?.ok_or(Failure::Interrupted)
}

/// Manifests at the source's root.
fn take_arrived(
    context: &Context,
    opened: &Opened,
    store: &Store,
    writer: &mut Writer,
    config: &Config,
    summary: &mut SyncSummary,
) -> Outcome {
    let (reader, nfc) = (|| opened.reader(), config.editor.nfc);
    let manifests = &summary.manifests;
    let at = context.now();
    let arrived = take_manifests(&reader, writer, store, &opened.source, manifests, nfc, at)?;
    summary.report.labels_pulled += arrived.imported;
    for (key, error) in &arrived.failed {
        context.out.item_failed(key, &error.to_string());
    }
    Ok(if arrived.failed.is_empty() { Exit::Done } else { Exit::Partial })
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

/// What others labeled comes in, what was labeled here goes out. What cannot go waits: the sync itself is done.
fn share_labels(
    context: &Context,
    opened: &Opened,
    writer: &mut Writer,
    interrupt: &Interrupt,
    report: &mut SyncReport,
) -> Outcome {
    let output = match opened.output() {
        Ok(None) => return Ok(Exit::Done),
        Ok(Some(output)) => output,
        Err(error) => return Ok(waits(context, writer, error)),
    };
    let progress = context.progress("sharing labels");
    let mut on_step = |step: &ShareStep| {
        match step {
            ShareStep::Pulling(pulled) => progress.found("reading labels", *pulled),
            ShareStep::Pushing(pushed) => progress.found("sharing labels", *pushed),
            ShareStep::Done(_) => {}
        }
        if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let shared = match share(&output, writer, &|| context.now(), &mut on_step) {
        Ok(shared) => shared.ok_or(Failure::Interrupted)?,
        Err(error @ ShareError::Output(_)) => return Ok(waits(context, writer, error)),
        Err(error) => return Err(OpsError::from(error).into()),
    };
    report.labels_pulled += shared.pulled;
    report.labels_pushed += shared.pushed;
    report.conflicts = shared.conflicts;
    for problem in &shared.problems {
        let why = format!("{} (its labels after that are not here yet)", problem.why);
        context.out.item_failed(&problem.object.as_str().into(), &why);
    }
    Ok(if shared.problems.is_empty() { Exit::Done } else { Exit::Partial })
}

fn waits(context: &Context, writer: &Writer, error: impl Into<UserError>) -> Exit {
    context.out.error(&error.into());
    let waiting = writer.unshared().unwrap_or_default();
    let labels = counted(waiting, "change waits", "changes wait");
    context.out.note(format!("{labels} in the workspace to be shared"));
    Exit::Partial
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

/// A time to the minute, as it is here.
fn written(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn print(context: &mut Context, summary: &SyncSummary, exit: Exit) -> Outcome {
    let SyncSummary { report, unlisted, links_left_out, manifests: _, passed_over } = summary;
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
    for (name, count) in [("labels in", report.labels_pulled), ("labels out", report.labels_pushed)]
    {
        if count > 0 {
            context.out.line(format!("{name:<10}{:>12}", thousands(count)))?;
        }
    }
    if let Some(as_of) = report.as_of {
        let as_of = written(as_of);
        context.out.note(match passed_over {
            Some(inventory) => format!(
                "the newest inventory is as of {}, and the bucket is known as of {as_of}: nothing was changed",
                written(*inventory)
            ),
            None => format!("as of {as_of}, by the inventory: not as the bucket is now"),
        });
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

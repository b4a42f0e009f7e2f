//! `earmark import`: labels from files that came with the data.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use crate::domain::Source;
use crate::formats::KeyFields;
use crate::objects::Store;
use crate::ops::{Make, OpsError, SidecarImport, SidecarProblem, import_sidecars};
use crate::text::{counted, safe_bytes, safe_line};
use crate::workspace::ImportReport;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::Path;

/// Names printed one by one; the rest is a number.
const NAMED: usize = 20;

/// Flags of `import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    source: SourceArg,
    /// Where the labels are: the source itself if not given, or a folder of the same shape
    from: Option<String>,
    /// How they are written; sidecar is a.txt beside a.wav
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// What they become
    #[arg(long = "as", value_enum, default_value_t = As::Labels)]
    kind: As,
    /// Over the labels of people too
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Auto,
    Sidecar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    Labels,
    Suggestions,
}

#[derive(Serialize)]
struct Answer {
    imported: u64,
    unchanged: u64,
    kept_by_person: Vec<KeyFields>,
    unmatched: Vec<KeyFields>,
    failed: Vec<KeyFields>,
    conflicts: u64,
}

impl Import {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let to_nfc = context.config(Some(&opened))?.editor.nfc;
        let from = match &self.from {
            Some(from) => folder(from)?,
            None => opened.store()?,
        };
        let how = match self.kind {
            As::Labels => SidecarImport::Labels { replace: self.replace },
            As::Suggestions => SidecarImport::Suggestions,
        };
        let (reader, mut writer) = (opened.reader()?, opened.writer()?);
        let interrupt = Interrupt::watch();
        let progress = context.progress("reading");
        let mut on_read = |count| {
            progress.found("reading", count);
            if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let imported =
            import_sidecars(&reader, &mut writer, &from, how, to_nfc, context.now(), &mut on_read)?;
        drop(progress);
        let (report, problems) = imported.ok_or(Failure::Interrupted)?;
        while writer.index_step()? > 0 {}
        print(context, &report, &problems)
    }
}

/// A folder of sidecars. A single file would be another format, and those come later.
fn folder(from: &str) -> Result<Store, Failure> {
    if Path::new(from).is_file() {
        return Err(Failure::usage(
            format!("{} is in no format that is built in yet", safe_line(from)),
            "give a folder with a .txt beside each recording; `earmark label SOURCE --from FILE` takes TSV and JSON lines",
        ));
    }
    Ok(Store::open(&Source::parse(from).map_err(OpsError::from)?)?)
}

fn print(context: &mut Context, report: &ImportReport, problems: &[SidecarProblem]) -> Outcome {
    context.out.json(&Answer {
        imported: report.imported,
        unchanged: report.unchanged,
        kept_by_person: report.kept_by_person.iter().map(KeyFields::from).collect(),
        unmatched: report.unmatched.iter().map(KeyFields::from).collect(),
        failed: problems.iter().map(|problem| KeyFields::from(&problem.key)).collect(),
        conflicts: report.conflicts,
    })?;
    context.out.line(format!("imported {}", counted(report.imported, "label", "labels")))?;
    if report.unchanged > 0 {
        context.out.line(format!("unchanged {}", report.unchanged))?;
    }
    for (what, keys) in [
        ("kept, labeled by a person", &report.kept_by_person),
        ("without audio", &report.unmatched),
    ] {
        if !keys.is_empty() {
            context.out.line(format!("{what}: {}", keys.len()))?;
        }
        for key in keys.iter().take(NAMED) {
            context.out.line(format!("  {}", safe_bytes(key.as_bytes())))?;
        }
        if keys.len() > NAMED {
            context.out.line(format!("  and {} more", keys.len() - NAMED))?;
        }
    }
    for problem in problems {
        context.out.item_failed(&problem.key, &problem.why);
    }
    if !problems.is_empty() {
        return Ok(Exit::of_items(report.imported + report.unchanged, problems.len()));
    }
    if report.conflicts > 0 {
        let samples = counted(report.conflicts, "sample", "samples");
        context.out.note(format!("{samples} in conflict: tab 2, To confirm, settles them"));
        return Ok(Exit::Conflicts);
    }
    Ok(Exit::Done)
}

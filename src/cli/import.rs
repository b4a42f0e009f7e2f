//! `earmark import`: labels from a file, a folder or a bucket, in any format.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use crate::domain::{SampleKey, Source};
use crate::formats::{Files, Format, KeyFields, LineProblem, ReadOptions, detect};
use crate::objects::Store;
use crate::ops::{
    Capped, ImportAs, LabelFiles, LabelImport, LabelImportReport, Make, NamedAt, Opened, OpsError,
    SidecarImport, SidecarProblem, import_labels, import_sidecars,
};
use crate::text::{counted, safe_bytes, safe_line};
use crate::workspace::ImportReport;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::ops::ControlFlow;

/// Names printed one by one; the rest is a number.
const NAMED: usize = 20;

/// Flags of `import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    source: SourceArg,
    /// Where the labels are: a file, a folder or a bucket address; the source itself if not given
    from: Option<String>,
    /// How they are written; auto recognizes it. One of modelarts, annotation, labelstudio, labelstudio-csv,
    /// groundtruth, nemo, kaldi, audiofolder, audiofolder-jsonl, commonvoice, ljspeech, lhotse, txt, csv, tsv, jsonl
    #[arg(long, default_value = "auto", value_parser = format_to_read)]
    format: FormatArg,
    /// What they become; without it labels, and suggestions where the file says that a machine made them
    #[arg(long = "as", value_enum)]
    kind: Option<As>,
    /// Over the labels of people too
    #[arg(long)]
    replace: bool,
    /// Leave lines out that cannot be used; else one such line and nothing is imported
    #[arg(long)]
    skip_bad_lines: bool,
    /// The column or field of the audio's name
    #[arg(long, value_name = "NAME")]
    audio_field: Option<String>,
    /// The column or field of the text
    #[arg(long, value_name = "NAME")]
    content_field: Option<String>,
    /// Match objects of other buckets by the ends of their keys
    #[arg(long)]
    any_bucket: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// `None`: recognized.
#[derive(Debug, Clone, Copy)]
struct FormatArg(Option<Format>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    Labels,
    Suggestions,
}

fn format_to_read(text: &str) -> Result<FormatArg, String> {
    match text {
        "auto" => Ok(FormatArg(None)),
        "sidecar" | "sidecars" => Ok(FormatArg(Some(Format::Sidecars))),
        name => {
            let format: Format = name.parse()?;
            if format.is_read() {
                Ok(FormatArg(Some(format)))
            } else {
                Err(format!("{name} is written only"))
            }
        }
    }
}

#[derive(Serialize)]
struct SidecarAnswer {
    imported: u64,
    unchanged: u64,
    kept_by_person: Vec<KeyFields>,
    unmatched: Vec<KeyFields>,
    failed: Vec<KeyFields>,
    conflicts: u64,
}

/// Lists hold the first thousand; the numbers beside them count all.
#[derive(Serialize)]
struct Answer<'a> {
    format: &'static str,
    applied: bool,
    records: u64,
    unlabeled: u64,
    imported: u64,
    suggested: u64,
    unchanged: u64,
    repeated: u64,
    kept_by_person: Vec<KeyFields>,
    kept_by_person_total: u64,
    unmatched: Vec<NamedLine<'a>>,
    unmatched_total: u64,
    ambiguous: Vec<NamedLine<'a>>,
    ambiguous_total: u64,
    other_bucket: Vec<NamedLine<'a>>,
    other_bucket_total: u64,
    failed: Vec<BadLine<'a>>,
    failed_total: u64,
    conflicts: u64,
}

#[derive(Serialize)]
struct NamedLine<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    line: u64,
}

impl<'a> From<&'a NamedAt> for NamedLine<'a> {
    fn from(named: &'a NamedAt) -> Self {
        Self { key: &named.audio, file: &named.file, line: named.line }
    }
}

#[derive(Serialize)]
struct BadLine<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    line: u64,
    column: Option<u64>,
    why: &'a str,
}

impl<'a> From<&'a LineProblem> for BadLine<'a> {
    fn from(problem: &'a LineProblem) -> Self {
        let LineProblem { file, line, column, why } = problem;
        Self { file, line: *line, column: *column, why }
    }
}

impl Import {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let to_nfc = context.config(Some(&opened))?.editor.nfc;
        let from_source = self.from.is_none();
        let files = match (&self.from, self.format.0) {
            (None, None | Some(Format::Sidecars)) => {
                return self.sidecars(context, &opened, &opened.store()?, to_nfc);
            }
            (None, Some(_)) => LabelFiles::open(&opened.dataset.source, opened.options())?,
            (Some(from), _) => LabelFiles::open(from, opened.options())?,
        };
        let format = match self.format.0 {
            Some(format) => format,
            None => detect(&files).map_err(|source| OpsError::Format {
                file: self.from.clone().unwrap_or_default(),
                source,
            })?,
        };
        if format == Format::Sidecars && files.main().is_none() && !from_source {
            return self.sidecars(context, &opened, files.store(), to_nfc);
        }
        let how = LabelImport {
            format: Some(format),
            read: ReadOptions {
                audio_field: self.audio_field.clone(),
                content_field: self.content_field.clone(),
            },
            kind: match self.kind {
                None => ImportAs::AsSaid,
                Some(As::Labels) => ImportAs::Labels,
                Some(As::Suggestions) => ImportAs::Suggestions,
            },
            replace: self.replace,
            skip_bad_lines: self.skip_bad_lines,
            any_bucket: self.any_bucket,
            dry_run: self.dry_run,
            to_nfc,
        };
        let report = take(context, &opened, &files, &how)?;
        print(context, &report, self.dry_run)
    }

    fn sidecars(
        &self,
        context: &mut Context,
        opened: &Opened,
        from: &Store,
        to_nfc: bool,
    ) -> Outcome {
        if self.dry_run {
            return Err(Failure::usage(
                "--dry-run does not go with sidecars",
                "leave it out: `earmark undo` takes an import back",
            ));
        }
        let how = match self.kind {
            None | Some(As::Labels) => SidecarImport::Labels { replace: self.replace },
            Some(As::Suggestions) => SidecarImport::Suggestions,
        };
        let (reader, mut writer) = (opened.reader()?, opened.writer()?);
        let interrupt = Interrupt::watch();
        let progress = context.progress("reading");
        let mut on_read = |count| {
            progress.found("reading", count);
            if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let imported =
            import_sidecars(&reader, &mut writer, from, how, to_nfc, context.now(), &mut on_read)?;
        drop(progress);
        let (report, problems) = imported.ok_or(Failure::Interrupted)?;
        while writer.index_step()? > 0 {}
        print_sidecars(context, &report, &problems)
    }
}

fn take(
    context: &Context,
    opened: &Opened,
    files: &LabelFiles,
    how: &LabelImport,
) -> Result<LabelImportReport, Failure> {
    let mut writer = opened.writer()?;
    let source = Source::parse(&opened.dataset.source).map_err(OpsError::from)?;
    let interrupt = Interrupt::watch();
    let progress = context.progress("reading");
    let mut on_read = |count| {
        progress.found("reading", count);
        if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let reader = opened.reader()?;
    let report =
        import_labels(reader, &mut writer, &source, files, how, context.now(), &mut on_read)?;
    drop(progress);
    let report = report.ok_or(Failure::Interrupted)?;
    while report.applied && writer.index_step()? > 0 {}
    Ok(report)
}

fn print(context: &mut Context, said: &LabelImportReport, dry_run: bool) -> Outcome {
    print_json(context, said)?;
    let report = &said.report;
    if !said.problems.is_empty() {
        for problem in said.problems.first.iter().take(NAMED) {
            context.out.note(format!("error: {}", safe_line(&problem.to_string())));
        }
        if said.problems.count > NAMED as u64 {
            context.out.note(format!("and {} more", said.problems.count - NAMED as u64));
        }
    }
    if !said.applied && !dry_run {
        let lines = counted(said.problems.count, "line", "lines");
        return Err(Failure::one(
            crate::domain::UserError::new(format!("{lines} cannot be used; nothing was imported"))
                .hint("mend them, or leave them out with --skip-bad-lines"),
        ));
    }
    let done = if dry_run { "would import" } else { "imported" };
    let labels = counted(report.imported, "label", "labels");
    context.out.line(format!("{done} {labels} ({})", said.format))?;
    for (what, count) in [
        ("suggestions", report.suggested),
        ("unchanged", report.unchanged),
        ("said twice", said.repeated),
        ("without a text", said.unlabeled),
    ] {
        if count > 0 {
            context.out.line(format!("{what} {count}"))?;
        }
    }
    print_keys(context, "kept, labeled by a person", &report.kept_by_person)?;
    for (what, named) in [
        ("without a sample", &said.unmatched),
        ("several samples have the name", &said.ambiguous),
        ("in another bucket", &said.other_bucket),
    ] {
        print_named(context, what, named)?;
    }
    if !said.other_bucket.is_empty() {
        context.out.note("hint: --any-bucket matches them by the ends of their keys");
    }
    let left_out =
        said.unmatched.count + said.ambiguous.count + said.other_bucket.count + said.problems.count;
    let done =
        report.imported + report.suggested + report.unchanged + report.kept_by_person.len() as u64;
    if left_out > 0 {
        return Ok(Exit::of_items(done, usize::try_from(left_out).unwrap_or(usize::MAX)));
    }
    Ok(conflicts(context, report))
}

fn print_json(context: &mut Context, said: &LabelImportReport) -> Result<(), Failure> {
    let LabelImportReport { report, unmatched, ambiguous, other_bucket, problems, .. } = said;
    let named = |list: &'_ Capped<NamedAt>| list.count;
    context.out.json(&Answer {
        format: said.format.name(),
        applied: said.applied,
        records: said.records,
        unlabeled: said.unlabeled,
        imported: report.imported,
        suggested: report.suggested,
        unchanged: report.unchanged,
        repeated: said.repeated,
        kept_by_person: report.kept_by_person.iter().take(1_000).map(KeyFields::from).collect(),
        kept_by_person_total: report.kept_by_person.len() as u64,
        unmatched: unmatched.first.iter().map(NamedLine::from).collect(),
        unmatched_total: named(unmatched),
        ambiguous: ambiguous.first.iter().map(NamedLine::from).collect(),
        ambiguous_total: named(ambiguous),
        other_bucket: other_bucket.first.iter().map(NamedLine::from).collect(),
        other_bucket_total: named(other_bucket),
        failed: problems.first.iter().map(BadLine::from).collect(),
        failed_total: problems.count,
        conflicts: report.conflicts,
    })
}

fn print_named(context: &mut Context, what: &str, named: &Capped<NamedAt>) -> Result<(), Failure> {
    if named.is_empty() {
        return Ok(());
    }
    context.out.line(format!("{what}: {}", named.count))?;
    for NamedAt { file, line, audio } in named.first.iter().take(NAMED) {
        let place = match (file.is_empty(), line) {
            (true, 0) => String::new(),
            (true, line) => format!("line {line}: "),
            (false, 0) => format!("{}: ", safe_line(file)),
            (false, line) => format!("{}, line {line}: ", safe_line(file)),
        };
        context.out.line(format!("  {place}{}", safe_line(audio)))?;
    }
    if named.count > NAMED as u64 {
        context.out.line(format!("  and {} more", named.count - NAMED as u64))?;
    }
    Ok(())
}

fn print_keys(context: &mut Context, what: &str, keys: &[SampleKey]) -> Result<(), Failure> {
    if !keys.is_empty() {
        context.out.line(format!("{what}: {}", keys.len()))?;
    }
    for key in keys.iter().take(NAMED) {
        context.out.line(format!("  {}", safe_bytes(key.as_bytes())))?;
    }
    if keys.len() > NAMED {
        context.out.line(format!("  and {} more", keys.len() - NAMED))?;
    }
    Ok(())
}

fn conflicts(context: &Context, report: &ImportReport) -> Exit {
    if report.conflicts > 0 {
        let samples = counted(report.conflicts, "sample", "samples");
        context.out.note(format!("{samples} in conflict: tab 2, To confirm, settles them"));
        return Exit::Conflicts;
    }
    Exit::Done
}

fn print_sidecars(
    context: &mut Context,
    report: &ImportReport,
    problems: &[SidecarProblem],
) -> Outcome {
    context.out.json(&SidecarAnswer {
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
    print_keys(context, "kept, labeled by a person", &report.kept_by_person)?;
    print_keys(context, "without audio", &report.unmatched)?;
    for problem in problems {
        context.out.item_failed(&problem.key, &problem.why);
    }
    if !problems.is_empty() {
        return Ok(Exit::of_items(report.imported + report.unchanged, problems.len()));
    }
    Ok(conflicts(context, report))
}

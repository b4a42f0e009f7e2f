//! `earmark label`: one sample, or many in one transaction.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Failure, Outcome};
use super::report::{act_on, print_action};
use crate::domain::{ActionReport, Deed, Flag, How, Skip};
use crate::formats::LineSyntax;
use crate::ops::{LabelLines, Make, Opened, OpsError, find_sample, label_from_lines};
use crate::text::nfc;
use crate::workspace::{LabelOutcome, LabelRequest};
use clap::Args;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// Flags of `label`.
#[derive(Debug, Args)]
pub(super) struct Label {
    #[command(flatten)]
    source: SourceArg,
    /// The sample: its key, as `list` shows it, or the path of its file
    #[arg(required_unless_present = "from")]
    key: Option<OsString>,
    /// What is said in it
    #[arg(long, value_name = "TEXT", requires = "key", required_unless_present_any = ["from", "no_speech"])]
    content: Option<String>,
    /// Nobody speaks in it: flag it so, with an empty label
    #[arg(long, requires = "key", conflicts_with = "content")]
    no_speech: bool,
    /// Many, one a line: key<TAB>content, or JSON with key and content; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "content", "no_speech"])]
    from: Option<PathBuf>,
}

impl Label {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        match (self.from, self.key, self.content) {
            (Some(file), ..) => many(context, &opened, &file),
            (None, Some(key), Some(content)) => one(context, &opened, &key, content),
            (None, key, _) => {
                let keys: Vec<OsString> = key.into_iter().collect();
                let deed = Deed::Flag(Flag::NoSpeech, true);
                act_on(context, &opened, &keys, &deed, "labeled")
            }
        }
    }
}

fn one(context: &mut Context, opened: &Opened, key: &OsString, content: String) -> Outcome {
    if content.is_empty() {
        let hint = "--no-speech says that nobody speaks; `earmark unlabel` removes a label";
        return Err(Failure::usage("the content is empty", hint));
    }
    let content =
        if context.config(Some(opened))?.editor.nfc { nfc(&content).into_owned() } else { content };
    let (sample, _) = find_sample(&opened.reader()?, &opened.source, key)?;
    let request = LabelRequest { sample, content, how: How::Typed, based_on: None };
    let report = match opened.writer()?.label(&request, context.now())? {
        LabelOutcome::Labeled(report) => report,
        // Without a base nothing can have changed meanwhile: it is as it is asked for.
        LabelOutcome::Unchanged | LabelOutcome::ChangedMeanwhile(_) => {
            ActionReport { action: None, changed: 0, skipped: vec![(Skip::NothingToDo, 1)] }
        }
    };
    print_action(context, "labeled", &report, &[])
}

fn many(context: &mut Context, opened: &Opened, file: &Path) -> Outcome {
    let to_nfc = context.config(Some(opened))?.editor.nfc;
    let mut writer = opened.writer()?;
    let (report, unmatched) = if file == Path::new("-") {
        let from =
            LabelLines { name: "standard input".into(), lines: io::stdin().lock(), syntax: None };
        label_from_lines(&mut writer, from, to_nfc, context.now())?
    } else {
        let lines = File::open(file).map_err(|source| OpsError::Io {
            doing: "read",
            path: file.to_owned(),
            source,
        })?;
        let syntax = match file.extension().and_then(|ending| ending.to_str()) {
            Some("tsv") => Some(LineSyntax::Tabs),
            Some("jsonl" | "ndjson") => Some(LineSyntax::Json),
            _ => None,
        };
        let name = file.display().to_string();
        let from = LabelLines { name, lines: BufReader::new(lines), syntax };
        label_from_lines(&mut writer, from, to_nfc, context.now())?
    };
    while writer.index_step()? > 0 {}
    print_action(context, "labeled", &report, &unmatched)
}

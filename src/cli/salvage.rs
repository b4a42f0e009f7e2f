//! `earmark salvage`: what is readable of a damaged workspace, in a new one.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::ops::{salvage_dataset, whereabouts};
use crate::text::{counted, safe_line, shell_word};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `salvage`.
#[derive(Debug, Args)]
pub(super) struct Salvage {
    #[command(flatten)]
    source: SourceArg,
    /// The new workspace; beside the damaged one if not given
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Salvage {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let place = whereabouts(&self.source.locate(&context.global), &context.paths()?)?;
        let (to, found) = salvage_dataset(&place, self.to, context.now())?;
        let to = to.display().to_string();
        context.out.json(&json!({
            "workspace": place.workspace.display().to_string(),
            "salvaged": to,
            "revisions": found.revisions,
            "lost": found.lost,
            "samples": found.samples,
            "nameless": found.nameless,
            "drafts": found.drafts,
        }))?;
        context.out.line(format!(
            "{} of {} and {} are in {}",
            counted(found.revisions, "revision", "revisions"),
            counted(found.samples, "sample", "samples"),
            counted(found.drafts, "draft", "drafts"),
            safe_line(&to)
        ))?;
        if found.lost > 0 {
            let lost = counted(found.lost, "revision", "revisions");
            context
                .out
                .note(format!("{lost} could not be read; a copy may have them, and the output"));
        }
        if found.nameless > 0 {
            let nameless = counted(found.nameless, "sample has", "samples have");
            context.out.note(format!(
                "{nameless} labels but no readable name: `earmark list` shows them as missing"
            ));
        }
        let source = shell_word(&self.source.source);
        context
            .out
            .note(format!("`earmark put-back {source} {}` puts it in place", shell_word(&to)));
        Ok(if found.lost > 0 { Exit::Partial } else { Exit::Done })
    }
}

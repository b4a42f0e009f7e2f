//! `earmark put-back`: a copy of the workspace in its place; without one, the copies that there are.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::ops::{OpsError, Place, put_copy_back, whereabouts};
use crate::text::{safe_line, shell_word, thousands};
use crate::workspace::copies;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `put-back`.
#[derive(Debug, Args)]
pub(super) struct PutBack {
    #[command(flatten)]
    source: SourceArg,
    /// A day, as in 2026-03-01, or a file; without it, the copies are listed
    copy: Option<PathBuf>,
}

impl PutBack {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let place = whereabouts(&self.source.locate(&context.global), &context.paths()?)?;
        let Some(copy) = self.copy else { return list(&place, context) };
        let (copy, kept) = put_copy_back(&place, &copy, context.now())?;
        let workspace = place.workspace.display().to_string();
        let (copy, kept) =
            (copy.display().to_string(), kept.map(|kept| kept.display().to_string()));
        context.out.json(&json!({ "workspace": workspace, "copy": copy, "kept": kept }))?;
        context.out.line(format!("{} is in place again", safe_line(&copy)))?;
        if let Some(kept) = kept {
            context.out.line(format!("what was there is kept as {}", safe_line(&kept)))?;
        }
        let source = shell_word(&self.source.source);
        context.out.note(format!("`earmark sync {source}` brings back what was shared since"));
        Ok(Exit::Done)
    }
}

fn list(place: &Place, context: &mut Context) -> Outcome {
    let all = copies(&place.workspace).map_err(OpsError::from)?;
    for copy in &all {
        let path = copy.path.display().to_string();
        context.out.json(&json!({ "name": copy.name, "bytes": copy.bytes, "copy": path }))?;
        let (bytes, path) = (thousands(copy.bytes), safe_line(&path).into_owned());
        context.out.line(format!("{:<12}{bytes:>16}  {path}", copy.name))?;
    }
    if all.is_empty() {
        context.out.note("there are no copies yet; `earmark sync` and the screen make one a day");
    }
    Ok(Exit::Done)
}

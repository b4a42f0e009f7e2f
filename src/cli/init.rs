//! `earmark init`: the workspace of a dataset, without the screen.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::ops::{Locate, Make, OpsError};
use crate::sync::announce;
use crate::text::safe_line;
use clap::Args;
use serde::Serialize;

/// Flags of `init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    source: SourceArg,
    /// Where labels are shared and versions published
    #[arg(long, value_name = "OUT")]
    output: Option<String>,
    /// What the dataset is called; the folder's name if not given
    #[arg(long)]
    name: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    made: bool,
    name: &'a str,
    source: &'a str,
    output: Option<&'a str>,
    workspace: String,
}

impl Init {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let typed =
            Locate { output: self.output, name: self.name, ..self.source.locate(&context.global) };
        let opened = context.locate(&typed, Make::IfMissing)?;
        let dataset = &opened.dataset;
        let workspace = opened.workspace.display().to_string();
        if let Some(output) = opened.output()? {
            announce(&output, &mut opened.writer()?, context.now()).map_err(OpsError::from)?;
        }
        let verb = if opened.made { "made" } else { "already there:" };
        context.out.line(format!(
            "{verb} {}, workspace {}",
            safe_line(&dataset.name),
            safe_line(&workspace)
        ))?;
        context.out.json(&Answer {
            made: opened.made,
            name: &dataset.name,
            source: &dataset.source,
            output: dataset.output.as_deref(),
            workspace,
        })?;
        Ok(Exit::Done)
    }
}

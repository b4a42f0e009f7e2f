//! `earmark backup`: a consistent copy of the workspace while others work.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::ops::Make;
use crate::text::safe_line;
use clap::Args;
use jiff::tz::TimeZone;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `backup`.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    source: SourceArg,
    /// The copy; by default the dataset's name and the time, in this folder
    file: Option<PathBuf>,
}

impl Backup {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let file = self.file.unwrap_or_else(|| {
            let at = context.now().to_zoned(TimeZone::system());
            let name = opened.dataset.name.replace('/', "-");
            format!("{name}-{}.earmark", at.strftime("%Y%m%d-%H%M%S")).into()
        });
        opened.writer()?.backup(&file)?;
        let shown = file.display().to_string();
        context
            .out
            .json(&json!({ "workspace": opened.workspace.display().to_string(), "copy": shown }))?;
        context.out.line(format!("copied the workspace to {}", safe_line(&shown)))?;
        Ok(Exit::Done)
    }
}

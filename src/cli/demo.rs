//! `earmark demo`: a dataset of real speech, made and opened.

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::screen;
use crate::ops::{Locate, make_demo, make_private_folder};
use crate::runtime::Hearing;
use crate::text::{counted, safe_line};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the recordings go; a folder of earmark's own if not given
    folder: Option<PathBuf>,
    /// Make it, but do not open the screen
    #[arg(long)]
    no_screen: bool,
}

impl Demo {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let folder = self.folder.map_or_else(|| usual_folder(context), Ok)?;
        let demo = make_demo(&folder)?;
        let shown = demo.folder.display().to_string();
        let kind = if demo.recorded {
            "recordings of a real speaker"
        } else {
            "clips of a synthetic voice (with the Debian package asterisk-core-sounds-en-wav: real speech)"
        };
        context
            .out
            .json(&json!({ "folder": shown, "files": demo.files, "recorded": demo.recorded }))?;
        let files = counted(demo.files, "file", "files");
        context.out.line(format!("{}: {files}, {kind}", safe_line(&shown)))?;
        if self.no_screen || context.global.json || !screen::is_possible() {
            return Ok(Exit::Done);
        }
        let workspace = context.global.workspace.clone();
        let dataset = Locate { source: shown, workspace, ..Locate::default() };
        screen::open(Some(dataset), None, Hearing::default(), context)
    }
}

fn usual_folder(context: &Context) -> Result<PathBuf, Failure> {
    let data = context.paths()?.data;
    make_private_folder(&data)?;
    Ok(data.join("demo"))
}

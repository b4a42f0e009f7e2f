//! `earmark undo`: takes the last labeling action back.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::domain::UndoReport;
use crate::ops::Make;
use crate::text::{counted, safe_line};
use clap::Args;
use serde::Serialize;

/// Flags of `undo`.
#[derive(Debug, Args)]
pub(super) struct Undo {
    #[command(flatten)]
    source: SourceArg,
}

#[derive(Serialize, Default)]
struct Undone<'a> {
    what: Option<&'a str>,
    changed: u64,
    changed_since: u64,
}

impl Undo {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let Some(report) = opened.writer()?.undo(context.now())? else {
            context.out.json(&Undone::default())?;
            context.out.line("nothing to undo")?;
            return Ok(Exit::Done);
        };
        let UndoReport { what, changed, changed_since, .. } = &report;
        let (changed, changed_since) = (*changed, *changed_since);
        context.out.json(&Undone { what: Some(what), changed, changed_since })?;
        let samples = counted(changed, "sample", "samples");
        context.out.line(format!("took back {}: {samples}", safe_line(what)))?;
        if changed_since > 0 {
            let samples = counted(changed_since, "sample", "samples");
            context.out.note(format!("left alone: {samples} changed since"));
        }
        Ok(Exit::Done)
    }
}

//! `earmark status`: counts and hours.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Outcome};
use crate::ops::Make;
use crate::text::{clock, safe_line, thousands};
use clap::Args;

/// Flags of `status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    source: SourceArg,
}

impl Status {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        let counts = opened.reader()?.counts()?;
        context.out.json(&counts)?;
        let dataset = &opened.dataset;
        let shared = dataset.output.as_deref().unwrap_or("not shared");
        context.out.line(format!(
            "{}  {}",
            safe_line(&dataset.name),
            safe_line(&dataset.source)
        ))?;
        context.out.line(format!("labels are shared in: {}", safe_line(shared)))?;
        let rows = [
            ("unlabeled", counts.unlabeled),
            ("labeled", counts.labeled),
            ("missing", counts.missing),
            ("deleted", counts.deleted),
            ("total", counts.total),
            ("to confirm", counts.to_confirm),
            ("conflicts", counts.conflicts),
        ];
        for (name, count) in rows {
            context.out.line(format!("{name:<12}{:>12}", thousands(count)))?;
        }
        context.out.line(format!("{:<12}{:>12}", "audio", clock(counts.seconds_total)))?;
        context.out.line(format!("{:<12}{:>12}", "  labeled", clock(counts.seconds_labeled)))?;
        let unknown = (counts.unlabeled + counts.labeled).saturating_sub(counts.seconds_known);
        if unknown > 0 {
            context.out.line(format!("{:<12}{:>12}", "  unknown", thousands(unknown)))?;
        }
        Ok(Exit::Done)
    }
}

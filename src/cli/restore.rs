//! `earmark restore`: back from the trash.

use super::args::SourceArg;
use super::context::Context;
use super::exit::Outcome;
use super::report::act_on;
use crate::domain::Deed;
use crate::ops::Make;
use clap::Args;
use std::ffi::OsString;

/// Flags of `restore`.
#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    source: SourceArg,
    /// The samples: keys, as `list --tab deleted` shows them
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<OsString>,
}

impl Restore {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        act_on(context, &opened, &self.keys, &Deed::Restore, "restored")
    }
}

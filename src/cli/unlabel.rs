//! `earmark unlabel`: removes labels.

use super::args::SourceArg;
use super::context::Context;
use super::exit::Outcome;
use super::report::act_on;
use crate::domain::Deed;
use crate::ops::Make;
use clap::Args;
use std::ffi::OsString;

/// Flags of `unlabel`.
#[derive(Debug, Args)]
pub(super) struct Unlabel {
    #[command(flatten)]
    source: SourceArg,
    /// The samples: keys, as `list` shows them, or paths of their files
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<OsString>,
}

impl Unlabel {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let opened = context.open(&self.source, Make::Never)?;
        act_on(context, &opened, &self.keys, &Deed::Unlabel, "removed the label of")
    }
}

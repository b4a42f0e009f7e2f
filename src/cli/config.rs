//! `earmark config`: every setting, its value and where it was made, or the commented reference.

use super::context::{Context, wrong_settings};
use super::exit::{Exit, Outcome};
use crate::config::{Config as Settings, Origin};
use crate::text::safe_line;
use clap::Args;
use serde::Serialize;

/// Flags of `config`.
#[derive(Debug, Args)]
pub(super) struct Config {
    /// Print the commented reference: a settings file with every default
    #[arg(long)]
    reference: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    value: &'a str,
    origin: Option<String>,
}

impl Config {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        if self.reference {
            context.out.raw(Settings::reference().as_bytes())?;
            return Ok(Exit::Done);
        }
        let layers = context.layers(None)?;
        for entry in Settings::explain(&layers).map_err(|errors| wrong_settings(&errors))? {
            let origin = entry.origin.as_ref().map(Origin::to_string);
            let value = safe_line(&entry.value);
            let from = origin.as_deref().map(|from| format!("  # {}", safe_line(from)));
            context.out.line(format!("{} = {value}{}", entry.name, from.unwrap_or_default()))?;
            context.out.json(&Line { name: entry.name, value: &entry.value, origin })?;
        }
        let paths = context.paths()?;
        let (config, keymap) = (paths.config_file(), paths.keymap_file());
        context.out.note(format!("settings: {}", safe_line(&config.display().to_string())));
        context.out.note(format!("keys: {}", safe_line(&keymap.display().to_string())));
        Ok(Exit::Done)
    }
}

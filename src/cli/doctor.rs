//! `earmark doctor`: what is in place, what is not, and one next step for each.

use super::args::SourceArg;
use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use super::hush::Hush;
use crate::listener::meet::Notes;
use crate::ops::{
    Check, Hearing, Locate, Make, OpsError, Terminal, Verdict, check_bucket, check_sound,
    check_terminal, check_workspace, is_named, locate, whereabouts,
};
use clap::Args;
use std::env;
use std::io::{IsTerminal, stdout};

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// A dataset to look at too
    source: Option<String>,
    /// Play no tone
    #[arg(long)]
    no_tone: bool,
}

impl Doctor {
    pub(super) fn run(self, context: &mut Context) -> Outcome {
        let config = context.config(None)?;
        let variable = |name: &str| env::var(name).ok();
        let mut checks = check_terminal(&terminal());
        let hush = Hush::start();
        checks.extend(check_sound(&Hearing {
            playback: &config.playback,
            env: &variable,
            notes: Notes::below(&context.paths()?.runtime),
            person: context.identity.author.clone(),
            named: is_named(),
            tone: !self.no_tone,
        }));
        drop(hush);
        if let Some(source) = self.source {
            let storage = config.storage.clone();
            let typed = Locate { storage, ..SourceArg { source }.locate(&context.global) };
            let paths = context.paths()?;
            let opened = locate(&typed, Make::Never, &context.identity, &paths, context.now());
            if matches!(opened, Err(OpsError::NoWorkspace { .. })) {
                checks.extend(check_bucket(&typed));
            }
            let place = whereabouts(&typed, &paths).ok();
            checks.extend(check_workspace(opened, place.as_ref()));
        }
        print(context, &checks)
    }
}

fn print(context: &mut Context, checks: &[Check]) -> Result<Exit, Failure> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0).max(15);
    for check in checks {
        context.out.json(check)?;
        let verdict = match check.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        context.out.line(format!("{verdict}  {:<width$} {}", check.name, check.detail))?;
        if let Some(next) = &check.next {
            context.out.line(format!("      {:<width$} → {next}", ""))?;
        }
    }
    let failed = checks.iter().any(|check| check.verdict == Verdict::Fail);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn terminal() -> Terminal {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).into_iter().find(|v| !v.is_empty());
    Terminal {
        is_terminal: stdout().is_terminal(),
        size: crossterm::terminal::size().ok(),
        term: variable("TERM"),
        colorterm: variable("COLORTERM"),
        no_color: is_set("NO_COLOR"),
        locale: locale.unwrap_or_default(),
        tmux: is_set("TMUX"),
        screen: is_set("STY"),
    }
}

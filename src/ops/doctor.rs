//! Looking whether everything is in place: workspace, sound, terminal. Each check ends with one next step, if any.

mod bucket;
mod sound;
mod tone;

use super::storage::{ambient, options};
use super::{Locate, Opened, OpsError, Place as Whereabouts, copies, network_warning};
use crate::domain::Source;
use crate::text::{counted, safe_line, shell_word};
use crate::workspace::{self, examine};
use bucket::Place;
use serde::Serialize;
use std::path::Path;

pub use sound::{Hearing, check_sound};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is as it should be.
    Ok,
    /// Labeling works, but something is missing.
    Warn,
    /// Labeling does not work like this.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, in one sentence.
    pub detail: String,
    /// What to do next, where something can be done.
    pub next: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, detail: detail.into(), next: None }
    }

    fn warn(name: &'static str, detail: impl Into<String>, next: impl Into<String>) -> Self {
        let (detail, next) = (detail.into(), Some(next.into()));
        Self { name, verdict: Verdict::Warn, detail, next }
    }

    fn fail(name: &'static str, error: OpsError) -> Self {
        let user = crate::domain::UserError::from(error);
        let (detail, next) = (safe_line(&user.to_string()).into_owned(), user.hint);
        Self { name, verdict: Verdict::Fail, detail, next }
    }
}

/// What is known about the terminal, gathered by the edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terminal {
    /// Standard output is one.
    pub is_terminal: bool,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set.
    pub locale: String,
    /// `TMUX` is set.
    pub tmux: bool,
    /// `STY` is set: GNU screen.
    pub screen: bool,
}

/// Size, colours, characters, clipboard.
pub fn check_terminal(terminal: &Terminal) -> Vec<Check> {
    if !terminal.is_terminal {
        let next = "run `earmark doctor` in the terminal that you label in";
        return vec![Check::warn("terminal", "standard output is not a terminal", next)];
    }
    vec![size(terminal), colors(terminal), characters(terminal), clipboard(terminal)]
}

fn size(terminal: &Terminal) -> Check {
    match terminal.size {
        Some((columns, rows)) if columns >= 60 && rows >= 16 => {
            Check::ok("terminal size", format!("{columns}×{rows}"))
        }
        Some((columns, rows)) => Check::warn(
            "terminal size",
            format!("{columns}×{rows} is less than 60×16"),
            "make the window larger, or the font smaller",
        ),
        None => Check::warn("terminal size", "the terminal does not say", "try another terminal"),
    }
}

fn colors(terminal: &Terminal) -> Check {
    let true_color = ["truecolor", "24bit"].contains(&terminal.colorterm.as_str());
    if terminal.no_color {
        Check::ok("colours", "off, as NO_COLOR says")
    } else if terminal.term.is_empty() || terminal.term == "dumb" {
        let detail = format!("TERM is {:?}", terminal.term);
        Check::warn("colours", detail, "set TERM to what the terminal is, as in xterm-256color")
    } else if true_color {
        Check::ok("colours", "16 million")
    } else if terminal.term.contains("256color") || terminal.term.contains("direct") {
        Check::ok("colours", "256")
    } else {
        Check::ok("colours", "16")
    }
}

fn characters(terminal: &Terminal) -> Check {
    let locale = terminal.locale.to_ascii_lowercase();
    if locale.contains("utf-8") || locale.contains("utf8") {
        return Check::ok("characters", safe_line(&terminal.locale));
    }
    let detail = if locale.is_empty() {
        "no locale is set: only ASCII is drawn".to_owned()
    } else {
        format!("the locale {} is not UTF-8: only ASCII is drawn", safe_line(&terminal.locale))
    };
    Check::warn("characters", detail, "export LANG=C.UTF-8")
}

fn clipboard(terminal: &Terminal) -> Check {
    if terminal.tmux {
        let next = "if copying does nothing: tmux set -s set-clipboard on";
        Check::warn("clipboard", "OSC 52 goes through tmux, which may keep it", next)
    } else if terminal.screen {
        let next = "use tmux, or select with the mouse while holding Shift";
        Check::warn("clipboard", "GNU screen does not pass OSC 52 on", next)
    } else {
        Check::ok("clipboard", "OSC 52 (some terminals ask, or have it turned off)")
    }
}

/// The workspace and the source of a dataset, as [`super::locate`] found them.
pub fn check_workspace(
    opened: Result<Opened, OpsError>,
    place: Option<&Whereabouts>,
) -> Vec<Check> {
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let damaged = copies::is_damage(&error);
            let mut checks = vec![Check::fail("workspace", error)];
            checks.extend(place.filter(|_| damaged).map(|place| kept(&place.workspace)));
            return checks;
        }
    };
    let mut checks = vec![source(&opened)];
    checks.extend(bucket::check(Place::Source, &opened.source, opened.options()));
    checks.extend(output(&opened));
    checks.extend([written(&opened), whole(&opened)]);
    checks.extend(network_warning(&opened.workspace).map(|warning| {
        let (detail, next) = (safe_line(&warning.to_string()).into_owned(), warning.hint);
        Check { name: "file system", verdict: Verdict::Warn, detail, next }
    }));
    checks.extend([kept(&opened.workspace), waiting(&opened)]);
    checks
}

/// Every page of the file, every reference, every count.
fn whole(opened: &Opened) -> Check {
    const NAME: &str = "workspace file";
    match examine(&opened.workspace) {
        Ok(problems) if problems.is_empty() => {
            Check::ok(NAME, "whole: pages, references and counts")
        }
        Ok(problems) => {
            let detail = format!("damaged: {}", safe_line(&problems.join("; ")));
            let source = shell_word(&opened.dataset.name);
            let next = format!(
                "quit earmark; `earmark salvage {source}` writes what is readable to a new one"
            );
            Check { name: NAME, verdict: Verdict::Fail, detail, next: Some(next) }
        }
        Err(error) => Check::fail(NAME, error.into()),
    }
}

fn kept(workspace: &Path) -> Check {
    const NAME: &str = "copies";
    match workspace::copies(workspace) {
        Ok(all) => copies::told(&all).map_or_else(
            || {
                let next = "once there is a label, `earmark sync` and the screen make one a day; \
                            `earmark backup` makes one at once";
                Check::warn(NAME, "none yet", next)
            },
            |told| Check::ok(NAME, format!("{told}; `earmark put-back SOURCE` lists them")),
        ),
        Err(error) => Check::fail(NAME, error.into()),
    }
}

/// A bucket that no dataset was made of yet; nothing for a folder.
pub fn check_bucket(typed: &Locate) -> Vec<Check> {
    let Ok(source) = Source::parse(&typed.source) else { return Vec::new() };
    let connection = typed.connection.clone().or(ambient(&typed.storage));
    bucket::check(Place::Source, &source, &options(&connection, &typed.storage))
}

fn output(opened: &Opened) -> Vec<Check> {
    let Some(output) = &opened.dataset.output else { return Vec::new() };
    let mut checks = vec![Check::ok("output", safe_line(output))];
    match Source::parse(output) {
        Ok(place) => checks.extend(bucket::check(Place::Output, &place, opened.options())),
        Err(error) => checks = vec![Check::fail("output", error.into())],
    }
    checks
}

fn source(opened: &Opened) -> Check {
    match opened.store() {
        Ok(_) => Check::ok("source", safe_line(&opened.source.to_string())),
        Err(error) => Check::fail("source", error),
    }
}

fn written(opened: &Opened) -> Check {
    match opened.writer() {
        Ok(writer) => Check::ok("workspace", safe_line(&writer.path().display().to_string())),
        Err(error) => Check::fail("workspace", error),
    }
}

fn waiting(opened: &Opened) -> Check {
    let counts = match opened.reader().and_then(|reader| Ok(reader.counts()?)) {
        Ok(counts) => counts,
        Err(error) => return Check::fail("samples", error),
    };
    let total = counted(counts.total, "sample", "samples");
    if counts.total == 0 {
        return Check::warn("samples", "none yet", "run `earmark sync SOURCE`");
    }
    if counts.conflicts > 0 {
        let detail = format!("{total}, {} in conflict", counts.conflicts);
        return Check::warn("samples", detail, "settle them in tab 2, To confirm");
    }
    if counts.missing > 0 {
        let detail = format!("{total}, {} missing in the source", counts.missing);
        let next = "`earmark list SOURCE --tab missing` names them; their labels are kept";
        return Check::warn("samples", detail, next);
    }
    Check::ok("samples", total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Terminal {
        Terminal {
            is_terminal: true,
            size: Some((100, 30)),
            term: "xterm-256color".into(),
            locale: "en_US.UTF-8".into(),
            ..Terminal::default()
        }
    }

    #[test]
    fn a_good_terminal_has_nothing_to_mend() {
        assert!(check_terminal(&desk()).iter().all(|check| check.verdict == Verdict::Ok));
    }

    #[test]
    fn whatever_is_not_ok_names_a_next_step() {
        let broken = Terminal {
            size: Some((40, 10)),
            term: "dumb".into(),
            locale: "C".into(),
            tmux: true,
            ..desk()
        };
        let checks = check_terminal(&broken);
        assert!(checks.iter().all(|check| check.verdict == Verdict::Warn && check.next.is_some()));
        assert_eq!(check_terminal(&Terminal::default()).len(), 1);
    }
}

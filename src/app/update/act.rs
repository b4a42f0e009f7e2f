//! What came of an action: told in numbers, and the list read anew.

use super::Turn;
use crate::app::dialog::{Dialog, MessageDialog};
use crate::app::effect::Effect;
use crate::app::list::{Renewal, Selection, To};
use crate::app::state::{Focus, Severity};
use crate::domain::{ActionReport, Anchor, Deed, Skip, Target, UndoReport, UserError};
use crate::text::{counted, safe_line};
use std::fmt::Write as _;

impl Turn<'_> {
    pub(super) fn acted(
        &mut self,
        deed: &Deed,
        target: &Target,
        result: Result<ActionReport, UserError>,
    ) {
        if let Target::Samples(ids) = target {
            self.state.list.pending.retain(|id| !ids.contains(id));
        }
        match result {
            Ok(report) => {
                let text = told(deed, &report);
                if report.changed == 0 {
                    self.warn(text);
                } else {
                    self.info(text);
                }
                if report.changed > 0 {
                    self.changed_ourselves();
                    self.state.list.selection = Selection::default();
                }
            }
            Err(error) => self.failed(error),
        }
        self.reread();
    }

    /// What the open sample's label is from now on is our own doing: nobody needs to be asked about it.
    fn changed_ourselves(&mut self) {
        if let Some(open) = &mut self.state.editor.open {
            open.heads_due = true;
        }
    }

    /// Labels changed under the list: everything shown is read anew.
    pub(super) fn reread(&mut self) {
        self.state.editor.ahead.forget_all();
        self.effect(Effect::Counts);
        if let Some(id) = self.open_id() {
            self.ask_for(id);
        }
        self.refresh();
        if self.state.focus == Focus::Editor {
            self.read_ahead();
        }
    }

    pub(super) fn undone(&mut self, back: bool, result: Result<Option<UndoReport>, UserError>) {
        let word = if back { "took back" } else { "done again" };
        match result {
            Ok(None) => self.info(if back {
                "nothing of yours to take back"
            } else {
                "nothing to do again"
            }),
            Ok(Some(report)) => {
                let mut text = format!(
                    "{word}: {} of {}",
                    report.what,
                    counted(report.changed, "file", "files")
                );
                if report.changed_since > 0 {
                    text.push_str("; changed since and left alone: ");
                    text.push_str(&counted(report.changed_since, "file", "files"));
                    self.warn(text);
                } else {
                    self.info(text);
                }
                self.changed_ourselves();
                self.reread();
                if let Some(key) = report.sample {
                    self.reload(Anchor::AroundKey(key.clone()), To::Key(key));
                }
            }
            Err(error) => self.failed(error),
        }
    }

    /// Something failed: one line where it fits, a dialog where there is a hint to follow.
    pub(super) fn failed(&mut self, error: UserError) {
        self.stay();
        self.state.list.renewal = Renewal::Done;
        // Nobody knows whether it was the rows that failed: keys do not wait for them any longer.
        if !self.state.list.rows.is_empty() && self.state.list.coming.take().is_some() {
            self.list_has_come();
        }
        let text = safe_line(&error.to_string()).into_owned();
        if error.hint.is_some() && self.state.focus == Focus::List {
            let title = "That did not work".to_owned();
            let dialog = MessageDialog { title, error: Some(error), lines: Vec::new(), scroll: 0 };
            self.state.dialogs.push(Dialog::Message(dialog));
        } else {
            self.state.tell(self.context, Severity::Error, text);
        }
    }
}

fn told(deed: &Deed, report: &ActionReport) -> String {
    let files = counted(report.changed, "file", "files");
    let mut text = match deed {
        Deed::Label(_) | Deed::AcceptSuggestion => format!("labeled {files}"),
        Deed::Unlabel => format!("removed the label of {files}"),
        Deed::Flag(flag, true) => format!("flagged {files}: {flag}"),
        Deed::Flag(flag, false) => format!("took the flag off {files}: {flag}"),
        Deed::Affirm => format!("affirmed {files}"),
        Deed::Delete => format!("put {files} into the trash"),
        Deed::Restore => format!("restored {files}"),
        Deed::RestoreRevision(_) => "restored the older text".to_owned(),
        Deed::Settle(_) => format!("settled {files}"),
    };
    for (skip, count) in &report.skipped {
        let why = match skip {
            Skip::NothingToDo => "needed nothing",
            Skip::ChangedSince => "changed since",
            Skip::NoSuggestion => "have no suggestion",
            Skip::Gone => "are gone",
        };
        let _ = write!(text, ", {count} {why}");
    }
    if report.changed > 0 {
        text += " · u takes it back";
    }
    text
}

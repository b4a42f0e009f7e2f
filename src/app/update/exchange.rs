//! Long jobs: one at a time, how far it is, stopping it, and what came of it.

use super::Turn;
use crate::app::dialog::{Dialog, MessageDialog};
use crate::app::effect::Effect;
use crate::app::exchange::{ExchangeJob, ExchangeNews, Running, SourceRights};
use crate::app::message::Sharing;
use crate::app::state::{Focus, Severity};
use crate::domain::UserError;
use crate::text::safe_line;

impl Turn<'_> {
    /// Whether a job runs already: then it is shown instead of a new one.
    pub(super) fn is_busy(&mut self) -> bool {
        let Some(running) = &self.state.exchange.running else { return false };
        let title = running.job.title();
        self.info(format!("{title} is not done yet: one at a time"));
        self.show_progress();
        true
    }

    pub(super) fn start_job(&mut self, job: ExchangeJob) {
        if self.is_busy() {
            return;
        }
        let ticket = self.state.next_ticket();
        let running = Running { ticket, job: job.clone(), progress: None, stopping: false };
        self.state.exchange.running = Some(running);
        self.effect(Effect::Exchange(ticket, Box::new(job)));
        self.show_progress();
    }

    fn show_progress(&mut self) {
        let shown = |dialog: &Dialog| matches!(dialog, Dialog::Progress);
        if !self.state.dialogs.iter().any(shown) {
            self.state.dialogs.push(Dialog::Progress);
        }
    }

    /// Esc on the progress: asks the job to stop; once more lets it end by itself.
    pub(super) fn stop_job(&mut self) {
        let Some(running) = &mut self.state.exchange.running else {
            return self.close(|dialog| matches!(dialog, Dialog::Progress));
        };
        if running.stopping {
            return self.close(|dialog| matches!(dialog, Dialog::Progress));
        }
        running.stopping = true;
        let ticket = running.ticket;
        self.effect(Effect::CancelExchange(ticket));
    }

    /// Enter on the progress: labeling goes on meanwhile.
    pub(super) fn leave_job(&mut self) {
        let Some(running) = &self.state.exchange.running else {
            return self.close(|dialog| matches!(dialog, Dialog::Progress));
        };
        if running.job.only_looks() {
            return;
        }
        let title = running.job.title();
        self.close(|dialog| matches!(dialog, Dialog::Progress));
        self.close_sheets();
        self.info(format!("{title} goes on; what comes of it is told here"));
    }

    fn close(&mut self, which: impl Fn(&Dialog) -> bool) {
        self.state.dialogs.retain(|dialog| !which(dialog));
    }

    /// The forms of what is done.
    pub(super) fn close_sheets(&mut self) {
        self.close(|dialog| {
            matches!(dialog, Dialog::Form(_) | Dialog::Choice(_) | Dialog::Browse(_))
        });
    }

    pub(super) fn exchange_news(&mut self, ticket: u64, news: ExchangeNews) {
        let current = self.state.exchange.running.as_ref();
        if current.is_none_or(|running| running.ticket != ticket) {
            return;
        }
        if let ExchangeNews::Progress(progress) = news {
            if let Some(running) = &mut self.state.exchange.running {
                running.progress = Some(progress);
            }
            return;
        }
        let Some(Running { job, .. }) = self.state.exchange.running.take() else { return };
        let shown = self.state.dialogs.iter().any(|dialog| matches!(dialog, Dialog::Progress));
        self.close(|dialog| matches!(dialog, Dialog::Progress));
        match news {
            ExchangeNews::Progress(_) => {}
            ExchangeNews::Stopped => self.stopped(&job),
            ExchangeNews::Failed(error) => self.job_failed(&job, error, shown),
            // What was only looked at, and is not waited for any more.
            _ if !shown && job.only_looks() => {}
            ExchangeNews::AddChecked(check) => self.add_checked(job, &check),
            ExchangeNews::Added(outcome) => self.added(&outcome, shown),
            ExchangeNews::Imported(outcome) => self.imported(job, &outcome, shown),
            ExchangeNews::Exported(outcome) => self.exported(&outcome, shown),
            ExchangeNews::PublishChecked(check) => self.publish_checked(job, &check),
            ExchangeNews::Published(outcome) => self.published(&outcome, shown),
            ExchangeNews::Versions { rows, next } => self.versions_read(&job, rows, next),
            ExchangeNews::Compared(diff) => self.compared(&diff),
            ExchangeNews::SourcesDeleted { deleted, failed, stopped } => {
                self.sources_deleted(deleted, &failed, stopped, shown);
            }
        }
    }

    fn stopped(&mut self, job: &ExchangeJob) {
        self.info(job.if_stopped());
        if !job.only_looks() {
            self.reread();
        }
    }

    fn job_failed(&mut self, job: &ExchangeJob, error: UserError, shown: bool) {
        let text = format!("{}: {}", job.title(), safe_line(&error.to_string()));
        self.state.tell(self.context, Severity::Error, text);
        let title = format!("{}: that did not work", job.title());
        let dialog = MessageDialog { title, error: Some(error), lines: Vec::new(), scroll: 0 };
        self.show_outcome(Dialog::Message(dialog), shown);
    }

    /// Shows what came of a job: at once where it is waited for, else when the list has the keys.
    pub(super) fn show_outcome(&mut self, dialog: Dialog, shown: bool) {
        if shown {
            self.state.dialogs.push(dialog);
        } else {
            self.state.exchange.waiting = Some(dialog);
        }
    }

    /// What came of a job while its person labeled on.
    pub(super) fn show_waiting(&mut self) {
        let free = self.state.focus == Focus::List && self.state.dialogs.is_empty();
        if free && let Some(dialog) = self.state.exchange.waiting.take() {
            self.state.dialogs.push(dialog);
        }
    }

    pub(super) fn rights(&mut self, rights: SourceRights) {
        self.state.rights = rights;
    }

    pub(super) fn sharing(&mut self, sharing: Sharing) {
        self.state.sync.sharing = Some(sharing);
    }
}

//! Synchronize New Data: start, stop, progress, result.

use super::Turn;
use crate::app::dialog::{ConfirmDialog, ConfirmedDeed, Dialog};
use crate::app::effect::Effect;
use crate::app::message::SyncProgress;
use crate::app::state::Focus;
use crate::domain::{SyncReport, UserError};
use crate::text::{counted, safe_line, thousands};
use std::time::Duration;

impl Turn<'_> {
    /// `S`: start it, or offer to stop the one that runs.
    pub(super) fn sync(&mut self) {
        if self.state.sync.running.is_some() {
            self.offer_to_stop_sync(true);
            return;
        }
        self.start_sync();
        self.info("Synchronize New Data…");
    }

    /// Esc in the list, with nothing else to leave: offers the same, but may have been meant for something else.
    pub(super) fn escape_stops_sync(&mut self) {
        if self.state.sync.running.is_some() {
            self.offer_to_stop_sync(false);
        }
    }

    fn offer_to_stop_sync(&mut self, yes: bool) {
        self.state.dialogs.push(Dialog::Confirm(ConfirmDialog {
            question: "Stop Synchronize New Data?".to_owned(),
            detail: vec!["What was taken in stays; the next one goes on.".to_owned()],
            deed: ConfirmedDeed::StopSync,
            yes,
        }));
    }

    pub(super) fn stop_sync(&mut self) {
        if self.state.sync.running.is_some() {
            self.effect(Effect::CancelSync);
            self.info("stopping the sync; what was applied stays");
        }
    }

    pub(super) fn start_sync(&mut self) {
        self.state.sync.next_at = None;
        if self.state.sync.running.is_none() {
            self.state.sync.running = Some(SyncProgress::default());
            self.effect(Effect::Sync);
        }
    }

    pub(super) fn sync_progress(&mut self, progress: SyncProgress) {
        let height = self.state.layout().list_height();
        let before = self.state.sync.running.as_ref().map_or(0, |running| running.applied);
        let applied = progress.applied;
        self.state.sync.running = Some(progress);
        if applied == before {
            return;
        }
        self.effect(Effect::Counts);
        if self.state.list.rows.len() < height.max(1) && !self.state.list.loading {
            self.refresh();
        }
    }

    /// Lengths came in: rows without one are read again.
    pub(super) fn probed(&mut self, last: bool) {
        let list = &self.state.list;
        let unknown = list.rows.iter().any(|row| row.seconds.is_none());
        let busy = list.loading || !list.pending.is_empty();
        if unknown && !busy && (last || self.state.focus == Focus::List) {
            self.refresh();
        }
        self.effect(Effect::Counts);
    }

    pub(super) fn sync_elsewhere(&mut self, who: &UserError) {
        self.state.sync.running = None;
        if self.state.sync.next_at.is_none() {
            self.state.sync.next_at = Some(self.context.now + AGAIN);
        }
        self.info(safe_line(&who.to_string()).into_owned());
    }

    pub(super) fn synced(&mut self, result: Result<SyncReport, UserError>) {
        self.state.sync.running = None;
        let asks = |dialog: &Dialog| matches!(dialog, Dialog::Confirm(confirm) if matches!(confirm.deed, ConfirmedDeed::StopSync));
        self.state.dialogs.retain(|dialog| !asks(dialog));
        let minutes = u64::from(self.state.config.sync.every_minutes);
        self.state.sync.next_at =
            (minutes > 0).then(|| self.context.now + Duration::from_secs(minutes * 60));
        match result {
            Ok(report) => {
                let first = self.state.sync.last.is_none();
                self.state.sync.failed = None;
                self.state.sync.last = Some((report, self.context.wall));
                if !first || says_something(&report) {
                    self.info(told(&report));
                }
                self.reread();
            }
            Err(error) => {
                self.warn(format!("sync: {}", safe_line(&error.to_string())));
                self.state.sync.failed = Some(error);
                self.effect(Effect::Counts);
            }
        }
    }
}

/// Another process does it: what that finds is seen here. Should it end in the middle, this one does it again.
const AGAIN: Duration = Duration::from_secs(70);

fn says_something(report: &SyncReport) -> bool {
    report.added + report.changed + report.moved + report.missing + report.restored > 0
        || report.labels_pulled + report.labels_pushed > 0
}

/// One line that adds up: what was listed, what is missing, labels in and out, conflicts.
fn told(report: &SyncReport) -> String {
    let said = |parts: &[(u64, &str)]| -> Vec<String> {
        let some = parts.iter().filter(|(count, _)| *count > 0);
        some.map(|(count, word)| format!("{} {word}", thousands(*count))).collect()
    };
    let listed = report.added + report.changed + report.moved + report.restored + report.unchanged;
    let files = counted(listed, "file", "files");
    let mut here = said(&[
        (report.added, "added"),
        (report.changed, "changed"),
        (report.moved, "moved"),
        (report.restored, "restored"),
    ]);
    if !here.is_empty() && report.unchanged > 0 {
        here.push(format!("{} as before", thousands(report.unchanged)));
    }
    let beside = said(&[
        (report.missing, "missing"),
        (report.possible_moves, "possible moves"),
        (report.labels_pulled, "labels in"),
        (report.labels_pushed, "labels out"),
        (report.conflicts, "in conflict"),
    ]);
    let mut line = match here.as_slice() {
        [] => format!("nothing new in {files}"),
        here => format!("{} · {files}", here.join(", ")),
    };
    if let Some(as_of) = report.as_of {
        line = match listed + report.missing {
            0 => format!("no inventory newer than that of {as_of:.0}"),
            _ => format!("{line} · as of {as_of:.0}, by the inventory"),
        };
    }
    if !beside.is_empty() {
        line = format!("{line} · {}", beside.join(", "));
    }
    line
}

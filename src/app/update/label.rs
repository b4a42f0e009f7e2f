//! Enter: label this one, open the next, play.

use super::Turn;
use crate::action::Action;
use crate::app::dialog::{Dialog, NewerDialog};
use crate::app::editor::{DraftMark, Loading};
use crate::app::effect::{DraftJob, Effect, LabelJob};
use crate::app::message::{Input, LabelOutcome};
use crate::app::state::{Focus, Severity, Unsaved};
use crate::domain::{Confirm, Deed, Flag, How, Order, SampleDetail, Target, UserError, View};
use crate::keymap::{Context as KeyContext, KeyCode};
use crate::text::{nfc, safe_bytes, safe_line};
use std::time::Duration;

/// A label that could not be written is tried again this often.
const RETRY: Duration = Duration::from_secs(3);
/// Who makes no longer pause than this is typing, and has not read what came up.
const TYPES_ON: Duration = Duration::from_millis(700);

impl Turn<'_> {
    pub(super) fn label_and_next(&mut self) {
        let Some(open) = &self.state.editor.open else { return };
        if !open.ready() {
            self.info("this file could not be read; Ctrl+N goes to the next one");
            return;
        }
        let text = self.content(open.buffer.text());
        let unsaved = self.state.unsaved.contains_key(&open.row.id);
        let confirm = open.detail.as_ref().map(|detail| detail.confirm).unwrap_or_default();
        if text.trim().is_empty() {
            let labeled = open.detail.as_ref().is_some_and(|detail| detail.content.is_some());
            self.back_to_label();
            let Some(open) = &self.state.editor.open else { return };
            let line = if labeled && open.original.is_empty() {
                "no speech, as before: nothing written"
            } else if open.original.is_empty() {
                "nothing typed: left unlabeled (no speech? press F4 n)"
            } else {
                "the label stays: an empty box removes nothing (x in the list does)"
            };
            self.move_on(line);
        } else if open.changed() || unsaved || (open.settling && confirm.conflict) {
            self.commit(text);
        } else if confirm.audio_changed {
            let target = Target::Samples(vec![open.row.id]);
            self.effect(Effect::Act(Deed::Affirm, target));
            self.move_on("affirmed on the changed audio");
        } else if confirm.conflict {
            let key = self.state.keymap.keys(KeyContext::Editor, Action::TakeSuggestion);
            let key = key.first().map_or_else(String::new, |key| key.label(self.state.ascii));
            self.move_on(&format!("still in conflict: {key} compares and settles"));
        } else {
            self.move_on("unchanged: nothing written");
        }
    }

    fn content(&self, text: &str) -> String {
        if self.state.config.editor.nfc { nfc(text).into_owned() } else { text.to_owned() }
    }

    fn commit(&mut self, content: String) {
        let Some(open) = &mut self.state.editor.open else { return };
        let suggested = open
            .detail
            .as_ref()
            .and_then(|detail| detail.suggestion.as_ref())
            .map(|s| s.content.as_str());
        let accepted = open.took_suggestion && suggested == Some(content.as_str());
        let job = LabelJob {
            sample: open.row.id,
            key: open.row.key.clone(),
            how: if accepted { How::Suggestion } else { How::Typed },
            based_on: Some(open.heads.clone()),
            content,
        };
        open.draft = DraftMark::Clean;
        self.state.editor.draft_due = None;
        self.send_label(job);
        self.go_next();
    }

    /// Ctrl+Y: label with the suggestion as it is, and go on.
    pub(super) fn accept_suggestion(&mut self) {
        let suggestion = self.suggestion();
        let Some(content) = suggestion else {
            self.info("no suggestion for this file");
            return;
        };
        if let Some(open) = &mut self.state.editor.open {
            open.took_suggestion = true;
        }
        self.commit(content);
    }

    /// F8: the suggestion comes into the box, to be changed; of a conflict, the texts are compared.
    pub(super) fn take_suggestion(&mut self) {
        if self.open_in_conflict() {
            self.open_conflict(false);
            return;
        }
        let Some(content) = self.suggestion() else {
            self.info("no suggestion for this file");
            return;
        };
        if let Some(open) = &mut self.state.editor.open {
            open.buffer.replace_all(&content);
            open.took_suggestion = true;
        }
        self.text_changed();
    }

    fn suggestion(&self) -> Option<String> {
        let open = self.state.editor.open.as_ref()?;
        Some(open.detail.as_ref()?.suggestion.as_ref()?.content.clone())
    }

    pub(super) fn send_label(&mut self, job: LabelJob) {
        self.state.list.pending.insert(job.sample);
        self.state.editor.ahead.forget(job.sample);
        let heard = format!("chars={}", job.content.chars().count());
        self.effect(Effect::Journal("label", Some(job.sample), heard));
        let wait = Duration::from_millis(u64::from(self.state.config.editor.draft_ms));
        let draft_at = Some(self.context.now + wait);
        self.state.labels_out.insert(job.sample, (job.clone(), draft_at));
        self.effect(Effect::Label(job));
    }

    /// What was emptied is what it was: nothing is left to be kept as a draft.
    fn back_to_label(&mut self) {
        let Some(open) = &mut self.state.editor.open else { return };
        if open.changed() {
            let label = open.original.clone();
            open.buffer.replace_all(&label);
            open.draft = DraftMark::Unsaved;
        }
    }

    /// Goes on, and says why nothing was labeled; at the end of the list both are told.
    fn move_on(&mut self, line: &str) {
        self.save_draft_now();
        self.go_next();
        let end = self.state.notice.take().filter(|_| self.state.focus == Focus::List);
        match end {
            Some(end) => self.info(format!("{line} · {}", end.text)),
            None => self.info(line),
        }
    }

    /// Opens the next sample that nobody else works on, the cursor in the box, and plays it.
    pub(super) fn go_next(&mut self) {
        let list = &self.state.list;
        let next = (self.behind_open()..list.rows.len()).find(|index| {
            let row = &list.rows[*index];
            row.leased_by.is_none() && !list.pending.contains(&row.id)
        });
        match next {
            Some(index) => {
                self.state.list.cursor = index;
                self.open_at_cursor();
                if let Some(open) = &mut self.state.editor.open {
                    open.handed_out = true;
                }
                self.start_editing();
                if self.state.sound.autoplay {
                    self.play_open();
                }
                self.read_ahead();
            }
            None if list.more_after => {
                self.state.list.advance = true;
                self.info("reading on…");
            }
            None => self.all_done(),
        }
    }

    /// The first row behind the open sample, also when that has left the list.
    fn behind_open(&self) -> usize {
        let list = &self.state.list;
        let Some(open) = &self.state.editor.open else { return list.cursor + 1 };
        match list.index_of(open.id()) {
            Some(index) => index + 1,
            None if list.order == Order::default() => {
                list.rows.partition_point(|row| row.key <= open.row.key)
            }
            None => list.cursor,
        }
    }

    /// Where *next* led to a sample that turned out to be somebody else's, it leads on.
    pub(super) fn lead_on(&mut self) -> bool {
        let open = self.state.editor.open.as_ref();
        let untouched = open.is_some_and(|open| open.handed_out && !open.touched());
        let leads_on = untouched && self.state.focus == Focus::Editor;
        if leads_on {
            self.go_next();
        }
        leads_on
    }

    fn all_done(&mut self) {
        let left =
            self.state.list.rows.iter().filter(|row| !self.state.list.pending.contains(&row.id));
        let skipped = left.count() + usize::from(self.state.list.more_before);
        self.leave_sample();
        self.state.focus = Focus::List;
        self.stop_sound();
        match (self.state.view, skipped) {
            (View::Unlabeled | View::ToConfirm, 0) => self.info("all done"),
            (View::Unlabeled | View::ToConfirm, _) => {
                self.info("end of the list; what you skipped is still above (g goes to the first)");
            }
            _ => self.info("all done: this was the last one"),
        }
    }

    /// Ctrl+N, Ctrl+P: the next or previous sample, the draft kept, nothing written.
    pub(super) fn step_keeping_draft(&mut self, by: i64) {
        self.save_draft_now();
        let last = self.state.list.rows.len() as i64 - 1;
        let to = self.state.list.cursor as i64 + by;
        if to < 0 || to > last {
            self.info(if by > 0 { "this is the last file" } else { "this is the first file" });
            return;
        }
        self.state.list.cursor = to as usize;
        let editing = self.state.focus == Focus::Editor;
        self.open_at_cursor();
        if editing {
            self.start_editing();
            if self.state.sound.autoplay {
                self.play_open();
            }
            self.read_ahead();
        }
    }

    pub(super) fn labeled(&mut self, job: LabelJob, outcome: LabelOutcome) {
        self.state.list.pending.remove(&job.sample);
        let sent = self.state.labels_out.remove(&job.sample);
        let id = job.sample;
        match outcome {
            LabelOutcome::Labeled(_) | LabelOutcome::Unchanged => {
                if sent.is_some_and(|(_, draft_at)| draft_at.is_none()) {
                    // Its draft may have been saved behind it.
                    self.drop_draft(job.key.clone());
                }
                return self.label_is_on_disk(&job);
            }
            LabelOutcome::ChangedMeanwhile(theirs) => self.newer(job, *theirs),
            LabelOutcome::Failed(error) => self.label_failed(job, &error),
        }
        // Opened again while its label was on the way: what was read of it then did not count.
        if self.state.editor.open.as_ref().is_some_and(|open| open.id() == id && !open.ready()) {
            self.ask_for(id);
        }
    }

    fn label_is_on_disk(&mut self, job: &LabelJob) {
        if self.state.unsaved.remove(&job.sample).is_some() && self.state.unsaved.is_empty() {
            self.info("saved: all labels are on disk again");
        }
        self.state.drafts_out.remove(&job.key);
        self.effect(Effect::Counts);
        // A list that is on its way may still have the label as it was.
        self.state.list.comes_too_early();
        let leaves = matches!(self.state.view, View::Unlabeled | View::ToConfirm);
        let is_open = self.open_id() == Some(job.sample);
        if leaves && !(is_open && self.state.focus == Focus::Editor) {
            self.state.list.remove(job.sample);
            self.follow_cursor(is_open);
        } else if let Some(row) = self.state.list.rows.iter_mut().find(|row| row.id == job.sample) {
            row.content = Some(job.content.clone());
            row.flags &= !Flag::NoSpeech.bit();
            row.confirm = Confirm::default();
            row.draft = false;
            row.labeled_at = Some(self.context.wall);
            row.labeled_by = Some(self.state.dataset.author.clone());
        }
        if is_open && self.open_id() == Some(job.sample) {
            self.ask_for(job.sample);
            if let Some(open) = &mut self.state.editor.open {
                open.original.clone_from(&job.content);
                open.heads_due = true;
                if open.ready() && !open.changed() {
                    open.loading = Loading::Waiting(Vec::new());
                }
            }
        }
    }

    /// The row that was open left the list: the right pane follows the cursor.
    fn follow_cursor(&mut self, open_left: bool) {
        if open_left {
            self.state.editor.open = None;
            self.open_at_cursor();
        }
        if self.state.list.rows.is_empty() && self.state.focus == Focus::List {
            self.refresh();
        }
    }

    /// A text that did not become a label stays a draft, whatever happens to the program.
    fn keep_as_draft(&mut self, job: &LabelJob) {
        let ticket = self.state.next_ticket();
        self.send_draft(DraftJob {
            key: job.key.clone(),
            cursor: job.content.len(),
            text: job.content.clone(),
            heads: job.based_on.clone().unwrap_or_default(),
            ticket,
        });
    }

    fn newer(&mut self, job: LabelJob, theirs: SampleDetail) {
        self.keep_as_draft(&job);
        // From now on it is a question, and no label that waits for room.
        self.state.unsaved.remove(&job.sample);
        let elsewhere = self.state.focus == Focus::List || self.open_id() != Some(job.sample);
        let typed_at = (elsewhere && self.state.dialogs.is_empty()).then_some(self.context.now);
        let dialog = NewerDialog { job, theirs, cursor: 2, typed_at };
        // Beneath what is being answered: a key that was meant for that must not answer this.
        self.state.dialogs.insert(0, Dialog::Newer(Box::new(dialog)));
    }

    /// What is typed while a newer label comes up is meant for the list or for the box of the next file, not for the
    /// question about the one before: it goes there, until there is a pause. Whether it did.
    pub(super) fn types_on(&mut self, input: &Input) -> bool {
        let now = self.context.now;
        let is_meant_elsewhere = self.state.focus == Focus::List || is_text(input);
        let Some(Dialog::Newer(dialog)) = self.state.dialogs.last_mut() else { return false };
        let typing = dialog.typed_at.is_some_and(|at| now.saturating_sub(at) < TYPES_ON);
        if !typing || !is_meant_elsewhere {
            dialog.typed_at = None;
            return false;
        }
        let is_newer = |dialog: &mut Dialog| matches!(dialog, Dialog::Newer(_));
        let mut asked: Vec<Dialog> = self.state.dialogs.extract_if(.., is_newer).collect();
        if let Some(Dialog::Newer(dialog)) = asked.last_mut() {
            dialog.typed_at = Some(now);
        }
        self.typed(input.clone());
        self.state.dialogs.splice(0..0, asked);
        true
    }

    /// Whether another dialog lies on what there may be of questions about newer labels.
    pub(super) fn covers_question(&self) -> bool {
        self.state.dialogs.last().is_some_and(|dialog| !matches!(dialog, Dialog::Newer(_)))
    }

    /// What lay on a question may be gone: then that comes up now.
    pub(super) fn question_comes_up(&mut self) {
        if let Some(Dialog::Newer(dialog)) = self.state.dialogs.last_mut() {
            dialog.typed_at = Some(self.context.now);
        }
    }

    fn label_failed(&mut self, job: LabelJob, error: &UserError) {
        let name = safe_bytes(job.key.file_name()).into_owned();
        let hint = error.hint.clone().unwrap_or_else(|| "it is tried again by itself".into());
        let text = format!("{name} not saved: {}; {hint}", safe_line(&error.to_string()));
        self.state.tell(self.context, Severity::Error, text);
        let retry_at = Some(self.context.now + RETRY);
        self.keep_as_draft(&job);
        self.state.unsaved.insert(job.sample, Unsaved { job, retry_at });
    }

    /// Labels that have to wait, because somebody else is writing, are on disk as drafts meanwhile.
    pub(super) fn save_waiting_labels(&mut self, now: Duration) {
        let mut waiting = Vec::new();
        for (job, draft_at) in self.state.labels_out.values_mut() {
            if draft_at.take_if(|at| *at <= now).is_some() {
                waiting.push(job.clone());
            }
        }
        for job in waiting {
            self.keep_as_draft(&job);
        }
    }

    /// Labels that could not be written are tried again, oldest file first.
    pub(super) fn retry_unsaved(&mut self) {
        let mut due = Vec::new();
        for unsaved in self.state.unsaved.values_mut() {
            // Not again before this has an answer.
            if unsaved.retry_at.take_if(|at| *at <= self.context.now).is_some() {
                due.push(unsaved.job.clone());
            }
        }
        for job in due {
            self.effect(Effect::Label(job));
        }
    }
}

/// Whether it is text, or what a person types with it.
fn is_text(input: &Input) -> bool {
    match input {
        Input::Paste(_) | Input::Lines(_) => true,
        Input::Key(key) => {
            key.typed().is_some() || matches!(key.code, KeyCode::Enter | KeyCode::Backspace)
        }
        Input::Mouse(_) | Input::Resize(..) | Input::Focus(_) => false,
    }
}

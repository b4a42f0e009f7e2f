//! Opening a sample at the right: what is asked for, and what to do when it comes.

use super::Turn;
use crate::app::editor::{DraftMark, Former, Loading, OpenSample};
use crate::app::effect::{Effect, Sound};
use crate::app::state::{Focus, Severity};
use crate::domain::{AudioStamp, Draft, Peaks, Row, SampleDetail, SampleId, UserError, View};
use crate::text::{Buffer, safe_line};
use std::sync::Arc;
use std::time::Duration;

/// How long the waveform of the sample before stands in for one that is still to come.
const FORMER_WAVEFORM: Duration = Duration::from_millis(120);
/// Faster than this from one sample to the next goes only a key that is held down.
const HELD_DOWN: Duration = Duration::from_millis(80);

impl Turn<'_> {
    /// Enter or `e` in the list: the cursor goes into Speech Content, and the file plays.
    pub(super) fn edit(&mut self) {
        if self.state.list.rows.is_empty() {
            self.info("nothing here to label");
            return;
        }
        if self.state.view == View::Deleted {
            self.info("in the trash: restore it first");
            return;
        }
        self.open_at_cursor();
        self.start_editing();
        if self.state.sound.autoplay {
            self.play_open();
        }
        self.read_ahead();
        let typed =
            self.state.editor.open.as_ref().is_some_and(|open| open.changed() || open.row.draft);
        if self.open_in_conflict() && !typed {
            self.open_conflict(false);
        }
    }

    pub(super) fn start_editing(&mut self) {
        self.state.focus = Focus::Editor;
        self.renew_lease();
        let id = self.open_id();
        self.effect(Effect::Journal("open", id, String::new()));
        self.remember_soon();
    }

    pub(super) fn stop_editing(&mut self) {
        self.state.editor.lease_due = None;
        self.state.editor.resume_due = None;
        if let Some(id) = self.open_id() {
            self.effect(Effect::Release(id));
        }
    }

    pub(super) fn renew_lease(&mut self) {
        if let Some(id) = self.open_id() {
            self.effect(Effect::Lease(id));
            let minutes = u64::from(self.state.config.work.lease_minutes.max(1));
            self.state.editor.lease_due =
                Some(self.context.now + Duration::from_secs(minutes * 20));
        }
    }

    pub(super) fn open_id(&self) -> Option<SampleId> {
        self.state.editor.open.as_ref().map(OpenSample::id)
    }

    /// Shows the sample under the cursor at the right, silently.
    pub(super) fn open_at_cursor(&mut self) {
        let Some(row) = self.state.list.cursor_row().cloned() else {
            self.leave_sample();
            self.state.editor.open = None;
            return;
        };
        if self.open_id() == Some(row.id) {
            return;
        }
        self.leave_sample();
        self.open(row);
        if self.state.focus == Focus::List && self.state.config.playback.preview_plays {
            self.play_open();
        } else if self.state.sound.sample.is_some() && self.state.sound.sample != self.open_id() {
            self.stop_sound();
        }
        self.remember_soon();
    }

    /// Before another sample is opened: its draft goes to disk, its lease is given back.
    pub(super) fn leave_sample(&mut self) {
        self.save_draft_now();
        if self.state.focus == Focus::Editor {
            self.stop_editing();
        }
        if let Some(id) = self.open_id() {
            self.state.editor.ahead.forget(id);
        }
        self.state.editor.goal_column = None;
        self.state.editor.scroll = 0;
        self.state.sound.looped = None;
        self.state.sound.mark = None;
        self.state.sound.zoom = None;
    }

    fn open(&mut self, row: Row) {
        let id = row.id;
        self.stand_in();
        self.state.editor.open = Some(OpenSample::new(row));
        match self.state.editor.ahead.get(id) {
            Some((detail, draft)) => self.show(detail, draft.as_ref()),
            None if self.state.editor.ahead.knows(id) => {}
            None => self.ask_for(id),
        }
    }

    /// The waveform that is shown stays for a moment, and as long as the list is walked with a key held down.
    fn stand_in(&mut self) {
        let now = self.context.now;
        let editor = &mut self.state.editor;
        let before = editor.opened_at.replace(now);
        let held_down = before.is_some_and(|before| now < before + HELD_DOWN);
        let silent = !self.state.config.playback.preview_plays;
        let walking = held_down && silent && self.state.focus == Focus::List;
        let last = editor.open.take().and_then(|open| open.peaks);
        let shown = editor.former.take().filter(|_| walking).map(|former| former.peaks);
        editor.former =
            shown.or(last).map(|peaks| Former { peaks, until: now + FORMER_WAVEFORM, walking });
    }

    /// Has a sample read; what was asked about it before counts no more.
    pub(super) fn ask_for(&mut self, id: SampleId) {
        let asked = self.state.editor.ahead.ask(id);
        self.effect(Effect::Sample { id, asked });
    }

    /// Reads the next samples, and has the next files decoded, before they are asked for.
    pub(super) fn read_ahead(&mut self) {
        let from = self.state.list.cursor + 1;
        let wanted = self.state.config.playback.prefetch as usize;
        let rows: Vec<Row> = self.state.list.rows.iter().skip(from).take(wanted).cloned().collect();
        for row in &rows {
            if !self.state.editor.ahead.knows(row.id) {
                self.ask_for(row.id);
            }
        }
        if !rows.is_empty() {
            self.effect(Effect::Prefetch(rows.iter().map(sound_of).collect()));
        }
    }

    pub(super) fn sample(&mut self, asked: u64, detail: SampleDetail, draft: Option<Draft>) {
        let id = detail.id;
        if !self.state.editor.ahead.answered(id, asked) {
            return;
        }
        // Its label is on the way to the disk: it is asked for again once that has ended.
        if self.state.list.pending.contains(&id) {
            return;
        }
        if self.open_id() == Some(id) {
            let ready = self.state.editor.open.as_ref().is_some_and(OpenSample::ready);
            if ready {
                self.refreshed(detail);
            } else {
                self.show(detail, draft.as_ref());
            }
            return;
        }
        self.state.editor.ahead.keep(detail, draft);
    }

    /// The open sample is here: text and draft into the box, then what was typed meanwhile.
    fn show(&mut self, detail: SampleDetail, draft: Option<&Draft>) {
        let unsaved = self.state.unsaved.get(&detail.id).map(|unsaved| unsaved.job.content.clone());
        // What is on its way to the disk is newer than what was read from there.
        let out = self.state.drafts_out.get(&detail.key).cloned();
        let (sent, failed) = out.map_or((None, false), |out| (Some(out.job), out.failed));
        let restore = self.state.editor.restore.take_if(|place| place.sample == Some(detail.id.0));
        let Some(open) = &mut self.state.editor.open else { return };
        let label = detail.content.clone().unwrap_or_default();
        open.original.clone_from(&label);
        open.heads_due = false;
        let kept = match (&sent, draft) {
            (Some(job), _) => Some((&job.text, job.cursor, &job.heads)),
            (None, Some(draft)) => Some((&draft.text, draft.cursor, &draft.heads)),
            (None, None) => None,
        };
        // Over no label, whoever removed it, a draft may become one unasked.
        open.heads = match kept {
            Some((.., heads)) if detail.content.is_some() => heads.clone(),
            _ => detail.heads.clone(),
        };
        open.audio_error.clone_from(&detail.audio_error);
        let text = unsaved.or_else(|| kept.map(|(text, ..)| text.clone())).unwrap_or(label);
        open.buffer = Buffer::new(&text);
        open.buffer.set_cursor(match (&restore, kept) {
            (Some(place), _) => place.cursor,
            (None, Some((_, cursor, _))) => cursor,
            (None, None) => text.len(),
        });
        open.draft = match (&sent, draft) {
            (Some(_), _) if failed => DraftMark::Failed,
            (Some(_), _) => DraftMark::Unsaved,
            (None, Some(_)) => DraftMark::Saved,
            (None, None) => DraftMark::Clean,
        };
        open.draft_ticket = sent.map_or(0, |job| job.ticket);
        if let Some(place) = restore {
            self.state.sound.at = place.at;
        }
        self.effect(Effect::Peaks(Box::new(detail.clone())));
        let Some(open) = &mut self.state.editor.open else { return };
        open.detail = Some(detail);
        if let Loading::Waiting(queue) = std::mem::replace(&mut open.loading, Loading::Ready) {
            self.type_ahead(queue);
        }
    }

    /// The open sample was read again because somebody changed it. What is being typed is not touched.
    fn refreshed(&mut self, detail: SampleDetail) {
        let author = self.state.dataset.author.clone();
        let Some(open) = &mut self.state.editor.open else { return };
        let label = detail.content.clone().unwrap_or_default();
        let mut told = None;
        let by_other = detail.labeled.as_ref().is_some_and(|(by, _)| *by != author);
        if std::mem::take(&mut open.heads_due) && !by_other {
            let typed = open.changed();
            open.heads.clone_from(&detail.heads);
            open.original.clone_from(&label);
            if typed {
                // It starts from our own new label now: the draft on disk shall say so too.
                open.draft = DraftMark::Unsaved;
                self.state.editor.draft_due = Some(self.context.now);
            } else if open.buffer.text() != label {
                open.buffer.replace_all(&label);
            }
        } else if open.heads != detail.heads {
            if open.changed() {
                told = detail.labeled.as_ref().filter(|(by, _)| *by != author).map(|(by, _)| {
                    format!(
                        "{} labeled this file meanwhile; yours is kept as a draft",
                        safe_line(by)
                    )
                });
            } else {
                open.heads.clone_from(&detail.heads);
                if label != open.original {
                    open.buffer.replace_all(&label);
                    open.original = label;
                }
            }
        }
        let was_done = open.row.content.is_none() && detail.content.is_some();
        let id = detail.id;
        let other_audio = open.detail.as_ref().is_some_and(|known| known.stamp != detail.stamp);
        if other_audio {
            open.peaks = None;
            open.audio_error.clone_from(&detail.audio_error);
            open.audio_changed = false;
            open.row.size = detail.stamp.size;
            open.row.etag.clone_from(&detail.stamp.etag);
        }
        let peaks = other_audio.then(|| Effect::Peaks(Box::new(detail.clone())));
        open.detail = Some(detail);
        self.effects.extend(peaks);
        if let Some(text) = told {
            self.warn(text);
        }
        if was_done && self.state.view == View::Unlabeled && self.lead_on() {
            self.state.list.remove(id);
        }
    }

    pub(super) fn sample_failed(&mut self, id: SampleId, asked: u64, error: &UserError) {
        if !self.state.editor.ahead.answered(id, asked) || self.open_id() != Some(id) {
            return;
        }
        if let Some(open) = &mut self.state.editor.open {
            open.loading = Loading::Failed(error.to_string());
        }
        let text = safe_line(&error.to_string()).into_owned();
        self.state.tell(self.context, Severity::Error, text);
    }

    pub(super) fn leased(&mut self, id: SampleId, holder: Option<String>) {
        if self.open_id() != Some(id) {
            return;
        }
        if let Some(row) = self.state.list.rows.iter_mut().find(|row| row.id == id) {
            row.leased_by.clone_from(&holder);
        }
        let Some(open) = &mut self.state.editor.open else { return };
        open.leased_by.clone_from(&holder);
        let handed_out = open.handed_out;
        let Some(name) = holder else {
            // Ours now, but perhaps done by somebody else just before.
            if handed_out {
                self.ask_for(id);
            }
            return;
        };
        if !self.lead_on() {
            let name = safe_line(&name).into_owned();
            self.warn(format!("{name} is working on this file; Ctrl+N goes to the next one"));
        }
    }

    pub(super) fn peaks(&mut self, id: SampleId, peaks: &Arc<Peaks>) {
        if let Some(open) = self.state.editor.open.as_mut().filter(|open| open.row.id == id) {
            if peaks.complete && open.row.seconds.is_none() {
                open.row.seconds = Some(peaks.seconds);
            }
            open.peaks = Some(peaks.clone());
            self.state.editor.former.take_if(|former| !former.walking);
        }
        if peaks.complete
            && let Some(row) = self.state.list.rows.iter_mut().find(|row| row.id == id)
        {
            row.seconds = row.seconds.or(Some(peaks.seconds));
        }
    }

    pub(super) fn audio_failed(&mut self, id: SampleId, why: String) {
        let open = self.state.editor.open.as_mut().filter(|open| open.row.id == id);
        if let Some(open) = open.filter(|open| !open.audio_changed) {
            open.audio_error = Some(why);
        }
    }

    /// The file is not the one that was listed: nothing of it is heard until that is taken notice of.
    pub(super) fn audio_changed(&mut self, id: SampleId) {
        let open = self.state.editor.open.as_mut().filter(|open| open.row.id == id);
        let Some(open) = open else { return };
        open.audio_changed = true;
        open.audio_error = Some("the audio changed in the source".to_owned());
        let kept = if open.changed() { "; what you typed is kept" } else { "" };
        self.warn(format!("the audio changed in the source: press S in the list{kept}"));
    }

    /// Another process changed the workspace.
    pub(super) fn changed_elsewhere(&mut self) {
        self.state.editor.ahead.forget_all();
        self.effect(Effect::Counts);
        if let Some(id) = self.open_id() {
            self.ask_for(id);
        }
        self.reread_conflict();
        self.refresh_in_turn();
    }
}

pub(super) fn sound_of(row: &Row) -> Sound {
    let stamp = AudioStamp { size: row.size, etag: row.etag.clone() };
    Sound { sample: row.id, key: row.key.clone(), stamp }
}

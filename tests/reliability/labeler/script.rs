//! What the labeler does at the screen, step by step. A step returns `None` when the program ended under its hands.

use super::{Labeler, box_text, open_file, tab_count};
use crate::pty::{Screen, View};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

impl Labeler {
    /// Some steps, as they are drawn.
    pub(super) fn day(&mut self, screen: &Screen) -> Option<()> {
        let steps = 3 + self.dice.roll(6);
        self.steps(screen, steps)?;
        self.draft(screen)
    }

    /// Every kind of step, twice over: what is attacked is known to go through where nothing attacks it.
    pub(super) fn each_step(&mut self, screen: &Screen) -> Option<()> {
        synced(screen)?;
        for _ in 0..2 {
            self.label(screen)?;
            self.relabel(screen)?;
            self.unlabel(screen)?;
            self.draft(screen)?;
            self.trash(screen)?;
            self.sync(screen)?;
            self.batch(screen)?;
            self.unlabel_all(screen)?;
            self.publish(screen)?;
        }
        Some(())
    }

    /// So many steps.
    pub(super) fn steps(&mut self, screen: &Screen, steps: u64) -> Option<()> {
        synced(screen)?;
        for _ in 0..steps {
            match self.dice.roll(12) {
                0..=3 => self.label(screen)?,
                4 => self.relabel(screen)?,
                5 | 6 => self.batch(screen)?,
                7 => self.unlabel(screen)?,
                8 => self.trash(screen)?,
                9 => self.sync(screen)?,
                10 => self.publish(screen)?,
                _ => self.draft(screen)?,
            }
        }
        Some(())
    }

    /// Labels a few, one behind the other, without waiting for each.
    fn label(&mut self, screen: &Screen) -> Option<()> {
        let open = self.truth.unlabeled();
        if open.is_empty() {
            return self.relabel(screen);
        }
        tab(screen, "1", &open[0])?;
        screen.type_keys("<enter>");
        seen(screen.reaches("the box", |view| view.contains("┏ Speech Content")))?;
        let few = open.len().min(1 + self.dice.roll(4) as usize);
        for name in &open[..few] {
            let text = self.truth.word("label");
            self.truth.try_label(name, &text);
            screen.type_keys(&format!("<c-t>{text}<enter>"));
        }
        let labeled = self.truth.labeled().len() + few;
        seen(screen.reaches("the labels to be counted", |view| {
            tab_count(view, "Labeled") == Some(labeled) && !is_pending(view)
        }))?;
        self.truth.confirm();
        screen.type_keys("<esc>");
        self.perhaps_undo(screen)
    }

    /// Puts another text in the place of a label.
    fn relabel(&mut self, screen: &Screen) -> Option<()> {
        let labeled = self.truth.labeled();
        let Some(first) = labeled.first() else { return Some(()) };
        tab(screen, "3", first)?;
        screen.type_keys("<enter>");
        seen(screen.reaches("the box", |view| view.contains("┏ Speech Content")))?;
        let text = self.truth.word("again");
        self.truth.try_label(first, &text);
        screen.type_keys(&format!("<c-t>{text}<enter>"));
        let next = labeled.get(1).cloned();
        seen(screen.reaches("the other label", |view| {
            let moved = match &next {
                Some(_) => open_file(view) == next,
                // The box is left only then; the line below may be of the label before.
                None => view.contains("all done") && !view.contains("┏ Speech Content"),
            };
            (moved || asks(view)) && !is_pending(view) && !view.contains("not saved")
        }))?;
        if screen.look(asks) {
            mine(screen)?;
        }
        self.truth.confirm();
        screen.type_keys("<esc>");
        self.perhaps_undo(screen)
    }

    /// One content for all that are unlabeled.
    fn batch(&mut self, screen: &Screen) -> Option<()> {
        let open = self.truth.unlabeled();
        if open.len() < 2 {
            return self.unlabel_all(screen);
        }
        tab(screen, "1", &open[0])?;
        let text = self.truth.word("batch");
        screen.type_keys("a");
        let selected = format!("{} selected", open.len());
        seen(screen.reaches("a selection", |view| view.contains(&selected)))?;
        screen.type_keys("b1");
        seen(screen.reaches("the field for the text", |view| {
            view.contains("Speech Content of each of them")
        }))?;
        screen.type_keys(&format!("{text}<enter>"));
        let asked = format!("Label {} files", open.len());
        seen(screen.reaches("the question", |view| view.contains(&asked)))?;
        self.truth.try_batch(&open, Some(&text));
        screen.type_keys("<enter>");
        let done = format!("labeled {} files", open.len());
        seen(screen.reaches("the batch to be done", |view| view.contains(&done)))?;
        self.truth.confirm();
        self.perhaps_undo(screen)
    }

    /// The labels of all are removed in one step.
    fn unlabel_all(&mut self, screen: &Screen) -> Option<()> {
        let labeled = self.truth.labeled();
        if labeled.len() < 2 {
            return Some(());
        }
        tab(screen, "3", &labeled[0])?;
        screen.type_keys("ax");
        let asked = format!("Remove the label of {} files?", labeled.len());
        seen(screen.reaches("the question", |view| view.contains(&asked)))?;
        self.truth.try_batch(&labeled, None);
        screen.type_keys("y");
        let done = format!("removed the label of {} files", labeled.len());
        seen(screen.reaches("the batch to be done", |view| view.contains(&done)))?;
        self.truth.confirm();
        self.perhaps_undo(screen)
    }

    fn unlabel(&mut self, screen: &Screen) -> Option<()> {
        let labeled = self.truth.labeled();
        let Some(first) = labeled.first() else { return Some(()) };
        tab(screen, "3", first)?;
        self.truth.try_batch(std::slice::from_ref(first), None);
        screen.type_keys("x");
        seen(screen.reaches("the label to go", |view| {
            view.contains("removed the label of 1 file")
                && tab_count(view, "Labeled") == Some(labeled.len() - 1)
        }))?;
        self.truth.confirm();
        self.perhaps_undo(screen)
    }

    /// Takes back what was just confirmed, now and then.
    fn perhaps_undo(&mut self, screen: &Screen) -> Option<()> {
        // While it still says so of the one before, nothing tells when this one is done.
        let said = || screen.look(|view| view.contains("took back"));
        if self.dice.roll(4) > 0 || said() || !self.truth.try_undo() {
            return Some(());
        }
        screen.type_keys("u");
        seen(screen.reaches("the action to be taken back", |view| view.contains("took back")))?;
        self.truth.confirm();
        Some(())
    }

    /// A file goes into the trash, or the one that is there comes back.
    fn trash(&mut self, screen: &Screen) -> Option<()> {
        if let Some(name) = self.truth.deleted() {
            screen.type_keys("4");
            seen(screen.reaches("the trash", |view| open_file(view).as_ref() == Some(&name)))?;
            self.truth.try_delete(&name, false);
            screen.type_keys("r");
            seen(screen.reaches("the file to be back", |view| view.contains("restored 1 file")))?;
            self.truth.confirm();
            return Some(());
        }
        let open = self.truth.unlabeled();
        let Some(first) = open.first() else { return Some(()) };
        tab(screen, "1", first)?;
        screen.type_keys("d");
        seen(screen.reaches("the question", |view| view.contains("Delete the source files")))?;
        self.truth.try_delete(first, true);
        screen.type_keys("<enter>");
        seen(screen.reaches("the file to go", |view| view.contains("put 1 file into the trash")))?;
        self.truth.confirm();
        Some(())
    }

    /// A file is renamed in the source, then Synchronize New Data.
    fn sync(&mut self, screen: &Screen) -> Option<()> {
        // While one runs, S asks whether to stop it.
        synced(screen)?;
        let renamed = self.truth.rename(&mut self.dice);
        let (old, new) = (self.folder.join(&renamed.old), self.folder.join(&renamed.new));
        fs::rename(old, new).expect("a file is renamed");
        screen.type_keys(if renamed.labeled { "3" } else { "1" });
        screen.type_keys("S");
        seen(screen.reaches("the new name", |view| view.contains(&renamed.new)))
    }

    fn publish(&mut self, screen: &Screen) -> Option<()> {
        if self.truth.published.len() > 6 {
            return Some(());
        }
        screen.type_keys("P");
        seen(screen.reaches("the form", |view| view.contains("⏎ count")))?;
        screen.type_keys("<enter>");
        seen(screen.reaches("the numbers", |view| view.contains("1 publish V")))?;
        screen.type_keys("<enter>");
        seen(screen.reaches("the version", |view| view.contains("published V")))?;
        let version = screen.look(|view| {
            let said = view.rows().into_iter().rev().find(|row| row.contains("published V"))?;
            Some(format!("V{}", said.split("published V").nth(1)?.get(..3)?))
        });
        self.truth.published.extend(version);
        screen.type_keys("<esc>");
        Some(())
    }

    /// Types on and on in one box, never resting as long as a draft may lag, until the program ends.
    pub(super) fn type_on_until_the_end(&mut self, screen: &Screen) -> Option<()> {
        seen(screen.reaches("the list", |view| view.contains("Unlabeled")))?;
        let Some(first) = self.truth.unlabeled().first().cloned() else { return Some(()) };
        tab(screen, "1", &first)?;
        screen.type_keys("<enter>");
        seen(screen.reaches("the box", |view| view.contains("┏ Speech Content")))?;
        self.truth.retype(&first);
        let mut text = self.truth.word("typing");
        screen.type_keys(&format!("<c-t>{text}"));
        loop {
            let typed = text.clone();
            seen(screen.reaches("what was typed", |view| box_text(view) == typed))?;
            self.truth.drafted(&first, &text, Instant::now());
            thread::sleep(PACE);
            text.push_str(" on");
            screen.type_keys(" on");
        }
    }

    /// Types without ending it; perhaps waits until it is said to be saved.
    fn draft(&mut self, screen: &Screen) -> Option<()> {
        let open = self.truth.unlabeled();
        let Some(first) = open.first() else { return Some(()) };
        tab(screen, "1", first)?;
        screen.type_keys("<enter>");
        seen(screen.reaches("the box", |view| view.contains("┏ Speech Content")))?;
        self.truth.retype(first);
        let mut text = self.truth.word("draft");
        screen.type_keys(&format!("<c-t>{text}"));
        for _ in 0..2 + self.dice.roll(4) {
            let typed = text.clone();
            seen(screen.reaches("what was typed", |view| box_text(view) == typed))?;
            self.truth.drafted(first, &text, Instant::now());
            if self.dice.roll(3) == 0 {
                seen(screen.reaches("the draft to be saved", |view| {
                    view.contains("draft saved") && box_text(view) == typed
                }))?;
                self.truth.draft_saved();
            }
            text.push_str(" on");
            screen.type_keys(" on");
        }
        seen(screen.reaches("what was typed", |view| box_text(view) == text))?;
        screen.type_keys("<esc>");
        Some(())
    }
}

/// Goes to a tab, onto its first file.
fn tab(screen: &Screen, key: &str, first: &str) -> Option<()> {
    screen.type_keys(key);
    screen.type_keys("g");
    let shown = format!("▸{key}");
    seen(screen.reaches("the tab", |view| {
        view.contains(&shown) && open_file(view).as_deref() == Some(first)
    }))
}

/// Whether it is asked whose text is to stand: a draft of another day was typed over an older label.
fn asks(view: View<'_>) -> bool {
    view.contains("Labeled meanwhile")
}

/// Reads the question, and answers that the one that was typed is.
fn mine(screen: &Screen) -> Option<()> {
    screen.read();
    for at in ["▸ theirs: keep it", "▸ mine: label with it"] {
        screen.type_keys("<up>");
        seen(screen.reaches("the other answer", |view| view.contains(at)))?;
    }
    screen.type_keys("<enter>");
    seen(screen.reaches("the answer to be taken", |view| !asks(view) && !is_pending(view)))
}

fn synced(screen: &Screen) -> Option<()> {
    // It says at what time, or how many labels wait, once none runs any more.
    seen(screen.reaches("the list after a sync", |view| {
        let rows = view.rows();
        let said = rows.iter().find_map(|row| Some(row.split_once("⇅ ")?.1.to_owned()));
        said.is_some_and(|said| said.starts_with(|c: char| c.is_ascii_digit()))
            && !view.contains("loading…")
    }))
}

/// `None` where the program ended before it came to that.
fn seen(reached: bool) -> Option<()> {
    reached.then_some(())
}

/// Whether a row of the list is still on its way to the disk.
fn is_pending(view: View<'_>) -> bool {
    let list = |row: &String| row.chars().take(36).any(|c| c == '…');
    view.rows().iter().skip(3).any(list)
}

/// What a draft may lag behind what was seen: the promised second, and what a busy machine adds.
pub(super) const DRAFT_LAG: Duration = Duration::from_secs(2);

/// From one word to the next, for a fast typist.
const PACE: Duration = Duration::from_millis(150);

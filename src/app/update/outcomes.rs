//! What jobs did, told in numbers that add up.

use super::Turn;
use crate::app::dialog::{Dialog, MessageDialog};
use crate::app::exchange::{
    AddOutcome, ExchangeJob, ExportOutcome, ImportOutcome, Named, PublishOutcome, VersionDiff,
};
use crate::app::list::Selection;
use crate::app::sheets::{ChoiceDialog, ChoicePurpose, Fact, Tone, Way};
use crate::domain::SampleKey;
use crate::text::{byte_size, counted, safe_bytes, safe_line, thousands};
use std::fmt::Write as _;

/// Names listed one by one; the rest is a number.
const NAMED: usize = 200;

impl Turn<'_> {
    pub(super) fn added(&mut self, outcome: &AddOutcome, shown: bool) {
        self.close_sheets();
        let mut line = format!(
            "added {} ({})",
            counted(outcome.added + outcome.replaced, "file", "files"),
            byte_size(outcome.bytes)
        );
        for (count, what) in [
            (outcome.replaced, "in the place of others"),
            (outcome.skipped, "were there already"),
            (outcome.failed.len() as u64, "failed"),
        ] {
            if count > 0 {
                let _ = write!(line, ", {} {what}", thousands(count));
            }
        }
        if outcome.stopped {
            line.push_str("; stopped");
        }
        if outcome.failed.is_empty() {
            self.info(line);
        } else {
            self.warn(&line);
            self.show_list(&line, Vec::new(), &told_failures(&outcome.failed), shown);
        }
        self.reread();
    }

    pub(super) fn imported(&mut self, job: ExchangeJob, outcome: &ImportOutcome, shown: bool) {
        let ExchangeJob::Import(job) = job else { return };
        if !outcome.applied {
            let mut rows = vec![(Way::Back, "back, and change something".to_owned())];
            let takes = outcome.labels + outcome.suggestions;
            if takes > 0 {
                let what = import_counts(outcome);
                let ready = outcome.problems.count == 0;
                let way = if ready { Way::GoOn } else { Way::LeaveOut };
                let more = if ready { "" } else { ", without the lines that cannot be used" };
                rows.insert(0, (way, format!("import {what}{more}")));
            }
            self.state.dialogs.push(Dialog::Choice(Box::new(ChoiceDialog {
                title: "Import data: nothing is written yet".to_owned(),
                facts: import_facts(outcome),
                scroll: 0,
                rows,
                cursor: 0,
                purpose: ChoicePurpose::Import(job),
            })));
            return;
        }
        self.close_sheets();
        let mut line = format!("imported {}", import_counts(outcome));
        if outcome.kept.count > 0 {
            let kept = thousands(outcome.kept.count);
            let _ = write!(line, ", {kept} kept: labeled by a person");
        }
        if outcome.conflicts > 0 {
            let _ = write!(line, ", {} in conflict", thousands(outcome.conflicts));
        }
        line.push_str(" · u takes it back");
        self.info(line);
        if outcome.problems.count > 0 {
            let count = counted(outcome.problems.count, "line", "lines");
            self.show_list(
                &format!("{count} left out"),
                Vec::new(),
                &listed(&outcome.problems),
                shown,
            );
        }
        self.reread();
    }

    pub(super) fn exported(&mut self, outcome: &ExportOutcome, shown: bool) {
        self.close_sheets();
        let written = counted(outcome.written, "file", "files");
        let line = format!("exported {written}, {} labeled", thousands(outcome.labeled));
        let mut lines = vec![line.clone(), format!("to {}", safe_line(&outcome.to))];
        lines.push(match outcome.verified {
            Some(verified) => {
                format!("{} read back and verified", counted(verified, "label", "labels"))
            }
            None => "this format is written only: it is not read back".to_owned(),
        });
        for (count, what) in [
            (outcome.altered, "labels in words or spaces that this format cannot hold"),
            (outcome.conflicts, "in conflict"),
            (outcome.left_out.count, "could not be written:"),
        ] {
            if count > 0 {
                lines.push(format!("{} {what}", thousands(count)));
            }
        }
        self.info(line);
        self.show_list("Exported", lines, &listed(&outcome.left_out), shown);
    }

    pub(super) fn published(&mut self, outcome: &PublishOutcome, shown: bool) {
        self.close_sheets();
        let line = format!("published {}", safe_line(&outcome.version));
        let counts = &outcome.counts;
        let mut lines = vec![
            format!(
                "{}: {}, {} labeled",
                safe_line(&outcome.version),
                counted(counts.total, "file", "files"),
                thousands(counts.labeled)
            ),
            super::out::against_parent(counts),
            String::new(),
            "The manifest:".to_owned(),
            safe_line(&outcome.manifest).into_owned(),
        ];
        for name in &outcome.unfinished {
            lines.push(format!("{} was begun by somebody, not finished", safe_line(name)));
        }
        if outcome.left_out.count > 0 {
            lines.push(format!("{} could not be written:", thousands(outcome.left_out.count)));
        }
        self.info(&line);
        self.show_list("Published", lines, &listed(&outcome.left_out), shown);
    }

    pub(super) fn compared(&mut self, diff: &VersionDiff) {
        let [added, modified, deleted] = diff.changes.map(thousands);
        let title = format!("{} against {}", safe_line(&diff.later), safe_line(&diff.earlier));
        let mut lines = vec![format!("{added} added, {modified} modified, {deleted} deleted")];
        if !diff.samples.is_empty() {
            lines.push(String::new());
        }
        lines.extend(
            diff.samples.iter().map(|(sign, key)| format!("{sign} {}", safe_bytes(key.as_bytes()))),
        );
        let all: u64 = diff.changes.iter().sum();
        if let Some(more) = all.checked_sub(diff.samples.len() as u64).filter(|more| *more > 0) {
            lines.push(format!("and {} more", thousands(more)));
        }
        self.state.dialogs.push(Dialog::Message(MessageDialog {
            title,
            error: None,
            lines,
            scroll: 0,
        }));
    }

    pub(super) fn sources_deleted(
        &mut self,
        deleted: u64,
        failed: &[(SampleKey, String)],
        stopped: bool,
        shown: bool,
    ) {
        if deleted > 0 {
            self.state.list.selection = Selection::default();
        }
        let gone = counted(deleted, "file", "files");
        let line =
            format!("deleted {gone} in the source{}", if stopped { "; stopped" } else { "" });
        if failed.is_empty() {
            self.info(line);
        } else {
            let title =
                format!("{} could not be deleted", counted(failed.len() as u64, "file", "files"));
            self.warn(format!("{line}; {title}"));
            let first = format!("{gone} deleted in the source.");
            self.show_list(&title, vec![first], &told_failures(failed), shown);
        }
        self.reread();
    }

    /// A message of lines, then names.
    fn show_list(&mut self, title: &str, mut lines: Vec<String>, names: &[String], shown: bool) {
        if !names.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(names.iter().cloned());
        let title = title.to_owned();
        let dialog = MessageDialog { title, error: None, lines, scroll: 0 };
        self.show_outcome(Dialog::Message(dialog), shown);
    }
}

fn told_failures(failed: &[(SampleKey, String)]) -> Vec<String> {
    let mut lines: Vec<String> = failed
        .iter()
        .take(NAMED)
        .map(|(key, why)| format!("{}: {}", safe_bytes(key.as_bytes()), safe_line(why)))
        .collect();
    if let Some(more) = failed.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(format!("and {} more", thousands(more as u64)));
    }
    lines
}

/// The names of a list, safe, and how many more there are.
pub(super) fn listed(named: &Named) -> Vec<String> {
    let mut lines: Vec<String> =
        named.first.iter().map(|name| safe_line(name).into_owned()).collect();
    if let Some(more) = named.count.checked_sub(lines.len() as u64).filter(|more| *more > 0) {
        lines.push(format!("and {} more", thousands(more)));
    }
    lines
}

fn import_counts(outcome: &ImportOutcome) -> String {
    let labels = counted(outcome.labels, "label", "labels");
    let suggestions = counted(outcome.suggestions, "suggestion", "suggestions");
    match (outcome.labels, outcome.suggestions) {
        (_, 0) => labels,
        (0, _) => suggestions,
        _ => format!("{labels} and {suggestions}"),
    }
}

/// What an import would do: numbers that add up to the records first, then names.
fn import_facts(outcome: &ImportOutcome) -> Vec<Fact> {
    let records = counted(outcome.records, "entry", "entries");
    let mut facts = vec![Fact::new(Tone::Strong, format!("{}: {records}", outcome.format))];
    for (count, one, many) in
        [(outcome.labels, "label", "labels"), (outcome.suggestions, "suggestion", "suggestions")]
    {
        if count > 0 {
            facts.push(Fact::new(Tone::Good, counted(count, one, many)));
        }
    }
    let lines = [
        (Tone::Plain, outcome.unchanged, "say what is there already"),
        (Tone::Plain, outcome.without_text, "without a text"),
        (Tone::Plain, outcome.repeated, "say the same again"),
        (Tone::Warn, outcome.conflicts, "in conflict afterwards: tab 2 settles them"),
    ];
    for (tone, count, what) in lines {
        if count > 0 {
            facts.push(Fact::new(tone, format!("{} {what}", thousands(count))));
        }
    }
    let named = [
        (Tone::Bad, &outcome.problems, "cannot be used"),
        (Tone::Warn, &outcome.kept, "kept: labeled by a person"),
        (Tone::Warn, &outcome.unmatched, "match no file of this dataset"),
        (Tone::Warn, &outcome.ambiguous, "match several files"),
        (Tone::Warn, &outcome.other_bucket, "lie in another bucket"),
    ];
    for (tone, names, what) in named {
        if names.count > 0 {
            facts.push(Fact::new(tone, format!("{} {what}:", thousands(names.count))));
            let lines = listed(names).into_iter();
            facts.extend(lines.map(|name| Fact::new(Tone::Dim, format!("  {name}"))));
        }
    }
    facts
}

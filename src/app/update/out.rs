//! Add, import, export, publish: opening their forms, and going on from them.

use super::Turn;
use crate::app::browse::BrowseFor;
use crate::app::dialog::Dialog;
use crate::app::exchange::{
    AddCheck, AddJob, ExchangeJob, ExportJob, ImportJob, ImportKind, InConflict, KeepTogether,
    PublishCheck, PublishJob, VersionRow, VersionsFor,
};
use crate::app::form::{Field, FieldId, FieldKind, Form};
use crate::app::formats::{FORMATS, FormatChoice, readable};
use crate::app::sheets::{
    ChoiceDialog, ChoicePurpose, Fact, FormDialog, FormPurpose, Tone, VersionsDialog, Way,
};
use crate::domain::{Filter, View};
use crate::text::{byte_size, counted, safe_line, thousands};
use std::path::PathBuf;

const CONFLICTS: [(&str, InConflict); 3] = [
    ("stop: write nothing", InConflict::Stop),
    ("write the text that is shown", InConflict::Shown),
    ("leave them out", InConflict::Skip),
];
const KINDS: [(&str, ImportKind); 3] = [
    ("labels, or suggestions where the file says so", ImportKind::AsSaid),
    ("labels", ImportKind::Labels),
    ("suggestions to confirm", ImportKind::Suggestions),
];
const TOGETHER: [(&str, KeepTogether); 3] = [
    ("each file by itself", KeepTogether::File),
    ("the files of a folder", KeepTogether::Folder),
    ("the files of a speaker", KeepTogether::Speaker),
];

fn words<T>(choices: &[(&str, T)]) -> Vec<String> {
    choices.iter().map(|(word, _)| (*word).to_owned()).collect()
}

impl Turn<'_> {
    /// `A`.
    pub(super) fn open_add(&mut self) {
        if self.is_busy() {
            return;
        }
        if self.state.rights.add == Some(false) {
            let source = safe_line(&self.state.dataset.source).into_owned();
            self.warn(format!("{source} can be read only: these keys may not add files"));
            return;
        }
        self.browse(BrowseFor::Add);
    }

    /// The files were chosen: where do they go?
    pub(super) fn add_form(&mut self, files: Vec<PathBuf>, bytes: u64) {
        const SHOWN: usize = 4;
        let mut facts: Vec<Fact> = files
            .iter()
            .take(SHOWN)
            .map(|path| Fact::new(Tone::Plain, path.to_string_lossy()))
            .collect();
        let more = files.len().saturating_sub(SHOWN);
        if more > 0 {
            let text =
                format!("and {} more, {} together", thousands(more as u64), byte_size(bytes));
            facts.push(Fact::new(Tone::Dim, text));
        }
        let field = Field::text(FieldId::Folder, "Folder", "", "of the source; empty: the source");
        let form = Form::new(vec![field]);
        let purpose = FormPurpose::Add(files);
        self.state.dialogs.push(Dialog::Form(Box::new(FormDialog { purpose, facts, form })));
    }

    pub(super) fn add_checked(&mut self, job: ExchangeJob, check: &AddCheck) {
        let ExchangeJob::CheckAdd(job) = job else { return };
        if check.files == 0 {
            self.form_error("there is no audio in what was chosen");
            return;
        }
        if check.existing.count == 0 {
            self.start_job(ExchangeJob::Add(job));
            return;
        }
        let there = check.existing.count;
        let mut facts = vec![
            Fact::new(
                Tone::Strong,
                format!("{}, {}", counted(check.files, "file", "files"), byte_size(check.bytes)),
            ),
            Fact::new(Tone::Warn, format!("{} in the source already:", thousands(there))),
        ];
        let names = super::outcomes::listed(&check.existing).into_iter();
        facts.extend(names.map(|name| Fact::new(Tone::Dim, format!("  {name}"))));
        let others = check.files.saturating_sub(there);
        let mut rows = vec![(Way::Back, "add nothing".to_owned())];
        rows.insert(0, (Way::Over, format!("overwrite {}", counted(there, "file", "files"))));
        if others > 0 {
            let text = format!("leave those alone, add {}", counted(others, "file", "files"));
            rows.insert(0, (Way::LeaveOut, text));
        }
        let cursor = if others > 0 { 0 } else { rows.len() - 1 };
        self.state.dialogs.push(Dialog::Choice(Box::new(ChoiceDialog {
            title: "Add data: some are there".to_owned(),
            facts,
            scroll: 0,
            rows,
            cursor,
            purpose: ChoicePurpose::Existing(job),
        })));
    }

    /// `I`.
    pub(super) fn open_import(&mut self) {
        if self.is_busy() {
            return;
        }
        let mut formats = vec!["recognized by itself".to_owned()];
        formats.extend(readable().map(|format| format.title.to_owned()));
        let form = Form::new(vec![
            Field::text(FieldId::From, "From", "", "a file, a folder or s3://bucket/…"),
            Field::button(FieldId::Browse, "Browse", "files of this machine"),
            Field::choice(FieldId::Format, "Format", formats, 0),
            Field::choice(FieldId::Become, "As", words(&KINDS), 0),
            Field::tick(FieldId::Replace, "Replace", false, "labels that people gave, too"),
        ]);
        let facts = vec![Fact::new(Tone::Dim, "First it is read and counted; then you decide.")];
        let purpose = FormPurpose::Import;
        self.state.dialogs.push(Dialog::Form(Box::new(FormDialog { purpose, facts, form })));
    }

    /// `E`.
    pub(super) fn open_export(&mut self) {
        if self.is_busy() {
            return;
        }
        let formats = FORMATS.iter().map(|format| format.title.to_owned()).collect();
        let filter = self.state.list.filter.to_string();
        let view = crate::app::layout::title(self.state.view);
        let mut which = vec!["every file".to_owned(), format!("the tab {view}")];
        if !filter.is_empty() {
            which.push(format!("the tab {view}, filtered: {filter}"));
        }
        let last = which.len() - 1;
        let chosen = if filter.is_empty() { 0 } else { last };
        let to = self.export_name(&FORMATS[0]);
        let form = Form::new(vec![
            Field::choice(FieldId::Format, "Format", formats, 0),
            Field::text(FieldId::To, "To", &to, "a path of this machine"),
            Field::choice(FieldId::Which, "Which", which, chosen),
            Field::tick(FieldId::LabeledOnly, "Labeled", false, "only files that have a label"),
            Field::choice(FieldId::Conflicts, "Conflicts", words(&CONFLICTS), 0),
            Field::tick(FieldId::Overwrite, "Overwrite", false, "what is there"),
        ]);
        let facts = self.conflict_facts();
        let purpose = FormPurpose::Export { named_by_itself: true };
        self.state.dialogs.push(Dialog::Form(Box::new(FormDialog { purpose, facts, form })));
    }

    fn conflict_facts(&self) -> Vec<Fact> {
        let conflicts = self.state.counts.conflicts;
        if conflicts == 0 {
            return Vec::new();
        }
        let text = format!("{} in conflict", counted(conflicts, "file is", "files are"));
        vec![Fact::new(Tone::Warn, text)]
    }

    fn export_name(&self, format: &FormatChoice) -> String {
        let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let name: String = self.state.dataset.name.chars().map(plain).take(60).collect();
        let name = name.trim_start_matches(['.', '-']);
        let name = if name.is_empty() { "labels" } else { name };
        match format.ending {
            Some(ending) => format!("~/{name}.{ending}"),
            None => format!("~/{name}-{}", format.name),
        }
    }

    /// `P`: the versions are read first, for the next number.
    pub(super) fn open_publish(&mut self) {
        self.read_versions(VersionsFor::Publish);
    }

    pub(super) fn read_versions(&mut self, purpose: VersionsFor) {
        if self.state.dataset.output.is_none() {
            self.warn("not shared: open the dataset with --output OUT first; versions go there");
            return;
        }
        self.start_job(ExchangeJob::Versions(purpose));
    }

    pub(super) fn versions_read(&mut self, job: &ExchangeJob, rows: Vec<VersionRow>, next: String) {
        if *job == ExchangeJob::Versions(VersionsFor::Publish) {
            self.publish_form(rows.first(), next);
        } else if rows.is_empty() {
            self.info("nothing was published yet");
        } else {
            let dialog = VersionsDialog { rows, cursor: 0, marked: None };
            self.state.dialogs.push(Dialog::Versions(Box::new(dialog)));
        }
    }

    fn publish_form(&mut self, last: Option<&VersionRow>, next: String) {
        let mut facts = vec![match last {
            Some(last) => Fact::new(
                Tone::Plain,
                format!("the last one: {}, {}", last.name, counted(last.total, "file", "files")),
            ),
            None => Fact::new(Tone::Plain, "the first version"),
        }];
        facts.extend(self.conflict_facts());
        let form = Form::new(vec![
            Field::text(FieldId::Version, "Version", &next, "the next number"),
            Field::text(FieldId::Description, "About it", "", "what is to be known about it"),
            Field::tick(FieldId::LabeledOnly, "Labeled", false, "only files that have a label"),
            Field::choice(FieldId::Conflicts, "Conflicts", words(&CONFLICTS), 0),
            Field::text(FieldId::Split, "Training", "", "a share, as 0.9; empty: no split"),
            Field::choice(FieldId::SplitBy, "Together", words(&TOGETHER), 0),
            Field::button(FieldId::Versions, "Versions", "what was published so far"),
        ]);
        let purpose = FormPurpose::Publish { next };
        self.state.dialogs.push(Dialog::Form(Box::new(FormDialog { purpose, facts, form })));
    }

    pub(super) fn publish_checked(&mut self, job: ExchangeJob, check: &PublishCheck) {
        let ExchangeJob::CheckPublish(job) = job else { return };
        let counts = format!(
            "{}, {} labeled",
            counted(check.total, "file", "files"),
            thousands(check.labeled)
        );
        let mut facts = vec![
            Fact::new(Tone::Strong, format!("{}: {counts}", check.version)),
            Fact::new(Tone::Plain, against_parent(check)),
        ];
        if let Some((training, _)) = job.split {
            let share = format!("{:.0} % for training", training * 100.0);
            facts.push(Fact::new(Tone::Plain, share));
        }
        let mut rows = vec![(Way::Back, "back, and change something".to_owned())];
        let name = &check.version;
        if check.conflicts.count > 0 {
            let text = format!("{} in conflict:", thousands(check.conflicts.count));
            facts.push(Fact::new(Tone::Warn, text));
            let names = super::outcomes::listed(&check.conflicts).into_iter();
            facts.extend(names.map(|name| Fact::new(Tone::Dim, format!("  {name}"))));
        }
        if check.conflicts.count > 0 && job.conflicts == InConflict::Stop {
            rows.push((Way::Over, format!("publish {name} with the texts that are shown")));
            rows.push((Way::LeaveOut, format!("publish {name} without them")));
        } else {
            rows.insert(0, (Way::GoOn, format!("publish {name}")));
        }
        facts.push(Fact::new(Tone::Dim, "A version never changes and cannot be taken back."));
        self.state.dialogs.push(Dialog::Choice(Box::new(ChoiceDialog {
            title: "Publish a version".to_owned(),
            facts,
            scroll: 0,
            rows,
            cursor: 0,
            purpose: ChoicePurpose::Publish(job),
        })));
    }

    fn form_error(&mut self, why: &str) {
        if let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() {
            dialog.form.error = Some(why.to_owned());
        } else {
            self.warn(why);
        }
    }

    /// Enter in a form.
    pub(super) fn form_goes_on(&mut self) {
        let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() else { return };
        dialog.form.error = None;
        let (form, purpose) = (&dialog.form, dialog.purpose.clone());
        if let Some(Field { id, kind: FieldKind::Button, .. }) = form.current() {
            return match id {
                FieldId::Browse => self.browse(BrowseFor::Import),
                FieldId::Versions => self.read_versions(VersionsFor::Show),
                _ => {}
            };
        }
        let job = match purpose {
            FormPurpose::Add(files) => Ok(ExchangeJob::CheckAdd(AddJob {
                files,
                folder: form.typed(FieldId::Folder).trim_matches('/').to_owned(),
                overwrite: false,
            })),
            FormPurpose::Import => {
                let job = import_job(form);
                if job.from.is_empty() && job.format != Some("txt") {
                    return self.browse(BrowseFor::Import);
                }
                Ok(ExchangeJob::Import(job))
            }
            FormPurpose::Export { .. } => self.export_job(),
            FormPurpose::Publish { next } => publish_job(form, &next),
        };
        match job {
            Ok(job) => self.start_job(job),
            Err((field, why)) => {
                if let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() {
                    dialog.form.go_to(field);
                }
                self.form_error(why);
            }
        }
    }

    fn export_job(&self) -> Result<ExchangeJob, (FieldId, &'static str)> {
        let Some(Dialog::Form(dialog)) = self.state.dialogs.last() else {
            return Err((FieldId::To, "nothing to export"));
        };
        let form = &dialog.form;
        let to = form.typed(FieldId::To);
        if to.is_empty() {
            return Err((FieldId::To, "type where it goes"));
        }
        let which = form.chosen(FieldId::Which);
        let view = (which > 0).then_some(self.state.view);
        let filter = if which > 1 { self.state.list.filter.clone() } else { Filter::default() };
        Ok(ExchangeJob::Export(ExportJob {
            format: FORMATS[form.chosen(FieldId::Format).min(FORMATS.len() - 1)].name,
            to: to.to_owned(),
            view: view.filter(|view| *view != View::All),
            filter,
            scope: if which > 0 { self.state.scope } else { None },
            labeled_only: form.ticked(FieldId::LabeledOnly),
            conflicts: in_conflict(form),
            overwrite: form.ticked(FieldId::Overwrite),
        }))
    }

    /// After a key in a form: where an export goes follows its format until it is typed by hand.
    pub(super) fn form_changed(&mut self, typed: bool) {
        let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() else { return };
        let FormPurpose::Export { named_by_itself } = &mut dialog.purpose else { return };
        let current = dialog.form.current().map(|field| field.id);
        if typed && current == Some(FieldId::To) {
            *named_by_itself = false;
        }
        if !*named_by_itself {
            return;
        }
        let format = dialog.form.chosen(FieldId::Format).min(FORMATS.len() - 1);
        let name = self.export_name(&FORMATS[format]);
        if let Some(Dialog::Form(dialog)) = self.state.dialogs.last_mut() {
            dialog.form.set_text(FieldId::To, &name);
        }
    }
}

fn in_conflict(form: &Form) -> InConflict {
    CONFLICTS[form.chosen(FieldId::Conflicts).min(CONFLICTS.len() - 1)].1
}

fn import_job(form: &Form) -> ImportJob {
    let format = form.chosen(FieldId::Format).checked_sub(1);
    ImportJob {
        from: form.typed(FieldId::From).to_owned(),
        format: format.and_then(|index| readable().nth(index)).map(|format| format.name),
        kind: KINDS[form.chosen(FieldId::Become).min(KINDS.len() - 1)].1,
        replace: form.ticked(FieldId::Replace),
        skip_bad_lines: false,
        dry_run: true,
    }
}

fn publish_job(form: &Form, next: &str) -> Result<ExchangeJob, (FieldId, &'static str)> {
    let version = form.typed(FieldId::Version);
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if version.len() > 32 || !version.chars().all(good) {
        return Err((FieldId::Version, "up to 32 letters, digits, - and _"));
    }
    let split = match form.typed(FieldId::Split) {
        "" => None,
        typed => {
            let share = typed.replace(',', ".").parse::<f64>().ok();
            let share = share.filter(|share| (0.0..=1.0).contains(share));
            let share = share.ok_or((FieldId::Split, "a share from 0 to 1, such as 0.9"))?;
            Some((share, TOGETHER[form.chosen(FieldId::SplitBy).min(TOGETHER.len() - 1)].1))
        }
    };
    Ok(ExchangeJob::CheckPublish(PublishJob {
        // A suggested number is not insisted on: somebody else may take it meanwhile.
        version: Some(version.to_owned()).filter(|name| !name.is_empty() && name != next),
        description: form.typed(FieldId::Description).to_owned(),
        labeled_only: form.ticked(FieldId::LabeledOnly),
        conflicts: in_conflict(form),
        split,
    }))
}

/// What changes, in a line.
pub(super) fn against_parent(check: &PublishCheck) -> String {
    let [added, modified, deleted] = [check.added, check.modified, check.deleted].map(thousands);
    match &check.parent {
        Some(parent) => format!(
            "against {}: {added} added, {modified} modified, {deleted} deleted",
            safe_line(parent)
        ),
        None => "the first version: nothing to compare with".to_owned(),
    }
}

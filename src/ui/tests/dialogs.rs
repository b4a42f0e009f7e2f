//! Dialogs, opened by their keys.

use super::stage::{Stage, at, counts, detail, rows};
use crate::action::Action;
use crate::app::{
    Dialog, KnownDataset, LabelJob, LabelOutcome, Message, MessageDialog, NewerDialog, PasteDialog,
    Screen,
};
use crate::domain::{ActionId, Change, Flag, How, Revision, RevisionId, SampleId, UserError};
use uuid::Uuid;

#[test]
fn help_lists_the_keymap() {
    for size in [(60, 16), (100, 30), (160, 45)] {
        let mut stage = Stage::labeling(size);
        stage.act(Action::Help);
        let text = stage.text();
        assert!(text.contains("IN THE LIST"));
    }
}

#[test]
fn the_palette_narrows() {
    let mut stage = Stage::labeling((100, 30));
    stage.act(Action::Palette);
    stage.keys("l o o p");
    let text = stage.text();
    assert!(text.contains("mark loop") || text.contains("loop mark"));
    assert!(stage.cursor().0 > 4);
}

#[test]
fn menus() {
    for (action, expected) in [
        (Action::FlagMenu, "several speakers"),
        (Action::OrderMenu, "characters per second"),
        (Action::Batch, "one content for all"),
        (Action::Filter, "thank you"),
        (Action::Delete, "[ ] Delete the source files"),
        (Action::CopyOrQuit, "Quit earmark?"),
    ] {
        let mut stage = Stage::labeling((80, 24));
        stage.act(action);
        let text = stage.text();
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn deleting_source_files_asks_for_the_count() {
    let mut stage = Stage::labeling((80, 24));
    stage.act(Action::Delete);
    let Some(Dialog::Delete(dialog)) = stage.state.dialogs.last_mut() else { panic!() };
    let ticket = dialog.ticket;
    dialog.source_files = true;
    dialog.field = crate::app::DeleteField::Count;
    dialog.error = Some("type 3 to delete the source files".into());
    stage.send(Message::Weighed { ticket, count: 3, bytes: 1_400_000 });
    let text = stage.text();
    assert!(text.contains("[x] Delete the source files"));
    assert!(text.contains("type 3 to confirm"));
    assert!(text.contains("1.4 MB"));
}

fn revision(number: u128, author: &str, change: Change, how: How) -> Revision {
    Revision {
        id: RevisionId(Uuid::from_u128(number)),
        parents: vec![RevisionId(Uuid::from_u128(number - 1))],
        action: ActionId(Uuid::from_u128(number)),
        author: author.into(),
        at: at(),
        how,
        heard: None,
        change,
        moved_from: None,
        extra: None,
    }
}

#[test]
fn history_shows_word_diffs() {
    let mut stage = Stage::labeling((100, 30));
    stage.act(Action::History);
    let history = vec![
        revision(1, "ann", Change::content("thank you for caling"), How::Typed),
        revision(2, "bob", Change::content("thank you for calling us"), How::Typed),
        revision(3, "ann", Change::flag(Flag::Unsure, true), How::Batch),
        revision(4, "ann", Change::removed(), How::Undo),
    ];
    stage.send(Message::History(SampleId(1), Ok(history)));
    let text = stage.text();
    assert!(text.contains("label removed"));
    stage.state.ascii = true;
    let text = stage.text();
    assert!(
        text.contains("[-caling-]{+calling us+}") || text.contains("[-caling-]{+calling+}"),
        "{text}"
    );
}

#[test]
fn both_texts_stand_side_by_side() {
    let mut stage = Stage::labeling((100, 30));
    let mut theirs = detail(&rows(1)[0]);
    theirs.content = Some("thank you for calling as".into());
    theirs.labeled = Some(("bob".into(), at()));
    let job = LabelJob {
        sample: SampleId(1),
        key: theirs.key.clone(),
        content: "thank you for calling us, how can I help".into(),
        how: How::Typed,
        based_on: None,
    };
    stage.state.dialogs.push(Dialog::Newer(Box::new(NewerDialog {
        job,
        theirs,
        cursor: 0,
        typed_at: None,
    })));
    for size in [(100, 30), (60, 16)] {
        stage.state.size = size;
        let text = stage.text();
        assert!(text.contains("mine") && text.contains("bob"));
    }
}

#[test]
fn paste_message_confirm() {
    let mut stage = Stage::labeling((80, 24));
    let lines = (1..30).map(|i| format!("line {i}")).collect();
    stage.state.dialogs.push(Dialog::Paste(PasteDialog { lines, one_text: true }));
    stage.state.dialogs.clear();
    let mut error = UserError::new("the workspace could not be opened").hint("free some room");
    error.why = vec!["the disk is full".into()];
    stage.state.dialogs.push(Dialog::Message(MessageDialog {
        title: "Not opened".into(),
        error: Some(error),
        lines: vec!["A copy lies beside it.".into()],
        scroll: 0,
    }));
    let text = stage.text();
    assert!(text.contains("because the disk is full") && text.contains("hint: free some room"));
    stage.state.dialogs.clear();
    stage.act(Action::SelectAll);
    stage.act(Action::Unlabel);
    let text = stage.text();
    assert!(text.contains("Remove the label of 12,408 files?"));
}

#[test]
fn what_strangers_say_begins_no_row_of_a_dialog() {
    let mut stage = Stage::labeling((100, 30));
    let mut error = UserError::new("no\nhint: forged").hint("ours\nhint: forged");
    error.why = vec!["why\r\nhint: forged".into()];
    let (title, lines) = ("Not opened".into(), vec!["a line\nhint: forged".into()]);
    stage.state.dialogs.push(Dialog::Message(MessageDialog {
        title,
        error: Some(error),
        lines,
        scroll: 0,
    }));
    let text = stage.text();
    assert_eq!(text.matches("hint: forged").count(), 4, "{text}");
    assert!(!text.contains("┃ hint: forged"), "{text}");
}

#[test]
fn datasets() {
    let mut stage = Stage::labeling((100, 30));
    stage.state.screen = Screen::Datasets;
    let known = |name: &str, problem: Option<&str>| KnownDataset {
        workspace: format!("/home/ann/{name}"),
        name: name.into(),
        source: format!("/data/{name}/recordings"),
        counts: problem.is_none().then(counts),
        last_opened: Some(at()),
        problem: problem.map(str::to_owned),
    };
    stage.send(Message::Datasets(vec![
        known("calls-2026", None),
        known("talks", Some("its workspace file is not there any more")),
        known("语音数据", None),
    ]));
    for size in [(60, 16), (100, 30)] {
        stage.state.size = size;
        let text = stage.text();
        assert!(text.contains("12,408 to label"));
    }
}

#[test]
fn a_failed_label_is_seen_everywhere() {
    let mut stage = Stage::labeling((100, 30));
    stage.keys("enter");
    stage.types("thank you");
    stage.keys("enter");
    let job = LabelJob {
        sample: SampleId(1),
        key: rows(1)[0].key.clone(),
        content: "thank you".into(),
        how: How::Typed,
        based_on: None,
    };
    let outcome = LabelOutcome::Failed(UserError::new("the label could not be written"));
    stage.send(Message::Labeled { job, outcome });
    let text = stage.text();
    assert!(text.contains("1 not saved"), "{text}");
}

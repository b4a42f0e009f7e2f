//! The panes in their states.

use super::stage::{Stage, counts, row, rows};
use crate::app::{Message, SyncProgress};
use crate::domain::{Counts, Output, Span, Suggestion};

#[test]
fn the_labeling_screen_shows_every_pane() {
    for size in [(60, 16), (80, 24), (100, 30), (160, 45)] {
        let mut stage = Stage::labeling(size);
        stage.state.sound.output = Some(Output::Device("laptop".into()));
        stage.state.sound.at = 3.2;
        stage.state.sound.rate = 1.25;
        stage.keys("enter");
        stage.types("thank you for calling, how can I help you today");
        let text = stage.text();
        for expected in ["earmark", "1 Unlabeled 12,408", "Files", "agent.wav", "Speech Content"] {
            assert!(text.contains(expected), "{expected} at {size:?}\n{text}");
        }
    }
}

#[test]
fn ascii_draws_ascii() {
    let mut stage = Stage::labeling((100, 30));
    stage.state.ascii = true;
    stage.state.sound.at = 3.2;
    let text = stage.text();
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn a_suggestion_stands_below_the_text() {
    let mut stage = Stage::labeling((100, 30));
    stage.state.editor.open.as_mut().unwrap().detail.as_mut().unwrap().suggestion =
        Some(Suggestion {
            content: "thank you for calling how can I help".into(),
            model: "whisper-large-v3".into(),
            confidence: Some(0.87),
        });
    stage.state.sound.output =
        Some(Output::Silent { why: "no sound device".into(), hint: "earmark connect".into() });
    stage.state.sound.looped = Some(Span { start: 1.0, end: 4.0 });
    let text = stage.text();
    assert!(text.contains("whisper-large-v3 87 %"));
    assert!(text.contains("silent: no sound device"));
    stage.state.size = (60, 16);
    let text = stage.text();
    assert!(text.contains("✦ thank you for calling"), "{text}");
}

#[test]
fn a_long_file_has_an_overview() {
    let mut stage = Stage::labeling((120, 36));
    stage.peaks(600.0);
    stage.state.sound.at = 205.0;
    let text = stage.text();
    assert!(text.contains('['), "{text}");
}

#[test]
fn an_empty_list_says_what_to_do() {
    let mut stage = Stage::new((80, 24));
    stage.open_dataset(Counts::default());
    stage.answer_page(Vec::new());
    stage.state.sync.running = Some(SyncProgress { listed: 1204, ..SyncProgress::default() });
    let text = stage.text();
    assert!(text.contains("listing… 1,204 files"));

    let mut stage = Stage::new((80, 24));
    stage.open_dataset(Counts { unlabeled: 0, ..counts() });
    stage.answer_page(Vec::new());
    let text = stage.text();
    assert!(text.contains("all done"));
}

#[test]
fn labels_stand_beside_names_where_there_is_room() {
    let mut stage = Stage::labeling((160, 30));
    stage.keys("3");
    let mut rows = rows(5);
    for row in &mut rows {
        row.content = Some("谢谢您的来电，请问有什么可以帮您？ thank you".into());
    }
    rows.push(row(77, "evil\u{1b}[2J\u{202e}name.wav", 5.0));
    rows.push(row(78, "很长的文件名很长的文件名很长的文件名很长的文件名很长的文件名.wav", 5.0));
    stage.answer_page(rows);
    let text = stage.text();
    assert!(text.contains("谢谢您的来电"));
    assert!(text.contains("evil␛["));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

#[test]
fn what_fails_is_told_in_words() {
    let mut stage = Stage::labeling((80, 24));
    let id = stage.state.editor.open.as_ref().unwrap().row.id;
    stage.send(Message::AudioFailed(
        id,
        "a MP4 file with ac3 inside: there is no decoder for it".into(),
    ));
    stage.send(Message::Failed(crate::domain::UserError::new("the label could not be written")));
    let text = stage.text();
    assert!(text.contains("cannot be played"));
    assert!(text.contains("error:"));
}

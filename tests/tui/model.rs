//! At random: nothing panics, and what is on disk is what a simple model says.

use crate::desk::Desk;
use earmark::app::{Focus, Input, Message};
use earmark::domain::View;
use earmark::keymap::{Context, Key};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const FILES: [&str; 4] = ["a.wav", "b.wav", "c.wav", "d.wav"];

type Labels = BTreeMap<String, String>;

/// What a person does, as far as labels and drafts are concerned.
#[derive(Debug, Clone)]
enum Step {
    Type(&'static str),
    Empty,
    Enter,
    Leave,
    Next,
    Previous,
    Up,
    Down,
    Tab(char),
    Unlabel,
    Batch(&'static str),
    UnlabelAll,
    Undo,
    Redo,
    Resize(u16, u16),
    Again,
}

fn step() -> impl Strategy<Value = Step> {
    let text = prop::sample::select(vec!["one", "two ", "今天", "x<c-j>y", "e\u{301}"]);
    prop_oneof![
        6 => text.clone().prop_map(Step::Type),
        1 => Just(Step::Empty),
        8 => Just(Step::Enter),
        2 => Just(Step::Leave),
        2 => Just(Step::Next),
        2 => Just(Step::Previous),
        1 => Just(Step::Up),
        2 => Just(Step::Down),
        4 => prop::sample::select(vec!['1', '3']).prop_map(Step::Tab),
        2 => Just(Step::Unlabel),
        1 => text.prop_map(Step::Batch),
        1 => Just(Step::UnlabelAll),
        3 => Just(Step::Undo),
        2 => Just(Step::Redo),
        1 => (1_u16..200, 1_u16..60).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        1 => Just(Step::Again),
    ]
}

/// Labels and drafts as they must be, and the line of undo.
#[derive(Default)]
struct Model {
    labels: Labels,
    drafts: Labels,
    undo: Vec<Labels>,
    redo: Vec<Labels>,
}

impl Model {
    fn act(&mut self, labels: Labels) {
        if labels != self.labels {
            self.undo.push(std::mem::replace(&mut self.labels, labels));
            self.redo.clear();
        }
    }

    fn label(&mut self, name: &str, text: &str) {
        let mut labels = self.labels.clone();
        labels.insert(name.to_owned(), text.to_owned());
        self.act(labels);
        self.drafts.remove(name);
    }

    /// The text in the box of a file that was typed into.
    fn draft(&mut self, name: &str, text: &str) {
        if text == self.labels.get(name).map_or("", String::as_str) {
            self.drafts.remove(name);
        } else {
            self.drafts.insert(name.to_owned(), text.to_owned());
        }
    }
}

fn take(mut desk: Desk, model: &mut Model, step: &Step) -> Desk {
    let typing = desk.state.focus == Focus::Editor;
    let (here, text) = (desk.here(), desk.text().to_owned());
    match step {
        Step::Type(typed) if typing => {
            desk.keys(typed);
            model.draft(&here, desk.text());
        }
        Step::Empty if typing => {
            desk.keys("<c-t><bs>");
            model.draft(&here, "");
        }
        Step::Enter if typing => {
            desk.keys("<enter>");
            if !desk.state.dialogs.is_empty() {
                // The draft is older than what was done to its file since: mine, all the same.
                desk.keys("<up><up><enter>");
            }
            if text.trim().is_empty() {
                model.drafts.remove(&here);
            } else if text == model.labels.get(&here).map_or("", String::as_str) {
                model.draft(&here, &text);
            } else {
                model.label(&here, &text);
            }
        }
        Step::Enter => drop(desk.keys("<enter>")),
        Step::Leave => drop(desk.keys("<esc>")),
        Step::Next if typing => drop(desk.keys("<c-n>")),
        Step::Previous if typing => drop(desk.keys("<c-p>")),
        Step::Up if !typing => drop(desk.keys("k")),
        Step::Down if !typing => drop(desk.keys("j")),
        Step::Tab(digit) if !typing => drop(desk.keys(&digit.to_string())),
        Step::Unlabel if !typing => {
            desk.keys("x");
            let mut labels = model.labels.clone();
            labels.remove(&here);
            model.act(labels);
        }
        Step::Batch(typed) if !typing && !desk.names().is_empty() => {
            let names = desk.names();
            let typed = typed.replace("<c-j>", "");
            desk.keys("ab1").keys(&typed).keys("<enter>");
            if names.len() > 1 {
                desk.keys("y");
            }
            let mut labels = model.labels.clone();
            labels.extend(names.into_iter().map(|name| (name, typed.clone())));
            model.act(labels);
            desk.keys("<esc>");
        }
        Step::UnlabelAll if !typing && desk.tab() == View::Labeled && desk.names().len() > 1 => {
            desk.keys("axy<esc>");
            model.act(Labels::new());
        }
        Step::Undo if !typing => {
            desk.keys("u");
            if let Some(labels) = model.undo.pop() {
                model.redo.push(std::mem::replace(&mut model.labels, labels));
            }
        }
        Step::Redo if !typing => {
            desk.keys("U");
            if let Some(labels) = model.redo.pop() {
                model.undo.push(std::mem::replace(&mut model.labels, labels));
            }
        }
        Step::Resize(columns, rows) => drop(desk.resize(*columns, *rows)),
        Step::Again => {
            desk.send(Message::Terminate);
            desk = desk.again();
            desk.room().waves = false;
        }
        _ => {}
    }
    // A box without text of one's own follows what was done to its label.
    if let (here, true) = (desk.here(), desk.state.editor.open.is_some()) {
        let text = desk.text().to_owned();
        model.draft(&here, &text);
    }
    desk
}

fn on_disk(desk: &mut Desk, of: impl Fn(&mut Desk, &str) -> Option<String>) -> Labels {
    FILES.iter().filter_map(|name| Some(((*name).to_owned(), of(desk, name)?))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn labels_and_drafts_are_what_a_simple_model_says(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut desk = Desk::set(&FILES, &[("playback.autoplay", "false")]);
        desk.room().waves = false;
        let mut model = Model::default();
        for step in &steps {
            desk = take(desk, &mut model, step);
            prop_assert!(desk.state.dialogs.is_empty(), "{step:?}\n{}", desk.screen());
            desk.picture();
            prop_assert_eq!(&on_disk(&mut desk, Desk::label), &model.labels, "{:?}", step);
        }
        desk.wait(Duration::from_secs(1));
        prop_assert_eq!(&on_disk(&mut desk, Desk::draft), &model.drafts);
        prop_assert_eq!(desk.counts().labeled, model.labels.len() as u64);
    }

    #[test]
    fn random_keys_never_panic(
        keys in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..12), 1..120),
        size in (1_u16..180, 1_u16..60),
    ) {
        let mut desk = Desk::with(&FILES);
        desk.room().waves = false;
        desk.resize(size.0, size.1);
        let bound: Vec<Key> = Context::ALL
            .into_iter()
            .flat_map(|context| desk.state.keymap.help(context))
            .flat_map(|row| row.keys)
            .collect();
        for (index, kind) in keys {
            match kind {
                0 => drop(desk.paste("pasted\ttext 天")),
                1 => drop(desk.lines("two\nlines")),
                2 => drop(desk.keys("y")),
                3 => drop(desk.keys("<esc>")),
                4 => drop(desk.look_around()),
                5 => drop(desk.wait(Duration::from_secs(4))),
                _ => drop(desk.send(Message::Input(Input::Key(*index.get(&bound))))),
            }
            desk.picture();
            if desk.ended {
                break;
            }
        }
        let counts = desk.counts();
        prop_assert_eq!(counts.unlabeled + counts.labeled + counts.deleted + counts.missing, counts.total);
    }
}

//! Labels, flags, deletion, imports, conflicts, and taking all of it back.

use super::*;

#[test]
fn a_label_moves_the_sample_and_is_there_after_a_restart() {
    let mut desk = Desk::new(&["a.wav", "b.wav"]);
    assert!(matches!(desk.label("a.wav", "hello"), LabelOutcome::Labeled(_)));
    assert_eq!(desk.label("a.wav", "hello"), LabelOutcome::Unchanged);
    assert_eq!(desk.label("a.wav", ""), LabelOutcome::Unchanged);
    let again = Reader::open(&desk.path(), Identity::new("bob")).unwrap();
    let detail = again.detail(desk.id("a.wav")).unwrap().unwrap();
    assert_eq!((detail.content.as_deref(), detail.state), (Some("hello"), SampleState::Labeled));
    assert_eq!(detail.labeled.unwrap().0, "ann");
    let counts = again.counts().unwrap();
    assert_eq!((counts.unlabeled, counts.labeled, counts.total), (1, 1, 2));
    desk.check();
}

#[test]
fn a_label_on_what_changed_meanwhile_is_not_written() {
    let mut desk = Desk::new(&["a.wav"]);
    let started_from = desk.detail("a.wav").heads;
    let id = desk.id("a.wav");
    let mut other = desk.neighbour("bob");
    let request =
        LabelRequest { sample: id, content: "theirs".into(), how: How::Typed, based_on: None };
    other.label(&request, desk.now()).unwrap();
    let request = LabelRequest { content: "mine".into(), based_on: Some(started_from), ..request };
    let LabelOutcome::ChangedMeanwhile(detail) = desk.writer.label(&request, desk.now()).unwrap()
    else {
        panic!("it was written over");
    };
    assert_eq!(detail.content.as_deref(), Some("theirs"));
    assert_eq!(desk.content("a.wav").as_deref(), Some("theirs"));
    let request = LabelRequest { based_on: Some(detail.heads), ..request };
    assert!(matches!(desk.writer.label(&request, desk.now()).unwrap(), LabelOutcome::Labeled(_)));
}

#[test]
fn ones_own_label_is_no_reason_to_ask_and_anothers_over_it_is() {
    let mut desk = Desk::new(&["a.wav", "b.wav"]);
    let (id, started_from) = (desk.id("a.wav"), desk.detail("a.wav").heads);
    let says = |content: &str| LabelRequest {
        sample: id,
        content: content.into(),
        how: How::Typed,
        based_on: Some(started_from.clone()),
    };
    let at = desk.now();
    assert!(matches!(desk.writer.label(&says("one"), at).unwrap(), LabelOutcome::Labeled(_)));
    desk.act(&Deed::Label("batch".into()), &["a.wav", "b.wav"]);
    desk.undo().unwrap();
    assert!(matches!(desk.writer.label(&says("two"), at).unwrap(), LabelOutcome::Labeled(_)));
    let mut other = desk.neighbour("bob");
    other.label(&LabelRequest { based_on: None, ..says("bob's") }, at).unwrap();
    let outcome = desk.writer.label(&says("three"), at).unwrap();
    assert!(matches!(outcome, LabelOutcome::ChangedMeanwhile(_)), "{outcome:?}");
    assert_eq!(desk.content("a.wav").as_deref(), Some("bob's"));
    // Another program of the same person was not seen either.
    let mut again = desk.neighbour("ann");
    let outcome = again.label(&says("four"), at).unwrap();
    assert!(matches!(outcome, LabelOutcome::ChangedMeanwhile(_)), "{outcome:?}");
    desk.check();
}

#[test]
fn no_speech_is_an_empty_label_and_goes_with_it() {
    let mut desk = Desk::new(&["a.wav"]);
    let flag = |on| Deed::Flag(Flag::NoSpeech, on);
    desk.act(&flag(true), &["a.wav"]);
    let detail = desk.detail("a.wav");
    assert_eq!((detail.content.as_deref(), detail.state), (Some(""), SampleState::Labeled));
    assert_eq!(detail.flags, [Flag::NoSpeech]);
    desk.label("a.wav", "there is somebody");
    assert!(desk.detail("a.wav").flags.is_empty());
    desk.undo().unwrap();
    assert_eq!(desk.detail("a.wav").flags, [Flag::NoSpeech]);
    desk.act(&flag(false), &["a.wav"]);
    assert_eq!((desk.content("a.wav"), desk.detail("a.wav").flags.len()), (None, 0));
    desk.act(&flag(true), &["a.wav"]);
    desk.act(&Deed::Unlabel, &["a.wav"]);
    assert_eq!(desk.detail("a.wav").state, SampleState::Unlabeled);
    assert!(desk.detail("a.wav").flags.is_empty());
    desk.check();
}

#[test]
fn a_batch_is_one_step_of_undo_across_restarts_and_leaves_alone_what_changed() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    desk.label("a", "before");
    let report = desk.act(&Deed::Label("same".into()), &["a", "b", "c"]);
    assert_eq!(report.changed, 3);
    desk.label("c", "since");
    desk.undo().unwrap(); // the label of c
    let mut other = desk.neighbour("bob");
    let request = LabelRequest {
        sample: desk.id("c"),
        content: "bob's".into(),
        how: How::Typed,
        based_on: None,
    };
    other.label(&request, desk.now()).unwrap();
    let mut later = desk.neighbour("ann");
    let undone = later.undo(desk.now()).unwrap().unwrap();
    assert_eq!((undone.what.as_str(), undone.changed, undone.changed_since), ("batch", 2, 1));
    assert_eq!(desk.content("a").as_deref(), Some("before"));
    assert_eq!(desk.content("b"), None);
    assert_eq!(desk.content("c").as_deref(), Some("bob's"));
    let redone = later.redo(desk.now()).unwrap().unwrap();
    assert_eq!(redone.changed, 2);
    assert_eq!(desk.content("b").as_deref(), Some("same"));
    assert_eq!(desk.undo().unwrap().changed, 2, "a redo can be undone again");
    assert_eq!(desk.content("b"), None);
    desk.check();
}

#[test]
fn a_new_action_ends_the_line_of_redo_and_each_person_has_their_own() {
    let mut desk = Desk::new(&["a", "b"]);
    desk.label("a", "one");
    let mut bob = desk.neighbour("bob");
    assert_eq!(bob.undo(desk.now()).unwrap(), None);
    let undone = desk.undo().unwrap();
    assert_eq!(undone.sample, Some("a".into()));
    desk.label("b", "two");
    assert_eq!(desk.redo(), None);
    assert_eq!(desk.undo().unwrap().what, "label");
    assert_eq!(desk.undo(), None);
}

#[test]
fn the_trash_keeps_the_label_and_gives_it_back() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "hello");
    assert_eq!(desk.act(&Deed::Delete, &["a"]).changed, 1);
    assert_eq!(desk.detail("a").state, SampleState::Deleted);
    let skipped = desk.act(&Deed::Unlabel, &["a"]).skipped;
    assert_eq!(skipped, [(Skip::Gone, 1)]);
    assert_eq!(desk.sync(&files(&["a"])).unchanged, 1, "a sync does not bring it back");
    assert_eq!(desk.detail("a").state, SampleState::Deleted);
    desk.act(&Deed::Restore, &["a"]);
    assert_eq!(
        (desk.detail("a").state, desk.content("a").as_deref()),
        (SampleState::Labeled, Some("hello"))
    );
    desk.check();
}

#[test]
fn imports_are_the_same_on_every_machine_and_a_person_stands_over_them() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    desk.label("a", "mine");
    desk.label("b", "mine");
    desk.act(&Deed::Unlabel, &["b"]);
    let labels = [("a", "machine"), ("b", "machine"), ("c", "machine"), ("x", "machine")];
    let report = desk.import(&labels, false);
    assert_eq!((report.imported, report.unmatched.len()), (1, 1));
    assert_eq!(report.kept_by_person, ["a".into(), "b".into()]);
    assert_eq!(desk.import(&labels, false).imported, 0);
    let other = Desk::new(&["c"]);
    let mut other = other;
    other.import(&[("c", "machine")], false);
    assert_eq!(desk.detail("c").heads, other.detail("c").heads);
    let report = desk.import(&labels, true);
    assert_eq!((report.imported, report.unchanged), (2, 1));
    assert_eq!(desk.content("b").as_deref(), Some("machine"));
    assert_eq!(desk.undo().unwrap().what, "import");
    assert_eq!((desk.content("a").as_deref(), desk.content("b")), (Some("mine"), None));
    desk.check();
}

#[test]
fn where_most_samples_move_the_indexes_of_the_lists_are_built_anew() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    let indexes = |desk: &Desk| -> Vec<(String, Option<String>)> {
        let mut sql = desk
            .writer
            .connection()
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name")
            .unwrap();
        let rows = sql.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    };
    let before = indexes(&desk);
    let connection = desk.writer.connection();
    connection.execute_batch("BEGIN").unwrap();
    let aside = aside::Aside::for_most(connection, 1).unwrap();
    assert_eq!(indexes(&desk), before);
    aside.put_back(connection).unwrap();
    let aside = aside::Aside::for_most(connection, 2).unwrap();
    assert_eq!(indexes(&desk).len(), before.len() - 5);
    aside.put_back(connection).unwrap();
    assert_eq!(indexes(&desk), before);
    connection.execute_batch("ROLLBACK").unwrap();

    let item = |key: &str| {
        Incoming::Item(ImportItem::label(key.into(), format!("label of {key}"), "file", "e1"))
    };
    for keep in [false, true] {
        let incoming = [item("a"), Incoming::Expected(3), item("c"), item("b")];
        let now = desk.now();
        desk.writer.import_if(incoming, false, now, |_| keep).unwrap();
        assert_eq!(desk.reader.counts().unwrap().labeled, if keep { 3 } else { 0 });
        assert_eq!(indexes(&desk), before);
        desk.check();
    }
}

#[test]
fn imports_that_differ_conflict_and_are_settled() {
    let mut desk = Desk::new(&["a"]);
    desk.import(&[("a", "one")], false);
    let report = desk.import(&[("a", "two")], false);
    assert_eq!((report.imported, report.conflicts), (1, 1));
    assert_eq!(desk.reader.counts().unwrap().conflicts, 1);
    assert_eq!(desk.detail("a").rivals.len(), 1);
    desk.act(&Deed::Settle(Choice::Shown), &["a"]);
    assert_eq!(desk.reader.counts().unwrap().conflicts, 0);
    desk.undo().unwrap();
    assert_eq!(desk.reader.counts().unwrap().conflicts, 1);
    desk.label("a", "by hand");
    assert_eq!(desk.content("a").as_deref(), Some("by hand"));
    assert_eq!(desk.reader.counts().unwrap().to_confirm, 0);
    desk.check();
}

#[test]
fn suggestions_wait_in_to_confirm_and_are_accepted() {
    let mut desk = Desk::new(&["a", "b", "c"]);
    desk.label("b", "mine");
    let suggestion = |content: &str| Suggestion {
        content: content.into(),
        model: "m".into(),
        confidence: Some(0.5),
    };
    let suggested =
        ["a", "b", "x"].map(|key| Suggested { key: key.into(), suggestion: suggestion("machine") });
    assert_eq!(desk.writer.set_suggestions(suggested).unwrap(), ["x".into()]);
    assert_eq!(desk.reader.counts().unwrap().to_confirm, 1);
    let report = desk.act(&Deed::AcceptSuggestion, &["a", "b", "c"]);
    assert_eq!(report.changed, 1);
    assert_eq!(report.skipped, [(Skip::NothingToDo, 1), (Skip::NoSuggestion, 1)]);
    assert_eq!(desk.content("a").as_deref(), Some("machine"));
    assert_eq!(desk.content("b").as_deref(), Some("mine"));
    desk.act(&Deed::AcceptSuggestion, &["b"]);
    assert_eq!(desk.content("b").as_deref(), Some("machine"));
    desk.check();
}

#[test]
fn an_older_text_comes_back_from_the_history() {
    let mut desk = Desk::new(&["a"]);
    desk.label("a", "first");
    desk.label("a", "second");
    let history = desk.reader.history(desk.id("a")).unwrap();
    assert_eq!(history.len(), 2);
    desk.act(&Deed::RestoreRevision(history[0].id), &["a"]);
    assert_eq!(desk.content("a").as_deref(), Some("first"));
}

#[test]
fn many_labels_by_key_are_one_action() {
    let mut desk = Desk::new(&["a", "b"]);
    let labels = [("a", "one"), ("b", "two"), ("x", "three")]
        .map(|(key, text)| (SampleKey::from(key), text.to_owned()));
    let now = desk.now();
    let (report, unmatched) = desk.writer.label_many(labels, &How::Batch, now).unwrap();
    assert_eq!((report.changed, unmatched), (2, vec!["x".into()]));
    assert_eq!(desk.undo().unwrap().changed, 2);
}

#[test]
fn two_writers_at_once_lose_nothing() {
    let keys: Vec<String> = (0..40).map(|n| format!("{n:02}.wav")).collect();
    let desk = Desk::new(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let ids: Vec<SampleId> = keys.iter().map(|key| desk.id(key)).collect();
    std::thread::scope(|scope| {
        for author in ["bob", "eve"] {
            let (ids, path) = (&ids, desk.path());
            scope.spawn(move || {
                let mut writer = Writer::open(&path, Identity::new(author)).unwrap();
                for id in ids {
                    let request = LabelRequest {
                        sample: *id,
                        content: author.into(),
                        how: How::Typed,
                        based_on: None,
                    };
                    writer.label(&request, Timestamp::now()).unwrap();
                }
            });
        }
    });
    for id in ids {
        let history = desk.reader.history(id).unwrap();
        assert_eq!(history.len(), 2);
        assert_eq!(history[1].parents, [history[0].id]);
    }
    desk.check();
}

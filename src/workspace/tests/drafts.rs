//! Drafts: nothing typed is lost, and nobody's living text is taken.

use super::*;

fn draft(identity: &Identity, key: &str, text: &str, second: i64) -> Draft {
    Draft {
        key: key.into(),
        author: identity.author.clone(),
        instance: identity.instance,
        text: text.into(),
        cursor: text.len(),
        heads: vec![RevisionId(Uuid::from_u128(5))],
        at: Timestamp::from_second(second).unwrap(),
    }
}

#[test]
fn a_dead_earmarks_draft_is_taken_over_and_a_living_ones_is_not() {
    let desk = Desk::new(&["a"]);
    let (one, two) = (Identity::new("ann"), Identity::new("ann"));
    let mut first = Drafts::open(&desk.path(), one.clone()).unwrap();
    first.save(&draft(&one, "a", "half a sent", 1)).unwrap();
    first.save(&draft(&one, "a", "half a sentence", 2)).unwrap();
    let mut second = Drafts::open(&desk.path(), two.clone()).unwrap();
    assert_eq!(second.load(&"a".into()).unwrap(), None);
    assert_eq!(second.keys().unwrap(), []);
    drop(first);
    assert_eq!(second.keys().unwrap(), ["a".into()]);
    let found = second.load(&"a".into()).unwrap().unwrap();
    assert_eq!(
        (found.text.as_str(), found.cursor, found.instance),
        ("half a sentence", 15, two.instance)
    );
    assert_eq!(found.heads, [RevisionId(Uuid::from_u128(5))]);
    second.remove(&"a".into()).unwrap();
    assert_eq!(second.load(&"a".into()).unwrap(), None);
}

#[test]
fn one_persons_draft_is_not_anothers() {
    let desk = Desk::new(&["a"]);
    let (ann, bob) = (Identity::new("ann"), Identity::new("bob"));
    let mut anns = Drafts::open(&desk.path(), ann.clone()).unwrap();
    anns.save(&draft(&ann, "a", "mine", 1)).unwrap();
    drop(anns);
    let mut bobs = Drafts::open(&desk.path(), bob).unwrap();
    assert_eq!(bobs.load(&"a".into()).unwrap(), None);
}

#[test]
fn ones_own_text_is_kept_when_the_dead_left_a_newer_one() {
    let desk = Desk::new(&["a"]);
    let (one, two) = (Identity::new("ann"), Identity::new("ann"));
    let mut mine = Drafts::open(&desk.path(), one.clone()).unwrap();
    mine.save(&draft(&one, "a", "mine", 1)).unwrap();
    let mut dead = Drafts::open(&desk.path(), two.clone()).unwrap();
    dead.save(&draft(&two, "a", "of the dead", 2)).unwrap();
    drop(dead);
    assert_eq!(mine.load(&"a".into()).unwrap().unwrap().text, "mine");
    mine.remove(&"a".into()).unwrap();
    assert_eq!(mine.load(&"a".into()).unwrap().unwrap().text, "of the dead");
}

#[test]
fn the_list_shows_drafts_and_they_follow_a_moved_file() {
    let mut desk = Desk::new(&["a", "b"]);
    let me = desk.writer.identity().clone();
    let mut drafts = Drafts::open(&desk.path(), me.clone()).unwrap();
    drafts.save(&draft(&me, "a", "typing", 1)).unwrap();
    let request = lists::all();
    let marks: Vec<bool> =
        desk.reader.page(&request).unwrap().rows.iter().map(|row| row.draft).collect();
    assert_eq!(marks, [true, false]);
    let listed = [file("moved/a", 1000, "mtime:a"), file("b", 1001, "mtime:b")];
    assert_eq!(desk.sync(&listed).moved, 1);
    assert_eq!(drafts.load(&"moved/a".into()).unwrap().unwrap().text, "typing");
}

//! The search index while it is brought up: few segments, and whoever is stopped in the middle has lost nothing.

use super::*;

fn segments(desk: &Desk) -> u64 {
    let connection = rusqlite::Connection::open(desk.path()).unwrap();
    connection
        .query_row("SELECT count(DISTINCT segid) FROM search_idx", [], |row| row.get::<_, i64>(0))
        .unwrap() as u64
}

fn found(desk: &Desk, words: &str) -> usize {
    let filter = Filter::parse(words).unwrap();
    desk.keys(&PageRequest { filter, limit: 1_000, ..lists::all() }).len()
}

fn many(samples: usize) -> Desk {
    let keys: Vec<String> = (0..samples).map(|n| format!("calls/{n:04}.wav")).collect();
    Desk::new(&keys.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn labels_one_by_one_leave_few_segments() {
    let mut desk = Desk::new(&["a", "b"]);
    for n in 0..40 {
        desk.label("a", &format!("number {n}"));
    }
    assert!(segments(&desk) >= 40, "nothing is merged while somebody labels");
    desk.writer.index_step().unwrap();
    assert!(segments(&desk) < 16, "{}", segments(&desk));
    assert_eq!((found(&desk, "number"), found(&desk, "text:39"), found(&desk, "38")), (1, 1, 0));
    for n in 0..100 {
        desk.label("b", &format!("other {n}"));
        desk.writer.index_step().unwrap();
        assert!(segments(&desk) <= 32, "{} after {n}", segments(&desk));
    }
    assert_eq!((found(&desk, "number"), found(&desk, "other")), (1, 1));
}

#[test]
fn an_index_that_begins_anew_with_an_import_is_searched_around_meanwhile() {
    let mut desk = many(60);
    desk.label("calls/0007.wav", "by hand");
    while desk.writer.index_step().unwrap() > 0 {}
    let item = |n: usize| {
        let key = format!("calls/{n:04}.wav");
        Incoming::Item(ImportItem::label(key.as_str().into(), format!("label {n}"), "file", "e1"))
    };
    let incoming = std::iter::once(item(0)).chain([Incoming::Expected(60)]);
    let now = desk.now();
    desk.writer.import_if(incoming.chain((1..40).map(item)), false, now, |_| true).unwrap();
    assert_eq!(desk.reader.unindexed().unwrap(), 60);
    let right = |desk: &Desk| {
        let words = ["calls", "name:0059", "text:label", "by hand", "label 39"];
        assert_eq!(words.map(|words| found(desk, words)), [60, 1, 39, 1, 1]);
    };
    right(&desk);
    while desk.writer.index_step().unwrap() > 0 {
        right(&desk);
    }
    desk.check();
}

/// Labels are changed until a third of the entries is dead, by two people at once.
#[test]
fn a_large_index_of_which_much_is_dead_begins_anew() {
    let mut desk = many(600);
    while desk.writer.index_step().unwrap() > 0 {}
    desk.writer.large_from(500);
    let mut bob = desk.neighbour("bob");
    bob.large_from(500);
    let entries = |desk: &Desk| {
        let sql = "SELECT count(*) FROM search WHERE search MATCH '\".wa\"'";
        let connection = rusqlite::Connection::open(desk.path()).unwrap();
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let keys: Vec<String> = (0..300).map(|n| format!("calls/{n:04}.wav")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    desk.act(&Deed::Label("spoken text".into()), &keys);
    assert_eq!(desk.reader.unindexed().unwrap(), 300);
    let mut steps = 0..20;
    while entries(&desk) == 600 {
        steps.next().expect("it begins anew");
        desk.writer.index_step().unwrap();
        let changed = desk.label("calls/0400.wav", &format!("label {}", desk.clock.get()));
        assert!(matches!(changed, LabelOutcome::Labeled(_)));
        assert_eq!(["calls", "spoken", "0599"].map(|words| found(&desk, words)), [600, 300, 1]);
    }
    // All but the one that was labeled since.
    assert_eq!((entries(&desk), desk.reader.unindexed().unwrap()), (1, 599));
    desk.label("calls/0500.wav", "in the new one");
    while bob.index_step().unwrap() + desk.writer.index_step().unwrap() > 0 {
        let words = ["calls", "spoken", "0599", "new one"].map(|words| found(&desk, words));
        assert_eq!(words, [600, 300, 1, 1]);
    }
    assert_eq!(entries(&desk), 600);
    while desk.writer.index_step().unwrap() > 0 {}
    let past = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'search_past%'";
    let connection = rusqlite::Connection::open(desk.path()).unwrap();
    assert_eq!(connection.query_row(past, [], |row| row.get(0)), Ok(0));
    assert_eq!(
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)),
        Ok("ok".to_owned())
    );
    desk.check();
}

#[test]
fn a_big_index_that_is_made_over_and_over_does_not_grow() {
    let mut desk = many(60);
    let waits = "INSERT OR IGNORE INTO unindexed SELECT id FROM sample";
    let pages = |desk: &Desk| {
        let sql = "SELECT count(*) FROM search_data";
        let connection = rusqlite::Connection::open(desk.path()).unwrap();
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let mut after_some = 0;
    for turn in 0..200 {
        rusqlite::Connection::open(desk.path()).unwrap().execute(waits, []).unwrap();
        while desk.writer.index_step().unwrap() > 0 {}
        if turn == 50 {
            after_some = pages(&desk);
        }
    }
    assert!(pages(&desk) < after_some * 2, "{after_some} became {}", pages(&desk));
    assert_eq!(found(&desk, ".wav"), 60);
}

#[test]
fn what_a_stopped_step_leaves_still_waits() {
    let mut desk = many(1_000);
    let waiting = |desk: &Desk| desk.reader.unindexed().unwrap();
    assert_eq!(waiting(&desk), 1_000);
    assert!(desk.writer.index_step().unwrap() > 0);
    let left = waiting(&desk);
    assert!(left > 0 && left < 1_000, "{left}");

    desk.writer.limit_pages(0);
    let failed = desk.writer.index_step();
    assert!(matches!(failed, Err(WorkspaceError::DiskFull { .. })), "{failed:?}");
    assert_eq!((waiting(&desk), found(&desk, ".wav")), (left, 1_000));

    desk.writer = desk.neighbour("ann");
    assert_eq!((waiting(&desk), found(&desk, ".wav")), (left, 1_000));
    while desk.writer.index_step().unwrap() > 0 {}
    assert_eq!((waiting(&desk), found(&desk, ".wav"), found(&desk, "0999")), (0, 1_000, 1));
    let index = "INSERT INTO search (search) VALUES ('integrity-check')";
    rusqlite::Connection::open(desk.path()).unwrap().execute(index, []).unwrap();
}

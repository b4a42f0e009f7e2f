//! How SQLite finds the rows of each list: by an index that has them in their order, whatever the list's length.

use super::*;
use crate::workspace::conditions;
use crate::workspace::list::{Looker, asked};

const ORDERS: [OrderBy; 5] =
    [OrderBy::Name, OrderBy::Time, OrderBy::Duration, OrderBy::Labeled, OrderBy::CharsPerSecond];
const VIEWS: [View; 7] = [
    View::Unlabeled,
    View::Labeled,
    View::ToConfirm,
    View::Missing,
    View::Deleted,
    View::Conflicts,
    View::All,
];

/// Every list in every order, both ways.
fn lists() -> impl Iterator<Item = (View, Order)> {
    let orders = ORDERS.into_iter().flat_map(|by| [(by, false), (by, true)]);
    orders.flat_map(|(by, descending)| VIEWS.map(|view| (view, Order { by, descending })))
}

/// Conflicts are few by nature and have an index of their names alone: by another column they are sorted, and nothing
/// else is read for it.
fn is_sorted(view: View, by: OrderBy) -> bool {
    view == View::Conflicts && by != OrderBy::Name
}

/// No index tells the missing and the deleted that have no label from those that have one: these lists are read on until
/// a page is full, and where that is too far (`conditions::NEAR`) the table is read once. So is the end of the list of
/// all, which the command line reads from its beginning on: each row once.
fn is_read_on(view: View, by: OrderBy) -> bool {
    matches!(view, View::Missing | View::Deleted | View::All)
        && matches!(by, OrderBy::Labeled | OrderBy::CharsPerSecond)
}

/// Samples of every state and kind, with ties in every order, and twenty conflicts however many there are.
fn fill(desk: &Desk, samples: usize) {
    rusqlite::Connection::open(desk.path())
        .unwrap()
        .execute(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
             INSERT INTO sample (key, part, size, etag, modified, present, micros, state, confirm, content, \
                 labeled_by, labeled_at, pace) \
             SELECT CAST(printf('%02d/%06d', i % 10, i) AS BLOB), i, i, 'e', iif(i % 9, i / 3, NULL), i % 4 <> 2, \
                 iif(i % 9, i / 5, NULL), i % 4, iif(i <= 80 AND i % 4 < 2, 2, i % 8 < 2), \
                 iif(i % 4, 'text', NULL), iif(i % 4, 'ann', NULL), iif(i % 4, i / 2, NULL), \
                 iif(i % 4 AND i % 9 AND i > 4, i / 4, NULL) FROM n",
            [samples as i64],
        )
        .unwrap();
}

/// One sample of every kind that stands somewhere else in some order.
fn anchors(desk: &Desk) -> Vec<SampleId> {
    let sql = "SELECT min(id) FROM sample \
               GROUP BY state, confirm, modified IS NULL, micros IS NULL, micros = 0, labeled_at IS NULL, pace IS NULL";
    let connection = rusqlite::Connection::open(desk.path()).unwrap();
    let mut kinds = connection.prepare(sql).unwrap();
    kinds.query_map([], |row| row.get(0)).unwrap().map(|id| SampleId(id.unwrap())).collect()
}

/// The steps of SQLite's plan for a statement.
fn plan(desk: &Desk, sql: &str) -> Vec<String> {
    let mut explained =
        desk.reader.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // What is not bound is NULL; the plan does not look at values.
    let steps = explained.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>();
    steps.unwrap()
}

#[test]
fn every_order_of_every_list_is_read_by_an_index() {
    let desk = Desk::new(&[]);
    fill(&desk, 200);
    let anchors = anchors(&desk);
    assert!(anchors.len() > 15, "{anchors:?}");
    let looker =
        Looker { instance: desk.writer.identity().instance, at: desk.now(), skip_leased: true };
    let mut looked = std::collections::BTreeSet::new();
    for (view, order) in lists() {
        let request = PageRequest { view, order, ..lists::all() };
        for around in &anchors {
            for sql in asked(&desk.reader.connection, &request, &looker, *around).unwrap() {
                if !looked.insert(sql.clone()) {
                    continue;
                }
                for step in plan(&desk, &sql) {
                    let sorts = step.contains("TEMP B-TREE") && !is_sorted(view, order.by);
                    let reads_all =
                        step.starts_with("SCAN sample") && !step.contains("USING INDEX");
                    let elsewhere = is_sorted(view, order.by)
                        && step.contains(" sample ")
                        && !step.contains("conflict_name");
                    let bad = sorts || reads_all || elsewhere;
                    assert!(!bad, "{view:?} by {:?}: {step}\n{sql}", order.by);
                }
            }
        }
    }
    assert!(looked.len() > 300, "{}", looked.len());
    for sql in [
        "SELECT what, samples, known, micros FROM tally ORDER BY what",
        "SELECT id FROM sample WHERE key = ? AND state < 4",
        "SELECT id, key, size, etag FROM sample WHERE probed = 0 AND present = 1 ORDER BY id LIMIT ?",
        "SELECT size FROM sample WHERE fresh > 0 ORDER BY size LIMIT 1",
        "SELECT id FROM revision WHERE sample BETWEEN ? AND ? ORDER BY sample, seq",
    ] {
        let steps = plan(&desk, sql);
        let reads_all = |step: &String| {
            ["SCAN sample", "SCAN revision"].iter().any(|all| step.starts_with(all))
        };
        let good = |step: &String| !step.contains("TEMP B-TREE") && !reads_all(step);
        let good =
            steps.iter().all(|step| good(step) || step.contains("USING") && !step.contains("TEMP"));
        assert!(good, "{sql}: {steps:?}");
    }
}

/// A page costs the same among many: first, last, around whatever stands there, and the row next to it.
#[test]
fn no_page_of_any_list_costs_more_among_many() {
    let [few, many] = [1_000, 8_000].map(|samples| {
        let mut desk = Desk::new(&[]);
        fill(&desk, samples);
        costs(&mut desk)
    });
    assert_eq!(few.len(), many.len());
    for ((what, few), (_, many)) in few.into_iter().zip(many) {
        assert!(many < few * 2 + 200, "{what}: {few} steps, then {many}");
    }
}

/// What SQLite does for each page, in steps of its machine.
fn costs(desk: &mut Desk) -> Vec<(String, usize)> {
    let anchors = anchors(desk);
    let steps = Steps::of(&mut desk.reader);
    let mut costs = Vec::new();
    for (view, order) in lists().filter(|(view, order)| !is_read_on(*view, order.by)) {
        let request = PageRequest { view, order, limit: 10, ..lists::all() };
        let page = |anchor: Anchor| {
            let what = format!("{view:?} {order:?} {anchor:?}");
            let request = PageRequest { anchor, ..request.clone() };
            (what, steps.taken(|| drop(desk.reader.page(&request).unwrap())))
        };
        let beside = |id: SampleId| {
            let both = || {
                desk.reader.next(&request, id).unwrap();
                desk.reader.previous(&request, id).unwrap();
            };
            (format!("{view:?} {order:?} beside {id:?}"), steps.taken(both))
        };
        costs.extend([Anchor::First, Anchor::Last].map(page));
        for id in anchors.iter().copied().chain([SampleId(500)]) {
            costs.extend([Anchor::After(id), Anchor::Before(id), Anchor::Around(id)].map(page));
            costs.push(beside(id));
        }
    }
    costs
}

/// Few without a label among many that have one, all of them missing: what is too far to walk to is found all the same.
#[test]
fn the_few_missing_that_have_no_label_are_found_at_the_end_of_a_long_list() {
    let desk = Desk::new(&[]);
    let many = conditions::NEAR as i64 + 2_000;
    rusqlite::Connection::open(desk.path())
        .unwrap()
        .execute(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
             INSERT INTO sample (key, part, size, etag, state, content, labeled_by, labeled_at) \
             SELECT CAST(printf('%06d', i) AS BLOB), i, i, 'e', 2, 'text', 'ann', iif(i % 500 = 1 AND i < 2000, NULL, i) \
             FROM n",
            [many],
        )
        .unwrap();
    for descending in [false, true] {
        let order = Order { by: OrderBy::Labeled, descending };
        let request = PageRequest { view: View::Missing, order, limit: 3, ..lists::all() };
        let mut unlabeled = ["000001", "000501", "001001", "001501"];
        if descending {
            unlabeled.reverse();
        }
        let at_the_end = |anchor: Anchor| desk.keys(&PageRequest { anchor, ..request.clone() });
        assert_eq!(at_the_end(Anchor::Last), unlabeled[1..]);
        let first = desk.id(unlabeled[0]);
        assert_eq!(at_the_end(Anchor::After(first)), unlabeled[1..]);
        assert_eq!(at_the_end(Anchor::Before(desk.id(unlabeled[3]))), unlabeled[..3]);
        let last_labeled = if descending { "000002".to_owned() } else { format!("{many:06}") };
        assert_eq!(at_the_end(Anchor::Before(first)).pop(), Some(last_labeled));
        assert_eq!(desk.reader.rank(&request, first).unwrap(), many as u64 - 4);
        assert_eq!(desk.reader.rank(&request, desk.id(unlabeled[2])).unwrap(), many as u64 - 2);
    }
}

#[test]
fn what_is_to_be_confirmed_and_has_no_label_stands_in_the_order_of_arrival() {
    let mut desk = Desk::new(&["b"]);
    desk.sync(&files(&["b", "a", "c"]));
    let suggestion = Suggestion { content: "text".into(), model: "m".into(), confidence: None };
    let suggested =
        ["a", "b", "c"].map(|key| Suggested { key: key.into(), suggestion: suggestion.clone() });
    desk.writer.set_suggestions(suggested).unwrap();
    let mut arrived = ["a", "b", "c"];
    arrived.sort_by_key(|key| desk.id(key));
    for by in [OrderBy::Labeled, OrderBy::CharsPerSecond] {
        let order = Order { by, descending: false };
        let mut request = PageRequest { view: View::ToConfirm, order, ..lists::all() };
        assert_eq!(desk.keys(&request), arrived);
        request.limit = 1;
        request.anchor = Anchor::After(desk.id(arrived[1]));
        assert_eq!(desk.keys(&request), arrived[2..]);
    }
}

//! How SQLite finds the rows of each list: by an index that has them in their order, whatever the list's length.

use super::*;
use crate::workspace::list::{Looker, asked};

const ORDERS: [OrderBy; 5] =
    [OrderBy::Name, OrderBy::Time, OrderBy::Duration, OrderBy::Labeled, OrderBy::CharsPerSecond];
const VIEWS: [View; 5] =
    [View::Unlabeled, View::Labeled, View::ToConfirm, View::Missing, View::Deleted];

#[test]
fn every_order_of_every_list_is_read_by_an_index() {
    let mut desk = Desk::new(&["a", "b", "c", "d"]);
    desk.label("b", "text");
    let around = desk.id("b");
    let plan = |sql: &str| -> Vec<String> {
        let mut explained =
            desk.reader.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        // What is not bound is NULL; the plan does not look at values.
        let steps = explained.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>();
        steps.unwrap()
    };
    let looker =
        Looker { instance: desk.writer.identity().instance, at: desk.now(), skip_leased: true };
    let mut looked = 0;
    let orders = ORDERS.into_iter().flat_map(|by| VIEWS.map(|view| (view, by)));
    for (view, by) in orders.chain([(View::All, OrderBy::Name)]) {
        for descending in [false, true] {
            let request = PageRequest { view, order: Order { by, descending }, ..lists::all() };
            for sql in asked(&desk.reader.connection, &request, &looker, around).unwrap() {
                looked += 1;
                for step in plan(&sql) {
                    let sorts = step.contains("TEMP B-TREE");
                    let reads_all =
                        step.starts_with("SCAN sample") && !step.contains("USING INDEX");
                    assert!(!sorts && !reads_all, "{view:?} by {by:?}: {step}\n{sql}");
                }
            }
        }
    }
    assert!(looked > 200, "{looked}");
    for sql in [
        "SELECT what, samples, known, micros FROM tally ORDER BY what",
        "SELECT id FROM sample WHERE key = ? AND state < 4",
        "SELECT id, key, size, etag FROM sample WHERE probed = 0 AND present = 1 ORDER BY id LIMIT ?",
        "SELECT size FROM sample WHERE fresh > 0 ORDER BY size LIMIT 1",
        "SELECT id FROM revision WHERE sample BETWEEN ? AND ? ORDER BY sample, seq",
    ] {
        let steps = plan(sql);
        let reads_all = |step: &String| {
            ["SCAN sample", "SCAN revision"].iter().any(|all| step.starts_with(all))
        };
        let good = |step: &String| !step.contains("TEMP B-TREE") && !reads_all(step);
        let good =
            steps.iter().all(|step| good(step) || step.contains("USING") && !step.contains("TEMP"));
        assert!(good, "{sql}: {steps:?}");
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

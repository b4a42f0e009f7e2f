//! Random work by two people, held against the merge rule and against memory.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Act {
    Do(usize, Deed, Vec<usize>),
    Import(usize, &'static str, bool),
    Undo(usize),
    Redo(usize),
}

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => prop_oneof![Just("x"), Just("y"), Just("z")].prop_map(|text| Deed::Label(text.into())),
        1 => Just(Deed::Unlabel),
        1 => any::<bool>().prop_map(|on| Deed::Flag(Flag::NoSpeech, on)),
        1 => any::<bool>().prop_map(|on| Deed::Flag(Flag::Unsure, on)),
        1 => Just(Deed::Delete),
        1 => Just(Deed::Restore),
        1 => prop_oneof![Just(Choice::Shown), Just(Choice::Mine), Just(Choice::Theirs)].prop_map(Deed::Settle),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (0..2_usize, deed(), prop::collection::vec(0..4_usize, 1..4)).prop_map(|(who, deed, on)| Act::Do(who, deed, on)),
        2 => (0..4_usize, prop_oneof![Just("x"), Just("i"), Just("j")], any::<bool>())
            .prop_map(|(on, text, replace)| Act::Import(on, text, replace)),
        2 => (0..2_usize).prop_map(Act::Undo),
        1 => (0..2_usize).prop_map(Act::Redo),
    ]
}

type Shown = Vec<(Option<String>, Vec<Flag>, SampleState, usize)>;

fn shown(desk: &Desk) -> Shown {
    let show = |key: &&str| {
        let detail = desk.detail(key);
        (detail.content, detail.flags, detail.state, detail.rivals.len())
    };
    KEYS.iter().map(show).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_is_stored_is_what_the_merge_rule_says(acts in prop::collection::vec(act(), 1..24)) {
        let mut desk = Desk::new(&KEYS);
        let mut bob = desk.neighbour("bob");
        let mut before: Option<(usize, Shown)> = None;
        for act in acts {
            let now = desk.now();
            let was = shown(&desk);
            let changed_by = match &act {
                Act::Do(who, deed, on) => {
                    let target = Target::Samples(on.iter().map(|n| desk.id(KEYS[*n])).collect());
                    let writer = if *who == 0 { &mut desk.writer } else { &mut bob };
                    writer.act(deed, &target, now).unwrap().action.map(|_| *who)
                }
                Act::Import(on, text, replace) => desk.import(&[(KEYS[*on], text)], *replace).action.map(|_| 0),
                Act::Undo(who) | Act::Redo(who) => {
                    let writer = if *who == 0 { &mut desk.writer } else { &mut bob };
                    let back = matches!(act, Act::Undo(_));
                    let report = if back { writer.undo(now) } else { writer.redo(now) }.unwrap();
                    // Right after an action, its own author's undo shows what was there before it.
                    if let (true, Some(report), Some((_, former))) =
                        (back, report, before.take().filter(|(last, _)| last == who))
                    {
                        prop_assert_eq!(report.changed_since, 0);
                        prop_assert_eq!(shown(&desk), former);
                        let redone = if *who == 0 { desk.writer.redo(now) } else { bob.redo(now) }.unwrap().unwrap();
                        prop_assert_eq!(redone.changed_since, 0);
                        prop_assert_eq!(shown(&desk), was.clone());
                    }
                    None
                }
            };
            if changed_by.is_some() || shown(&desk) != was {
                before = changed_by.map(|who| (who, was));
            }
            desk.check();
        }
    }
}

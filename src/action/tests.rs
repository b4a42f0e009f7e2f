//! Checks of the table as a whole.

use super::*;
use std::collections::BTreeSet;

/// `LabelAndNext` → `label-and-next`.
fn kebab(variant: &str) -> String {
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}

#[test]
fn names_are_the_variants_in_kebab_case_and_read_back() {
    for action in Action::ALL {
        assert_eq!(action.name(), kebab(&format!("{action:?}")));
        assert_eq!(action.name().parse(), Ok(*action));
    }
    let names: BTreeSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
    assert_eq!(names.len(), Action::ALL.len());
    assert_eq!("bach".parse::<Action>(), Err(UnknownAction("bach".to_owned())));
}

#[test]
fn every_action_says_what_it_does_in_one_line() {
    for action in Action::ALL {
        let doc = action.doc();
        assert!(doc.starts_with(|c: char| c.is_uppercase()), "{action}: {doc}");
        assert!(!doc.ends_with('.') && !doc.contains('\n') && doc.len() <= 90, "{action}: {doc}");
        assert!((1..=20).contains(&action.short().len()), "{action}: {}", action.short());
    }
}

#[test]
fn docs_are_told_apart() {
    let docs: BTreeSet<_> = Action::ALL.iter().map(|action| action.doc()).collect();
    assert_eq!(docs.len(), Action::ALL.len());
}

#[test]
fn the_palette_has_what_is_picked_by_name_and_no_motions() {
    for wanted in [Action::Sync, Action::Batch, Action::LoopToggle, Action::AutoplayToggle] {
        assert!(wanted.in_palette(), "{wanted}");
    }
    for unwanted in [Action::Palette, Action::Up, Action::CursorLeft, Action::Confirm, Action::Cut]
    {
        assert!(!unwanted.in_palette(), "{unwanted}");
    }
}

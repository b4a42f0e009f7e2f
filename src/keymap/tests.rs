//! The shipped keymap against its promises, the user's file against its rules, and keys as text.

use super::*;
use proptest::prelude::*;

fn shipped() -> Keymap {
    Keymap::load(None).unwrap()
}

fn with(text: &str) -> Result<Keymap, Vec<KeymapError>> {
    Keymap::load(Some((Path::new("mine.toml"), text)))
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// What is wrong with a user's file, one message a line.
fn messages(text: &str) -> Vec<String> {
    with(text).unwrap_err().iter().map(ToString::to_string).collect()
}

mod shipped_keymap {
    use super::*;

    #[test]
    fn every_action_can_be_reached() {
        let keymap = shipped();
        for action in Action::ALL {
            let bound =
                Context::ALL.iter().any(|context| !keymap.keys(*context, *action).is_empty());
            assert!(bound || action.in_palette(), "{action}");
        }
    }

    #[test]
    fn the_palette_and_help_open_from_list_and_editor() {
        let keymap = shipped();
        for context in [Context::List, Context::Editor] {
            assert!(!keymap.keys(context, Action::Palette).is_empty());
        }
        for context in Context::ALL {
            assert_eq!(keymap.resolve(context, key("f1")), Some(Action::Help));
            assert_eq!(keymap.resolve(context, key("ctrl+q")), Some(Action::Quit));
        }
    }

    #[test]
    fn every_key_reaches_us_from_every_terminal() {
        for line in file::lines(Path::new(SHIPPED_NAME), SHIPPED, &mut Vec::new()) {
            for (key, place) in line.keys {
                assert_eq!(key.unportable(), None, "{place}: {key} {}", line.action);
            }
        }
    }

    #[test]
    fn control_h_is_nothing_but_backspace() {
        let keymap = shipped();
        for context in Context::ALL {
            let meant = keymap.resolve(context, key("ctrl+h"));
            assert!(meant.is_none() || meant == keymap.resolve(context, key("backspace")));
        }
    }

    #[test]
    fn every_alt_binding_has_a_twin_without_alt() {
        let keymap = shipped();
        for context in Context::ALL {
            for row in keymap.help(context) {
                assert!(row.keys.iter().any(|key| !key.alt), "{context:?} {}", row.action);
            }
        }
    }

    #[test]
    fn what_is_typed_is_typed() {
        let keymap = shipped();
        for c in (' '..='~').chain(['é', '中', 'ก']) {
            let key = Key::plain(KeyCode::Char(c));
            assert_eq!(keymap.resolve(Context::Editor, key), None, "{c:?}");
            let in_dialog = keymap.resolve(Context::Dialog, key);
            assert_eq!(in_dialog, (c == ' ').then_some(Action::ToggleField), "{c:?}");
        }
    }

    #[test]
    fn sound_never_takes_a_key_that_edits_text() {
        let keymap = shipped();
        for context in Context::ALL.into_iter().filter(|context| context.edits_text()) {
            for row in keymap.help(context).iter().filter(|row| row.action.steers_sound()) {
                assert!(!row.keys.iter().any(|key| key.edits_text()), "{row:?}");
            }
        }
    }

    #[test]
    fn keys_are_those_of_the_design() {
        let keymap = shipped();
        for (context, action, keys) in [
            (Context::Editor, Action::PlayPause, "tab"),
            (Context::Editor, Action::LabelAndNext, "enter"),
            (Context::Editor, Action::NewLine, "ctrl+j alt+enter"),
            (Context::Editor, Action::AgainSlower, "shift+tab"),
            (Context::Editor, Action::BackSmall, "f2 alt+,"),
            (Context::Editor, Action::ForwardSmall, "f3 alt+."),
            (Context::Editor, Action::Slower, "f5 alt+-"),
            (Context::Editor, Action::NormalSpeed, "f6 alt+0"),
            (Context::Editor, Action::Faster, "f7 alt+="),
            (Context::Editor, Action::NextKeepDraft, "ctrl+n"),
            (Context::Editor, Action::PreviousKeepDraft, "ctrl+p"),
            (Context::Editor, Action::AcceptSuggestion, "ctrl+y"),
            (Context::Editor, Action::TakeSuggestion, "f8 alt+y"),
            (Context::Editor, Action::FlagMenu, "ctrl+g f4"),
            (Context::Editor, Action::ToList, "esc"),
            (Context::Editor, Action::TextUndo, "ctrl+z"),
            (Context::Editor, Action::TextRedo, "ctrl+r alt+z"),
            (Context::Editor, Action::CopyOrQuit, "ctrl+c"),
            (Context::List, Action::Up, "up k"),
            (Context::List, Action::Down, "down j"),
            (Context::List, Action::First, "g"),
            (Context::List, Action::Last, "G"),
            (Context::List, Action::Edit, "enter e"),
            (Context::List, Action::PlayPause, "tab"),
            (Context::List, Action::Select, "space"),
            (Context::List, Action::SelectRange, "v"),
            (Context::List, Action::SelectAll, "a"),
            (Context::List, Action::Batch, "b"),
            (Context::List, Action::Unlabel, "x"),
            (Context::List, Action::Delete, "d"),
            (Context::List, Action::Sync, "S"),
            (Context::List, Action::AddData, "A"),
            (Context::List, Action::ImportData, "I"),
            (Context::List, Action::ExportData, "E"),
            (Context::List, Action::Publish, "P"),
            (Context::List, Action::Search, "/"),
            (Context::List, Action::OrderMenu, "o"),
            (Context::List, Action::Filter, "f"),
            (Context::List, Action::Undo, "u"),
            (Context::List, Action::Redo, "U"),
            (Context::List, Action::History, "H"),
            (Context::List, Action::TabUnlabeled, "1"),
            (Context::List, Action::TabToConfirm, "2"),
            (Context::List, Action::TabLabeled, "3"),
            (Context::List, Action::Suspend, "ctrl+z"),
            (Context::List, Action::Help, "? f1"),
            (Context::List, Action::Palette, ":"),
            (Context::List, Action::Quit, "q ctrl+q"),
        ] {
            for text in keys.split(' ') {
                assert_eq!(keymap.resolve(context, key(text)), Some(action), "{context:?} {text}");
            }
        }
    }

    #[test]
    fn help_is_grouped_and_complete() {
        let keymap = shipped();
        for context in Context::ALL {
            let rows = keymap.help(context);
            assert!(rows.is_sorted_by_key(|row| row.group));
            let keys: usize = rows.iter().map(|row| row.keys.len()).sum();
            assert_eq!(keys, keymap.actions.keys().filter(|(c, _)| *c == context).count());
        }
    }
}

mod user_file {
    use super::*;

    #[test]
    fn a_line_replaces_the_keys_of_its_action_in_its_table_only() {
        let keymap = with("[list]\nbatch = [\"B\"]\n").unwrap();
        assert_eq!(keymap.resolve(Context::List, key("B")), Some(Action::Batch));
        assert_eq!(keymap.resolve(Context::List, key("b")), None);
        assert_eq!(keymap.keys(Context::List, Action::Unlabel), [key("x")]);
    }

    #[test]
    fn a_line_of_a_context_replaces_the_global_one_there() {
        let keymap = with("[editor]\nslower = [\"ctrl+b\"]\n").unwrap();
        assert_eq!(keymap.keys(Context::Editor, Action::Slower), [key("ctrl+b")]);
        assert_eq!(keymap.resolve(Context::Editor, key("f5")), None);
        assert_eq!(keymap.resolve(Context::Dialog, key("f5")), Some(Action::Slower));
    }

    #[test]
    fn an_empty_list_unbinds() {
        let keymap = with("[list]\nquit = []\n[global]\nquit = []\n").unwrap();
        for context in Context::ALL {
            assert!(keymap.keys(context, Action::Quit).is_empty());
        }
    }

    #[test]
    fn keys_that_change_places_do_not_conflict() {
        let keymap = with("[list]\nundo = [\"U\"]\nredo = [\"u\"]\n").unwrap();
        assert_eq!(keymap.resolve(Context::List, key("u")), Some(Action::Redo));
    }

    #[test]
    fn a_plain_global_key_is_typed_where_text_is_edited() {
        let keymap =
            with("[global]\ndatasets = [\"z\", \"ctrl+b\"]\n[list]\ndatasets = [\"z\"]\n").unwrap();
        assert_eq!(keymap.resolve(Context::Editor, key("z")), None);
        assert_eq!(keymap.resolve(Context::Editor, key("ctrl+b")), Some(Action::Datasets));
        assert_eq!(keymap.resolve(Context::List, key("z")), Some(Action::Datasets));
    }

    #[test]
    fn shift_held_by_accident_changes_nothing() {
        let keymap = shipped();
        let shifted = |code| Key::new(code, false, false, true);
        assert_eq!(
            keymap.resolve(Context::Editor, shifted(KeyCode::Backspace)),
            Some(Action::DeleteBack)
        );
        assert_eq!(shifted(KeyCode::Char(' ')).typed(), Some(' '));
    }

    #[test]
    fn everything_wrong_is_told_at_once_in_order_with_its_line() {
        let wrong = "\
[list]
qit = [\"q\"]
batch = \"b\"
delete = [\"ctr+d\", 7]
[edtor]
[editor]
play-pause = [\"space\"]
replay = [\"left\"]
quit = [\"q\"]
";
        assert_eq!(
            messages(wrong),
            [
                "mine.toml:2:1: there is no action \"qit\"; did you mean \"quit\"?",
                "mine.toml:3:9: the keys of batch are string, not a list of texts",
                "mine.toml:4:11: \"ctr+d\" is no key: \"ctr\" is no modifier; ctrl, alt and shift are",
                "mine.toml:4:20: the keys of delete are integer, not a list of texts",
                "mine.toml:5:2: there is no table [edtor]; did you mean \"editor\"?",
                "mine.toml:7:15: space edits text and cannot be play-pause in [editor]",
                "mine.toml:8:11: left edits text and cannot be replay in [editor]",
                "mine.toml:9:9: q types a character and cannot be quit in [editor]",
            ]
        );
    }

    #[test]
    fn two_actions_on_one_key_are_refused_with_both_lines() {
        let errors = with("[list]\nsync = [\"b\"]\n").unwrap_err();
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        let message = error.to_string();
        assert!(
            message
                .starts_with("mine.toml:2:9: b is sync here and batch at keymap.toml (built in):"),
            "{message}"
        );
        assert!(message.ends_with("both in [list]"), "{message}");
        assert_eq!(error.hint().unwrap(), "give batch other keys in [list], or none: batch = []");

        let global = with("[global]\nquit = [\"f12\"]\n").unwrap_err();
        let [in_editor] = global.as_slice() else { panic!("{global:?}") };
        assert!(in_editor.to_string().ends_with("both in [editor]"), "{in_editor}");

        let both_global =
            messages("[global]\nquit = [\"f12\"]\nhelp = [\"f12\"]\n[editor]\nloop-toggle = []\n");
        assert_eq!(
            both_global,
            ["mine.toml:3:9: f12 is help here and quit at mine.toml:2:9, both in [global]"]
        );

        let both_mine = messages("[list]\nsync = [\"Z\"]\nbatch = [\"Z\"]\n");
        assert_eq!(
            both_mine,
            ["mine.toml:3:10: Z is batch here and sync at mine.toml:2:9, both in [list]"]
        );
    }

    #[test]
    fn broken_text_is_told_with_its_line() {
        assert!(messages("[list]\nquit = [\"q\"\n")[0].starts_with("mine.toml:"));
        assert!(messages("[list]\nquit = []\nquit = []\n")[0].starts_with("mine.toml:3:1: "));
        assert_eq!(
            messages("quit = [\"q\"]\n"),
            ["mine.toml:1:1: \"quit\" stands outside of a table"]
        );
    }
}

mod keys_as_text {
    use super::*;

    #[test]
    fn one_press_has_one_value() {
        for (one, other) in [
            ("shift+g", "G"),
            ("shift+G", "G"),
            ("Ctrl+J", "ctrl+j"),
            ("control+J", "ctrl+j"),
            ("option+return", "alt+enter"),
            ("PgUp", "pageup"),
            ("F8", "f8"),
            ("alt+shift+z", "alt+Z"),
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_ne!(key("alt+z"), key("alt+Z"));
        assert_eq!(Key::new(KeyCode::Char('Q'), true, false, false), key("ctrl+q"));
    }

    #[test]
    fn plus_and_minus_are_keys() {
        assert_eq!(key("+"), Key::plain(KeyCode::Char('+')));
        assert_eq!(key("ctrl++"), Key::new(KeyCode::Char('+'), true, false, false));
        assert_eq!(key("alt+-"), Key::new(KeyCode::Char('-'), false, true, false));
        assert_eq!(key("alt+="), Key::new(KeyCode::Char('='), false, true, false));
    }

    #[test]
    fn what_is_no_key_says_why() {
        for (text, error) in [
            ("", KeyError::Empty),
            ("hyper+x", KeyError::Modifier("hyper".into())),
            ("ctrl+ctrl+x", KeyError::Twice("ctrl")),
            ("f0", KeyError::Name("f0".into())),
            ("f25", KeyError::Name("f25".into())),
            ("ctrl+entr", KeyError::Name("entr".into())),
            (" ", KeyError::Name(" ".into())),
            ("++", KeyError::Modifier(String::new())),
        ] {
            assert_eq!(text.parse::<Key>(), Err(error), "{text:?}");
        }
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let codes = prop_oneof![
            any::<char>()
                .prop_filter("typed", |c| *c == ' ' || !(c.is_control() || c.is_whitespace()))
                .prop_map(KeyCode::Char),
            (1..=24_u8).prop_map(KeyCode::F),
            prop::sample::select(vec![
                KeyCode::Enter,
                KeyCode::Esc,
                KeyCode::Tab,
                KeyCode::Backspace,
                KeyCode::Delete,
                KeyCode::Insert,
                KeyCode::Left,
                KeyCode::Right,
                KeyCode::Up,
                KeyCode::Down,
                KeyCode::Home,
                KeyCode::End,
                KeyCode::PageUp,
                KeyCode::PageDown,
            ]),
        ];
        (codes, any::<[bool; 3]>())
            .prop_map(|(code, [ctrl, alt, shift])| Key::new(code, ctrl, alt, shift))
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_the_same(key in any_key()) {
            prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
        }

        #[test]
        fn a_normal_key_stays_as_it_is(key in any_key()) {
            prop_assert_eq!(Key::new(key.code, key.ctrl, key.alt, key.shift), key);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,12}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }

        #[test]
        fn any_file_is_read_or_refused(text in "(\\[list\\]|\n|quit|=|\"q\"|\\[|\\]|#|é|\\.|\"|,| ){0,20}") {
            let _ = with(&text);
        }
    }
}

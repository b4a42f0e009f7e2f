//! Any size, any look: nothing panics, nothing leaves the screen.

use super::stage::{Stage, row, rows};
use crate::action::Action;
use crate::config::{Theme, ThemeName};
use crate::ui::{ColorMode, Look};
use jiff::tz::TimeZone;
use ratatui::style::Color;

const OPENERS: [Option<Action>; 9] = [
    None,
    Some(Action::Help),
    Some(Action::Palette),
    Some(Action::FlagMenu),
    Some(Action::OrderMenu),
    Some(Action::Filter),
    Some(Action::Batch),
    Some(Action::Delete),
    Some(Action::History),
];

#[test]
fn any_size_holds() {
    for opener in OPENERS {
        let mut stage = Stage::labeling((80, 24));
        stage.keys("space space");
        let mut wide = rows(20);
        wide.push(row(90, &"宽".repeat(80), 5.0));
        wide.push(row(91, &"\u{301}\u{202e}x\u{200d}".repeat(40), 5.0));
        stage.state.list.rows = wide;
        if let Some(action) = opener {
            stage.act(action);
        }
        for columns in [1, 2, 3, 4, 5, 8, 20, 33, 60, 76, 120] {
            for rows in [1, 2, 3, 4, 6, 10, 16, 40] {
                stage.state.size = (columns, rows);
                stage.buffer();
            }
        }
    }
}

#[test]
fn a_layout_larger_than_the_frame_is_cut() {
    let stage = Stage::labeling((120, 40));
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(30, 8)).unwrap();
    terminal
        .draw(|frame| crate::ui::draw(&stage.state, &stage.look, std::time::Duration::ZERO, frame))
        .unwrap();
}

#[test]
fn without_colour_there_is_none() {
    let mut stage = Stage::labeling((100, 30));
    stage.look = Look::new(Theme::load(ThemeName::Dark), ColorMode::None, TimeZone::UTC);
    for cell in stage.buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
    }
}

#[test]
fn sixteen_colours_are_sixteen() {
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast] {
        let mut stage = Stage::labeling((100, 30));
        stage.look = Look::new(Theme::load(theme), ColorMode::Ansi16, TimeZone::UTC);
        for cell in stage.buffer().content() {
            assert!(!matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_)));
            assert!(!matches!(cell.bg, Color::Rgb(..) | Color::Indexed(_)));
        }
    }
}

#[test]
fn ascii_stays_ascii_in_every_dialog() {
    for opener in OPENERS {
        let mut stage = Stage::labeling((100, 30));
        stage.state.ascii = true;
        if let Some(action) = opener {
            stage.act(action);
        }
        let text = stage.text();
        assert!(text.is_ascii(), "{opener:?}\n{text}");
    }
}

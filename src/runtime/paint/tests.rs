//! What is painted is what a terminal then shows, byte for byte as few as they were.

use super::*;
use proptest::prelude::*;
use ratatui::style::{Modifier, Style};

const COLUMNS: u16 = 12;
const ROWS: u16 = 4;
const AREA: Rect = Rect { x: 0, y: 0, width: COLUMNS, height: ROWS };

/// One frame after the other.
fn painted(paint: &mut Paint, before: &Buffer, after: &Buffer) -> String {
    paint.draw(before.diff_iter(after)).unwrap();
    String::from_utf8(paint.take()).unwrap()
}

fn page(rows: &[&str]) -> Buffer {
    let mut page = Buffer::empty(AREA);
    for (y, row) in (0..).zip(rows) {
        page.set_string(0, y, row, Style::new());
    }
    page
}

fn style() -> impl Strategy<Value = Style> {
    let color = prop_oneof![
        3 => Just(Color::Reset),
        1 => Just(Color::Cyan),
        1 => Just(Color::LightBlue),
        1 => Just(Color::Indexed(140)),
        1 => Just(Color::Rgb(1, 2, 3)),
    ];
    let modifier = prop_oneof![
        3 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::DIM),
        1 => Just(Modifier::BOLD | Modifier::UNDERLINED),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::ITALIC),
    ];
    (color.clone(), color, modifier)
        .prop_map(|(fg, bg, modifier)| Style::reset().fg(fg).bg(bg).add_modifier(modifier))
}

/// Some pieces of text here and there.
fn drawn() -> impl Strategy<Value = Buffer> {
    let piece = (0..COLUMNS, 0..ROWS, "[ab ▂█é─]{0,9}", style());
    prop::collection::vec(piece, 0..9).prop_map(|pieces| {
        let mut page = Buffer::empty(AREA);
        for (x, y, text, style) in pieces {
            page.set_string(x, y, text, style);
        }
        page
    })
}

fn color(color: vt100::Color) -> Color {
    const ORDER: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(at @ 0..=15) => ORDER[usize::from(at)],
        vt100::Color::Idx(at) => Color::Indexed(at),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

/// Where the terminal shows something else than the page says.
fn differs(screen: &vt100::Screen, page: &Buffer) -> Option<String> {
    for y in 0..ROWS {
        for x in 0..COLUMNS {
            if x > 0 && cells(page[(x - 1, y)].symbol()) > 1 {
                continue;
            }
            let wanted = &page[(x, y)];
            let cell = screen.cell(y, x).unwrap();
            let text = if cell.contents().is_empty() { " " } else { cell.contents() };
            let blank = look_of(wanted) == Look::Blank(wanted.bg);
            let modifiers = [
                (Modifier::BOLD, cell.bold()),
                (Modifier::DIM, cell.dim()),
                (Modifier::ITALIC, cell.italic()),
                (Modifier::UNDERLINED, cell.underline()),
                (Modifier::REVERSED, cell.inverse()),
            ];
            let same = text == wanted.symbol()
                && color(cell.bgcolor()) == wanted.bg
                && (blank || color(cell.fgcolor()) == wanted.fg)
                && modifiers
                    .iter()
                    .all(|(modifier, on)| blank || wanted.modifier.contains(*modifier) == *on)
                && !(blank && (cell.underline() || cell.inverse()));
            if !same {
                return Some(format!("at {x}, {y}: {wanted:?} is shown as {cell:?}"));
            }
        }
    }
    None
}

proptest! {
    #[test]
    fn the_terminal_shows_what_was_drawn(pages in prop::collection::vec(drawn(), 1..6)) {
        let mut paint = Paint::new((COLUMNS, ROWS));
        let size = |n: u16| n.try_into().unwrap();
        let mut terminal = vt100::Parser::new(size(ROWS), size(COLUMNS), 0);
        let mut before = Buffer::empty(AREA);
        for page in pages {
            let bytes = painted(&mut paint, &before, &page);
            terminal.process(bytes.as_bytes());
            let wrong = differs(terminal.screen(), &page);
            prop_assert_eq!(wrong, None, "{:?}", bytes);
            before = page;
        }
    }
}

#[test]
fn nothing_new_is_nothing_written() {
    let mut paint = Paint::new((COLUMNS, ROWS));
    let first = page(&["one", "two"]);
    assert_eq!(painted(&mut paint, &Buffer::empty(AREA), &first), "\x1b[Hone\r\ntwo");
    assert_eq!(painted(&mut paint, &first, &first), "");
    paint.show_cursor().unwrap();
    paint.set_cursor_position((3, 1)).unwrap();
    assert_eq!(paint.take(), b"\x1b[?25h");
    paint.show_cursor().unwrap();
    paint.set_cursor_position((3, 1)).unwrap();
    assert_eq!(paint.take(), b"");
}

#[test]
fn a_short_gap_is_written_along() {
    let mut paint = Paint::new((COLUMNS, ROWS));
    let first = page(&["abcdefgh"]);
    painted(&mut paint, &Buffer::empty(AREA), &first);
    assert_eq!(painted(&mut paint, &first, &page(&["Abcdefgh"])), "\rA");
    let before = page(&["Abcdefgh"]);
    assert_eq!(painted(&mut paint, &before, &page(&["ABcDefgH"])), "BcDefgH");
}

#[test]
fn blanks_go_along_in_any_colour() {
    let mut paint = Paint::new((COLUMNS, ROWS));
    let mut drawn = Buffer::empty(AREA);
    drawn.set_string(0, 0, "▂  ▂", Style::new().fg(Color::Cyan));
    let before = page(&["xxxx"]);
    painted(&mut paint, &Buffer::empty(AREA), &before);
    drawn[(1, 0)].set_style(Style::reset());
    assert_eq!(painted(&mut paint, &before, &drawn), "\r\x1b[36m▂  ▂\x1b[m");
}

#[test]
fn a_column_is_written_in_one_colour_before_the_next() {
    let mut paint = Paint::new((COLUMNS, ROWS));
    let mut drawn = Buffer::empty(AREA);
    let (blue, teal) = (Style::new().fg(Color::Rgb(1, 2, 3)), Style::new().fg(Color::Rgb(4, 5, 6)));
    for y in 0..ROWS {
        drawn.set_string(4, y, "█", blue);
        drawn.set_string(5, y, "│", teal);
    }
    let bytes = painted(&mut paint, &Buffer::empty(AREA), &drawn);
    assert_eq!(bytes.matches("38;2").count(), 2, "{bytes:?}");
    assert!(bytes.contains("█\x1b[D\n█"), "{bytes:?}");
}

#[test]
fn behind_what_terminals_measure_differently_the_column_is_said() {
    let mut paint = Paint::new((COLUMNS, ROWS));
    let bytes = painted(&mut paint, &Buffer::empty(AREA), &page(&["a⚡b", "今b"]));
    assert_eq!(bytes, "\x1b[Ha⚡\x1b[4Gb\r\n今b");
}

#[test]
fn behind_a_wide_character_nothing_is_left_of_what_was_there() {
    let mut paint = Paint::new((COLUMNS, ROWS));
    let pages = [page(&["abcdef"]), page(&["a今def"]), page(&["ab def"]), page(&["aX dYf"])];
    let mut terminal = vt100::Parser::new(4.try_into().unwrap(), 12.try_into().unwrap(), 0);
    let mut before = Buffer::empty(AREA);
    for page in pages {
        terminal.process(painted(&mut paint, &before, &page).as_bytes());
        assert_eq!(differs(terminal.screen(), &page), None);
        before = page;
    }
}

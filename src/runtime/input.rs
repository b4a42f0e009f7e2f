//! From the terminal's events to ours, and what arrived faster than anybody types.

use crate::app::{Input, Mouse, MouseKind};
use crate::keymap::{Key, KeyCode};
use crossterm::event::{
    self, Event, KeyCode as TerminalKey, KeyEvent, KeyEventKind, KeyModifiers, MouseButton,
    MouseEvent, MouseEventKind,
};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Keys that came in one go, with line ends between, are a paste without brackets from this many characters on.
const BURST: usize = 24;

/// What is in the terminal's own buffers already is there within this time.
const AT_HAND: Duration = Duration::from_millis(1);

/// What is typed, as it comes; ends when the terminal is gone.
pub(super) type Typed = UnboundedReceiver<Vec<Event>>;

/// Listens to the terminal on a thread of its own: half an escape sequence, or a paste that is still on its way, must
/// not stop the screen.
pub(super) fn listen() -> Typed {
    let (sender, typed) = unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(first) = event::read() {
            let mut events = vec![first];
            while let Ok(true) = event::poll(AT_HAND) {
                let Ok(event) = event::read() else { break };
                events.push(event);
            }
            if sender.send(events).is_err() {
                return;
            }
        }
    });
    typed
}

/// What comes this soon after a paste still belongs to it: nobody answers a question so fast.
const TAIL: Duration = Duration::from_millis(150);

/// Turns events into inputs, and pastes that come without marks into one input however they arrive.
#[derive(Debug, Default)]
pub(super) struct Pastes {
    /// All of the last one, and when its end came.
    last: Option<(String, Instant)>,
}

impl Pastes {
    /// The inputs of events that came in one go, from `begun` to `ended`. The rest of a paste gives the whole of it
    /// again.
    pub(super) fn inputs(
        &mut self,
        events: Vec<Event>,
        begun: Instant,
        ended: Instant,
    ) -> Vec<Input> {
        let inputs: Vec<Input> = events.into_iter().filter_map(input).collect();
        let tail = self.last.take().filter(|(_, at)| begun.saturating_duration_since(*at) < TAIL);
        let pasted = match (tail, text(&inputs)) {
            (Some((before, _)), Some(more)) if !inputs.is_empty() => Some(before + &more),
            (None, Some(text)) if inputs.len() >= BURST && is_several_lines(&text) => Some(text),
            _ => None,
        };
        let Some(pasted) = pasted else { return inputs };
        self.last = Some((pasted.clone(), ended));
        vec![Input::Lines(pasted)]
    }
}

/// Whether so much text came at once that nobody can have typed it: the rest of a paste may be on its way.
pub(super) fn may_be_pasted(events: &[Event]) -> bool {
    let is_text = |event: &Event| match event {
        Event::Key(key) => pressed(*key).is_some_and(|key| text_of(key).is_some()),
        _ => false,
    };
    events.len() >= BURST && events.iter().all(is_text)
}

fn is_several_lines(text: &str) -> bool {
    text.lines().filter(|line| !line.trim().is_empty()).count() > 1
}

/// The text of keys that are all part of one.
fn text(inputs: &[Input]) -> Option<String> {
    inputs
        .iter()
        .map(|input| match input {
            Input::Key(key) => text_of(*key),
            _ => None,
        })
        .collect()
}

/// What a key stands for in a paste.
fn text_of(key: Key) -> Option<char> {
    match (key.typed(), key.code) {
        (Some(c), _) => Some(c),
        (None, KeyCode::Enter) => Some('\n'),
        (None, KeyCode::Char('j')) if key.ctrl => Some('\n'),
        (None, KeyCode::Tab) => Some('\t'),
        _ => None,
    }
}

fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) => pressed(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Mouse(mouse) => moved(mouse).map(Input::Mouse),
        // The signal tells it at once.
        Event::Resize(..) => None,
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
    }
}

fn pressed(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let modifiers = event.modifiers;
    let mut shift = modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        TerminalKey::Char(c) => KeyCode::Char(c),
        TerminalKey::F(n) => KeyCode::F(n),
        TerminalKey::Enter => KeyCode::Enter,
        TerminalKey::Esc => KeyCode::Esc,
        TerminalKey::Tab => KeyCode::Tab,
        TerminalKey::BackTab => {
            shift = true;
            KeyCode::Tab
        }
        TerminalKey::Backspace => KeyCode::Backspace,
        TerminalKey::Delete => KeyCode::Delete,
        TerminalKey::Insert => KeyCode::Insert,
        TerminalKey::Left => KeyCode::Left,
        TerminalKey::Right => KeyCode::Right,
        TerminalKey::Up => KeyCode::Up,
        TerminalKey::Down => KeyCode::Down,
        TerminalKey::Home => KeyCode::Home,
        TerminalKey::End => KeyCode::End,
        TerminalKey::PageUp => KeyCode::PageUp,
        TerminalKey::PageDown => KeyCode::PageDown,
        _ => return None,
    };
    let ctrl = modifiers.contains(KeyModifiers::CONTROL);
    Some(Key::new(code, ctrl, modifiers.contains(KeyModifiers::ALT), shift))
}

fn moved(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::WheelUp,
        MouseEventKind::ScrollDown => MouseKind::WheelDown,
        _ => return None,
    };
    Some(Mouse { column: event.column, row: event.row, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        text.chars()
            .map(|c| {
                let code = if c == '\n' { TerminalKey::Enter } else { TerminalKey::Char(c) };
                Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
            })
            .collect()
    }

    fn inputs(events: Vec<Event>) -> Vec<Input> {
        let now = Instant::now();
        Pastes::default().inputs(events, now, now)
    }

    #[test]
    fn a_paste_in_pieces_is_one_paste() {
        let mut pastes = Pastes::default();
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let first = pastes.inputs(keys("the first line of a paste\nthe sec"), start, after(10));
        assert_eq!(first, [Input::Lines("the first line of a paste\nthe sec".to_owned())]);
        let rest = pastes.inputs(keys("ond\n"), after(100), after(110));
        assert_eq!(rest, [Input::Lines("the first line of a paste\nthe second\n".to_owned())]);
        assert_eq!(pastes.inputs(keys("\n"), after(300), after(300)).len(), 1);
        assert_eq!(pastes.inputs(keys("ab"), after(310), after(310)).len(), 2);
    }

    #[test]
    fn several_lines_at_once_are_a_paste() {
        let text = "first line of a paste\nsecond line";
        assert_eq!(inputs(keys(text)), [Input::Lines(text.to_owned())]);
    }

    #[test]
    fn fast_typing_and_a_single_line_are_keys() {
        assert_eq!(inputs(keys("hi\nyou")).len(), 6);
        let line = "one long line that somebody pasted\n";
        assert_eq!(inputs(keys(line)).len(), line.len());
    }

    #[test]
    fn back_tab_is_shift_tab_and_releases_are_nothing() {
        let back = KeyEvent::new(TerminalKey::BackTab, KeyModifiers::NONE);
        assert_eq!(pressed(back).map(|key| key.to_string()).as_deref(), Some("shift+tab"));
        let release = KeyEvent { kind: KeyEventKind::Release, ..back };
        assert_eq!(pressed(release), None);
    }
}

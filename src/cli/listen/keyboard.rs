//! Keys of the terminal that `earmark listen` runs in, while it does.

use super::Wake;
use crate::listener::laptop::Key;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::termios::{LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

/// While it lives, each key is read as it is pressed and not shown; then the terminal is as it was.
pub(super) struct Keyboard(());

impl Keyboard {
    /// Starts to read.
    pub(super) fn start(wake: &Sender<Wake>) -> io::Result<Self> {
        enable_raw_mode()?;
        let keyboard = Self(());
        keep_lines_and_signals()?;
        let wake = wake.clone();
        thread::Builder::new().name("keys".to_owned()).spawn(move || watch(&wake))?;
        Ok(keyboard)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // A terminal that is gone needs no care.
        let _ = disable_raw_mode();
    }
}

/// Lines still end at the left, and Ctrl+C is still a signal.
fn keep_lines_and_signals() -> io::Result<()> {
    let mut modes = tcgetattr(io::stdin())?;
    modes.output_modes |= OutputModes::OPOST;
    modes.local_modes |= LocalModes::ISIG;
    tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
    Ok(())
}

fn watch(wake: &Sender<Wake>) {
    loop {
        let told = match read() {
            Ok(Event::Key(key)) => meaning(key),
            Ok(_) => None,
            Err(_) => Some(Wake::End),
        };
        let over = matches!(told, Some(Wake::End));
        if told.is_some_and(|told| wake.send(told).is_err()) || over {
            return;
        }
    }
}

fn meaning(key: KeyEvent) -> Option<Wake> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return matches!(key.code, KeyCode::Char('c' | 'd')).then_some(Wake::End);
    }
    Some(Wake::Key(match key.code {
        KeyCode::BackTab | KeyCode::Char('a') => Key::Again,
        KeyCode::Tab if shift => Key::Again,
        KeyCode::Tab | KeyCode::Char(' ') => Key::Toggle,
        KeyCode::Char('b') | KeyCode::Left => Key::Back,
        KeyCode::Right => Key::Forward,
        KeyCode::Char('-') | KeyCode::Down => Key::Slower,
        KeyCode::Char('+' | '=') | KeyCode::Up => Key::Faster,
        _ => return None,
    }))
}

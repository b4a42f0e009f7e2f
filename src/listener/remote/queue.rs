//! Commands that wait for the line: a later one takes the place of those that it makes pointless.

use crate::domain::Command;
use std::collections::VecDeque;
use std::mem::discriminant;

/// Commands in order, each with its number.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(u64, Command)>,
    last: u64,
}

impl Queue {
    /// Adds a command, and leaves out those that it makes pointless.
    pub(super) fn push(&mut self, command: Command) {
        self.last += 1;
        self.waiting.retain(|(_, earlier)| !is_pointless(earlier, &command));
        self.waiting.push_back((self.last, command));
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<(u64, Command)> {
        self.waiting.pop_front()
    }
}

/// Whether nobody can tell if `earlier` was obeyed, once `later` is.
fn is_pointless(earlier: &Command, later: &Command) -> bool {
    match later {
        Command::Load { .. } | Command::Stop => !is_lasting(earlier),
        Command::Seek(_) => matches!(earlier, Command::Seek(_) | Command::SeekBy(_)),
        later if is_lasting(later) => discriminant(earlier) == discriminant(later),
        _ => false,
    }
}

/// Whether it holds for whatever is loaded next, too.
fn is_lasting(command: &Command) -> bool {
    matches!(
        command,
        Command::Rate(_)
            | Command::Gain(_)
            | Command::SkipSilence(_)
            | Command::Backstep(_)
            | Command::Prefetch(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SoundId;

    fn left(commands: impl IntoIterator<Item = Command>) -> Vec<Command> {
        let mut queue = Queue::default();
        commands.into_iter().for_each(|command| queue.push(command));
        std::iter::from_fn(|| queue.pop()).map(|(_, command)| command).collect()
    }

    #[test]
    fn a_new_file_makes_what_was_asked_of_the_old_one_pointless() {
        let load = Command::Load { load: 2, sound: SoundId("b".into()), from: 0.0, play: true };
        let asked = [Command::Rate(2.0), Command::Seek(1.0), Command::Toggle, load.clone()];
        assert_eq!(left(asked), [Command::Rate(2.0), load]);
    }

    #[test]
    fn of_seeks_and_settings_the_last_one_counts_and_of_toggles_all() {
        let asked = [Command::SeekBy(1.0), Command::Seek(4.0), Command::SeekBy(2.0)];
        assert_eq!(left(asked), [Command::Seek(4.0), Command::SeekBy(2.0)]);
        assert_eq!(left([Command::Rate(1.1), Command::Rate(1.2)]), [Command::Rate(1.2)]);
        assert_eq!(left([Command::Toggle, Command::Toggle]).len(), 2);
    }

    #[test]
    fn numbers_count_up_even_where_commands_are_left_out() {
        let mut queue = Queue::default();
        for command in [Command::Rate(1.1), Command::Rate(1.2), Command::Play] {
            queue.push(command);
        }
        assert_eq!(queue.pop().map(|(seq, _)| seq), Some(2));
        assert_eq!(queue.pop().map(|(seq, _)| seq), Some(3));
        assert_eq!(queue.pop(), None);
    }
}

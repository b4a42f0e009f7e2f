//! Which of the listeners that can be reached is meant.

use super::note::Note;
use std::collections::BTreeSet;

/// Who looks for a listener.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seeker {
    /// Who works here.
    pub person: String,
    /// Whether they named themselves (`EARMARK_USER`); else several people may go by that name.
    pub explicit: bool,
    /// The note that was named: by who started this program (`EARMARK_LISTENER`), or by its user (`--listener`).
    pub session: Option<String>,
    /// Machine and account on it that was last played on.
    pub laptop: Option<(String, String)>,
}

/// What to do about the notes that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranked {
    /// Call these, in this order, until one answers. There may be none.
    Call(Vec<Note>),
    /// Several people may go by this name: ask which laptop it is. The newest of each, the newest first.
    Ask(Vec<Note>),
}

/// Ranks the notes for a seeker: the one that was named, then the free ones of the same person, the newest first. Notes
/// of other sessions are never among them.
pub fn rank(notes: &[Note], seeker: &Seeker) -> Ranked {
    let named = notes.iter().find(|note| seeker.session.as_deref() == Some(&note.name));
    let free = free(notes, seeker);
    let laptops: BTreeSet<_> = free.iter().map(|note| laptop(note)).collect();
    let last = seeker.laptop.as_ref().map(|(host, login)| (host.as_str(), login.as_str()));
    let mut calls: Vec<Note> = named.cloned().into_iter().collect();
    if seeker.explicit || laptops.len() < 2 {
        calls.extend(free.into_iter().cloned());
    } else if let Some(last) = last.filter(|last| laptops.contains(last)) {
        calls.extend(free.into_iter().filter(|note| laptop(note) == last).cloned());
    } else if calls.is_empty() {
        return Ranked::Ask(newest_of_each(&free));
    }
    Ranked::Call(calls)
}

/// Free notes of this person, but for the one that was named.
fn free<'a>(notes: &'a [Note], seeker: &Seeker) -> Vec<&'a Note> {
    let mut free: Vec<&Note> = notes
        .iter()
        .filter(|note| !note.session && note.person == seeker.person)
        .filter(|note| seeker.session.as_deref() != Some(&note.name))
        .collect();
    free.sort_by_key(|note| std::cmp::Reverse(note.made));
    free
}

fn laptop(note: &Note) -> (&str, &str) {
    (&note.laptop, &note.login)
}

fn newest_of_each(free: &[&Note]) -> Vec<Note> {
    let mut seen = BTreeSet::new();
    free.iter().filter(|note| seen.insert(laptop(note))).map(|note| (*note).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::wire::Address;
    use crate::listener::wire::Token;

    fn note(name: &str, person: &str, laptop: &str, made: u64) -> Note {
        Note {
            name: name.to_owned(),
            token: Token::from_text("t"),
            address: Address::Tcp(1),
            person: person.to_owned(),
            explicit: false,
            laptop: laptop.to_owned(),
            login: "me".to_owned(),
            made,
            session: false,
        }
    }

    fn bound(name: &str, person: &str, laptop: &str, made: u64) -> Note {
        Note { session: true, ..note(name, person, laptop, made) }
    }

    fn seeker(person: &str, explicit: bool) -> Seeker {
        Seeker { person: person.to_owned(), explicit, ..Seeker::default() }
    }

    fn calls(ranked: Ranked) -> Vec<String> {
        match ranked {
            Ranked::Call(notes) => notes.into_iter().map(|note| note.name).collect(),
            Ranked::Ask(notes) => panic!("asked about {notes:?}"),
        }
    }

    #[test]
    fn the_session_that_started_it_goes_first_then_the_newest_free_one() {
        let notes = [
            note("free-old", "ann", "desk", 1),
            bound("own", "ann", "desk", 2),
            bound("other", "ann", "desk", 9),
            note("free-new", "ann", "desk", 5),
        ];
        let own = Seeker { session: Some("own".to_owned()), ..seeker("ann", false) };
        assert_eq!(calls(rank(&notes, &own)), ["own", "free-new", "free-old"]);
        assert_eq!(calls(rank(&notes, &seeker("ann", false))), ["free-new", "free-old"]);
    }

    #[test]
    fn nobody_hears_what_another_person_or_another_session_plays() {
        let notes = [note("bob", "bob", "desk", 1), bound("ann", "ann", "desk", 2)];
        for explicit in [false, true] {
            assert_eq!(calls(rank(&notes, &seeker("ann", explicit))), [""; 0]);
        }
    }

    #[test]
    fn a_listener_that_was_picked_by_name_is_taken_whoever_it_belongs_to() {
        let notes = [note("bob", "bob", "desk", 1), note("mine", "ann", "lap", 2)];
        let picked = Seeker { session: Some("bob".to_owned()), ..seeker("ann", true) };
        assert_eq!(calls(rank(&notes, &picked)), ["bob", "mine"]);
    }

    #[test]
    fn where_several_people_share_a_name_it_is_asked_unless_it_was_known_before() {
        let notes = [
            note("a1", "labels", "ann-laptop", 1),
            note("b1", "labels", "bob-laptop", 2),
            note("a2", "labels", "ann-laptop", 3),
        ];
        let asked = rank(&notes, &seeker("labels", false));
        assert_eq!(asked, Ranked::Ask(vec![notes[2].clone(), notes[1].clone()]));
        assert_eq!(calls(rank(&notes, &seeker("labels", true))), ["a2", "b1", "a1"]);
        let known = |laptop: &str| Seeker {
            laptop: Some((laptop.to_owned(), "me".to_owned())),
            ..seeker("labels", false)
        };
        assert_eq!(calls(rank(&notes, &known("ann-laptop"))), ["a2", "a1"]);
        assert!(matches!(rank(&notes, &known("a third")), Ranked::Ask(_)));
        let own = Seeker { session: Some("b1".to_owned()), ..seeker("labels", false) };
        assert_eq!(calls(rank(&notes, &own))[0], "b1");
    }
}

//! Several people label one dataset, each in a workspace of their own, offline for a while, killed between any two
//! requests: in the end all have the same labels, the same conflicts, and every revision that anyone ever made.

use crate::bucket::{Fault, Manners, Op, Server, When};
use crate::client::{BUCKET, at_once, open_at, options, pairs, with_keys};
use earmark::domain::{
    Choice, Connection, Deed, Flag, How, RevisionId, SampleId, SampleKey, SampleState, Target,
};
use earmark::objects::{Options, Store};
use earmark::sync::{self, ShareError, ShareReport, write_snapshot};
use earmark::workspace::{Dataset, Identity, LabelRequest, Reader, Writer};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use tempfile::TempDir;
use uuid::Uuid;

const SAMPLES: [&str; 3] = ["a.wav", "b.wav", "dir/c.wav"];

/// What one person does to one sample.
#[derive(Debug, Clone)]
enum Edit {
    Label(u8),
    Unlabel,
    Flag(bool),
    NoSpeech(bool),
    Delete,
    Restore,
    Settle(bool),
    Undo,
}

/// What happens next.
#[derive(Debug, Clone)]
enum Event {
    Edit {
        who: usize,
        sample: usize,
        edit: Edit,
    },
    /// The network of one of them goes or comes back.
    Network {
        who: usize,
        up: bool,
    },
    /// Shares labels, if the network is there.
    Share {
        who: usize,
    },
    /// Writes down the whole history, and may be killed after so many requests.
    Snapshot {
        who: usize,
        after: usize,
    },
    /// Shares labels and is killed after so many requests; the last one is done, or not.
    Crash {
        who: usize,
        after: usize,
        done: bool,
    },
}

fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0_u8..4).prop_map(Edit::Label),
        1 => Just(Edit::Unlabel),
        2 => any::<bool>().prop_map(Edit::Flag),
        1 => any::<bool>().prop_map(Edit::NoSpeech),
        1 => Just(Edit::Delete),
        1 => Just(Edit::Restore),
        2 => any::<bool>().prop_map(Edit::Settle),
        1 => Just(Edit::Undo),
    ]
}

fn events(people: usize) -> impl Strategy<Value = Vec<Event>> {
    let who = 0..people;
    let edit = (who.clone(), 0..SAMPLES.len(), edits())
        .prop_map(|(who, sample, edit)| Event::Edit { who, sample, edit });
    let network = (who.clone(), any::<bool>()).prop_map(|(who, up)| Event::Network { who, up });
    let share = who.clone().prop_map(|who| Event::Share { who });
    let snapshot =
        (who.clone(), 0_usize..6).prop_map(|(who, after)| Event::Snapshot { who, after });
    let crash = (who, 0_usize..12, any::<bool>()).prop_map(|(who, after, done)| Event::Crash {
        who,
        after,
        done,
    });
    proptest::collection::vec(
        prop_oneof![6 => edit, 1 => network, 3 => share, 1 => snapshot, 3 => crash],
        1..30,
    )
}

/// A folder in memory, where there is such a thing: nobody cuts the power here.
fn home() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// One person at one machine.
struct Person {
    name: String,
    home: TempDir,
    writer: Option<Writer>,
    output: Store,
    online: bool,
}

impl Person {
    fn new(server: &Server, name: &str, dataset: Uuid) -> Self {
        let home = home();
        let told = Dataset {
            id: dataset,
            name: "calls".into(),
            source: format!("s3://{BUCKET}/calls/"),
            output: Some(format!("s3://{BUCKET}/labels/")),
            connection: Connection::default(),
        };
        let path = home.path().join("calls.earmark");
        let mut writer = Writer::create(&path, &told, Identity::new(name)).unwrap();
        let once = Options { tries: 1, ..options(server) };
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        sync::sync(&open_at("calls/", &once), &mut writer, &Timestamp::now, go_on).unwrap();
        let output = open_at("labels/", &once);
        Self { name: name.into(), home, writer: Some(writer), output, online: true }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    fn share_at(&mut self, now: Timestamp) -> Result<ShareReport, ShareError> {
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let output = self.output.clone();
        sync::share(&output, self.writer(), &|| now, go_on).map(Option::unwrap)
    }

    fn share(&mut self) -> Result<ShareReport, ShareError> {
        self.share_at(Timestamp::now())
    }

    /// Shares labels when nothing is in the way.
    fn share_all(&mut self) {
        let report = self.share().unwrap();
        assert_eq!(report.problems, [], "{}", self.name);
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.home.path().join("calls.earmark"), Identity::new(&*self.name)).unwrap()
    }

    /// As after a kill.
    fn start_again(&mut self) {
        self.writer = None;
        let path = self.home.path().join("calls.earmark");
        self.writer = Some(Writer::open(&path, Identity::new(&*self.name)).unwrap());
    }

    fn edit(&mut self, sample: usize, edit: &Edit) {
        let id = self.sample(SAMPLES[sample]);
        let now = Timestamp::now();
        let deed = match edit {
            Edit::Label(text) => {
                let content = format!("text {text}");
                let request = LabelRequest { sample: id, content, how: How::Typed, based_on: None };
                self.writer().label(&request, now).unwrap();
                return;
            }
            Edit::Undo => {
                self.writer().undo(now).unwrap();
                return;
            }
            Edit::Unlabel => Deed::Unlabel,
            Edit::Flag(on) => Deed::Flag(Flag::Unsure, *on),
            Edit::NoSpeech(on) => Deed::Flag(Flag::NoSpeech, *on),
            Edit::Delete => Deed::Delete,
            Edit::Restore => Deed::Restore,
            Edit::Settle(mine) => Deed::Settle(if *mine { Choice::Mine } else { Choice::Theirs }),
        };
        self.writer().act(&deed, &Target::Samples(vec![id]), now).unwrap();
    }

    fn sample(&self, key: &str) -> SampleId {
        self.reader().find(&SampleKey::from(key)).unwrap().unwrap()
    }

    /// Every revision there is here.
    fn revisions(&self) -> BTreeSet<RevisionId> {
        let reader = self.reader();
        SAMPLES
            .iter()
            .flat_map(|key| reader.history(self.sample(key)).unwrap())
            .map(|revision| revision.id)
            .collect()
    }

    /// What every sample is like here.
    fn labels(&self) -> BTreeMap<&'static str, Label> {
        let reader = self.reader();
        SAMPLES
            .iter()
            .map(|key| {
                let detail = reader.detail(self.sample(key)).unwrap().unwrap();
                let mut rivals = detail.rivals;
                rivals.sort();
                let mut heads = detail.heads;
                heads.sort();
                let history = reader.history(detail.id).unwrap();
                let label = Label {
                    state: detail.state,
                    conflict: detail.confirm.conflict,
                    content: detail.content,
                    heads,
                    rivals,
                    flags: detail.flags,
                    history: history.into_iter().map(|revision| revision.id).collect(),
                };
                (*key, label)
            })
            .collect()
    }
}

#[derive(Debug, PartialEq)]
struct Label {
    state: SampleState,
    conflict: bool,
    content: Option<String>,
    heads: Vec<RevisionId>,
    rivals: Vec<(String, String)>,
    flags: Vec<Flag>,
    history: BTreeSet<RevisionId>,
}

fn person(server: &Server, number: usize, dataset: Uuid) -> Person {
    Person::new(server, ["ann", "bob", "cleo", "new"][number], dataset)
}

fn everyone_agrees(people: usize, events: &[Event], manners: Manners) -> Result<(), TestCaseError> {
    let server = Server::start(manners);
    let bucket = server.bucket(BUCKET);
    for key in SAMPLES {
        bucket.put(&format!("calls/{key}"), key);
    }
    // Small pages, so that a crash falls between two of them as well.
    bucket.set_page(2);
    let dataset = Uuid::now_v7();
    let mut team: Vec<Person> = (0..people).map(|n| person(&server, n, dataset)).collect();
    let mut made = BTreeSet::new();
    for event in events {
        happen(&server, &mut team, event);
        made.extend(team.iter().flat_map(Person::revisions));
    }
    // The network is back. Once round to hand over, once more to take over.
    for _ in 0..2 {
        team.iter_mut().for_each(Person::share_all);
    }
    let mut fresh = person(&server, 3, dataset);
    fresh.share_all();
    let first = team[0].labels();
    for other in team[1..].iter().chain([&fresh]) {
        prop_assert_eq!(&other.labels(), &first, "{} and {}", &other.name, &team[0].name);
    }
    let kept: BTreeSet<RevisionId> =
        first.values().flat_map(|label| label.history.iter().copied()).collect();
    prop_assert!(made.is_subset(&kept), "lost: {:?}", made.difference(&kept));
    let requests = server.requests().len();
    team.iter_mut().for_each(Person::share_all);
    prop_assert_eq!(&team[0].labels(), &first, "shared once more");
    let written =
        server.requests()[requests..].iter().filter(|request| request.op.writes()).count();
    prop_assert_eq!(written, 0, "what is shared is not written again");
    Ok(())
}

fn happen(server: &Server, team: &mut [Person], event: &Event) {
    match event {
        Event::Edit { who, sample, edit } => team[*who].edit(*sample, edit),
        Event::Network { who, up } => team[*who].online = *up,
        Event::Share { who } => {
            let person = &mut team[*who];
            if !person.online {
                server.fault(When::any().always(), Fault::DropBefore);
            }
            let shared = person.share();
            assert!(!person.online || shared.is_ok(), "{shared:?}");
            server.mend();
        }
        Event::Snapshot { who, after } => {
            server.fault(When::any().after(*after).always(), Fault::DropBefore);
            let person = &team[*who];
            let name = Uuid::now_v7().to_string();
            // Fails, unless it was over before.
            let _ = write_snapshot(&person.output, &person.reader(), person.home.path(), &name);
            server.mend();
        }
        Event::Crash { who, after, done } => {
            let person = &mut team[*who];
            if *done {
                server.fault(When::any().after(*after), Fault::DropAfter);
            }
            server.fault(When::any().after(*after).always(), Fault::DropBefore);
            // Fails, unless it was over before.
            let _ = person.share();
            server.mend();
            person.start_again();
        }
    }
}

#[test]
fn two_people_end_with_the_same_labels_and_nothing_is_lost() {
    with_keys!();
    TestRunner::new(ProptestConfig::with_cases(16))
        .run(&events(2), |events| everyone_agrees(2, &events, Manners::plain()))
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn three_people_do_too_and_on_a_store_that_knows_no_conditions() {
    with_keys!();
    TestRunner::new(ProptestConfig::with_cases(16))
        .run(&events(3), |events| everyone_agrees(3, &events, Manners::unconditional()))
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Every place in one round of sharing that a kill can fall on.
#[test]
fn killed_after_any_one_request_nothing_is_lost() {
    with_keys!();
    let places: Vec<usize> = (0..16).collect();
    at_once(pairs(&places, &[false, true]), |(after, done)| {
        let edit = |who, sample, text| Event::Edit { who, sample, edit: Edit::Label(text) };
        let events = [
            edit(0, 0, 1),
            Event::Share { who: 0 },
            edit(0, 1, 2),
            edit(1, 0, 3),
            Event::Crash { who: 0, after, done },
            edit(0, 2, 1),
            Event::Crash { who: 1, after, done },
            edit(1, 1, 1),
        ];
        everyone_agrees(2, &events, Manners::plain())
            .unwrap_or_else(|error| panic!("{after}, {done}: {error}"));
    });
}

/// Every place in merging many log objects, and in removing them later, that a kill can fall on; a reader who had read
/// some of them, one who had read none, and a new one.
#[test]
fn killed_while_log_objects_are_merged_no_reader_misses_anything() {
    with_keys!();
    let later = Timestamp::now() + SignedDuration::from_hours(24 * 8);
    at_once([false, true], |done| {
        let server = Server::start(Manners::plain());
        let bucket = server.bucket(BUCKET);
        for key in SAMPLES {
            bucket.put(&format!("calls/{key}"), key);
        }
        let dataset = Uuid::now_v7();
        let mut ann = person(&server, 0, dataset);
        let mut some = person(&server, 1, dataset);
        let none = person(&server, 2, dataset);
        for n in 0..70 {
            ann.edit(n % 3, &Edit::Label((n % 2) as u8));
            ann.share_all();
            if n == 10 {
                some.share_all();
            }
        }
        let made = ann.revisions();
        assert_eq!(made.len(), 70);
        for now in [Timestamp::now(), later, later + SignedDuration::from_hours(24 * 8)] {
            for after in (0..80).step_by(4) {
                if done {
                    server.fault(When::any().after(after), Fault::DropAfter);
                }
                server.fault(When::any().after(after).always(), Fault::DropBefore);
                let _ = ann.share_at(now);
                server.mend();
                ann.start_again();
                let mut new = person(&server, 3, dataset);
                new.share_all();
                assert_eq!(new.revisions(), made, "{done}, {now}, {after}");
            }
        }
        let logs = bucket.keys().iter().filter(|key| key.starts_with("labels/labels/")).count();
        assert!(logs < 10, "{logs} objects");
        for mut reader in [some, none] {
            reader.share_all();
            assert_eq!(reader.labels(), ann.labels());
        }
    });
}

/// A log object that came without its last lines, and was taken for whole, would be read on from behind them.
#[test]
fn a_log_object_that_ends_early_is_read_again() {
    with_keys!();
    let server = Server::start(Manners::plain());
    let bucket = server.bucket(BUCKET);
    for key in SAMPLES {
        bucket.put(&format!("calls/{key}"), key);
    }
    let dataset = Uuid::now_v7();
    let mut ann = person(&server, 0, dataset);
    for n in 0..3 {
        ann.edit(n, &Edit::Label(1));
    }
    ann.share_all();
    let log = bucket.keys().into_iter().find(|key| key.starts_with("labels/labels/")).unwrap();
    let whole = bucket.get(&log).unwrap();
    let lines: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    assert_eq!(lines.len(), 3);
    for short in [0, 1, lines[0], lines[0] + 1, lines[1] + 1, whole.len() - 1] {
        let mut bob = person(&server, 1, dataset);
        server.fault(When::op(Op::GetObject).key(&log).always(), Fault::Short(short));
        if let Ok(report) = bob.share() {
            assert_ne!(report.problems, [], "{short} of {} bytes", whole.len());
        }
        server.mend();
        bob.share_all();
        assert_eq!(bob.labels(), ann.labels(), "{short} of {} bytes", whole.len());
    }
}

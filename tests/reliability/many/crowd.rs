//! Twenty programs on one workspace at once: screens and commands, labeling, batching, undoing, syncing and reading.

use super::truth::{Confirmed, Truth};
use crate::desk::{Desk, box_text, json_lines, open_file};
use crate::figures;
use crate::home::Home;
use crate::pty::{Screen, View};
use earmark::audio::{WavSamples, wav_header};
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Files that only screens label, as they hand them out.
const FOR_SCREENS: usize = 600;
/// Files that all commands label over and over.
const FOR_COMMANDS: usize = 60;
/// How many one batch labels.
const BATCH: usize = 25;

/// What no screen and no command may say: somebody else was at work.
const BUSY: [&str; 6] =
    ["another process is writing", "locked", "busy", "not saved", "could not", "panicked"];

/// What one of them did.
#[derive(Default)]
struct Done {
    confirmed: Vec<Confirmed>,
    /// The actions of batches, with how many files each labeled.
    batches: Vec<(String, usize)>,
    syncs: u64,
}

#[test]
fn twenty_at_once_lose_no_label() {
    let desk = crowded_desk();
    let end = Instant::now() + Duration::from_secs(figures::times(20, 300));
    let done = thread::scope(|scope| {
        let desk = &desk;
        let mut workers = Vec::new();
        for person in ["ann", "ben", "cem", "dan", "eva"] {
            workers.push(scope.spawn(move || labels_on_a_screen(desk, person, end)));
        }
        workers.push(scope.spawn(move || batches_on_a_screen(desk, "fay", end)));
        for person in ["gil", "hal", "ida", "jan", "kim"] {
            workers.push(scope.spawn(move || labels_by_command(desk, person, end)));
        }
        for person in ["lea", "max", "ned"] {
            workers.push(scope.spawn(move || batches_by_command(desk, person, end)));
        }
        for person in ["ola", "pia"] {
            workers.push(scope.spawn(move || takes_back(desk, person, end)));
        }
        for person in ["quy", "rex"] {
            workers.push(scope.spawn(move || synchronizes(desk, person, end)));
        }
        for person in ["sue", "tom"] {
            workers.push(scope.spawn(move || reads(desk, person, end)));
        }
        assert_eq!(workers.len(), 20);
        let done: Vec<Done> =
            workers.into_iter().map(|worker| worker.join().expect("nobody was stopped")).collect();
        done
    });
    let truth = Truth::of(&desk.workspace());
    truth.is_sound();
    truth.is_one_line_a_file();
    let confirmed: Vec<Confirmed> = done.iter().flat_map(|one| one.confirmed.clone()).collect();
    let drafts = truth.keeps_or_drafts(&confirmed, &desk.workspace());
    // Most files were handed to one person only.
    assert!(drafts < confirmed.len() / 4, "{drafts} of {} texts are drafts", confirmed.len());
    let batches: Vec<_> = done.iter().flat_map(|one| &one.batches).collect();
    for (action, files) in &batches {
        let id = action.replace('-', "");
        let written = truth.said.iter().filter(|said| hex(&said.action) == id).count();
        assert_eq!(written, *files, "of batch {action}");
    }
    let screens = done.iter().take(5).map(|one| one.confirmed.len()).min();
    assert!(screens > Some(3), "every screen labeled: {screens:?}");
    assert!(done.iter().all(|one| one.confirmed.is_empty() || one.confirmed.len() > 1));
    let syncs: u64 = done.iter().map(|one| one.syncs).sum();
    assert!(syncs > 0 && batches.len() > 2, "{syncs} syncs, {} batches", batches.len());
    figures::count("programs at once", 20);
    figures::count("batches checked", batches.len() as u64);
    another_machine_has_the_same(&desk, &truth);
}

/// Two sets of short files, synchronized, with an output.
fn crowded_desk() -> Desk {
    let home = Home::new();
    let folder = home.join("calls");
    fs::create_dir(&folder).expect("a folder for recordings");
    let names = (0..FOR_SCREENS).map(screen_file).chain((0..FOR_COMMANDS).map(command_file));
    for (seed, name) in (0..).zip(names) {
        fs::write(folder.join(name), tone(seed)).expect("a recording is written");
    }
    let desk = Desk { home, folder };
    let output = desk.home.join("shared");
    fs::create_dir(&output).expect("a folder for the output");
    desk.run([OsStr::new("sync"), desk.folder.as_ref(), OsStr::new("--output"), output.as_ref()]);
    desk
}

fn screen_file(index: usize) -> String {
    format!("a-{index:04}.wav")
}

fn command_file(index: usize) -> String {
    format!("z-{index:04}.wav")
}

/// A fifth of a second at 8 kHz; each seed sounds different.
fn tone(seed: u32) -> Vec<u8> {
    let samples = (0..1_600_u32).map(|at| ((at * (seed + 3)) % 2_000) as i16 - 1_000);
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut bytes = wav_header(8_000, 1, WavSamples::Pcm16, Some(data.len() as u64));
    bytes.extend(data);
    bytes
}

// At the screen.

/// Files are handed out by the screen; text and Enter until the time is over.
fn labels_on_a_screen(desk: &Desk, person: &str, end: Instant) -> Done {
    let screen = opened(desk, person);
    let mut confirmed = Vec::new();
    screen.type_keys("<enter>");
    screen.wait_for_text("label & next");
    while Instant::now() < end && !screen.look(is_done) {
        answer_questions(&screen);
        let content = format!("{person} said {}", confirmed.len());
        screen.type_keys(&content);
        let typed = |view: View<'_>| box_text(view).ends_with(&content);
        loop {
            screen.wait_for(&content, |view| typed(view) || asks(view) || is_done(view));
            if !screen.look(asks) {
                break;
            }
            answer_questions(&screen);
            // Who types on while a question has been there for long types into the question.
            if !screen.look(|view| typed(view) || is_done(view)) {
                screen.type_keys(&content);
            }
        }
        if screen.look(is_done) {
            break;
        }
        if let Some(content) = entered(&screen) {
            confirmed.push(Confirmed { author: person.to_owned(), content, key: None });
        }
        // Nobody labels faster than a machine commits for minutes.
        screen.wait_for("labels on their way to the disk", |view| {
            on_their_way(view) < 8 || asks(view)
        });
    }
    leave(&screen);
    Done { confirmed, ..Done::default() }
}

/// Enter, and what was labeled with it. A question about an earlier label may come up at any moment before: then Enter is
/// for that, and is pressed again.
fn entered(screen: &Screen) -> Option<String> {
    loop {
        answer_questions(screen);
        // Behind what somebody else said there, where it came before the first letter.
        let open = |view: View<'_>| (open_file(view), box_text(view));
        let before = screen.look(|view| (!asks(view) && !is_done(view)).then(|| open(view)));
        let Some((file, content)) = before else {
            if screen.look(is_done) {
                return None;
            }
            continue;
        };
        screen.type_keys("<enter>");
        screen.wait_for("the next file", |view| {
            nobody_is_in_the_way(view);
            asks(view) || is_done(view) || (open_file(view) != file && box_text(view).is_empty())
        });
        answer_questions(screen);
        if screen.look(|view| asks(view) || open(view) != (file.clone(), content.clone())) {
            return Some(content);
        }
    }
}

/// One file at a time by a batch, from the end of the list; one of three taken back and done again.
fn batches_on_a_screen(desk: &Desk, person: &str, end: Instant) -> Done {
    let screen = opened(desk, person);
    let mut done = Done::default();
    for round in 0.. {
        if Instant::now() > end {
            break;
        }
        let content = format!("{person} batch {round}");
        // Others change the list meanwhile, which may take the row that was meant out of it, at any moment.
        let field = |view: View<'_>| view.contains("Speech Content of each of them");
        screen.wait_for("the last batch's field to go", |view| !field(view));
        while !screen.look(field) {
            // Nothing may be left to select.
            if Instant::now() > end {
                leave(&screen);
                return done;
            }
            screen.type_keys("<esc>G<space>");
            screen.bytes_while_idle(Duration::from_millis(200));
            if screen.look(|view| view.contains(" selected")) {
                screen.type_keys("b");
                screen.bytes_while_idle(Duration::from_millis(200));
                screen.type_keys(if screen.look(|view| view.contains("choose")) {
                    "1"
                } else {
                    ""
                });
                screen.bytes_while_idle(Duration::from_millis(200));
            }
        }
        screen.type_keys(&content);
        screen.wait_for_text(&content);
        screen.type_keys("<enter>");
        screen.wait_for("the batch", |view| view.contains("with “") || view.contains("labeled "));
        if screen.look(|view| view.contains("with “")) {
            screen.type_keys("<enter>");
        }
        screen.wait_for("the batch", |view| {
            nobody_is_in_the_way(view);
            view.contains("labeled ")
        });
        done.confirmed.push(Confirmed { author: person.to_owned(), content, key: None });
        if round % 3 == 0 {
            screen.type_keys("u");
            screen.wait_for("it to be taken back", |view| {
                view.contains("took back") || view.contains("nothing of yours")
            });
            screen.type_keys("U");
        }
    }
    leave(&screen);
    done
}

fn opened(desk: &Desk, person: &str) -> Screen {
    let screen = desk.launch().env("EARMARK_USER", person).start();
    screen.wait_for("the list", |view| view.contains("a-0") && !view.contains("loading…"));
    screen
}

/// What stands over a question.
const ASKS: [&str; 2] = ["Labeled meanwhile", "The label was removed meanwhile"];

fn asks(view: View<'_>) -> bool {
    ASKS.iter().any(|title| view.contains(title))
}

/// "Mine", to every question, each read before it is answered: keys that come with it are for what was there before. A key
/// is pressed only once what the one before it did is seen: another choice lets the text go.
fn answer_questions(screen: &Screen) {
    while let Some(asked) = screen.look(question) {
        if asked.contains("▸ back to the box") {
            screen.read();
        }
        let mine = asked.contains("▸ mine: label with it");
        screen.type_keys(if mine { "<enter>" } else { "<up>" });
        screen.wait_for("the answer", |view| question(view).as_ref() != Some(&asked));
    }
}

/// What stands in the frame of a question, the cursor with it.
fn question(view: View<'_>) -> Option<String> {
    let rows = view.rows().into_iter();
    let rows = rows.skip_while(|row| !ASKS.iter().any(|title| row.contains(title))).skip(1);
    let inside = rows.map_while(|row| {
        let (_, inside) = row.split_once('┃')?;
        Some(inside.rsplit_once('┃')?.0.to_owned())
    });
    let inside: Vec<String> = inside.collect();
    (!inside.is_empty()).then(|| inside.join("\n"))
}

fn is_done(view: View<'_>) -> bool {
    view.contains("all done") || view.contains("end of the list")
}

#[track_caller]
fn nobody_is_in_the_way(view: View<'_>) {
    for said in BUSY {
        assert!(!view.contains(said), "`{said}` on a screen:\n{}", view.text());
    }
}

/// How many labels are to be seen that are not on disk yet.
fn on_their_way(view: View<'_>) -> usize {
    view.rows().iter().filter(|row| row.contains(".wav") && row.contains(" … ")).count()
}

/// What is on its way to the disk gets there before the program ends.
fn leave(screen: &Screen) {
    screen.wait_for("all labels on disk", |view| asks(view) || on_their_way(view) == 0);
    answer_questions(screen);
    screen.look(nobody_is_in_the_way);
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
}

// By command.

/// Runs a command as somebody. Nothing may be said of others who are at work.
fn run(desk: &Desk, person: &str, args: &[&str], input: &str) -> Output {
    let mut command = desk.command();
    command.env("EARMARK_USER", person).arg(args[0]).arg(&desk.folder).args(&args[1..]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("it reads");
    stdin.write_all(input.as_bytes()).expect("it takes its input");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    for busy in BUSY {
        assert!(!said.contains(busy), "`{busy}` said by {args:?}: {said}");
    }
    output
}

#[track_caller]
fn succeeds(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
}

fn labels_by_command(desk: &Desk, person: &str, end: Instant) -> Done {
    let mut confirmed = Vec::new();
    while Instant::now() < end {
        let round = confirmed.len();
        let key = command_file((round * 7 + person.len() + usize::from(person.as_bytes()[0])) % 20);
        let content = format!("{person} wrote {round}");
        succeeds(&run(desk, person, &["label", &key, "--content", &content], ""));
        confirmed.push(Confirmed { author: person.to_owned(), content, key: Some(key) });
    }
    Done { confirmed, ..Done::default() }
}

fn batches_by_command(desk: &Desk, person: &str, end: Instant) -> Done {
    let mut done = Done::default();
    for round in 0.. {
        if Instant::now() > end {
            break;
        }
        let labels = (0..BATCH).map(|at| Confirmed {
            author: person.to_owned(),
            content: format!("{person} batch {round} of {at}"),
            key: Some(command_file((at + round * 11) % FOR_COMMANDS)),
        });
        let labels: Vec<Confirmed> = labels.collect();
        let lines: Vec<String> = labels
            .iter()
            .map(|label| format!("{}\t{}", label.key.as_deref().unwrap_or_default(), label.content))
            .collect();
        let output =
            run(desk, person, &["label", "--from", "-", "--json"], &(lines.join("\n") + "\n"));
        succeeds(&output);
        let said = &json_lines(&output.stdout)[0];
        assert_eq!(said["changed"].as_u64(), Some(BATCH as u64), "{said}");
        let action = said["action"].as_str().expect("an action").to_owned();
        done.batches.push((action, BATCH));
        done.confirmed.extend(labels);
    }
    done
}

/// Labels, and takes that back: alone, or beaten to it by somebody.
fn takes_back(desk: &Desk, person: &str, end: Instant) -> Done {
    let mut confirmed = Vec::new();
    while Instant::now() < end {
        let key = command_file(confirmed.len() % FOR_COMMANDS);
        let content = format!("{person} meant {}", confirmed.len());
        succeeds(&run(desk, person, &["label", &key, "--content", &content], ""));
        confirmed.push(Confirmed { author: person.to_owned(), content, key: Some(key) });
        let output = run(desk, person, &["undo", "--json"], "");
        succeeds(&output);
        let said = &json_lines(&output.stdout)[0];
        let touched = said["changed"].as_u64().zip(said["changed_since"].as_u64());
        assert!(matches!(touched, Some((1, 0) | (0, 1))), "{said}");
    }
    Done { confirmed, ..Done::default() }
}

/// One at a time may; the other is told who does.
fn synchronizes(desk: &Desk, person: &str, end: Instant) -> Done {
    let mut syncs = 0;
    // Until it had its turn once: screens synchronize too.
    while Instant::now() < end || syncs == 0 {
        let output = run(desk, person, &["sync", "--quiet"], "");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            syncs += 1;
        } else {
            assert!(said.contains("is synchronizing this dataset"), "{said}");
        }
    }
    Done { syncs, ..Done::default() }
}

/// What is read at any moment adds up.
fn reads(desk: &Desk, person: &str, end: Instant) -> Done {
    while Instant::now() < end {
        let output = run(desk, person, &["status", "--json"], "");
        succeeds(&output);
        let said = json_lines(&output.stdout).remove(0);
        let number = |name: &str| said[name].as_u64().unwrap_or_else(|| panic!("{name}: {said}"));
        assert_eq!(number("unlabeled") + number("labeled"), number("total"), "{said}");
        succeeds(&run(desk, person, &["list", "--json"], ""));
    }
    Done::default()
}

/// What was shared is what is here: another machine that joins sees the same labels by the same people.
fn another_machine_has_the_same(desk: &Desk, here: &Truth) {
    run(desk, "quy", &["sync", "--quiet"], "");
    let there = desk.home.join("there.earmark");
    let output = desk.home.join("shared");
    let args = ["--output".as_ref(), output.as_os_str(), "--workspace".as_ref(), there.as_os_str()];
    desk.run([OsStr::new("sync"), desk.folder.as_ref()].into_iter().chain(args));
    let there = Truth::of(&there);
    there.is_sound();
    assert_eq!(there.shown(), here.shown());
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

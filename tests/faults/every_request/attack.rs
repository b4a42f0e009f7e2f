//! Runs a job with failures, then without, and compares what is left with a run that met none.

use super::breakage::Breakage;
use super::job::Job;
use super::state::{State, is_revision, outcomes, samples};
use super::world::{Beginning, CHANGED, MOVED, Run, World};
use crate::bucket::Manners;
use crate::figures;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tries of a request where nobody is to notice a failure.
const TRIES: u32 = 5;
/// Pairs of failures in a short run, of each job.
const PAIRS: u64 = 5;

/// What the program ends with after Ctrl+C.
const INTERRUPTED: i32 = 130;
/// What new machines would start from.
const HISTORY: &str = "history/V002.jsonl.zst";

/// What a run without failures leaves, and how many requests it makes.
struct Clean {
    beginning: Beginning,
    before: State,
    first: State,
    settled: State,
    requests: usize,
}

impl Clean {
    fn of(job: Job, manners: Manners) -> Self {
        let beginning = Beginning::new(job, manners);
        let world = beginning.world();
        let before = State::of(&world);
        let run = world.run(1);
        assert_eq!(run.code, Some(job.code()), "{job:?}: {}", run.said);
        let first = State::of(&world);
        assert_ne!(before, first, "{job:?} does something");
        let requests = world.server.requests().len();
        if job.settles() {
            let run = world.run(1);
            assert_eq!(run.code, Some(job.code()), "{job:?}: {}", run.said);
        }
        Self { beginning, before, first, settled: State::of(&world), requests }
    }
}

/// One failure or several, each at its request.
type Plan = Vec<(usize, Breakage)>;

/// Each request in turn: in a short run with a failure of every other family (of jobs that are much like another one, of
/// every fourth), its neighbours with those of the others; in a long one with every failure there is.
pub(super) fn every_request(job: Job, manners: Manners) {
    let clean = Clean::of(job, manners);
    let mut plans: Vec<Plan> = Vec::new();
    let often = manners == Manners::plain() && !matches!(job, Job::AddLarge | Job::DeleteSingly);
    let in_short = figures::times(if often { 2 } else { 4 }, 1) as usize;
    for number in 0..clean.requests {
        for (place, family) in Breakage::FAMILIES.into_iter().enumerate() {
            if !(number + place + job as usize).is_multiple_of(in_short) {
                continue;
            }
            let some = figures::times(1, family.len() as u64) as usize;
            let first = number / 2 + job as usize;
            plans.extend((first..first + some).map(|at| vec![(number, family[at % family.len()])]));
        }
    }
    attack_all(job, &clean, &plans);
}

/// Two at random; in a long run every two requests, each with kinds at random.
pub(super) fn pairs(job: Job, manners: Manners) {
    let clean = Clean::of(job, manners);
    let seed = std::env::var("EARMARK_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut random = Random(seed.unwrap_or(0x5eed_0000 + job as u64));
    let kinds: Vec<Breakage> = Breakage::FAMILIES.concat();
    let kind = |random: &mut Random| kinds[random.below(kinds.len())];
    let all = (0..clean.requests).flat_map(|a| (a + 1..clean.requests).map(move |b| (a, b)));
    let mut plans: Vec<Plan> =
        all.map(|(a, b)| vec![(a, kind(&mut random)), (b, kind(&mut random))]).collect();
    let some = figures::times(PAIRS, plans.len() as u64) as usize;
    while plans.len() > some {
        plans.swap_remove(random.below(plans.len()));
    }
    attack_all(job, &clean, &plans);
}

/// One failure a run that the usual tries get over: the run ends as if there had been none.
pub(super) fn unnoticed(job: Job, manners: Manners) {
    let clean = Clean::of(job, manners);
    let step = figures::times(6, 1) as usize;
    let plans: Vec<Plan> = (0..clean.requests)
        .skip(job as usize % step)
        .step_by(step)
        .map(|number| vec![(number, Breakage::PASSING[number % Breakage::PASSING.len()])])
        .collect();
    in_turn(&plans, 8, |plan| {
        let world = clean.beginning.world();
        befall(&world, plan);
        let run = world.run(TRIES);
        assert_eq!(run.code, Some(job.code()), "{job:?} {plan:?}: {}", run.said);
        let left = State::of(&world);
        left.must_be(&clean.first, &format!("{job:?} {plan:?}: {}", run.said));
        nothing_lost(&clean.before, &left, &format!("{job:?} {plan:?}"));
        counted(plan);
    });
}

fn attack_all(job: Job, clean: &Clean, plans: &[Plan]) {
    in_turn(plans, 2, |plan| attack(job, clean, plan));
}

fn attack(job: Job, clean: &Clean, plan: &Plan) {
    let (world, before) = (clean.beginning.world(), &clean.before);
    befall(&world, plan);
    let run = world.run(1);
    world.server.mend();
    let about = format!("{job:?}, {plan:?}: it ended with {:?} and said\n{}", run.code, run.said);
    let after = State::of(&world);
    nothing_lost(before, &after, &about);
    only_what_was_confirmed(&world, before, &after, &about);
    if quiet(&run, job) {
        after.without_lengths().must_be(&clean.first.clone().without_lengths(), &about);
    } else if only_history_is_missing(&run, job) {
        let mut left = after.without_lengths();
        left.output.insert(HISTORY.to_owned());
        left.must_be(&clean.first.clone().without_lengths(), &about);
    } else if run.code.is_some_and(|code| code != INTERRUPTED) {
        assert!(run.said.contains(": ") && run.code != Some(0), "not named: {about}");
    }
    let over = quiet(&run, job) && !job.settles() || only_history_is_missing(&run, job);
    if !over {
        let again = &world.run(1);
        let about = format!("{about}\nthe next run ended with {:?}: {}", again.code, again.said);
        ends_well(job, again, &about);
        if job.settles() && State::of(&world) != clean.settled {
            ends_well(job, &world.run(1), &about);
        }
        let left = State::of(&world);
        nothing_lost(before, &left, &about);
        only_what_was_confirmed(&world, before, &left, &about);
        left.must_be(&clean.settled, &about);
    }
    let looked_at =
        plan.first().is_some_and(|(number, _)| number % figures::times(4, 1) as usize == 0);
    if job.settles() && looked_at {
        let seen = samples(&world.onlooker());
        for (key, lines) in &State::of(&world).samples {
            assert_eq!(seen.get(key).map(|seen| &seen[1]), Some(&lines[1]), "{key}: {about}");
        }
    }
    counted(plan);
}

fn befall(world: &World, plan: &Plan) {
    for (number, breakage) in plan {
        breakage.plan(&world.server, *number, &world.program);
    }
}

/// Whether a run says that it did all it had to.
fn quiet(run: &Run, job: Job) -> bool {
    run.code == Some(job.code()) && !named_more(run, job)
}

/// Whether a version is complete but for what only spares new machines some reading, and that is said. The next version
/// has its own.
fn only_history_is_missing(run: &Run, job: Job) -> bool {
    job == Job::Publish && run.code == Some(0) && run.said.contains("the history was not written")
}

/// Whether it names a failure besides what it always names.
fn named_more(run: &Run, job: Job) -> bool {
    let items = run.said.lines().filter(|line| !line.is_empty()).count();
    let usual = match job {
        Job::Add | Job::Delete | Job::DeleteSingly => 1,
        _ => 0,
    };
    items > usual
}

fn ends_well(job: Job, run: &Run, about: &str) {
    match job {
        // What the first run did is not done again, and said so.
        Job::Add | Job::Replace | Job::AddLarge => assert!(run.code.is_some(), "{about}"),
        _ => assert_eq!(run.code, Some(job.code()), "{about}"),
    }
}

/// Every revision that was there is there.
fn nothing_lost(before: &State, after: &State, about: &str) {
    let (mut there, mut lost) = (0, Vec::new());
    for (key, lines) in &before.samples {
        let moved = (key == MOVED.0).then(|| after.samples.get(MOVED.1)).flatten();
        let now = after.samples.get(key).or(moved);
        for line in lines.iter().filter(|line| is_revision(line)) {
            there += 1;
            if !now.is_some_and(|now| now.contains(line)) {
                lost.push(format!("{key}: {line}"));
            }
        }
    }
    figures::count("labels checked", there);
    figures::count("labels lost", lost.len() as u64);
    assert!(lost.is_empty(), "{lost:?} lost: {about}");
}

/// Of the source nothing goes that nobody named, nor what is not what was listed, nor without its being known; and what
/// is recorded of each file is true.
fn only_what_was_confirmed(world: &World, before: &State, after: &State, about: &str) {
    let gone: BTreeSet<&String> =
        before.source.keys().filter(|key| !after.source.contains_key(*key)).collect();
    let deletes = matches!(world.job, Job::Delete | Job::DeleteSingly);
    for key in &gone {
        let confirmed = deletes && ["a.wav", "dir/c.wav"].contains(&key.as_str());
        assert!(confirmed, "{key} is gone from the source: {about}");
    }
    for (key, md5) in &before.source {
        let now = after.source.get(key);
        let replaced = world.job == Job::Replace && key == "b.wav";
        assert!(replaced || now.is_none_or(|now| now == md5), "{key} is another one: {about}");
    }
    if !deletes {
        return;
    }
    assert!(after.source.contains_key(CHANGED), "{about}");
    let recorded = outcomes(&world.workspace());
    for (key, said) in &recorded {
        if said == "deleted" {
            assert!(gone.contains(key), "{key} is recorded as deleted: {about}");
        }
    }
    for (key, lines) in &after.samples {
        if lines[0].starts_with("Deleted") {
            assert!(!after.source.contains_key(key), "{key} is marked, and there: {about}");
        }
    }
}

fn counted(plan: &Plan) {
    figures::count("faults injected (network)", plan.len() as u64);
    let kills = plan.iter().filter(|(_, breakage)| breakage.kills()).count();
    figures::count("kills", kills as u64);
}

/// Each case, a few at once. All of them are tried; those that fail fail the test.
fn in_turn<T: Sync>(cases: &[T], at_once: usize, test: impl Fn(&T) + Sync) {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if catch_unwind(AssertUnwindSafe(|| test(case))).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "{failed} of {} cases failed", cases.len());
}

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % most as u64) as usize
    }
}

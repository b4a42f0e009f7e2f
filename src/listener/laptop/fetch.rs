//! What to ask for next: bytes that somebody waits for, then what will be played, then the rest. No clock, no threads.

use super::memory::{BLOCK, Keep, Known, Memory};
use crate::domain::SoundId;
use crate::listener::forms::unpack;
use crate::listener::wire::{Chunk, Form, Frame, Need, SoundInfo};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Blocks from the reading place on that are wanted now: they go before anything fetched ahead.
const NEAR: u64 = 9;
/// Blocks in one request for what is wanted now, but for the first, which is asked for alone.
const NEAR_STRIDE: u64 = 4;
/// Blocks in one request for what is fetched ahead. It is cancelled, not waited for, when something else is wanted.
const AHEAD_STRIDE: u64 = 8;
/// Requests for what is fetched ahead that are under way together.
const AHEAD_REQUESTS: usize = 4;
/// Blocks at the beginning of a sound that opening it reads, maybe after a look at its end.
const BEGINNING: u64 = NEAR;
/// Shares of the memory: what is fetched ahead of the place that plays, and all the sounds to be played next.
const SHARE: u64 = 4;
/// A longer name is cut.
const LONGEST_NAME: usize = 255;

/// What one connection wants, and what it has asked for.
#[derive(Debug, Default)]
pub(super) struct Fetch {
    loaded: Option<SoundId>,
    /// The place in the loaded sound that was read last.
    at: u64,
    prefetched: Vec<SoundId>,
    /// Places that readers wait for, by the number of the reader.
    waiting: BTreeMap<u64, (SoundId, u64)>,
    requests: BTreeMap<u32, Request>,
    numbers: u32,
    /// Sounds that cannot be had, and why.
    refused: HashMap<SoundId, String>,
    cancelled: Vec<u32>,
}

#[derive(Debug)]
struct Request {
    sound: SoundId,
    to: u64,
    /// The next byte that is to come.
    at: u64,
    urgent: bool,
    /// In which form it comes, once that was said.
    form: Option<Form>,
    begun: bool,
}

impl Fetch {
    /// Says which sound is to be played; `None` if none is.
    pub(super) fn load(&mut self, sound: Option<SoundId>) {
        if let Some(sound) = &sound {
            self.refused.remove(sound);
        }
        if self.loaded != sound {
            self.loaded = sound;
            self.at = 0;
        }
        self.cancel_unwanted();
    }

    /// Says what may be played next, most wanted first.
    pub(super) fn prefetch(&mut self, sounds: Vec<SoundId>) {
        self.prefetched = sounds;
        self.cancel_unwanted();
    }

    /// Whether it is loaded, or may be played next.
    pub(super) fn wants(&self, sound: &SoundId) -> bool {
        self.loaded.as_ref() == Some(sound) || self.prefetched.contains(sound)
    }

    /// Somebody begins to read it: what was refused before may be had now.
    pub(super) fn open(&mut self, sound: &SoundId) {
        self.refused.remove(sound);
    }

    /// Somebody has read up to a place. Says whether there may be more to ask for.
    pub(super) fn has_read(&mut self, sound: &SoundId, to: u64) -> bool {
        if self.loaded.as_ref() != Some(sound) {
            return false;
        }
        let moved = self.at / BLOCK != to / BLOCK;
        self.at = to;
        moved
    }

    /// A reader waits for the byte at a place.
    pub(super) fn wait(&mut self, reader: u64, sound: &SoundId, at: u64) {
        if self.loaded.as_ref() == Some(sound) {
            if !near(self.at, at) {
                self.cancel_left_behind(at);
            }
            self.at = at;
        }
        self.waiting.insert(reader, (sound.clone(), at));
    }

    /// A reader waits no more.
    pub(super) fn waits_no_more(&mut self, reader: u64) {
        self.waiting.remove(&reader);
    }

    /// Readers that wait.
    pub(super) fn readers(&self) -> usize {
        self.waiting.len()
    }

    /// Whether an answer is due.
    pub(super) fn awaits(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Why a sound cannot be had, if it was refused.
    pub(super) fn refusal(&self, sound: &SoundId) -> Option<&str> {
        self.refused.get(sound).map(String::as_str)
    }

    /// What is to be said now: cancellations and needs, most urgent first.
    pub(super) fn plan(&mut self, memory: &Memory) -> Vec<Frame> {
        let mut needs = Vec::new();
        let waiting: Vec<_> = self.waiting.values().cloned().collect();
        if let Some(loaded) = self.loaded.clone() {
            for (_, at) in waiting.iter().filter(|(sound, _)| *sound == loaded) {
                let block = at / BLOCK;
                self.ask(memory, &loaded, block..block + 1, Haste::Now, &mut needs);
            }
            let block = self.at / BLOCK;
            self.ask(memory, &loaded, block..block + 1, Haste::Now, &mut needs);
            self.ask(memory, &loaded, block + 1..block + NEAR, Haste::Now, &mut needs);
        }
        let shares = self.shares(memory);
        for (sound, range) in &shares {
            let beginning = range.start..range.end.min(BEGINNING);
            self.ask(memory, sound, beginning, Haste::Ahead, &mut needs);
            for (_, at) in waiting.iter().filter(|(waited, _)| waited == sound) {
                let block = at / BLOCK;
                self.ask(memory, sound, block..block + 1, Haste::Ahead, &mut needs);
            }
        }
        if let Some(loaded) = self.loaded.clone() {
            let window = self.window(memory, &loaded);
            let here = (self.at / BLOCK).clamp(window.start, window.end);
            self.ask(memory, &loaded, here..window.end, Haste::Ahead, &mut needs);
            self.ask(memory, &loaded, window.start..here, Haste::Ahead, &mut needs);
        }
        for (sound, range) in &shares {
            self.ask(memory, sound, range.clone(), Haste::Ahead, &mut needs);
        }
        let cancelled = self.cancelled.drain(..).map(|request| Frame::Cancel { request });
        cancelled.chain(needs.into_iter().map(Frame::Need)).collect()
    }

    /// The blocks that it will want: they are to be kept before others.
    pub(super) fn keeps(&self, memory: &Memory) -> Vec<Keep> {
        let loaded = self.loaded.as_ref().map(|sound| (sound.clone(), self.window(memory, sound)));
        let all = loaded.into_iter().chain(self.shares(memory));
        all.map(|(sound, blocks)| Keep { sound, blocks }).collect()
    }

    /// Takes what a sound is.
    pub(super) fn sound(&mut self, info: &SoundInfo, memory: &mut Memory) {
        let Some(request) = self.requests.get_mut(&info.request) else { return };
        if info.form == Form::Unknown {
            return self.refuse(info.request, "it comes in a form that only a newer earmark plays");
        }
        let name = info.name.chars().take(LONGEST_NAME).collect::<String>().into();
        memory.learn(&request.sound, Known { len: info.len, name, form: info.form });
        request.form = Some(info.form);
        request.to = request.to.min(info.len.unwrap_or(u64::MAX));
        if request.at >= request.to {
            self.requests.remove(&info.request);
        }
    }

    /// Takes bytes. Those that answer nothing are passed over.
    pub(super) fn chunk(&mut self, chunk: Chunk, memory: &mut Memory) {
        let (number, len) = (chunk.request, u64::from(chunk.len));
        let Some(request) = self.requests.get_mut(&number) else { return };
        let fits = chunk.offset == request.at && len > 0 && len <= request.to - request.at;
        let Some(form) = request.form.filter(|_| fits) else {
            return self.refuse(number, "the server sent something else than was asked for");
        };
        let bytes = match unpack(form, chunk.offset, chunk.len, chunk.bytes) {
            Ok(bytes) => bytes,
            Err(error) => return self.refuse(number, &error.to_string()),
        };
        memory.put(&request.sound, request.at, &bytes);
        request.begun = true;
        request.at += len;
        if request.at >= request.to {
            self.requests.remove(&number);
        }
    }

    /// Takes that a request cannot be met.
    pub(super) fn unavailable(&mut self, number: u32, why: &str) {
        if let Some(request) = self.requests.remove(&number) {
            self.refused.insert(request.sound, why.chars().take(LONGEST_NAME).collect());
        }
    }

    fn refuse(&mut self, number: u32, why: &str) {
        self.cancelled.push(number);
        self.unavailable(number, why);
    }

    /// The blocks of the loaded sound that are fetched: all if it is small, else those from the reading place on.
    fn window(&self, memory: &Memory, sound: &SoundId) -> Range<u64> {
        let (here, most) = (self.at / BLOCK, memory.cap() / SHARE / BLOCK);
        match memory.known(sound).map(|known| known.len) {
            Some(Some(len)) if len.div_ceil(BLOCK) <= most => 0..len.div_ceil(BLOCK),
            Some(Some(len)) => here..(here + most).min(len.div_ceil(BLOCK)).max(here),
            Some(None) | None => here..here + NEAR,
        }
    }

    /// The blocks of the sounds to be played next that are fetched: as many as share a part of the memory.
    fn shares(&self, memory: &Memory) -> Vec<(SoundId, Range<u64>)> {
        let mut left = memory.cap() / SHARE / BLOCK;
        let least = (left / (self.prefetched.len() as u64).max(1)).clamp(1, BEGINNING);
        let wanted = self.prefetched.iter().filter(|sound| self.loaded.as_ref() != Some(sound));
        let share = wanted.map(|sound| {
            let blocks = match memory.known(sound) {
                Some(Known { len: Some(len), .. }) => len.div_ceil(BLOCK).min(left.max(least)),
                Some(Known { len: None, .. }) | None => least,
            };
            left = left.saturating_sub(blocks);
            (sound.clone(), 0..blocks)
        });
        share.collect()
    }

    /// Asks for the blocks that are neither here nor on their way.
    fn ask(
        &mut self,
        memory: &Memory,
        sound: &SoundId,
        blocks: Range<u64>,
        haste: Haste,
        needs: &mut Vec<Need>,
    ) {
        if self.refused.contains_key(sound) {
            return;
        }
        let len = memory.known(sound).and_then(|known| known.len).unwrap_or(u64::MAX);
        let end = blocks.end.min(len.div_ceil(BLOCK));
        let urgent = haste == Haste::Now;
        let stride = if urgent { NEAR_STRIDE } else { AHEAD_STRIDE };
        let mut block = blocks.start;
        while block < end {
            if !urgent && self.ahead() >= AHEAD_REQUESTS {
                return;
            }
            let from = block * BLOCK + memory.filled(sound, block);
            if from >= ((block + 1) * BLOCK).min(len) || !self.is_free(sound, from, urgent) {
                block += 1;
                continue;
            }
            let mut to = block + 1;
            while to < end
                && to < block + stride
                && memory.filled(sound, to) == 0
                && self.is_free(sound, to * BLOCK, urgent)
            {
                to += 1;
            }
            needs.push(self.request(sound, from, (to * BLOCK).min(len), urgent));
            block = to;
        }
    }

    /// Whether a byte is not on its way. One that waits its turn among things fetched ahead, but is wanted now, is
    /// asked for anew.
    fn is_free(&mut self, sound: &SoundId, at: u64, urgent: bool) -> bool {
        let covers = |it: &Request| it.sound == *sound && (it.at..it.to).contains(&at);
        let Some((number, request)) = self.requests.iter().find(|(_, it)| covers(it)) else {
            return true;
        };
        let outranked = urgent && !request.urgent && !request.begun;
        if outranked {
            let number = *number;
            self.requests.remove(&number);
            self.cancelled.push(number);
        }
        outranked
    }

    fn request(&mut self, sound: &SoundId, from: u64, to: u64, urgent: bool) -> Need {
        self.numbers = self.numbers.wrapping_add(1);
        let request =
            Request { sound: sound.clone(), to, at: from, urgent, form: None, begun: false };
        self.requests.insert(self.numbers, request);
        Need { request: self.numbers, sound: sound.clone(), from, to, urgent, form: None }
    }

    /// Requests under way for what is fetched ahead.
    fn ahead(&self) -> usize {
        self.requests.values().filter(|request| !request.urgent).count()
    }

    fn cancel_unwanted(&mut self) {
        let (loaded, prefetched) = (self.loaded.clone(), self.prefetched.clone());
        self.cancel(|request| {
            loaded.as_ref() != Some(&request.sound) && !prefetched.contains(&request.sound)
        });
        self.refused
            .retain(|sound, _| loaded.as_ref() == Some(sound) || prefetched.contains(sound));
    }

    /// After a jump: what was wanted now is not any more. The beginning is, while the file is being opened.
    fn cancel_left_behind(&mut self, at: u64) {
        let loaded = self.loaded.clone();
        self.cancel(|request| {
            loaded.as_ref() == Some(&request.sound)
                && request.at >= BEGINNING * BLOCK
                && !near(at, request.at)
        });
    }

    fn cancel(&mut self, unwanted: impl Fn(&Request) -> bool) {
        let numbers =
            self.requests.iter().filter(|(_, it)| unwanted(it)).map(|(number, _)| *number);
        for number in numbers.collect::<Vec<_>>() {
            self.requests.remove(&number);
            self.cancelled.push(number);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    Now,
    Ahead,
}

/// Whether a place lies where reading on from another one soon comes.
fn near(from: u64, to: u64) -> bool {
    (from.saturating_sub(BLOCK)..from + NEAR * BLOCK).contains(&to)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: u64 = 64 << 20;

    fn id(name: &str) -> SoundId {
        SoundId(name.to_owned())
    }

    /// What is asked for: sound, first block, one past the last block, whether somebody waits.
    fn asked(frames: &[Frame]) -> Vec<(&str, u64, u64, bool)> {
        let needs = frames.iter().filter_map(|frame| match frame {
            Frame::Need(need) => Some(need),
            _ => None,
        });
        let block = |need: &Need| (need.from / BLOCK, need.to.div_ceil(BLOCK));
        needs.map(|it| (it.sound.0.as_str(), block(it).0, block(it).1, it.urgent)).collect()
    }

    fn cancelled(frames: &[Frame]) -> usize {
        frames.iter().filter(|frame| matches!(frame, Frame::Cancel { .. })).count()
    }

    /// Answers everything that is asked, until nothing is.
    fn serve(fetch: &mut Fetch, memory: &mut Memory, len: u64) -> Vec<Need> {
        let mut all = Vec::new();
        loop {
            let needs: Vec<Need> = fetch
                .plan(memory)
                .into_iter()
                .filter_map(|frame| if let Frame::Need(need) = frame { Some(need) } else { None })
                .collect();
            if needs.is_empty() {
                return all;
            }
            for need in needs {
                answer(fetch, memory, &need, len);
                all.push(need);
            }
        }
    }

    fn answer(fetch: &mut Fetch, memory: &mut Memory, need: &Need, len: u64) {
        let (request, name, form) = (need.request, String::new(), Form::Original);
        fetch.sound(&SoundInfo { request, len: Some(len), name, form }, memory);
        let (mut at, to) = (need.from, need.to.min(len));
        while at < to {
            let count = (to - at).min(20_000);
            let bytes = vec![1; count as usize];
            fetch.chunk(Chunk { request, offset: at, len: count as u32, bytes }, memory);
            at += count;
        }
    }

    #[test]
    fn the_first_need_is_small_and_more_follows_at_once() {
        let (mut fetch, memory) = (Fetch::default(), Memory::new(CAP));
        fetch.load(Some(id("a")));
        let frames = fetch.plan(&memory);
        assert_eq!(asked(&frames), [("a", 0, 1, true), ("a", 1, 5, true), ("a", 5, 9, true)]);
        assert!(fetch.plan(&memory).is_empty(), "nothing is asked for twice");
    }

    #[test]
    fn the_rest_comes_when_nobody_waits_and_then_what_is_next() {
        let (mut fetch, mut memory) = (Fetch::default(), Memory::new(CAP));
        let len = 40 * BLOCK + 5;
        fetch.load(Some(id("a")));
        fetch.prefetch(vec![id("b"), id("c")]);
        let needs = serve(&mut fetch, &mut memory, len);
        assert!(memory.held() >= 3 * len, "{} of {}", memory.held(), 3 * len);
        assert!(
            needs
                .iter()
                .all(|need| need.urgent == (need.sound == id("a") && need.from < 9 * BLOCK))
        );
        let total: u64 = needs.iter().map(|need| need.to.min(len) - need.from).sum();
        assert_eq!(total, 3 * len, "nothing is asked for twice");
    }

    #[test]
    fn a_jump_is_served_first_and_what_it_left_behind_is_cancelled() {
        let (mut fetch, mut memory) = (Fetch::default(), Memory::new(CAP));
        let len = 1000 * BLOCK;
        fetch.load(Some(id("a")));
        let Some(Frame::Need(first)) = fetch.plan(&memory).into_iter().next() else { panic!() };
        answer(&mut fetch, &mut memory, &first, len);
        fetch.has_read(&id("a"), BLOCK);
        fetch.plan(&memory);
        fetch.wait(1, &id("a"), 500 * BLOCK + 7);
        let frames = fetch.plan(&memory);
        assert!(cancelled(&frames) > 0);
        assert_eq!(asked(&frames)[..2], [("a", 500, 501, true), ("a", 501, 505, true)]);
    }

    #[test]
    fn what_was_being_fetched_ahead_and_is_wanted_now_is_asked_for_anew() {
        let (mut fetch, memory) = (Fetch::default(), Memory::new(CAP));
        fetch.prefetch(vec![id("b")]);
        assert_eq!(asked(&fetch.plan(&memory)), [("b", 0, 8, false), ("b", 8, 9, false)]);
        fetch.load(Some(id("b")));
        let frames = fetch.plan(&memory);
        assert_eq!(cancelled(&frames), 2);
        assert!(asked(&frames).iter().all(|(_, _, _, urgent)| *urgent), "{frames:?}");
    }

    #[test]
    fn a_file_larger_than_the_memory_is_fetched_from_the_place_that_plays() {
        let (mut fetch, mut memory) = (Fetch::default(), Memory::new(16 << 20));
        let len = 10_000 * BLOCK;
        fetch.load(Some(id("a")));
        serve(&mut fetch, &mut memory, len);
        let window = (16 << 20) / SHARE;
        assert!((window..=window + NEAR * BLOCK).contains(&memory.held()), "{}", memory.held());
        for place in [3000, 9000, 100, 9990] {
            fetch.wait(1, &id("a"), place * BLOCK);
            serve(&mut fetch, &mut memory, len);
            fetch.waits_no_more(1);
            assert!(memory.held() <= memory.cap());
            assert_eq!(memory.filled(&id("a"), place), BLOCK);
        }
    }

    #[test]
    fn a_file_that_was_refused_is_not_asked_for_until_somebody_tries_again() {
        let (mut fetch, memory) = (Fetch::default(), Memory::new(CAP));
        fetch.load(Some(id("a")));
        let Some(Frame::Need(need)) = fetch.plan(&memory).into_iter().next() else { panic!() };
        fetch.unavailable(need.request, "gone");
        assert_eq!(fetch.refusal(&id("a")), Some("gone"));
        assert_eq!(asked(&fetch.plan(&memory)), []);
        fetch.open(&id("a"));
        assert_eq!(asked(&fetch.plan(&memory))[0], ("a", 0, 1, true));
    }
}

//! Sound, across SSH too: every way there is, in the order in which they are tried, what each one says, and a tone.

use super::tone::{self, Tone};
use super::{Check, Verdict};
use crate::audio::{
    Engine, EngineConfig, OutputChoice, Sounds, choose, devices, is_over_ssh, remedy,
};
use crate::config::{Choice, OutputMode, Playback};
use crate::domain::{Command, Event, Output, UserError};
use crate::listener::meet::{Asked, Note, Notes, Ranked, Seeker, dial, rank};
use crate::listener::page::{Page, Settings};
use crate::listener::remote::{Link, LinkNews};
use crate::listener::wire::{Hello, Token, Welcome, Wire};
use crate::ops::host_name;
use crate::text::{safe_line, shell_word};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an output or a listener may take to say whether it works.
const LIMIT: Duration = Duration::from_secs(5);
/// How often a round trip that is being measured is asked for.
const GLANCE: Duration = Duration::from_millis(5);

/// Who wants to hear, and what is set.
pub struct Hearing<'a> {
    /// The settings.
    pub playback: &'a Playback,
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Where listeners leave their notes.
    pub notes: Notes,
    /// Who works here.
    pub person: String,
    /// Whether they named themselves.
    pub named: bool,
    /// Play a tone where sound goes.
    pub tone: bool,
}

/// Tries every way to the ears of whoever sits there, and plays a tone by the first one that works.
pub fn check_sound(hearing: &Hearing<'_>) -> Vec<Check> {
    let notes = hearing.notes.read();
    let across = is_over_ssh(hearing.env) || !notes.is_empty() || hearing.asked().is_some();
    let mut checks = Vec::new();
    let listener = hearing.listener(&notes, &mut checks);
    let local = hearing.local();
    if across {
        checks.extend([hearing.pulse(&local), hearing.device(&local), page()]);
    } else {
        // Nobody misses a listener at the desk.
        checks.retain(|check| check.verdict != Verdict::Ok);
    }
    match (listener, local) {
        (Some(there), _) => checks.extend(there.heard(hearing.tone)),
        (None, Ok(here)) => checks.extend(here.heard(hearing)),
        (None, Err(why)) => checks.push(hung(&why)),
    }
    checks
}

impl Hearing<'_> {
    /// The first listener that answers, of those that are meant; what each of them said.
    fn listener(&self, notes: &[Note], checks: &mut Vec<Check>) -> Option<Connected> {
        let candidates = match self.candidates(notes) {
            Ok(candidates) => candidates,
            Err(check) => {
                checks.push(check);
                return None;
            }
        };
        candidates.iter().find_map(|note| {
            let answer = self.call(note);
            checks.push(match &answer {
                Ok(there) => Check::ok("listener", there.told()),
                Err(error) => {
                    let again = "connect again from there: earmark connect --attach USER@HOST";
                    let next = error.hint.clone().unwrap_or_else(|| again.to_owned());
                    let place = format!("{}: {error}", note.laptop);
                    Check::warn("listener", safe_line(&place), next)
                }
            });
            answer.ok()
        })
    }

    /// Whom to call, in this order; or why nobody.
    fn candidates(&self, notes: &[Note]) -> Result<Vec<Note>, Check> {
        let asked = self.asked();
        if asked.is_none() && self.playback.output != OutputMode::Auto {
            let detail = format!("not looked for: output is {:?}", self.playback.output.word());
            return Err(Check::ok("listener", detail));
        }
        let token = (self.env)("EARMARK_LISTENER_TOKEN").map(Token::from_text);
        let read = asked.map(|words| Asked::read(&words, token)).transpose();
        let session = match read {
            Ok(None) => None,
            Ok(Some(Asked::Name(name))) => Some(name),
            Ok(Some(Asked::Place(note))) => return Ok(vec![note]),
            Err(error) => {
                let next = error.hint().unwrap_or_default();
                return Err(Check::warn("listener", safe_line(&error.to_string()), next));
            }
        };
        let (person, explicit) = (self.person.clone(), self.named);
        match rank(notes, &Seeker { person, explicit, session, laptop: None }) {
            Ranked::Call(candidates) if candidates.is_empty() => {
                let others = if notes.is_empty() { "" } else { "; those here belong to others" };
                let detail = format!("none has come for {}{others}", safe_line(&self.person));
                Err(Check::ok("listener", detail))
            }
            Ranked::Call(candidates) => Ok(candidates),
            Ranked::Ask(several) => Err(undecided(&several)),
        }
    }

    /// The listener that was named, by its own name or by its address.
    fn asked(&self) -> Option<String> {
        let set = Some(self.playback.listener.clone()).filter(|asked| !asked.is_empty());
        set.or_else(|| (self.env)("EARMARK_LISTENER")).filter(|asked| !asked.is_empty())
    }

    fn call(&self, note: &Note) -> Result<Connected, UserError> {
        let hello = Hello { host: host_name(), person: self.person.clone(), ..Hello::default() };
        let met = dial(note, hello).map_err(|error| UserError::of(&error, error.hint()))?;
        Connected::new(met)
    }

    /// Opens what this machine would play on.
    fn local(&self) -> Result<Local, UserError> {
        let output = choose(self.env, self.playback.output.word(), &self.playback.device);
        let (sender, events) = channel();
        let config = EngineConfig { output: output.clone(), ..EngineConfig::default() };
        let tell = Box::new(move |event| drop(sender.send(event)));
        let engine = Engine::spawn(config, Arc::new(Tone), tell)
            .map_err(|error| UserError::caused("the playback engine does not start", &error))?;
        let said = first_output(&events, LIMIT).map_err(|()| {
            UserError::new("the output does not answer")
                .hint("set playback.output to \"silent\", or look whether the sound server hangs")
        })?;
        Ok(Local { chosen: output, said, engine, events })
    }

    fn pulse(&self, local: &Result<Local, UserError>) -> Check {
        match local {
            Ok(Local { chosen: OutputChoice::Pulse(_), said, .. }) => match said {
                Output::Silent { why, hint } => Check::warn("PulseAudio", safe_line(why), hint),
                Output::Pulse { server, buffer_ms } => {
                    let detail = format!("{server} answers; {buffer_ms} ms of buffer");
                    Check::ok("PulseAudio", safe_line(&detail))
                }
                said => Check::ok("PulseAudio", safe_line(said.place().unwrap_or_default())),
            },
            _ if (self.env)("PULSE_SERVER").is_none_or(|server| server.is_empty()) => {
                Check::ok("PulseAudio", "PULSE_SERVER is not set")
            }
            _ => Check::ok("PulseAudio", "not tried"),
        }
    }

    fn device(&self, local: &Result<Local, UserError>) -> Check {
        let asked_for = self.playback.output == OutputMode::Device || !is_over_ssh(self.env);
        match local {
            _ if !asked_for => Check::ok("device", "not touched in an SSH session"),
            Ok(Local { chosen: OutputChoice::Auto | OutputChoice::Device(_), said, .. }) => {
                match said {
                    Output::Silent { why, hint } => Check::warn("device", safe_line(why), hint),
                    said => Check::ok("device", safe_line(said.place().unwrap_or_default())),
                }
            }
            _ => Check::ok("device", "not tried"),
        }
    }
}

/// Waits for the first word on where sound goes; or nothing is said in time.
fn first_output(events: &Receiver<Event>, limit: Duration) -> Result<Output, ()> {
    let until = Instant::now() + limit;
    loop {
        match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Event::Output(output)) => return Ok(output),
            Ok(_) => {}
            Err(_) => return Err(()),
        }
    }
}

fn undecided(several: &[Note]) -> Check {
    let of = |note: &Note| {
        format!("{} ({}): --listener {}", note.laptop, note.login, shell_word(&note.name))
    };
    let places = several.iter().map(of).collect::<Vec<_>>().join(", ");
    let next = format!("export EARMARK_USER, or choose by {}", safe_line(&places));
    Check::warn("listener", "several people may go by this name", next)
}

/// Whether the page could be served.
fn page() -> Check {
    let settings = Settings { port: None, host: host_name() };
    match Page::serve(settings, Box::new(drop)) {
        Ok(_) => Check::ok("player page", "`earmark --player-page` gives a link to it"),
        Err(error) => {
            let user = UserError::of(&error, error.hint());
            let next = user.hint.clone().unwrap_or_else(|| "use `earmark connect`".to_owned());
            Check::warn("player page", safe_line(&user.to_string()), next)
        }
    }
}

fn hung(why: &UserError) -> Check {
    let next = why.hint.clone().unwrap_or_else(|| "set playback.output to \"silent\"".to_owned());
    Check::warn("sound", safe_line(&why.to_string()), next)
}

/// What this machine plays on.
struct Local {
    chosen: OutputChoice,
    said: Output,
    engine: Engine,
    events: Receiver<Event>,
}

impl Local {
    fn heard(self, hearing: &Hearing<'_>) -> Vec<Check> {
        if let Output::Silent { why, hint } = &self.said {
            let mended = mend(hearing.playback.output.word(), hearing.env);
            return vec![Check::warn("sound", safe_line(why), mended.unwrap_or(hint.clone()))];
        }
        let place = safe_line(self.said.place().unwrap_or_default()).into_owned();
        let send = |command| self.engine.send(command);
        let tone = hearing.tone.then(|| tone(&place, send, &self.events));
        [Check::ok("sound", place)].into_iter().chain(tone).collect()
    }
}

/// How to get sound where there is none. Devices are named only where one is asked for: looking for them touches them.
fn mend(wanted: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let names = if wanted == "device" { devices() } else { Vec::new() };
    if names.is_empty() {
        return remedy(env, wanted);
    }
    let names = names.iter().map(|name| safe_line(name)).collect::<Vec<_>>().join(", ");
    Some(format!(
        "set playback.device to part of one of these names, or close what uses it: {names}"
    ))
}

/// A listener that answered.
struct Connected {
    link: Link,
    events: Receiver<Event>,
    round_trip: Duration,
}

impl Connected {
    /// Measures the line.
    fn new((wire, welcome): (Wire, Welcome)) -> Result<Self, UserError> {
        let (sender, events) = channel();
        let (gone, lost) = channel();
        let tell = Arc::new(move |news| match news {
            LinkNews::Event(event) => drop(sender.send(event)),
            LinkNews::Lost(why) => {
                // Whoever waits for the tone learns it as well.
                drop(sender.send(Event::Failed { load: 1, why: why.clone() }));
                drop(gone.send(why));
            }
        });
        let tone: Arc<dyn Sounds> = Arc::new(Tone);
        let link = Link::start(wire, welcome, &tone, true, tell)
            .map_err(|error| UserError::caused("the link does not start", &error))?;
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            if let Ok(why) = lost.recv_timeout(GLANCE) {
                return Err(UserError::new(why));
            }
            if let Some(round_trip) = link.round_trip() {
                return Ok(Self { link, events, round_trip });
            }
        }
        Err(UserError::new("it does not answer"))
    }

    fn told(&self) -> String {
        let welcome = self.link.welcome();
        let told = format!("{} of {} answers", welcome.host, welcome.person);
        safe_line(&told).into_owned()
    }

    fn heard(self, wants_tone: bool) -> Vec<Check> {
        let host = safe_line(&self.link.welcome().host).into_owned();
        let output = first_output(&self.events, LIMIT).ok();
        if let Some(Output::Silent { why, hint }) = output {
            let detail = format!("{host} answers, but is silent: {}", safe_line(&why));
            return vec![Check::warn("sound", detail, format!("there: {}", safe_line(&hint)))];
        }
        let on = match output.as_ref().and_then(Output::place) {
            Some(place) => format!("{host}, {}", safe_line(place)),
            None => host.clone(),
        };
        let millis = self.round_trip.as_secs_f64() * 1000.0;
        let sound = Check::ok("sound", format!("{on}; a round trip takes {millis:.1} ms"));
        let send = |command| self.link.send(command);
        let tone = wants_tone.then(|| tone(&host, send, &self.events));
        // The listener goes on with whoever was there before.
        self.link.send(Command::Stop);
        [sound].into_iter().chain(tone).collect()
    }
}

fn tone(place: &str, send: impl Fn(Command), events: &Receiver<Event>) -> Check {
    match tone::play(send, events) {
        Ok(began) => {
            let millis = began.as_millis();
            Check::ok("tone", format!("played on {place}, {millis} ms after it was asked for"))
        }
        Err(why) => {
            let next = "run `earmark doctor` again; if it stays so, restart the sound server there";
            Check::warn("tone", safe_line(&why), next)
        }
    }
}

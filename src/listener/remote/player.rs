//! The player that goes wherever sound can be heard: this machine's engine, or a listener that was found.
//!
//! It takes the engine's own commands and tells the engine's own events. When it moves from one to another, what was
//! playing goes on there: same file, same place.

use super::link::{Link, LinkNews};
use super::mirror::Mirror;
use super::search::{Found, Search, SearchNews, Seeking};
use crate::audio::{Engine, EngineConfig, Sounds};
use crate::domain::{Command, Event, ListenerPlace, Output, Seconds};
use crate::listener::wire::{Welcome, Wire};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// What a player is started with.
pub struct PlayerConfig {
    /// This machine's own engine, for when there is no listener.
    pub engine: EngineConfig,
    /// Where to look for listeners; `None` looks for none.
    pub seeking: Option<Seeking>,
    /// Whether audio may leave this machine as it is.
    pub originals: bool,
}

/// Takes what a player tells; called from its own thread.
pub type OnEvent = Box<dyn Fn(PlayerNews) + Send + Sync>;

/// What a player tells.
#[derive(Debug, Clone, PartialEq)]
pub enum PlayerNews {
    /// As an engine does.
    Event(Event),
    /// Several laptops listen, and which is meant is a person's choice: their names, and whose they are.
    Choose(Vec<ListenerPlace>),
}

/// A running player. Dropping it ends its threads.
pub struct Player {
    messages: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

enum Message {
    Command(Command),
    /// The local engine says.
    Local(Event),
    /// The link with this number says.
    Link(u64, LinkNews),
    Search(SearchNews),
    /// A page came in.
    Page(Wire, Welcome, String),
    /// A person chose this listener.
    Pick(String),
    Originals(bool),
    Quit,
}

impl Player {
    /// Starts a player.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        config: PlayerConfig,
        sounds: Arc<dyn Sounds>,
        on_event: OnEvent,
    ) -> io::Result<Self> {
        let (messages, inbox) = channel();
        let PlayerConfig { engine, seeking, originals } = config;
        let told = messages.clone();
        let on_local = Box::new(move |event| drop(told.send(Message::Local(event))));
        let engine = Engine::spawn(engine, sounds.clone(), on_local)?;
        let told = messages.clone();
        let search = seeking
            .map(|seeking| {
                Search::start(seeking, Box::new(move |news| drop(told.send(Message::Search(news)))))
            })
            .transpose()?;
        let going = Going {
            messages: messages.clone(),
            tell: on_event,
            sounds,
            originals,
            engine,
            search,
            mirror: Mirror::default(),
            link: None,
            links: 0,
            local: None,
            choice: 0,
            said: None,
        };
        let thread =
            thread::Builder::new().name("player".to_owned()).spawn(move || going.run(&inbox))?;
        Ok(Self { messages, thread: Some(thread) })
    }

    /// Hands a command over. Never blocks.
    pub fn send(&self, command: Command) {
        self.tell(Message::Command(command));
    }

    /// Goes to a page that has come in.
    pub fn attach(&self, wire: Wire, welcome: Welcome, browser: String) {
        self.tell(Message::Page(wire, welcome, browser));
    }

    /// Goes to this one of the listeners that [`PlayerNews::Choose`] named.
    pub fn pick(&self, name: String) {
        self.tell(Message::Pick(name));
    }

    /// Whether audio may leave this machine as it is, from the next link on; the present one is made anew.
    pub fn let_originals_leave(&self, allowed: bool) {
        self.tell(Message::Originals(allowed));
    }

    fn tell(&self, message: Message) {
        // The thread ends only when the player is dropped.
        let _ = self.messages.send(message);
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.tell(Message::Quit);
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

/// Where sound goes when it is not this machine.
struct Linked {
    number: u64,
    link: Link,
    /// Where it is.
    place: Output,
    /// Where its sound goes: there, or nowhere.
    output: Output,
}

impl Linked {
    /// It told where its own sound goes.
    fn heard_by(&mut self, output: Output) {
        self.output = match output {
            Output::Silent { why, hint } => {
                let host = &self.link.welcome().host;
                Output::Silent { why: format!("{host}: {why}"), hint }
            }
            _ => self.place.clone(),
        };
    }
}

/// The player's thread.
struct Going {
    messages: Sender<Message>,
    tell: OnEvent,
    sounds: Arc<dyn Sounds>,
    originals: bool,
    engine: Engine,
    search: Option<Search>,
    mirror: Mirror,
    link: Option<Linked>,
    links: u64,
    /// Where this machine's sound goes.
    local: Option<Output>,
    /// How many listeners wait for a person to choose.
    choice: usize,
    /// What was told of where sound goes.
    said: Option<Output>,
}

impl Going {
    fn run(mut self, inbox: &Receiver<Message>) {
        while let Ok(message) = inbox.recv() {
            match message {
                Message::Command(command) => self.command(command),
                Message::Local(event) => self.local(event),
                Message::Link(number, news) => self.linked(number, news),
                Message::Search(news) => self.searched(news),
                Message::Page(wire, welcome, browser) => {
                    self.go(wire, welcome, Output::Page { browser }, None);
                }
                Message::Pick(name) => {
                    if let Some(search) = &self.search {
                        search.pick(&name);
                    }
                }
                Message::Originals(allowed) => self.set_originals(allowed),
                Message::Quit => break,
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.mirror.commanded(&command);
        match &self.link {
            Some(linked) => linked.link.send(command),
            None => self.engine.send(command),
        }
    }

    fn local(&mut self, event: Event) {
        match event {
            Event::Output(output) => {
                self.local = Some(output);
                self.say_output();
            }
            event if self.link.is_none() => self.say(event),
            // What it was doing before sound went elsewhere.
            _ => {}
        }
    }

    fn linked(&mut self, number: u64, news: LinkNews) {
        let Some(linked) = self.link.as_mut().filter(|linked| linked.number == number) else {
            return;
        };
        match news {
            LinkNews::Event(Event::Output(output)) => {
                linked.heard_by(output);
                self.say_output();
            }
            LinkNews::Event(event) => {
                let event = self.on_time(event);
                self.say(event);
            }
            LinkNews::Lost(why) => self.lost(&why),
        }
    }

    /// A position is half a round trip old when it is read.
    fn on_time(&self, event: Event) -> Event {
        let trip = self.link.as_ref().and_then(|linked| linked.link.round_trip());
        let late: Seconds = trip.unwrap_or_default().as_secs_f64() / 2.0 * self.mirror.rate();
        match event {
            Event::Started { load, at } => Event::Started { load, at: at + late },
            Event::Position { load, at } => Event::Position { load, at: at + late },
            event => event,
        }
    }

    fn searched(&mut self, news: SearchNews) {
        match news {
            SearchNews::Found(found) => {
                let Found { wire, welcome, name } = found;
                let output =
                    Output::Listener { host: welcome.host.clone(), person: welcome.person.clone() };
                self.go(wire, welcome, output, Some(name));
            }
            SearchNews::Several(places) => {
                self.choice = places.len();
                (self.tell)(PlayerNews::Choose(places));
                self.say_output();
            }
        }
    }

    /// Sound goes there from now on.
    fn go(&mut self, wire: Wire, welcome: Welcome, output: Output, name: Option<String>) {
        self.links += 1;
        let (number, messages) = (self.links, self.messages.clone());
        let news = Arc::new(move |news| drop(messages.send(Message::Link(number, news))));
        let started = Link::start(wire, welcome, &self.sounds, self.originals, news);
        let link = match started {
            Ok(link) => link,
            Err(error) => return tracing::warn!(%error, "no thread for a listener"),
        };
        if let Some(search) = &self.search {
            search.playing_at(name, true);
        }
        match self.link.take() {
            Some(former) => former.link.send(Command::Stop),
            None => self.engine.send(Command::Stop),
        }
        for command in self.mirror.handed_over(true) {
            link.send(command);
        }
        self.link = Some(Linked { number, link, place: output.clone(), output });
        self.choice = 0;
        self.say_output();
    }

    /// The listener has gone: this machine's own engine takes over, standing still.
    fn lost(&mut self, why: &str) {
        tracing::info!(why, "the listener has gone");
        self.link = None;
        if let Some(event) = self.mirror.lost() {
            (self.tell)(PlayerNews::Event(event));
        }
        for command in self.mirror.handed_over(false) {
            self.engine.send(command);
        }
        self.say_output();
        if let Some(search) = &self.search {
            search.playing_at(None, false);
        }
    }

    fn set_originals(&mut self, allowed: bool) {
        if std::mem::replace(&mut self.originals, allowed) == allowed {
            return;
        }
        if self.link.is_some() {
            // What the link was told it may send is not what holds now.
            self.lost("originals");
        }
    }

    fn say(&mut self, event: Event) {
        self.mirror.told(&event);
        (self.tell)(PlayerNews::Event(event));
    }

    fn say_output(&mut self) {
        let output = match (&self.link, &self.local) {
            (Some(linked), _) => linked.output.clone(),
            (None, Some(Output::Silent { .. })) if self.choice > 1 => Output::Silent {
                why: format!("{} laptops listen", self.choice),
                hint: "choose yours: O in the list, or sound-output by name".to_owned(),
            },
            (None, Some(output)) => output.clone(),
            (None, None) => return,
        };
        if self.said.as_ref() != Some(&output) {
            self.said = Some(output.clone());
            (self.tell)(PlayerNews::Event(Event::Output(output)));
        }
    }
}

//! Where sound goes, as a person's choice: one of several laptops, or a player page.

use super::Turn;
use crate::app::dialog::{Dialog, MessageDialog};
use crate::app::effect::Effect;
use crate::app::sheets::{ChoiceDialog, ChoicePurpose, Fact, Tone, Way};
use crate::app::sound::PlayerPage;
use crate::domain::{ListenerPlace, Output, UserError};

impl Turn<'_> {
    /// What there is to hear with, and what else there could be.
    pub(super) fn open_hearing(&mut self) {
        let sound = &self.state.sound;
        let listeners = sound.listeners.clone();
        let mut rows: Vec<_> = listeners
            .iter()
            .enumerate()
            .map(|(index, place)| {
                (Way::Option(index), format!("the laptop {}, of {}", place.laptop, place.login))
            })
            .collect();
        let page = if sound.page.is_some() {
            "a new link to the player page"
        } else {
            "a player page in a browser"
        };
        rows.push((Way::GoOn, page.to_owned()));
        rows.push((Way::Back, "leave it".to_owned()));
        self.state.dialogs.push(Dialog::Choice(Box::new(ChoiceDialog {
            title: "Where sound goes".to_owned(),
            facts: now(sound.output.as_ref()),
            scroll: 0,
            rows,
            cursor: 0,
            purpose: ChoicePurpose::Hearing(listeners),
        })));
    }

    pub(super) fn hear_by(&mut self, listeners: &[ListenerPlace], way: Way) {
        match way {
            Way::Option(index) => {
                if let Some(place) = listeners.get(index) {
                    self.effect(Effect::PickListener(place.name.clone()));
                }
            }
            Way::GoOn => self.effect(Effect::OpenPlayerPage),
            _ => {}
        }
    }

    /// How the player page is reached, or why there is none.
    pub(super) fn player_page(&mut self, result: Result<PlayerPage, UserError>) {
        let (error, lines) = match result {
            Ok(page) => {
                let lines = directions(&page);
                self.state.sound.page = Some(page);
                (None, lines)
            }
            Err(error) => (Some(error), Vec::new()),
        };
        let title = "Player page".to_owned();
        self.state.dialogs.push(Dialog::Message(MessageDialog { title, error, lines, scroll: 0 }));
    }
}

fn now(output: Option<&Output>) -> Vec<Fact> {
    match output {
        None => vec![Fact::new(Tone::Dim, "nothing is known yet")],
        Some(Output::Silent { why, hint }) => vec![
            Fact::new(Tone::Warn, format!("now: silent, {why}")),
            Fact::new(Tone::Dim, hint.clone()),
        ],
        Some(Output::Listener { host, person }) => {
            vec![Fact::new(Tone::Good, format!("now: the laptop {host}, of {person}"))]
        }
        Some(Output::Page { browser }) => {
            vec![Fact::new(Tone::Good, format!("now: a player page in {browser}"))]
        }
        Some(Output::Pulse { server, buffer_ms }) => {
            vec![Fact::new(Tone::Good, format!("now: PulseAudio at {server}, {buffer_ms} ms"))]
        }
        Some(Output::Device(name)) => {
            vec![Fact::new(Tone::Good, format!("now: {name}, of this machine"))]
        }
    }
}

fn directions(page: &PlayerPage) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(tunnel) = &page.tunnel {
        lines.extend([
            "On your laptop, in another terminal:",
            "",
            tunnel,
            "",
            "Then, in a browser there:",
        ]);
    } else {
        lines.push("In a browser:");
    }
    lines.extend(["", &page.link, "", "The link opens once; O gives a new one."]);
    lines.into_iter().map(str::to_owned).collect()
}

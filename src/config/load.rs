//! Puts the layers over one another, collecting whatever is wrong in any of them.

use super::error::{ConfigError, ConfigProblem, Origin};
use super::settings::Config;
use super::table::{self, SETTINGS};
use super::value::Given;
use super::{Layers, SettingsFile};
use crate::keymap::{Place, nearest};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// A setting as it holds, and where that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Section and name, with a dot between.
    pub name: &'static str,
    /// The value as a file would state it.
    pub value: String,
    /// Where it was made; `None` for the shipped value.
    pub origin: Option<Origin>,
}

impl Config {
    /// The shipped settings with the layers over them.
    ///
    /// # Errors
    /// Everything that is wrong in any layer, each with its place; then none of them holds.
    pub fn load(layers: &Layers) -> Result<Self, Vec<ConfigError>> {
        Loading::of(layers).finish().map(|loaded| loaded.config)
    }

    /// Every setting with its value and where that came from, in the order of the reference.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn explain(layers: &Layers) -> Result<Vec<Entry>, Vec<ConfigError>> {
        let Loading { mut config, mut origins, .. } = Loading::of(layers).finish()?;
        let entry = |setting: &table::Setting| Entry {
            name: setting.dotted,
            value: (setting.field)(&mut config).stated(),
            origin: origins.remove(setting.dotted),
        };
        Ok(SETTINGS.iter().map(entry).collect())
    }

    /// The commented reference of every setting: what `assets/config.toml` says.
    pub fn reference() -> &'static str {
        include_str!("../../assets/config.toml")
    }
}

#[derive(Default)]
struct Loading {
    config: Config,
    origins: BTreeMap<&'static str, Origin>,
    errors: Vec<ConfigError>,
}

impl Loading {
    fn of(layers: &Layers) -> Self {
        let mut loading = Self::default();
        for file in layers.user.iter().chain(&layers.dataset) {
            loading.file(file);
        }
        for (variable, value) in &layers.env {
            loading.variable(variable, value);
        }
        for (dotted, value) in &layers.flags {
            loading.set(Origin::Flag(dotted.clone()), dotted, Given::Bare(value));
        }
        loading
    }

    fn finish(self) -> Result<Self, Vec<ConfigError>> {
        if self.errors.is_empty() { Ok(self) } else { Err(self.errors) }
    }

    fn file(&mut self, file: &SettingsFile) {
        let earlier = std::mem::take(&mut self.errors);
        let at = |byte| Origin::File(Place::of(&file.path, &file.text, byte));
        let (root, syntax) = DeTable::parse_recoverable(&file.text);
        for error in syntax {
            let start = error.span().map_or(0, |span| span.start);
            self.refuse(at(start), ConfigProblem::Syntax(error.message().to_owned()));
        }
        for (name, value) in root.get_ref() {
            let section: &str = name.get_ref();
            let Some(settings) = self.section(at(name.span().start), section, value.get_ref())
            else {
                continue;
            };
            for (name, value) in settings {
                let dotted = format!("{section}.{}", name.get_ref());
                // A wrong value is shown where it stands, a wrong name at the name.
                let known = table::find(&dotted).is_ok();
                let start = if known { value.span().start } else { name.span().start };
                self.set(at(start), &dotted, Given::Typed(value.get_ref()));
            }
        }
        // What the syntax made of a broken value is not worth a second message at the same place.
        self.errors.sort_by(|a, b| a.origin.cmp(&b.origin));
        self.errors.dedup_by(|later, first| later.origin == first.origin);
        self.errors.splice(..0, earlier);
    }

    fn section<'a>(
        &mut self,
        origin: Origin,
        name: &str,
        value: &'a DeValue<'a>,
    ) -> Option<&'a DeTable<'a>> {
        let sections = table::sections();
        let problem = match value.as_table() {
            Some(settings) if sections.contains(&name) => return Some(settings),
            Some(_) => {
                let meant = nearest(name, sections);
                ConfigProblem::UnknownSection { name: name.to_owned(), meant }
            }
            None => ConfigProblem::OutsideSection(name.to_owned()),
        };
        self.refuse(origin, problem);
        None
    }

    /// Takes `EARMARK_<SECTION>_<NAME>`; other variables are none of ours.
    fn variable(&mut self, variable: &str, value: &str) {
        let origin = || Origin::Env(variable.to_owned());
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == variable) {
            return self.set(origin(), setting.dotted, Given::Bare(value));
        }
        let dotted = table::sections().into_iter().find_map(|section| {
            let prefix = format!("EARMARK_{}_", section.to_ascii_uppercase());
            let name = variable.strip_prefix(&prefix)?.to_ascii_lowercase();
            Some(format!("{section}.{name}"))
        });
        if let Some(dotted) = dotted {
            self.set(origin(), &dotted, Given::Bare(value));
        }
    }

    fn set(&mut self, origin: Origin, dotted: &str, given: Given<'_>) {
        let setting = match table::find(dotted) {
            Ok(setting) => setting,
            Err(meant) => {
                let dotted = dotted.to_owned();
                return self.refuse(origin, ConfigProblem::UnknownSetting { dotted, meant });
            }
        };
        match (setting.field)(&mut self.config).take(given, &setting.range) {
            Ok(()) => {
                self.origins.insert(setting.dotted, origin);
            }
            Err(expected) => {
                let (dotted, found) = (setting.dotted, given.shown());
                self.refuse(origin, ConfigProblem::Value { dotted, found, expected });
            }
        }
    }

    fn refuse(&mut self, origin: Origin, problem: ConfigProblem) {
        self.errors.push(ConfigError { origin, problem });
    }
}

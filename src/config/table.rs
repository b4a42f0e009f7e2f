//! The table of settings: the dotted name, the range of numbers, the field.

use super::settings::Config;
use super::value::Field;
use crate::keymap::nearest;
use std::ops::RangeInclusive;

/// One setting.
pub(super) struct Setting {
    /// Its section and name, with a dot between.
    pub(super) dotted: &'static str,
    /// What a number may be.
    pub(super) range: RangeInclusive<f64>,
    /// Where it lives.
    pub(super) field: fn(&mut Config) -> &mut dyn Field,
}

impl Setting {
    fn section(&self) -> &'static str {
        self.dotted.split_once('.').map_or("", |(section, _)| section)
    }

    fn name(&self) -> &'static str {
        self.dotted.split_once('.').map_or(self.dotted, |(_, name)| name)
    }

    /// The environment variable that sets it.
    pub(super) fn variable(&self) -> String {
        format!("EARMARK_{}", self.dotted.replace('.', "_").to_ascii_uppercase())
    }
}

/// The setting of this dotted name, or the name that it may have meant.
pub(super) fn find(dotted: &str) -> Result<&'static Setting, Option<&'static str>> {
    let found = SETTINGS.iter().find(|setting| setting.dotted == dotted);
    found.ok_or_else(|| meant(dotted))
}

/// The close name of the same section, or, where there is no such section, of any.
fn meant(dotted: &str) -> Option<&'static str> {
    let (section, name) = dotted.split_once('.').unwrap_or(("", dotted));
    if !sections().contains(&section) {
        return nearest(dotted, SETTINGS.iter().map(|setting| setting.dotted));
    }
    let siblings = || SETTINGS.iter().filter(|setting| setting.section() == section);
    let name = nearest(name, siblings().map(Setting::name))?;
    siblings().find(|setting| setting.name() == name).map(|setting| setting.dotted)
}

/// The names of the sections, in the order of the file.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<_> = SETTINGS.iter().map(Setting::section).collect();
    sections.dedup();
    sections
}

const fn setting(dotted: &'static str, field: fn(&mut Config) -> &mut dyn Field) -> Setting {
    Setting { dotted, range: f64::MIN..=f64::MAX, field }
}

const fn number(
    dotted: &'static str,
    range: RangeInclusive<f64>,
    field: fn(&mut Config) -> &mut dyn Field,
) -> Setting {
    Setting { dotted, range, field }
}

/// Every setting, in the order of the file.
pub(super) static SETTINGS: &[Setting] = &[
    setting("playback.autoplay", |c| &mut c.playback.autoplay),
    number("playback.backstep", 0.0..=30.0, |c| &mut c.playback.backstep),
    number("playback.step_small", 0.1..=60.0, |c| &mut c.playback.step_small),
    number("playback.step_large", 0.1..=600.0, |c| &mut c.playback.step_large),
    number("playback.rate", 0.5..=3.0, |c| &mut c.playback.rate),
    number("playback.again_rate", 0.5..=1.0, |c| &mut c.playback.again_rate),
    number("playback.rate_step", 0.01..=1.0, |c| &mut c.playback.rate_step),
    number("playback.volume_db", -60.0..=20.0, |c| &mut c.playback.volume_db),
    setting("playback.skip_silence", |c| &mut c.playback.skip_silence),
    setting("playback.stop_while_typing", |c| &mut c.playback.stop_while_typing),
    setting("playback.preview_plays", |c| &mut c.playback.preview_plays),
    number("playback.prefetch", 0.0..=20.0, |c| &mut c.playback.prefetch),
    setting("playback.output", |c| &mut c.playback.output),
    setting("playback.device", |c| &mut c.playback.device),
    setting("playback.listener", |c| &mut c.playback.listener),
    number("playback.listener_memory_mb", 8.0..=65536.0, |c| &mut c.playback.listener_memory_mb),
    setting("playback.originals", |c| &mut c.playback.originals),
    setting("editor.nfc", |c| &mut c.editor.nfc),
    number("editor.draft_ms", 50.0..=1000.0, |c| &mut c.editor.draft_ms),
    setting("screen.theme", |c| &mut c.screen.theme),
    setting("screen.ascii", |c| &mut c.screen.ascii),
    setting("screen.color", |c| &mut c.screen.color),
    setting("screen.mouse", |c| &mut c.screen.mouse),
    setting("list.order", |c| &mut c.list.order),
    setting("list.descending", |c| &mut c.list.descending),
    setting("sync.on_open", |c| &mut c.sync.on_open),
    number("sync.every_minutes", 0.0..=1440.0, |c| &mut c.sync.every_minutes),
    setting("sync.sidecars", |c| &mut c.sync.sidecars),
    setting("storage.endpoint", |c| &mut c.storage.endpoint),
    setting("storage.profile", |c| &mut c.storage.profile),
    setting("storage.region", |c| &mut c.storage.region),
    setting("storage.store", |c| &mut c.storage.store),
    setting("storage.addressing", |c| &mut c.storage.addressing),
    setting("storage.list", |c| &mut c.storage.list),
    setting("storage.bulk_delete", |c| &mut c.storage.bulk_delete),
    setting("storage.checksums", |c| &mut c.storage.checksums),
    setting("storage.ca_file", |c| &mut c.storage.ca_file),
    number("storage.requests", 1.0..=256.0, |c| &mut c.storage.requests),
    number("storage.patience_seconds", 1.0..=600.0, |c| &mut c.storage.patience_seconds),
    number("storage.tries", 1.0..=20.0, |c| &mut c.storage.tries),
    setting("storage.cache", |c| &mut c.storage.cache),
    number("storage.cache_gb", 0.01..=10_000.0, |c| &mut c.storage.cache_gb),
    setting("storage.cache_folder", |c| &mut c.storage.cache_folder),
    setting("storage.inventory", |c| &mut c.storage.inventory),
    setting("work.part", |c| &mut c.work.part),
    number("work.lease_minutes", 1.0..=120.0, |c| &mut c.work.lease_minutes),
    number("workspace.keep_copies", 0.0..=3650.0, |c| &mut c.workspace.keep_copies),
    setting("journal.enabled", |c| &mut c.journal.enabled),
];

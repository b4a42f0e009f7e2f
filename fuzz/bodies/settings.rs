//! A text as settings, as a theme, as a keymap and as keys.

use earmark::config::{Config, Layers, SettingsFile, Theme};
use earmark::keymap::{Key, Keymap};
use std::path::Path;

/// Reads it as each; every complaint says where.
pub(crate) fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.matches('\n').count() + 1;
    if let Err(errors) = Keymap::load(Some((Path::new("keys.toml"), &text))) {
        assert!(!errors.is_empty());
        for error in errors {
            assert!(!error.to_string().is_empty() && (1..=lines).contains(&error.place.line));
        }
    }
    let user = Some(SettingsFile { path: "config.toml".into(), text: text.clone().into_owned() });
    let variable = ("EARMARK_PLAYBACK_SPEED".to_owned(), text.clone().into_owned());
    for layers in
        [Layers { user, ..Layers::default() }, Layers { env: vec![variable], ..Layers::default() }]
    {
        if let Err(errors) = Config::load(&layers) {
            assert!(errors.iter().all(|error| !error.to_string().is_empty()));
        }
    }
    let _ = Theme::parse(&text);
    for line in text.lines() {
        if let Ok(key) = line.parse::<Key>() {
            assert_eq!(key.to_string().parse::<Key>().as_ref(), Ok(&key), "{line:?}");
        }
    }
}

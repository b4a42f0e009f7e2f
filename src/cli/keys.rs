//! `earmark keys`: every key and what it does, from the same table as the screen's help.

use super::context::Context;
use super::exit::{Exit, Failure, Outcome};
use crate::config::read_user_file;
use crate::domain::UserError;
use crate::keymap::{Context as Focus, Keymap};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    focus: &'a str,
    action: &'a str,
    keys: &'a [String],
    doc: &'a str,
}

/// Prints the keys of every focus.
pub(super) fn run(context: &mut Context) -> Outcome {
    let keymap = load(context)?;
    for (focus, name) in
        [(Focus::List, "list"), (Focus::Editor, "editor"), (Focus::Dialog, "dialog")]
    {
        context.out.line(format!("[{name}]"))?;
        for row in keymap.help(focus) {
            let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
            let action = row.action.name();
            context.out.json(&Line { focus: name, action, keys: &keys, doc: row.doc })?;
            context.out.line(format!("  {:<24} {}", keys.join(" "), row.doc))?;
        }
        context.out.line("")?;
    }
    Ok(Exit::Done)
}

fn load(context: &Context) -> Result<Keymap, Failure> {
    let file = read_user_file(&context.paths()?.keymap_file())
        .map_err(|error| Failure::one(UserError::of(&error, error.hint())))?;
    let user = file.as_ref().map(|file| (file.path.as_path(), file.text.as_str()));
    Keymap::load(user).map_err(|errors| {
        let explained = errors.iter().map(|error| UserError::of(error, error.hint()));
        Failure::Failed(explained.collect())
    })
}

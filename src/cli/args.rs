//! The command line as clap reads it: the global flags, and one variant a subcommand.

use super::{
    add, backup, completions, config, connect, delete, demo, doctor, export, history, import, init,
    label, list, listen, listener_note, man, play, publish, put_back, restore, salvage, status,
    sync, undo, unlabel, versions,
};
use crate::domain::{Connection, Scope};
use crate::ops::{Locate, parse_scope};
use clap::{Args, ColorChoice, Parser, Subcommand};
use std::path::PathBuf;

/// Label audio files with their speech content, in a terminal, by keyboard alone.
#[derive(Debug, Parser)]
#[command(
    name = "earmark",
    version,
    after_help = "SOURCE is a bucket address (s3://bucket/prefix/, obs://…), a folder with recordings, or the name of a dataset that was opened before."
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// The workspace file, instead of the one in the user's data folder
    #[arg(long, global = true, value_name = "FILE", env = "EARMARK_WORKSPACE", hide_env = true)]
    pub(super) workspace: Option<PathBuf>,
    /// Print JSON on stdout: one object, or one a line for lists
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// No progress and no notes
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// The object store's address, as in https://host:port; AWS if not given
    #[arg(long, global = true, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// The AWS profile whose keys are used
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// The bucket's region
    #[arg(long, global = true, value_name = "R")]
    pub(super) region: Option<String>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,
    /// Set one option of the configuration, as in --set playback.backstep=2
    #[arg(long = "set", global = true, value_name = "SECTION.NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
}

impl Global {
    /// How buckets are reached, as far as that was typed.
    pub(super) fn connection(&self) -> Connection {
        Connection {
            endpoint: self.endpoint.clone(),
            profile: self.profile.clone(),
            region: self.region.clone(),
        }
    }
}

/// What the screen takes.
#[derive(Debug, Clone, Args)]
pub(super) struct ScreenArgs {
    /// The dataset to open; without it, the datasets opened before to choose from
    pub(super) source: Option<String>,
    /// Where labels are shared and versions published
    #[arg(long, value_name = "OUT")]
    pub(super) output: Option<String>,
    /// Only this share of the samples, as in 2/5
    #[arg(long, value_name = "N/OF", value_parser = parse_scope)]
    pub(super) part: Option<Scope>,
    /// Play by this listener: its name, its socket's path or its port
    #[arg(long, value_name = "WHICH")]
    pub(super) listener: Option<String>,
    /// Play in a browser, and show the link
    #[arg(long)]
    pub(super) player_page: bool,
}

impl ScreenArgs {
    /// Whether anything is asked of the screen.
    pub(super) fn is_given(&self) -> bool {
        let Self { source, output, part, listener, player_page } = self;
        source.is_some() || output.is_some() || part.is_some() || listener.is_some() || *player_page
    }
}

/// The dataset that a command works on.
#[derive(Debug, Clone, Args)]
pub(super) struct SourceArg {
    /// A bucket address, a folder, or the name of a dataset opened before
    pub(super) source: String,
}

impl SourceArg {
    /// As the use cases take it.
    pub(super) fn locate(&self, global: &Global) -> Locate {
        Locate {
            source: self.source.clone(),
            output: None,
            name: None,
            workspace: global.workspace.clone(),
            connection: global.connection(),
            ..Locate::default()
        }
    }
}

/// What to do, when it is not the screen.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make the workspace of a dataset, without the screen
    Init(init::Init),
    /// Synchronize New Data: take notice of what was added, changed, moved and removed
    Sync(sync::Sync),
    /// Counts and hours
    Status(status::Status),
    /// One sample a line
    List(list::List),
    /// Label one sample, or many in one transaction
    Label(label::Label),
    /// Remove labels
    Unlabel(unlabel::Unlabel),
    /// Every revision of a sample
    History(history::History),
    /// Take the last labeling action back
    Undo(undo::Undo),
    /// Delete File: into the trash; the source only when asked
    Delete(delete::Delete),
    /// Back from the trash
    Restore(restore::Restore),
    /// Add data: copy local recordings into the source and the dataset
    Add(add::Add),
    /// Take labels in from any format
    Import(import::Import),
    /// Write labels in any format, read back and verified
    Export(export::Export),
    /// Publish an immutable version in the output
    Publish(publish::Publish),
    /// What was published, and how versions differ
    Versions(versions::Versions),
    /// The program on a server, its sound here: starts earmark over there by ssh
    Connect(connect::Connect),
    /// The listener alone: plays here what an earmark on a server sends
    Listen(listen::Listen),
    /// Play one file, or decode it into a WAV file
    Play(play::Play),
    /// A consistent copy of the workspace while others work
    Backup(backup::Backup),
    /// Put a copy of the workspace in its place; without one, list the copies
    PutBack(put_back::PutBack),
    /// Write what is readable of a damaged workspace to a new one
    Salvage(salvage::Salvage),
    /// Check sound, terminal and workspace, each with one next step
    Doctor(doctor::Doctor),
    /// Make a dataset of real speech to try earmark on, and open it
    Demo(demo::Demo),
    /// Every key and what it does
    Keys,
    /// Every option and its value
    Config(config::Config),
    /// Completions for a shell, on stdout
    Completions(completions::Completions),
    /// The manual page, on stdout
    Man(man::Man),
    /// What `connect` runs on the other machine
    #[command(hide = true)]
    ListenerNote(listener_note::ListenerNote),
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if name.contains('.') => Ok((name.trim().into(), value.trim().into())),
        _ => Err("expected SECTION.NAME=VALUE".into()),
    }
}

//! Every setting as a typed field. What may be written for each stands in `table`, and
//! `assets/config.toml` is their reference.

use super::choice::{Ascii, CacheMode, ColorMode, OutputMode, ThemeName};
use crate::domain::{Addressing, BulkDelete, ListVersion, OrderBy, Scope, Seconds, StoreKind};

/// All settings in force. The default ones are those that `assets/config.toml` states; a test holds them together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// How sound is played.
    pub playback: Playback,
    /// The Speech Content box.
    pub editor: Editor,
    /// How the screen looks.
    pub screen: Screen,
    /// The file list.
    pub list: List,
    /// Bringing the list up to date.
    pub sync: SyncSettings,
    /// Buckets: how they are reached, and what is kept of them.
    pub storage: Storage,
    /// How work is shared out.
    pub work: Work,
    /// The workspace file.
    pub workspace: WorkspaceSettings,
    /// The journal of the labeling job.
    pub journal: Journal,
}

/// How sound is played.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// Play each sample that is gone to.
    pub autoplay: bool,
    /// How far a resume steps back.
    pub backstep: Seconds,
    /// A small step back or forward.
    pub step_small: Seconds,
    /// A large step back or forward.
    pub step_large: Seconds,
    /// Speed, 1 is normal.
    pub rate: f32,
    /// Speed of *again, slower*.
    pub again_rate: f32,
    /// How much a press of slower or faster changes the speed.
    pub rate_step: f32,
    /// Loudness in decibels.
    pub volume_db: f32,
    /// Jump over stretches without speech.
    pub skip_silence: bool,
    /// Pause the sound while keys are typed.
    pub stop_while_typing: bool,
    /// Play what is moved over in the list.
    pub preview_plays: bool,
    /// How many of the next files are decoded ahead.
    pub prefetch: u32,
    /// Where sound goes.
    pub output: OutputMode,
    /// The device's name; empty is the default one.
    pub device: String,
    /// The listener to play by: name, socket path or port; empty is whoever is found.
    pub listener: String,
    /// What a listener on this machine keeps in memory, in megabytes.
    pub listener_memory_mb: u32,
    /// Files may leave the machine as they are, to a listener.
    pub originals: bool,
}

/// The Speech Content box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    /// Labels are brought to Unicode NFC.
    pub nfc: bool,
    /// Milliseconds after the last key until a draft is saved.
    pub draft_ms: u32,
}

/// How the screen looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Which theme.
    pub theme: ThemeName,
    /// Whether only ASCII is drawn.
    pub ascii: Ascii,
    /// Which colours are used.
    pub color: ColorMode,
    /// Whether the mouse is taken.
    pub mouse: bool,
}

/// The file list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// By what it is ordered at first.
    pub order: OrderBy,
    /// From high to low.
    pub descending: bool,
}

/// Bringing the list up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSettings {
    /// When a dataset is opened.
    pub on_open: bool,
    /// Minutes between two syncs while it is open; 0 is never.
    pub every_minutes: u32,
    /// Texts beside the audio are taken as labels.
    pub sidecars: bool,
}

/// Buckets: how they are reached, and what is kept of them. Folders need none of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// `https://host[:port]`; empty is what the environment says, else AWS.
    pub endpoint: String,
    /// The AWS profile; empty is what the environment says.
    pub profile: String,
    /// The region; empty is what the environment or the profile says.
    pub region: String,
    /// Which store it is; `None`: as the endpoint says.
    pub store: Option<StoreKind>,
    /// Where the bucket's name goes.
    pub addressing: Option<Addressing>,
    /// Which listing call is used.
    pub list: Option<ListVersion>,
    /// How many objects are deleted at once.
    pub bulk_delete: Option<BulkDelete>,
    /// Whether checksums are sent where the protocol does not demand it.
    pub checksums: Option<bool>,
    /// Certificates to trust besides the system's; empty is none.
    pub ca_file: String,
    /// Requests under way at once.
    pub requests: u32,
    /// How long one try may be silent.
    pub patience_seconds: u32,
    /// Tries of one request.
    pub tries: u32,
    /// Where audio is kept for a while.
    pub cache: CacheMode,
    /// How much of it is kept, in gigabytes (10^9 bytes).
    pub cache_gb: f64,
    /// The folder; empty is the user's cache folder.
    pub cache_folder: String,
    /// Where inventories of the source lie, which tell what it holds; empty: the source itself does.
    pub inventory: String,
}

/// How work is shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Only this share of the samples.
    pub part: Option<Scope>,
    /// Minutes for which a sample that is being edited is kept from others.
    pub lease_minutes: u32,
}

/// The workspace file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSettings {
    /// How many daily copies are kept; 0 makes none.
    pub keep_copies: u32,
}

/// The journal of the labeling job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Whether it is kept.
    pub enabled: bool,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            autoplay: true,
            backstep: 1.0,
            step_small: 2.0,
            step_large: 10.0,
            rate: 1.0,
            again_rate: 0.75,
            rate_step: 0.1,
            volume_db: 0.0,
            skip_silence: false,
            stop_while_typing: false,
            preview_plays: false,
            prefetch: 3,
            output: OutputMode::Auto,
            device: String::new(),
            listener: String::new(),
            listener_memory_mb: 256,
            originals: true,
        }
    }
}

impl Default for Editor {
    fn default() -> Self {
        Self { nfc: false, draft_ms: 400 }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self { theme: ThemeName::Dark, ascii: Ascii::Auto, color: ColorMode::Auto, mouse: true }
    }
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self { on_open: true, every_minutes: 5, sidecars: false }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            profile: String::new(),
            region: String::new(),
            store: None,
            addressing: None,
            list: None,
            bulk_delete: None,
            checksums: None,
            ca_file: String::new(),
            requests: 16,
            patience_seconds: 30,
            tries: 5,
            cache: CacheMode::Disk,
            cache_gb: 2.0,
            cache_folder: String::new(),
            inventory: String::new(),
        }
    }
}

impl Default for Work {
    fn default() -> Self {
        Self { part: None, lease_minutes: 5 }
    }
}

impl Default for WorkspaceSettings {
    fn default() -> Self {
        Self { keep_copies: 7 }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self { enabled: true }
    }
}

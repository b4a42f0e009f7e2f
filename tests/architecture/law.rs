//! The law of the house as data: which room may import which, which crates belong to whom, who stays pure.
//!
//! A new room, crate or asset gets its line here; ARCHITECTURE.md says why the lines are what they are.

/// A module directly below the crate's root.
pub(crate) struct Room {
    /// The name of the module.
    pub(crate) name: &'static str,
    /// The rooms it may import, each standing above it in [`ROOMS`]: so nothing looks up, and there are no circles.
    pub(crate) may_import: &'static [&'static str],
}

/// Every room, floor by floor.
pub(crate) const ROOMS: &[Room] = &[
    // Floor 0
    Room { name: "domain", may_import: &[] },
    Room { name: "text", may_import: &["domain"] },
    Room { name: "crash", may_import: &[] },
    // Floor 1
    Room { name: "action", may_import: &["domain"] },
    Room { name: "keymap", may_import: &["action"] },
    Room { name: "config", may_import: &["domain", "action", "keymap"] },
    // Floor 2
    Room { name: "workspace", may_import: &["domain", "crash"] },
    Room { name: "objects", may_import: &["domain", "crash"] },
    Room { name: "formats", may_import: &["domain", "text"] },
    Room { name: "audio", may_import: &["domain"] },
    // Floor 3
    Room { name: "listener", may_import: &["domain", "text", "audio"] },
    Room {
        name: "sync",
        may_import: &[
            "domain",
            "text",
            "crash",
            "action",
            "keymap",
            "config",
            "workspace",
            "objects",
            "formats",
            "audio",
        ],
    },
    // Floor 4
    Room {
        name: "ops",
        may_import: &[
            "domain",
            "text",
            "crash",
            "action",
            "keymap",
            "config",
            "workspace",
            "objects",
            "formats",
            "audio",
            "listener",
            "sync",
        ],
    },
    Room { name: "app", may_import: &["domain", "text", "action", "keymap", "config"] },
    // Floor 5
    Room { name: "ui", may_import: &["domain", "text", "action", "keymap", "config", "app"] },
    // Floor 6
    Room {
        name: "runtime",
        may_import: &[
            "domain",
            "text",
            "crash",
            "action",
            "keymap",
            "config",
            "workspace",
            "objects",
            "formats",
            "audio",
            "listener",
            "sync",
            "ops",
            "app",
            "ui",
        ],
    },
    Room {
        name: "cli",
        may_import: &[
            "domain",
            "text",
            "crash",
            "action",
            "keymap",
            "config",
            "workspace",
            "objects",
            "formats",
            "audio",
            "listener",
            "sync",
            "ops",
            "runtime",
        ],
    },
];

/// Outside crates that belong to some rooms alone, so that each can be replaced in one place. Others are free for all.
pub(crate) const CRATES: &[(&str, &[&str])] = &[
    ("anyhow", &["runtime", "cli"]),
    ("aws_config", &["objects"]),
    ("aws_sdk_s3", &["objects"]),
    ("aws_smithy_http_client", &["objects"]),
    ("aws_smithy_runtime_api", &["objects"]),
    ("axum", &["listener"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("cpal", &["audio"]),
    ("crossterm", &["runtime", "cli"]),
    ("csv", &["formats"]),
    ("earshot", &["audio"]),
    ("etcetera", &["config"]),
    ("flacenc", &["audio"]),
    ("flate2", &["objects"]),
    ("hmac", &["listener"]),
    ("http_body_util", &["objects"]),
    ("indicatif", &["cli"]),
    ("parquet", &["objects"]),
    ("ratatui", &["ui", "runtime"]),
    ("rubato", &["audio"]),
    ("rusqlite", &["workspace"]),
    ("similar", &["text"]),
    ("snap", &["objects"]),
    ("symphonia", &["audio"]),
    ("symphonia_adapter_libopus", &["audio"]),
    ("tokio", &["objects", "listener", "sync", "runtime", "cli"]),
    ("tracing_subscriber", &["runtime"]),
    ("unicode_normalization", &["text"]),
    ("unicode_segmentation", &["text"]),
    ("unicode_width", &["text"]),
    ("zstd", &["objects", "sync"]),
];

/// Rooms that compute and draw, but neither reach out of the process nor know what time it is.
pub(crate) const PURE: &[&str] = &["domain", "text", "action", "keymap", "config", "app", "ui"];

/// Files of pure rooms that are there to reach out, so that the rest need not.
pub(crate) const REACHING: &[&str] = &["src/config/read.rs", "src/config/paths.rs"];

/// What reaches out: paths by their beginning.
pub(crate) const REACH: &[&[&str]] = &[
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "os"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
];

/// What reaches out under a name that was imported: paths by their end.
pub(crate) const CLOCKS_AND_DICE: &[&[&str]] =
    &[&["Timestamp", "now"], &["Zoned", "now"], &["Uuid", "now_v7"], &["Uuid", "new_v4"]];

/// Which room alone embeds which asset, by the start of its path below `assets/`.
pub(crate) const ASSETS: &[(&str, &str)] = &[
    ("config.toml", "config"),
    ("demo/", "ops"),
    ("keymap.toml", "keymap"),
    ("migrations/", "workspace"),
    ("player/", "listener"),
    ("themes/", "config"),
];

/// Lines of a file before its tests: past that it holds two ideas.
pub(crate) const LONGEST_FILE: usize = 600;

/// Lines of `main.rs`, which only parses, runs and reports.
pub(crate) const LONGEST_MAIN: usize = 60;

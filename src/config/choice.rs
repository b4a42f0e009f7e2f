//! Settings that are one word of a few.

use crate::domain::{Addressing, BulkDelete, ListVersion, OrderBy, StoreKind};

/// A setting whose values have names.
pub trait Choice: Copy + PartialEq + Sized + 'static {
    /// Every value and its name in files.
    const WORDS: &'static [(&'static str, Self)];

    /// The name of this value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }

    /// The value of this name.
    fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }
}

/// Where sound is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputMode {
    /// Wherever it can be heard.
    #[default]
    Auto,
    /// This machine's device.
    Device,
    /// Nowhere.
    Silent,
}

impl Choice for OutputMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("device", Self::Device), ("silent", Self::Silent)];
}

/// The shipped themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
    /// Strong colours, no faint text.
    HighContrast,
    /// No colour at all.
    Mono,
}

impl Choice for ThemeName {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("dark", Self::Dark),
        ("light", Self::Light),
        ("high-contrast", Self::HighContrast),
        ("mono", Self::Mono),
    ];
}

/// Whether only ASCII is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ascii {
    /// As the locale says.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Choice for Ascii {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("always", Self::Always), ("never", Self::Never)];
}

/// Which colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorMode {
    /// As the terminal and `NO_COLOR` say.
    #[default]
    Auto,
    /// Always, as exact as the theme has them.
    Always,
    /// None.
    Never,
    /// The nearest of the 256 that xterm numbers.
    TwoHundredFiftySix,
    /// The terminal's own sixteen.
    Sixteen,
}

impl Choice for ColorMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("always", Self::Always),
        ("never", Self::Never),
        ("256", Self::TwoHundredFiftySix),
        ("16", Self::Sixteen),
    ];
}

impl Choice for OrderBy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("name", Self::Name),
        ("time", Self::Time),
        ("duration", Self::Duration),
        ("labeled", Self::Labeled),
        ("chars-per-second", Self::CharsPerSecond),
    ];
}

/// Where audio from a bucket is kept for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheMode {
    /// In a private folder.
    #[default]
    Disk,
    /// In memory alone.
    Memory,
}

impl Choice for CacheMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("disk", Self::Disk), ("memory", Self::Memory)];
}

impl Choice for Option<StoreKind> {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", None),
        ("aws", Some(StoreKind::Aws)),
        ("obs", Some(StoreKind::Obs)),
        ("minio", Some(StoreKind::Minio)),
        ("garage", Some(StoreKind::Garage)),
        ("ceph", Some(StoreKind::Ceph)),
        ("r2", Some(StoreKind::R2)),
        ("generic", Some(StoreKind::Generic)),
    ];
}

impl Choice for Option<Addressing> {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", None), ("path", Some(Addressing::Path)), ("virtual", Some(Addressing::Virtual))];
}

impl Choice for Option<ListVersion> {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", None), ("v1", Some(ListVersion::V1)), ("v2", Some(ListVersion::V2))];
}

impl Choice for Option<BulkDelete> {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", None),
        ("checksum", Some(BulkDelete::Checksum)),
        ("md5", Some(BulkDelete::Md5)),
        ("single", Some(BulkDelete::Single)),
    ];
}

/// A switch that can be left to the store's profile.
impl Choice for Option<bool> {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", None), ("always", Some(true)), ("never", Some(false))];
}

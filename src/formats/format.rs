//! Which formats there are, and what each is called.

use std::fmt;
use std::str::FromStr;

/// A format that labels can be read from or written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// `ModelArts` manifest.
    Manifest,
    /// The 2026 `annotation.jsonl` (`file_name`/`text`; `audio_name`/`caption` is read too).
    Annotation,
    /// Label Studio JSON.
    LabelStudio,
    /// Label Studio CSV.
    LabelStudioCsv,
    /// `SageMaker` Ground Truth augmented manifest.
    GroundTruth,
    /// `NVIDIA` `NeMo` manifest.
    Nemo,
    /// Kaldi data directory.
    Kaldi,
    /// Hugging Face audiofolder with `metadata.csv`.
    AudiofolderCsv,
    /// Hugging Face audiofolder with `metadata.jsonl`.
    AudiofolderJsonl,
    /// Common Voice TSV.
    CommonVoice,
    /// `LJSpeech` `metadata.csv`.
    LjSpeech,
    /// Lhotse recordings and supervisions.
    Lhotse,
    /// Same-name `.txt`.
    Sidecars,
    /// Columns with a header, separated by commas.
    Csv,
    /// Columns with a header, separated by tabs.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// `WebVTT`, one cue over each file. Written only.
    WebVtt,
    /// `SRT`. Written only.
    Srt,
    /// Praat `TextGrid`. Written only.
    TextGrid,
    /// ELAN. Written only.
    Elan,
    /// Audacity labels. Written only.
    Audacity,
}

impl Format {
    /// All of them, with their names on the command line.
    pub const ALL: [(Self, &'static str); 21] = [
        (Self::Manifest, "modelarts"),
        (Self::Annotation, "annotation"),
        (Self::LabelStudio, "labelstudio"),
        (Self::LabelStudioCsv, "labelstudio-csv"),
        (Self::GroundTruth, "groundtruth"),
        (Self::Nemo, "nemo"),
        (Self::Kaldi, "kaldi"),
        (Self::AudiofolderCsv, "audiofolder"),
        (Self::AudiofolderJsonl, "audiofolder-jsonl"),
        (Self::CommonVoice, "commonvoice"),
        (Self::LjSpeech, "ljspeech"),
        (Self::Lhotse, "lhotse"),
        (Self::Sidecars, "txt"),
        (Self::Csv, "csv"),
        (Self::Tsv, "tsv"),
        (Self::Jsonl, "jsonl"),
        (Self::WebVtt, "vtt"),
        (Self::Srt, "srt"),
        (Self::TextGrid, "textgrid"),
        (Self::Elan, "elan"),
        (Self::Audacity, "audacity"),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }

    /// Whether it can be read.
    pub fn is_read(self) -> bool {
        !matches!(self, Self::WebVtt | Self::Srt | Self::TextGrid | Self::Elan | Self::Audacity)
    }

    /// Whether an export is one file rather than a folder of them.
    pub fn is_one_file(self) -> bool {
        matches!(
            self,
            Self::Manifest
                | Self::Annotation
                | Self::LabelStudio
                | Self::LabelStudioCsv
                | Self::GroundTruth
                | Self::Nemo
                | Self::Csv
                | Self::Tsv
                | Self::Jsonl
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(format, _)| *format)
            .ok_or_else(|| format!("there is no format {text:?}"))
    }
}

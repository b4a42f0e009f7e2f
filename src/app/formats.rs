//! The formats of labels as the screen offers them: their names on the command line, and what people call them.

/// A format to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatChoice {
    /// Its name on the command line.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whether it can be imported.
    pub reads: bool,
    /// The ending of the one file that an export makes; `None`: a folder of files.
    pub ending: Option<&'static str>,
}

const fn both(name: &'static str, title: &'static str, ending: &'static str) -> FormatChoice {
    FormatChoice { name, title, reads: true, ending: Some(ending) }
}

const fn folder(name: &'static str, title: &'static str) -> FormatChoice {
    FormatChoice { name, title, reads: true, ending: None }
}

const fn written(name: &'static str, title: &'static str) -> FormatChoice {
    FormatChoice { name, title, reads: false, ending: None }
}

/// Every format, the most usual first.
pub const FORMATS: &[FormatChoice] = &[
    both("modelarts", "ModelArts manifest", "manifest"),
    both("annotation", "annotation.jsonl (2026)", "jsonl"),
    both("csv", "CSV with columns", "csv"),
    both("tsv", "TSV with columns", "tsv"),
    both("jsonl", "JSON lines", "jsonl"),
    both("labelstudio", "Label Studio JSON", "json"),
    both("labelstudio-csv", "Label Studio CSV", "csv"),
    both("groundtruth", "SageMaker Ground Truth", "manifest"),
    both("nemo", "NVIDIA NeMo manifest", "json"),
    folder("kaldi", "Kaldi folder"),
    folder("audiofolder", "Hugging Face audiofolder (CSV)"),
    folder("audiofolder-jsonl", "Hugging Face audiofolder (JSONL)"),
    folder("commonvoice", "Common Voice TSV"),
    folder("ljspeech", "LJSpeech"),
    folder("lhotse", "Lhotse"),
    folder("txt", "one .txt beside each file"),
    written("vtt", "WebVTT subtitles"),
    written("srt", "SRT subtitles"),
    written("textgrid", "Praat TextGrid"),
    written("elan", "ELAN"),
    written("audacity", "Audacity labels"),
];

/// Those that can be imported.
pub(super) fn readable() -> impl Iterator<Item = &'static FormatChoice> {
    FORMATS.iter().filter(|format| format.reads)
}

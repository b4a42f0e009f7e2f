//! The reference for decoding: recordings in every format made with ffmpeg, and what ffmpeg itself hears in them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Speech as 16-bit mono WAV at `rate`, about `seconds` long: real recordings where some are installed.
pub(crate) fn speech(folder: &Path, rate: u32, seconds: u32) -> PathBuf {
    let path = folder.join(format!("speech-{rate}-{seconds}.wav"));
    let list = folder.join(format!("{rate}-{seconds}.txt"));
    let recordings = recordings();
    let entry = |path: &PathBuf| format!("file '{}'\n", path.display());
    let entries: Vec<String> = recordings.iter().map(entry).collect();
    std::fs::write(&list, entries.concat().repeat(seconds as usize)).unwrap();
    let list = list.to_str().unwrap();
    let chirp = "aevalsrc=0.4*sin(2*PI*(200+60*t)*t)*(0.6+0.4*sin(6*t))";
    let (rate, seconds) = (rate.to_string(), seconds.to_string());
    let mut args = if recordings.is_empty() {
        vec!["-f", "lavfi", "-i", chirp]
    } else {
        vec!["-f", "concat", "-safe", "0", "-i", list]
    };
    args.extend(["-t", &seconds, "-ar", &rate, "-ac", "1", "-c:a", "pcm_s16le"]);
    run(&args, &path);
    path
}

/// Encodes `from` with ffmpeg's `args` to `folder/name`.
pub(crate) fn encode(from: &Path, args: &str, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let mut all = vec!["-i", from.to_str().unwrap()];
    all.extend(args.split_whitespace());
    run(&all, &path);
    path
}

/// What ffmpeg decodes: interleaved samples at the file's own rate and channels.
pub(crate) fn decode(path: &Path) -> Vec<f32> {
    let output = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-i",
            path.to_str().unwrap(),
            "-f",
            "f32le",
            "-c:a",
            "pcm_f32le",
            "-",
        ])
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg is installed");
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn recordings() -> Vec<PathBuf> {
    let prompts = Path::new("/usr/share/asterisk/sounds/en_US_f_Allison");
    ["vm-intro.wav", "demo-instruct.wav", "conf-adminmenu.wav"]
        .iter()
        .map(|name| prompts.join(name))
        .filter(|path| path.exists())
        .collect()
}

fn run(args: &[&str], out: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(args)
        .arg(out)
        .output()
        .expect("ffmpeg is installed");
    assert!(
        output.status.success(),
        "{args:?} {}: {}",
        out.display(),
        String::from_utf8_lossy(&output.stderr)
    );
}

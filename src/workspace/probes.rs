//! What is known about the audio itself: lengths, hashes, waveforms. All of it is forgotten when the audio changes.

use super::codec::{micros, stamp_at};
use super::error::{Doing, Result};
use super::kinds::{Probe, Unprobed};
use super::sample::Sample;
use crate::domain::{AudioStamp, Peak, Peaks, SampleId, SampleKey, Span};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// Everything about a waveform but its bins.
#[derive(Serialize, Deserialize)]
struct Head {
    bins_per_second: u32,
    speech: Vec<Span>,
    seconds: f64,
    damaged: Option<String>,
    complete: bool,
}

/// Records one probe within the caller's transaction, unless the audio changed since.
pub(super) fn record(connection: &Connection, probe: &Probe) -> Result<()> {
    let info = probe.info.as_ref().map(|info| serde_json::json!(info).to_string());
    let changed = connection
        .prepare_cached(
            "UPDATE sample SET probed = 1, micros = ?4, info = ?5, sha256 = coalesce(?6, sha256), audio_error = ?7 \
             WHERE id = ?1 AND size = ?2 AND etag = ?3",
        )
        .and_then(|mut sql| {
            sql.execute(params![
                probe.id.0,
                probe.stamp.size as i64,
                probe.stamp.etag,
                probe.seconds.and_then(micros),
                info,
                probe.sha256,
                probe.error,
            ])
        })
        .doing("record what the audio is")?;
    if changed == 0 {
        return Ok(());
    }
    // Characters a second hang on the length; a sample without a label has none.
    let labeled = connection
        .prepare_cached("SELECT 1 FROM sample WHERE id = ? AND content IS NOT NULL")
        .and_then(|mut sql| sql.exists([probe.id.0]))
        .doing("record what the audio is")?;
    if labeled && let Some(mut sample) = Sample::load(connection, probe.id.0)? {
        sample.store(connection)?;
    }
    Ok(())
}

/// Samples that nobody looked at, in the order in which they came.
pub(super) fn unprobed(connection: &Connection, limit: usize) -> Result<Vec<Unprobed>> {
    connection
        .prepare_cached("SELECT id, key, size, etag FROM sample WHERE probed = 0 AND present = 1 ORDER BY id LIMIT ?")
        .doing("find audio to look at")?
        .query_map([limit as i64], |row| {
            Ok(Unprobed {
                id: SampleId(row.get(0)?),
                key: SampleKey::new(row.get::<_, Vec<u8>>(1)?),
                stamp: stamp_at(row, 2)?,
            })
        })
        .doing("find audio to look at")?
        .collect::<rusqlite::Result<_>>()
        .doing("find audio to look at")
}

/// Keeps a waveform within the caller's transaction.
pub(super) fn save_peaks(
    connection: &Connection,
    id: SampleId,
    stamp: &AudioStamp,
    peaks: &Peaks,
) -> Result<()> {
    let head = Head {
        bins_per_second: peaks.bins_per_second,
        speech: peaks.speech.clone(),
        seconds: peaks.seconds,
        damaged: peaks.damaged.clone(),
        complete: peaks.complete,
    };
    let bins: Vec<u8> = peaks
        .bins
        .iter()
        .flat_map(|(low, high)| [low.to_ne_bytes()[0], high.to_ne_bytes()[0]])
        .collect();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO peaks (sample, size, etag, head, bins) VALUES (?, ?, ?, ?, ?)",
        )
        .and_then(|mut sql| {
            sql.execute(params![
                id.0,
                stamp.size as i64,
                stamp.etag,
                serde_json::json!(head).to_string(),
                bins
            ])
        })
        .doing("keep a waveform")?;
    Ok(())
}

/// The waveform of the audio as it is now. One that cannot be read is as good as none: it is made anew.
pub(super) fn peaks(connection: &Connection, id: SampleId) -> Result<Option<Peaks>> {
    let kept: Option<(String, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT head, bins FROM peaks JOIN sample ON sample.id = peaks.sample \
             AND sample.size = peaks.size AND sample.etag = peaks.etag WHERE peaks.sample = ?",
        )
        .doing("read a waveform")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .doing("read a waveform")?;
    Ok(kept.and_then(|(head, bins)| {
        let head: Head = serde_json::from_str(&head).ok()?;
        let bins = bins
            .chunks_exact(2)
            .map(|bin| -> Peak { (i8::from_ne_bytes([bin[0]]), i8::from_ne_bytes([bin[1]])) });
        Some(Peaks {
            bins_per_second: head.bins_per_second,
            bins: bins.collect(),
            speech: head.speech,
            seconds: head.seconds,
            damaged: head.damaged,
            complete: head.complete,
        })
    }))
}

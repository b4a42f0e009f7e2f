//! Frame headers of MPEG audio (MP1, MP2, MP3) and of AAC in ADTS, which have no container that would name them.

/// What a frame header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// `mp1`, `mp2`, `mp3` or `aac`.
    pub(super) format: &'static str,
    /// Bytes to the next frame.
    pub(super) size: usize,
    /// Samples a second.
    rate: u32,
    /// Bytes from the frame's start to where a Xing or Info tag would stand.
    tag_at: usize,
}

/// Finds the first place in `head` where frames follow one another; what lies before is junk or padding.
pub(super) fn find(head: &[u8]) -> Option<Frame> {
    (0..head.len().saturating_sub(3)).find_map(|at| {
        let first = frame(&head[at..])?;
        // At the very start two frames convince; amid junk it takes four.
        let wanted = if at == 0 { 2 } else { 4 };
        follow(head, at, first, wanted).then_some(first)
    })
}

/// Whether `wanted` like frames lie one after the other from `at`, or as many as `head` reaches but at least two.
fn follow(head: &[u8], mut at: usize, first: Frame, wanted: usize) -> bool {
    for seen in 0..wanted {
        let Some(rest) = head.get(at..).filter(|rest| rest.len() >= 7) else { return seen >= 2 };
        match frame(rest) {
            Some(next) if next.format == first.format && next.rate == first.rate => {
                at += next.size;
            }
            _ => return false,
        }
    }
    true
}

/// Whether the first frame states how many there are (a Xing, Info or VBRI tag).
pub(super) fn states_length(head: &[u8]) -> bool {
    let Some((at, first)) = (0..head.len()).find_map(|at| Some((at, frame(&head[at..])?))) else {
        return false;
    };
    let tag = |offset: usize| head.get(at + offset..at + offset + 8);
    let counted =
        |tag: &[u8]| tag[7] & 1 != 0 && (tag.starts_with(b"Xing") || tag.starts_with(b"Info"));
    tag(first.tag_at).is_some_and(counted)
        || tag(first.tag_at + 2).is_some_and(counted)
        || tag(36).is_some_and(|tag| tag.starts_with(b"VBRI"))
}

/// Reads one frame header.
fn frame(bytes: &[u8]) -> Option<Frame> {
    let &[first, second, third, fourth, ..] = bytes else { return None };
    if first != 0xff || second & 0xe0 != 0xe0 {
        return None;
    }
    match second >> 1 & 3 {
        0 if second & 0xf0 == 0xf0 => adts(bytes),
        0 => None,
        layer => mpeg(second >> 3 & 3, 4 - layer, third, fourth),
    }
}

fn adts(bytes: &[u8]) -> Option<Frame> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    let &[_, _, third, fourth, fifth, sixth, ..] = bytes else { return None };
    let rate = *RATES.get(usize::from(third >> 2 & 15))?;
    let size = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    (size >= 7).then_some(Frame { format: "aac", size, rate, tag_at: usize::MAX / 2 })
}

fn mpeg(version: u8, layer: u8, third: u8, fourth: u8) -> Option<Frame> {
    const RATES: [u32; 3] = [44_100, 48_000, 32_000];
    const V1_L1: [u32; 15] = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    const V1_L2: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    const V1_L3: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const V2_L1: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    const V2_L23: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

    let base = *RATES.get(usize::from(third >> 2 & 3))?;
    let (first_version, rate) = match version {
        3 => (true, base),
        2 => (false, base / 2),
        0 => (false, base / 4),
        _ => return None,
    };
    let (format, table) = match (layer, first_version) {
        (1, true) => ("mp1", V1_L1),
        (1, false) => ("mp1", V2_L1),
        (2, true) => ("mp2", V1_L2),
        (2, false) => ("mp2", V2_L23),
        (_, true) => ("mp3", V1_L3),
        (_, false) => ("mp3", V2_L23),
    };
    let bitrate = table.get(usize::from(third >> 4)).copied().filter(|&kbit| kbit > 0)? * 1000;
    let padding = u32::from(third >> 1 & 1);
    let size = match (layer, first_version) {
        (1, _) => (12 * bitrate / rate + padding) * 4,
        (3, false) => 72 * bitrate / rate + padding,
        _ => 144 * bitrate / rate + padding,
    };
    let mono = fourth >> 6 == 3;
    let tag_at = match (first_version, mono) {
        (true, false) => 36,
        (true, true) | (false, false) => 21,
        (false, true) => 13,
    };
    Some(Frame { format, size: size as usize, rate, tag_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 64 kbit/s, 44,100 Hz, mono: 208 bytes each.
    fn mp3(frames: usize) -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x50, 0xc0];
        frame.resize(208, 0);
        frame.repeat(frames)
    }

    #[test]
    fn frames_are_found_after_junk() {
        assert_eq!(find(&mp3(3)).map(|frame| (frame.format, frame.size)), Some(("mp3", 208)));
        let mut junk = vec![0; 100];
        junk.extend(mp3(5));
        assert_eq!(find(&junk).map(|frame| frame.format), Some("mp3"));
        assert_eq!(find(&mp3(1)[..100]), None);
    }

    #[test]
    fn text_and_noise_are_no_frames() {
        assert_eq!(find(b"plain text, as long as you like; nothing here is audio"), None);
        let noise: Vec<u8> =
            (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(find(&noise), None);
    }

    #[test]
    fn a_stated_length_is_seen() {
        let mut head = mp3(2);
        assert!(!states_length(&head));
        head[21..29].copy_from_slice(b"Info\0\0\0\x0f");
        assert!(states_length(&head));
    }
}

//! Small files of audio that claim to be large, or that a decoder panics on.

#![allow(dead_code, reason = "each test binary takes what it needs of it")]
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use earmark::audio::FlacEncoder;

/// Silence at one sample in some hundred bits.
pub(crate) fn silence(frames: usize) -> Vec<u8> {
    let mut encoder = FlacEncoder::new(16_000, 1).unwrap();
    let mut flac = encoder.header(None);
    let some = vec![0; 1 << 20];
    (0..frames / some.len()).for_each(|_| encoder.push(&some, &mut flac).unwrap());
    encoder.finish(&mut flac).unwrap();
    assert!(flac.len() < frames / 50);
    flac
}

/// A Vorbis header of ten kilobytes with so many codebooks, each of which unfolds to half a
/// mebibyte a dimension. In 32 dimensions the decoder panics.
pub(crate) fn codebooks(count: u64, dimensions: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(count - 1, 8);
    for _ in 0..count {
        bits.put(0x56_4342, 24);
        bits.put(dimensions, 16);
        bits.put(1 << 17, 24);
        // All codes have 17 bits.
        bits.put(1, 1);
        bits.put(16, 5);
        bits.put(1 << 17, 18);
        bits.put(1, 4);
        bits.put(0, 64);
        bits.put(15, 4);
        bits.put(0, 1);
        bits.put(1, 16);
    }
    bits.put(0, 512);
    let mut first = b"\x01vorbis\0\0\0\0\x01".to_vec();
    first.extend(16_000_u32.to_le_bytes());
    first.extend([0; 12]);
    first.extend([0xb8, 1]);
    let comments = b"\x03vorbis\0\0\0\0\0\0\0\0\x01".to_vec();
    let setup = [b"\x05vorbis".as_slice(), &bits.0].concat();
    assert!(setup.len() < 12_000);
    let pages = [
        (2, 0, first),
        (0, 0, comments),
        (0, 0, setup),
        (0, 1024, vec![0; 40]),
        (4, 2048, vec![0; 40]),
    ];
    let page = |(number, (kind, position, packet)): (usize, (u8, u64, Vec<u8>))| {
        ogg_page(kind, position, number as u32, &packet)
    };
    pages.into_iter().enumerate().flat_map(page).collect()
}

/// A page that holds one whole packet.
fn ogg_page(kind: u8, position: u64, number: u32, packet: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend(position.to_le_bytes());
    page.extend(7_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push((packet.len() / 255 + 1) as u8);
    page.extend(vec![255; packet.len() / 255]);
    page.push((packet.len() % 255) as u8);
    page.extend(packet);
    let sum = page.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 }
        })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

/// Bits, the least significant first.
#[derive(Default)]
struct Bits(Vec<u8>, u32);

impl Bits {
    fn put(&mut self, value: u64, count: u32) {
        for bit in 0..count {
            if self.1 == 0 {
                self.0.push(0);
            }
            let set = bit < 64 && value >> bit & 1 == 1;
            *self.0.last_mut().unwrap() |= u8::from(set) << self.1;
            self.1 = (self.1 + 1) % 8;
        }
    }
}

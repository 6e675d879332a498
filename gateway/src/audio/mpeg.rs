//! MPEG audio of all layers (MP3), and AAC in ADTS: frames, each with a head that says how long it is, in bytes and in
//! samples. All are counted: what the first may say of the whole, no decoder believes.
//!
//! Source: ISO/IEC 11172-3, 13818-3 and 13818-7; <https://id3.org/id3v2.4.0-structure>.

use super::{big, Format, Step, FLICKS};

/// Bytes of a head that are looked at.
const HEAD: usize = 8;
/// Bytes of a first frame that may be no sound but a table of contents.
const CONTENTS: usize = 44;
/// Kilobits a second: version 1 of layers I, II and III, other versions of layer I, and of II and III.
const RATES: [[u64; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLES: [u64; 3] = [44_100, 48_000, 32_000];
const AAC_SAMPLES: [u64; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

#[derive(Default)]
pub struct Mpeg {
    flicks: u64,
    /// Of a frame that was found and is believed if another one follows it.
    found: Option<u64>,
    /// The last step led to where a frame should be.
    chained: bool,
}

impl Format for Mpeg {
    fn next(&mut self, bytes: &[u8]) -> Step {
        if bytes.len() < HEAD {
            return Step::new(0, HEAD);
        }
        let Some(frame) = read_frame(bytes) else { return self.look(bytes) };
        if !self.chained && bytes.len() < CONTENTS {
            return Step::new(0, CONTENTS);
        }
        if self.chained {
            self.flicks = self.flicks.saturating_add(self.found.take().unwrap_or_default());
            self.flicks = self.flicks.saturating_add(frame.flicks);
        } else {
            let sounds = !(self.flicks == 0 && has_contents(&bytes[..CONTENTS]));
            self.found = Some(if sounds { frame.flicks } else { 0 });
        }
        self.chained = true;
        Step::new(frame.length, HEAD)
    }

    fn flicks(&self, _size: u64) -> Option<u64> {
        Some(self.flicks)
    }
}

impl Mpeg {
    /// For the next place where a frame may begin.
    fn look(&mut self, bytes: &[u8]) -> Step {
        (self.chained, self.found) = (false, None);
        if let Some(tag) = tag_length(bytes) {
            return Step::new(tag, HEAD);
        }
        let last = bytes.len() - HEAD;
        let place = memchr::memchr_iter(0xff, &bytes[1..=last.max(1)]).find(|at| {
            let place = at + 1;
            place <= last && read_frame(&bytes[place..]).is_some()
        });
        Step::new(place.unwrap_or(last) as u64 + 1, HEAD)
    }
}

/// Bytes of the `ID3v2` tag that begins here.
pub fn tag_length(bytes: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', _, _, flags, size @ ..] = bytes else { return None };
    let size = size.get(..4)?.iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    Some(10 + size + if flags & 0x10 == 0 { 0 } else { 10 })
}

struct Frame {
    length: u64,
    flicks: u64,
}

/// The frame that begins here; None: none does.
fn read_frame(bytes: &[u8]) -> Option<Frame> {
    if bytes[0] != 0xff || bytes[1] & 0xe0 != 0xe0 {
        return None;
    }
    let (version, layer) = (bytes[1] >> 3 & 3, bytes[1] >> 1 & 3);
    if bytes[1] & 0xf6 == 0xf0 {
        return read_adts(bytes);
    }
    let (rate, frequency, padding) = (bytes[2] >> 4, bytes[2] >> 2 & 3, u64::from(bytes[2] >> 1 & 1));
    if version == 1 || layer == 0 || rate == 0 || rate == 15 || frequency == 3 {
        return None;
    }
    let (first, layer) = (version == 3, 4 - layer); // 1, 2, 3
    let table = if first { usize::from(layer) - 1 } else { 3 + usize::from(layer > 1) };
    let frequency = SAMPLES[usize::from(frequency)] >> [2, 0, 1, 0][usize::from(version)];
    let bits = RATES[table][usize::from(rate)] * 1000;
    let (samples, slot) = match (layer, first) {
        (1, _) => (384, 4),
        (3, false) => (576, 1),
        _ => (1152, 1),
    };
    let length = (samples / 8 / slot * bits / frequency + padding) * slot;
    Some(Frame { length, flicks: FLICKS / frequency * samples })
}

/// Of AAC.
fn read_adts(bytes: &[u8]) -> Option<Frame> {
    let frequency = *AAC_SAMPLES.get(usize::from(bytes[2] >> 2 & 15))?;
    let length = big(&bytes[3..6]) >> 5 & 0x1fff;
    let blocks = u64::from(bytes[6] & 3) + 1;
    (length >= 7).then_some(Frame { length, flicks: FLICKS / frequency * 1024 * blocks })
}

/// Whether a frame has a table in place of sound.
fn has_contents(frame: &[u8]) -> bool {
    frame.windows(4).any(|name| matches!(name, b"Xing" | b"Info" | b"VBRI"))
}

//! FLAC: the head says how many samples there are, unless it was written as a stream: then its frames are counted, of which
//! each has its number.
//!
//! Source: RFC 9639.

use super::{big, flicks_of, Format, Step};

/// Bytes of the name and the first block of metadata.
const HEAD: usize = 8 + 34;
/// Bytes of the longest head of a frame.
const FRAME: usize = 16;

#[derive(Default)]
enum At {
    #[default]
    Head,
    /// The head of a block of metadata.
    Block,
    Frames,
}

#[derive(Default)]
pub struct Flac {
    at: At,
    rate: u64,
    samples: u64,
    /// Frames that were counted.
    frames: u64,
}

impl Format for Flac {
    fn next(&mut self, bytes: &[u8]) -> Step {
        match self.at {
            At::Head if bytes.len() < HEAD => Step::new(0, HEAD),
            At::Head => {
                (self.rate, self.samples) = read_info(&bytes[8..]);
                self.after(bytes[4], if self.samples > 0 { u64::MAX } else { HEAD as u64 })
            }
            At::Block => self.after(bytes[0], 4 + big(&bytes[1..4])),
            At::Frames => self.count(bytes),
        }
    }

    fn flicks(&self, _size: u64) -> Option<u64> {
        flicks_of(self.samples, self.rate)
    }
}

impl Flac {
    /// `kind`: of a block whose first bit says that it is the last.
    fn after(&mut self, kind: u8, advance: u64) -> Step {
        self.at = if kind & 0x80 == 0 { At::Block } else { At::Frames };
        Step::new(advance, if kind & 0x80 == 0 { 4 } else { FRAME })
    }

    /// The next frame, which has the next number; its length is not said.
    fn count(&mut self, bytes: &[u8]) -> Step {
        for at in memchr::memchr_iter(0xff, &bytes[..=bytes.len() - FRAME]) {
            let Some((block, number)) = read_frame(&bytes[at..]) else { continue };
            let varying = bytes[at + 1] & 1 == 1;
            if number == if varying { self.samples } else { self.frames } {
                self.samples = self.samples.saturating_add(block);
                self.frames += 1;
                return Step::new(at as u64 + 1, FRAME);
            }
        }
        Step::new((bytes.len() - FRAME + 1) as u64, FRAME)
    }
}

/// Samples a second and samples, 0 for unknown, of `STREAMINFO`.
pub fn read_info(info: &[u8]) -> (u64, u64) {
    (big(&info[10..13]) >> 4, big(&info[13..18]) & 0xf_ffff_ffff)
}

/// Samples and number of the frame that begins here; None: none does.
fn read_frame(bytes: &[u8]) -> Option<(u64, u64)> {
    if bytes[1] & 0xfe != 0xf8 || bytes[3] & 1 == 1 {
        return None;
    }
    let (size, rate) = (bytes[2] >> 4, bytes[2] & 15);
    let ones = bytes[4].leading_ones() as usize;
    let length = ones.max(1);
    if ones == 1 || ones > 7 || rate == 15 {
        return None;
    }
    let first = if ones == 0 { bytes[4] } else { bytes[4] & (0x7f >> ones) };
    let number = bytes[5..4 + length].iter().fold(u64::from(first), |value, byte| value << 6 | u64::from(byte & 63));
    let mut at = 4 + length;
    let block = match size {
        0 => return None,
        1 => 192,
        2..=5 => 576 << (size - 2),
        6 => 1 + u64::from(bytes[at]),
        7 => 1 + big(&bytes[at..at + 2]),
        _ => 256 << (size - 8),
    };
    at += usize::from(size == 6) + 2 * usize::from(size == 7);
    at += usize::from(rate == 12) + 2 * usize::from(rate == 13 || rate == 14);
    (crc(&bytes[..at]) == bytes[at]).then_some((block, number))
}

fn crc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| CRC[usize::from(crc ^ byte)])
}

/// Of each byte: x^8 + x^2 + x + 1.
const CRC: [u8; 256] = {
    let (mut table, mut byte) = ([0; 256], 0_u8);
    loop {
        let (mut crc, mut bit) = (byte, 0);
        while bit < 8 {
            crc = if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 };
            bit += 1;
        }
        table[byte as usize] = crc;
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

//! Matroska and `WebM`: elements in elements. What is written as a stream does not say how long it is; each block of sound
//! says when it is heard, and the last one counts, with its own length.
//!
//! Source: RFC 8794 (EBML), RFC 9559 (Matroska), RFC 6716 (3.1: how long a packet of Opus is).

use super::{big, flicks_of, Format, Step};

const HEAD: usize = 12;
/// Bytes of a value, or of a block's beginning.
const VALUE: usize = 16;
const SOUND: u64 = 2;
const NANOSECONDS: u64 = 1_000_000_000;
/// Nanoseconds of a tick, where the file does not say it.
const SCALE: u64 = 1_000_000;

mod id {
    pub const SEGMENT: u64 = 0x1853_8067;
    pub const INFO: u64 = 0x1549_a966;
    pub const TRACKS: u64 = 0x1654_ae6b;
    pub const TRACK: u64 = 0xae;
    pub const CLUSTER: u64 = 0x1f43_b675;
    pub const GROUP: u64 = 0xa0;
    pub const TIMESTAMP_SCALE: u64 = 0x2a_d7b1;
    pub const TRACK_NUMBER: u64 = 0xd7;
    pub const TRACK_TYPE: u64 = 0x83;
    pub const CODEC: u64 = 0x86;
    pub const DEFAULT_DURATION: u64 = 0x23_e383;
    pub const TIMESTAMP: u64 = 0xe7;
    pub const SIMPLE_BLOCK: u64 = 0xa3;
    pub const BLOCK: u64 = 0xa1;
    pub const BLOCK_DURATION: u64 = 0x9b;
    pub const CONTAINERS: [u64; 6] = [SEGMENT, INFO, TRACKS, TRACK, CLUSTER, GROUP];
    pub const READ: [u64; 9] = [
        TIMESTAMP_SCALE,
        TRACK_NUMBER,
        TRACK_TYPE,
        CODEC,
        DEFAULT_DURATION,
        TIMESTAMP,
        SIMPLE_BLOCK,
        BLOCK,
        BLOCK_DURATION,
    ];
}

#[derive(Default)]
pub struct Matroska {
    /// Nanoseconds of a tick; 0: not said.
    scale: u64,
    track: Track,
    /// The first one of sound.
    sound: Option<Track>,
    /// Ticks, of the blocks that come now.
    cluster: u64,
    /// The last block of sound: ticks, and how long it is.
    last: Option<(u64, u64)>,
    /// Nanoseconds at which the sound ends.
    end: u64,
}

#[derive(Default, Clone, Copy)]
struct Track {
    number: u64,
    sounds: bool,
    opus: bool,
    /// Nanoseconds of a block; 0: not said.
    each: u64,
}

impl Format for Matroska {
    fn next(&mut self, bytes: &[u8]) -> Step {
        if bytes.len() < HEAD {
            return Step::new(0, HEAD);
        }
        let Some((id, head, size)) = read_head(bytes) else { return Step::END };
        if id::CONTAINERS.contains(&id) {
            self.open(id);
            // an element's id and length may be as short as two bytes, and so may be the file's rest
            return Step::new(head as u64, HEAD);
        }
        let Some(size) = size else { return Step::END };
        let whole = size.saturating_add(head as u64);
        if id::READ.contains(&id) {
            let all = head + usize::try_from(size).unwrap_or(usize::MAX).min(VALUE);
            if bytes.len() < all {
                return Step::new(0, all);
            }
            self.read(id, &bytes[head..all]);
        }
        Step::new(whole, HEAD)
    }

    fn flicks(&self, _size: u64) -> Option<u64> {
        flicks_of(self.end, NANOSECONDS)
    }
}

impl Matroska {
    fn open(&mut self, id: u64) {
        if id == id::TRACK || id == id::CLUSTER {
            self.close_track();
        }
    }

    fn close_track(&mut self) {
        let track = std::mem::take(&mut self.track);
        if self.sound.is_none() && track.sounds {
            self.sound = Some(track);
        }
    }

    fn read(&mut self, id: u64, value: &[u8]) {
        match id {
            id::TIMESTAMP_SCALE => self.scale = big(value),
            id::TRACK_NUMBER => self.track.number = big(value),
            id::TRACK_TYPE => self.track.sounds = big(value) == SOUND,
            id::CODEC => self.track.opus = value.starts_with(b"A_OPUS"),
            id::DEFAULT_DURATION => self.track.each = big(value),
            id::TIMESTAMP => self.cluster = big(value),
            id::BLOCK_DURATION => {
                if let Some((ticks, _)) = self.last {
                    self.end = self.end.max(self.nanoseconds(ticks.saturating_add(big(value))));
                }
            }
            _ => self.hear(value),
        }
    }

    /// A block's beginning: track, time from its cluster's, flags, and what sounds.
    fn hear(&mut self, block: &[u8]) {
        let (Some(sound), Some((number, length))) = (self.sound, read_number(block, false)) else { return };
        let Some([high, low, flags, data @ ..]) = block.get(length..).filter(|_| number == sound.number) else {
            self.last = None;
            return;
        };
        let ticks = self.cluster.saturating_add_signed(i16::from_be_bytes([*high, *low]).into());
        let laced = flags & 6 != 0;
        let length = match opus_nanoseconds(data) {
            Some(nanoseconds) if sound.opus && !laced => nanoseconds,
            _ if sound.each > 0 => sound.each,
            // as far as from the one before
            _ => self.last.map_or(0, |(before, _)| self.nanoseconds(ticks.saturating_sub(before))),
        };
        self.last = Some((ticks, length));
        self.end = self.end.max(self.nanoseconds(ticks).saturating_add(length));
    }

    fn nanoseconds(&self, ticks: u64) -> u64 {
        ticks.saturating_mul(if self.scale == 0 { SCALE } else { self.scale })
    }
}

/// An element's id, bytes of its head, and bytes of its content, None for as many as come. None: it is no element.
fn read_head(bytes: &[u8]) -> Option<(u64, usize, Option<u64>)> {
    let (id, length) = read_number(bytes, true).filter(|(_, length)| *length <= 4)?;
    let (size, width) = read_number(&bytes[length..], false)?;
    let unknown = size == (1 << (7 * width)) - 1;
    Some((id, length + width, (!unknown).then_some(size)))
}

/// A number whose first bits say how many bytes it has; `whole`: with these bits.
fn read_number(bytes: &[u8], whole: bool) -> Option<(u64, usize)> {
    let width = bytes.first()?.leading_zeros() as usize + 1;
    let value = big(bytes.get(..width).filter(|_| width <= 8)?);
    Some((if whole { value } else { value & ((1 << (7 * width)) - 1) }, width))
}

/// How long a packet of Opus sounds.
fn opus_nanoseconds(packet: &[u8]) -> Option<u64> {
    let first = *packet.first()?;
    let each = match first >> 3 {
        kind @ 0..12 => [10, 20, 40, 60][usize::from(kind & 3)] * 1_000_000,
        kind @ 12..16 => [10, 20][usize::from(kind & 1)] * 1_000_000,
        kind => 2_500_000 << (kind & 3),
    };
    let count = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 63),
    };
    Some(each * count)
}

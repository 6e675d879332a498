//! MP4, M4A, MOV, 3GP: boxes in boxes. The first track of sound says how long each of its samples is, in a table that may
//! come after them, or in fragments before each part of them.
//!
//! Source: ISO/IEC 14496-12.

use super::{big, flicks_of, Format, Step};

const HEAD: usize = 8;
/// Bytes of a head, with a length of 64 bits.
const LONG_HEAD: usize = 16;
const CONTAINERS: [&[u8; 4]; 8] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"];
/// Of boxes whose beginning is looked at, how many bytes.
const READ: [(&[u8; 4], usize); 7] =
    [(b"tkhd", 24), (b"mdhd", 24), (b"hdlr", 12), (b"trex", 16), (b"tfhd", 24), (b"stts", 8), (b"trun", 8)];
const BEGINNINGS: [&[u8; 4]; 8] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"pnot"];
/// Flags of `tfhd`.
const BASE_OFFSET: u64 = 1;
const DESCRIPTION: u64 = 2;
const DEFAULT_DURATION: u64 = 8;
/// Flags of `trun`: what comes before its samples, and what each has.
const RUN_FIELDS: [u64; 2] = [1, 4];
const SAMPLE_DURATION: u64 = 0x100;
const SAMPLE_FIELDS: u64 = 0xf00;

/// Whether a file is one.
pub fn begins(bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|name| bytes[4..8] == name[..])
}

#[derive(Default)]
pub struct Mp4 {
    /// The one that is read now.
    track: Track,
    /// The first one of sound.
    sound: Option<Track>,
    table: Option<Table>,
    /// Ticks of all fragments of sound.
    fragments: u64,
    /// How long a sample is in this fragment, where its track is of sound.
    fragment: Option<u64>,
}

#[derive(Default, Clone, Copy)]
struct Track {
    id: u64,
    /// Ticks of a second.
    rate: u64,
    sounds: bool,
    /// Of its table.
    ticks: u64,
    /// What a sample has in fragments that do not say it.
    default: u64,
}

/// Entries that come now.
#[derive(Clone, Copy)]
enum Table {
    /// `stts`: entries that are left, of so many samples with so many ticks.
    Times(u64),
    /// `trun`: entries that are left, and the size of each, which begins with its ticks.
    Run(u64, usize),
}

impl Format for Mp4 {
    fn next(&mut self, bytes: &[u8]) -> Step {
        if let Some(table) = self.table {
            return self.read_entry(table, bytes);
        }
        let (short, name) = (big(&bytes[..4]), &bytes[4..HEAD]);
        if short == 1 && bytes.len() < LONG_HEAD {
            return Step::new(0, LONG_HEAD);
        }
        let (head, size) = if short == 1 { (LONG_HEAD, big(&bytes[HEAD..LONG_HEAD])) } else { (HEAD, short) };
        if size == 0 || size < head as u64 {
            return Step::END; // to the file's end, or broken
        }
        if CONTAINERS.iter().any(|container| name == &container[..]) {
            self.open(name);
            return Step::new(head as u64, HEAD);
        }
        let wanted = READ.iter().find(|(read, _)| name == &read[..]).map(|(_, length)| *length);
        let Some(wanted) = wanted else { return Step::new(size, HEAD) };
        let all = usize::try_from(size).unwrap_or(usize::MAX).min(head + wanted);
        if bytes.len() < all {
            return Step::new(0, all);
        }
        self.read_box(name, &bytes[head..all], head, size)
    }

    fn flicks(&self, _size: u64) -> Option<u64> {
        let track = self.sound.or(self.track.sounds.then_some(self.track))?;
        flicks_of(track.ticks.saturating_add(self.fragments), track.rate)
    }
}

impl Mp4 {
    fn open(&mut self, name: &[u8]) {
        match name {
            b"trak" | b"mvex" | b"moof" => self.close_track(),
            b"traf" => self.fragment = None,
            _ => {}
        }
    }

    fn close_track(&mut self) {
        let track = std::mem::take(&mut self.track);
        if self.sound.is_none() && track.sounds {
            self.sound = Some(track);
        }
    }

    /// The beginning of a box; what is too short says nothing.
    fn read_box(&mut self, name: &[u8], body: &[u8], head: usize, size: u64) -> Step {
        let long = usize::from(body.first() == Some(&1));
        let number = |at: usize| body.get(at..at + 4).map_or(0, big);
        match name {
            b"tkhd" => self.track.id = number(12 + 8 * long),
            b"mdhd" => self.track.rate = number(12 + 8 * long),
            b"hdlr" => self.track.sounds |= body.get(8..12) == Some(b"soun"),
            b"trex" => {
                if let Some(sound) = self.sound.as_mut().filter(|sound| sound.id == number(4)) {
                    sound.default = number(12);
                }
            }
            b"tfhd" => self.fragment = self.begin_fragment(body),
            b"stts" => return self.begin_table(Table::Times(number(4)), head + 8, 8),
            _ => return self.begin_run(body, head, size),
        }
        Step::new(size, HEAD)
    }

    /// Ticks of its samples, where it is of sound.
    fn begin_fragment(&self, body: &[u8]) -> Option<u64> {
        let sound = self.sound.filter(|sound| body.get(4..8).map(big) == Some(sound.id))?;
        let flags = big(&body[1..4]);
        let at = 8 + if flags & BASE_OFFSET > 0 { 8 } else { 0 } + if flags & DESCRIPTION > 0 { 4 } else { 0 };
        let said = body.get(at..at + 4).filter(|_| flags & DEFAULT_DURATION > 0).map(big);
        Some(said.unwrap_or(sound.default))
    }

    /// `trun`: samples of a fragment.
    fn begin_run(&mut self, body: &[u8], head: usize, size: u64) -> Step {
        let (Some(default), Some(start)) = (self.fragment, body.get(..8)) else { return Step::new(size, HEAD) };
        let (flags, count) = (big(&start[1..4]), big(&start[4..8]));
        if flags & SAMPLE_DURATION == 0 {
            self.fragments = self.fragments.saturating_add(count.saturating_mul(default));
            return Step::new(size, HEAD);
        }
        let before = 8 + 4 * RUN_FIELDS.iter().filter(|field| flags & **field > 0).count();
        let each = 4 * (flags & SAMPLE_FIELDS).count_ones() as usize;
        self.begin_table(Table::Run(count, each), head + before, each)
    }

    fn begin_table(&mut self, table: Table, advance: usize, each: usize) -> Step {
        let (Table::Times(left) | Table::Run(left, _)) = table;
        self.table = (left > 0).then_some(table);
        Step::new(advance as u64, if left > 0 { each } else { HEAD })
    }

    fn read_entry(&mut self, table: Table, bytes: &[u8]) -> Step {
        let first = big(&bytes[..4]);
        let (rest, each) = match table {
            Table::Times(left) => {
                self.track.ticks = self.track.ticks.saturating_add(first * big(&bytes[4..8]));
                (Table::Times(left - 1), 8)
            }
            Table::Run(left, each) => {
                self.fragments = self.fragments.saturating_add(first);
                (Table::Run(left - 1, each), each)
            }
        };
        self.begin_table(rest, each, each)
    }
}

//! Ogg with Opus, Vorbis, Speex or FLAC: each page says up to which sample its stream is then known; the last one counts.
//! Streams may follow one another.
//!
//! Source: RFC 3533, RFC 7845, Vorbis I, RFC 9639 (10.1).

use memchr::memmem;

use super::{big, flac, flicks_of, little, Format, Step};

const MAGIC: &[u8] = b"OggS";
const HEAD: usize = 27;
/// Bytes of the first packet of a stream that say what it is.
const IDENTITY: usize = 13 + 8 + 34;
/// On pages where no packet ends.
const NONE: u64 = u64::MAX;

#[derive(Default)]
pub struct Ogg {
    stream: Option<Stream>,
    /// Of the streams before.
    flicks: u64,
}

struct Stream {
    serial: u64,
    rate: u64,
    /// Samples at the beginning that nobody hears.
    skipped: u64,
    last: u64,
}

impl Stream {
    fn flicks(&self) -> u64 {
        flicks_of(self.last.saturating_sub(self.skipped), self.rate).unwrap_or_default()
    }
}

impl Format for Ogg {
    fn next(&mut self, bytes: &[u8]) -> Step {
        if bytes.len() < HEAD {
            return Step::new(0, HEAD);
        }
        if !bytes.starts_with(MAGIC) {
            let found = memmem::find(bytes, MAGIC).unwrap_or(bytes.len() - MAGIC.len() + 1);
            return Step::new(found as u64, HEAD);
        }
        let head = HEAD + usize::from(bytes[26]);
        if bytes.len() < head {
            return Step::new(0, head);
        }
        let body: usize = bytes[HEAD..head].iter().map(|length| usize::from(*length)).sum();
        let begins = bytes[5] & 2 != 0;
        let seen = head + body.min(IDENTITY);
        if begins && bytes.len() < seen {
            return Step::new(0, seen);
        }
        self.read_page(begins, bytes, if begins { &bytes[head..seen] } else { &[] });
        Step::new((head + body) as u64, HEAD)
    }

    fn flicks(&self, _size: u64) -> Option<u64> {
        let last = self.stream.as_ref().map_or(0, Stream::flicks);
        Some(self.flicks.saturating_add(last))
    }
}

impl Ogg {
    fn read_page(&mut self, begins: bool, page: &[u8], identity: &[u8]) {
        let (granule, serial) = (little(&page[6..14]), little(&page[14..18]));
        if begins {
            let heard = self.stream.as_ref().is_some_and(|stream| stream.last > 0);
            let Some((rate, skipped)) = identify(identity) else { return };
            if heard || self.stream.is_none() {
                self.flicks = self.flicks.saturating_add(self.stream.as_ref().map_or(0, Stream::flicks));
                self.stream = Some(Stream { serial, rate, skipped, last: 0 });
            }
        } else if let Some(stream) = self.stream.as_mut().filter(|stream| stream.serial == serial) {
            if granule != NONE {
                stream.last = granule;
            }
        }
    }
}

/// Samples a second, and how many are skipped. None: it is no audio.
fn identify(packet: &[u8]) -> Option<(u64, u64)> {
    let at = |range: std::ops::Range<usize>| packet.get(range);
    if packet.starts_with(b"OpusHead") {
        return Some((48_000, little(at(10..12)?)));
    }
    if packet.starts_with(b"\x01vorbis") {
        return Some((little(at(12..16)?), 0));
    }
    if packet.starts_with(b"Speex   ") {
        return Some((little(at(36..40)?), 0));
    }
    if packet.starts_with(b"\x7fFLAC") {
        return Some((flac::read_info(at(17..51)?).0, 0));
    }
    packet.starts_with(b"fLaC").then(|| at(8..42)).flatten().map(|info| (big(&info[10..13]) >> 4, 0))
}

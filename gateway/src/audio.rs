//! How long a recording is, by its file as it passes: nothing of it is kept but a few bytes at the edge of two pieces. What
//! says so differs by format, and each has a file here; all of them read hostile files, too.

mod flac;
mod matroska;
mod mp4;
mod mpeg;
mod ogg;
mod wave;

/// The smallest unit in which samples of all usual rates have whole lengths: of a second.
const FLICKS: u64 = 705_600_000;
const FLICKS_OF_MILLISECOND: u64 = FLICKS / 1000;
/// Bytes that a format may look at together.
const WIDEST: usize = 512;
/// Bytes by which formats are told apart.
const MAGIC: usize = 12;

/// What a format does with the bytes that it was shown.
struct Step {
    /// How many of them, and of those that come, it is done with.
    advance: u64,
    /// How many it must see together from there.
    want: usize,
}

impl Step {
    const fn new(advance: u64, want: usize) -> Self {
        Self { advance, want }
    }

    /// Nothing more is of interest.
    const END: Self = Self::new(u64::MAX, 1);
}

/// A format, while its file passes.
trait Format {
    /// `bytes`: at least as many as the last step wanted.
    fn next(&mut self, bytes: &[u8]) -> Step;

    /// Of a file of so many bytes that has ended; None: it does not say.
    fn flicks(&self, size: u64) -> Option<u64>;
}

/// One file of any format.
pub struct Audio {
    format: Box<dyn Format>,
    /// Bytes that came and are too few.
    kept: Vec<u8>,
    skip: u64,
    want: usize,
    size: u64,
}

impl Default for Audio {
    fn default() -> Self {
        Self { format: Box::new(Unknown::default()), kept: Vec::new(), skip: 0, want: MAGIC, size: 0 }
    }
}

impl Audio {
    /// The next piece of the file.
    pub fn read(&mut self, mut piece: &[u8]) {
        self.size += piece.len() as u64;
        loop {
            let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(piece.len());
            self.skip -= passed as u64;
            piece = &piece[passed..];
            if self.kept.len() + piece.len() < self.want {
                return self.kept.extend_from_slice(piece);
            }
            if self.kept.is_empty() {
                self.skip = self.step(piece);
                continue;
            }
            // what was kept, with so much of the piece that nothing of it need be kept again
            let (before, more) = (self.kept.len(), piece.len().min(WIDEST));
            let mut shown = std::mem::take(&mut self.kept);
            shown.extend_from_slice(&piece[..more]);
            let advance = self.step(&shown);
            self.skip = advance.saturating_sub(before as u64);
            let passed = usize::try_from(advance).unwrap_or(usize::MAX).min(before);
            shown.truncate(before);
            shown.drain(..passed);
            self.kept = shown;
        }
    }

    /// How far it goes. A format that neither goes on nor asks for more sees nothing more.
    fn step(&mut self, shown: &[u8]) -> u64 {
        let step = self.format.next(shown);
        let moves = step.advance > 0 || step.want > shown.len();
        self.want = step.want.clamp(1, WIDEST);
        if moves && step.want <= WIDEST {
            step.advance
        } else {
            u64::MAX
        }
    }

    /// Milliseconds of the file, which has ended. None: it does not say.
    pub fn end(mut self) -> Option<u64> {
        let size = self.size;
        self.read(&[0; WIDEST]); // what is wanted may be more than what is left
        let flicks = self.format.flicks(size).filter(|flicks| *flicks > 0)?;
        Some(flicks.div_ceil(FLICKS_OF_MILLISECOND))
    }
}

/// Until its format is known.
#[derive(Default)]
struct Unknown(Option<Box<dyn Format>>);

impl Format for Unknown {
    fn next(&mut self, bytes: &[u8]) -> Step {
        if self.0.is_none() {
            if let Some(tag) = mpeg::tag_length(bytes) {
                return Step::new(tag, MAGIC);
            }
        }
        self.0.get_or_insert_with(|| recognize(bytes)).next(bytes)
    }

    fn flicks(&self, size: u64) -> Option<u64> {
        self.0.as_ref().and_then(|format| format.flicks(size))
    }
}

fn recognize(bytes: &[u8]) -> Box<dyn Format> {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] => Box::<wave::Wave>::default(),
        [b'f', b'L', b'a', b'C', ..] => Box::<flac::Flac>::default(),
        [b'O', b'g', b'g', b'S', ..] => Box::<ogg::Ogg>::default(),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Box::<matroska::Matroska>::default(),
        _ if mp4::begins(bytes) => Box::<mp4::Mp4>::default(),
        _ => Box::<mpeg::Mpeg>::default(),
    }
}

/// So many ticks of a clock that has `rate` in a second.
fn flicks_of(ticks: u64, rate: u64) -> Option<u64> {
    let flicks = u128::from(ticks) * u128::from(FLICKS) / u128::from(rate).max(1);
    (rate > 0).then(|| u64::try_from(flicks).unwrap_or(u64::MAX))
}

/// A number of up to eight bytes, the greatest first.
fn big(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Likewise, the smallest first.
fn little(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;

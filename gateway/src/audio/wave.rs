//! WAV: chunks, of which `fmt ` says how many bytes a second has, and `data` has them. A file that was written as a stream
//! says 4 GiB, or nothing; what came counts. Where samples are compressed, `fact` says how many there are.
//!
//! Source: Multimedia Programming Interface and Data Specifications 1.0, IBM and Microsoft; EBU Tech 3306 (RF64).

use super::{flicks_of, little, Format, Step};

/// Encodings whose samples all have the same size: PCM, floats, A-law, mu-law, and those of `WAVEFORMATEXTENSIBLE`.
const EVEN: [u64; 5] = [1, 3, 6, 7, 0xfffe];
const HEAD: usize = 8;
const FMT: usize = 16;
const FACT: usize = 4;

#[derive(Default)]
pub struct Wave {
    begun: bool,
    at: u64,
    samples_per_second: u64,
    bytes_per_second: u64,
    /// Where their sizes are not all the same.
    samples: Option<u64>,
    even: bool,
    /// Where the samples begin, and how many bytes they say to have.
    data: Option<(u64, u64)>,
}

impl Format for Wave {
    fn next(&mut self, bytes: &[u8]) -> Step {
        if !self.begun {
            self.begun = true;
            return self.step(12, HEAD);
        }
        let size = little(&bytes[4..8]);
        match &bytes[..4] {
            b"data" => {
                self.data = Some((self.at + HEAD as u64, size));
                Step::END
            }
            b"fmt " if bytes.len() < HEAD + FMT => Step::new(0, HEAD + FMT),
            b"fact" if bytes.len() < HEAD + FACT => Step::new(0, HEAD + FACT),
            name => {
                match name {
                    b"fmt " => self.read_format(&bytes[HEAD..HEAD + FMT]),
                    b"fact" => self.samples = Some(little(&bytes[HEAD..HEAD + FACT])),
                    _ => {}
                }
                self.step(HEAD as u64 + size + size % 2, HEAD)
            }
        }
    }

    fn flicks(&self, size: u64) -> Option<u64> {
        let (start, said) = self.data?;
        if let Some(samples) = self.samples.filter(|samples| *samples > 0 && !self.even) {
            return flicks_of(samples, self.samples_per_second);
        }
        let came = size.saturating_sub(start);
        flicks_of(if said == 0 { came } else { came.min(said) }, self.bytes_per_second)
    }
}

impl Wave {
    fn step(&mut self, advance: u64, want: usize) -> Step {
        self.at = self.at.saturating_add(advance);
        Step::new(advance, want)
    }

    /// What it says of bytes itself is wrong in some files, and nothing reads it where samples have one size.
    fn read_format(&mut self, format: &[u8]) {
        self.even = EVEN.contains(&little(&format[..2]));
        self.samples_per_second = little(&format[4..8]);
        let even = self.samples_per_second * little(&format[12..14]);
        self.bytes_per_second = if self.even { even } else { little(&format[8..12]) };
    }
}

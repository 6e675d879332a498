use std::fs;
use std::path::Path;

use super::Audio;

/// Files that ffmpeg made of examples/audio/hello.wav, which has 2306 ms: each with what lossy formats put around it.
const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/gateway/recordings");
const LENGTH: u64 = 2306;
const PADDING: u64 = 150;

fn read(file: &[u8], size: usize) -> Option<u64> {
    let mut audio = Audio::default();
    file.chunks(size).for_each(|piece| audio.read(piece));
    audio.end()
}

fn recordings() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(Path::new(RECORDINGS)).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
}

#[test]
fn every_format_says_how_long_it_is_however_it_is_cut() {
    let recordings = recordings();
    assert!(recordings.len() > 15);
    for (name, file) in recordings {
        let whole = read(&file, file.len());
        assert!(whole.is_some_and(|length| (LENGTH - 10..LENGTH + PADDING).contains(&length)), "{name}: {whole:?}");
        for size in [1, 2, 3, 7, 64, 511, 1000, 4096] {
            assert_eq!(read(&file, size), whole, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn what_is_no_recording_says_nothing() {
    let cases: [&[u8]; 8] = [
        b"",
        b"RIFF",
        b"hello, this is a text and no recording at all",
        &[0; 4096],
        &[0xff; 4096],
        b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff and no format before",
        b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\0mdat",
        b"\x1a\x45\xdf\xa3\x80",
    ];
    for file in cases {
        assert_eq!(read(file, 5), None, "{}", String::from_utf8_lossy(file));
    }
}

/// Pseudo-random numbers, the same each time: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

#[test]
fn no_file_is_too_broken_to_be_read() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (_, file) in recordings() {
        for _ in 0..100 {
            let mut broken = file.clone();
            for _ in 0..=random.below(12) {
                let near = broken.len().min(16 << random.below(12));
                let (at, kind) = (random.below(near), random.below(4));
                broken[at] = [0, 0xff, 0x7f, u8::try_from(random.below(256)).unwrap()][kind];
            }
            broken.truncate(broken.len() - random.below(broken.len() / 2));
            let whole = read(&broken, broken.len());
            assert_eq!(read(&broken, 1 + random.below(300)), whole);
        }
    }
}

#[test]
fn little_is_kept_of_any_file() {
    let mut random = Random(1);
    for (_, file) in recordings() {
        let mut audio = Audio::default();
        for _ in 0..20 {
            let piece: Vec<u8> = (0..4096).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
            audio.read(&file[..file.len().min(3000)]);
            audio.read(&piece);
            assert!(audio.kept.capacity() <= 2 * super::WIDEST);
        }
    }
}

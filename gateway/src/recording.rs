//! How long the recording of an audio upload is: the file of its form (RFC 7578), which passes and is not kept.

use memchr::memmem;

use crate::audio::Audio;
use crate::upload::{field, parameter};

/// Bytes of the headers of a part.
const LONGEST_HEAD: usize = 16_384;
/// Bytes; RFC 2046 (5.1.1) allows 70.
const LONGEST_BOUNDARY: usize = 256;

enum At {
    /// Before a delimiter.
    Body,
    /// After one: the headers of a part, or the end.
    Head,
    File(Audio),
    /// Milliseconds, where the file was there and says it.
    Done(Option<u64>),
}

/// Of one upload.
pub struct Recording {
    delimiter: Vec<u8>,
    at: At,
    /// What came and is not yet understood.
    rest: Vec<u8>,
}

impl Recording {
    /// None: nobody uses such a boundary.
    pub fn new(boundary: &[u8]) -> Option<Self> {
        let delimiter = [b"\r\n--", boundary].concat();
        // the first delimiter has no line before it
        let new = || Self { delimiter, at: At::Body, rest: b"\r\n".to_vec() };
        (1..=LONGEST_BOUNDARY).contains(&boundary.len()).then(new)
    }

    /// The next piece of the form.
    pub fn read(&mut self, piece: &[u8]) {
        if let At::Done(_) = self.at {
            return;
        }
        if self.rest.is_empty() {
            self.rest = self.advance(piece).to_vec();
        } else {
            let mut text = std::mem::take(&mut self.rest);
            text.extend_from_slice(piece);
            self.rest = self.advance(&text).to_vec();
        }
    }

    /// Milliseconds, once the file has come whole. None: it has not, or does not say it.
    pub fn milliseconds(&self) -> Option<u64> {
        if let At::Done(milliseconds) = self.at {
            milliseconds
        } else {
            None
        }
    }

    /// What is left to be understood.
    fn advance<'a>(&mut self, mut text: &'a [u8]) -> &'a [u8] {
        loop {
            match &mut self.at {
                At::Body | At::File(_) => {
                    let found = memmem::find(text, &self.delimiter);
                    let end = found.unwrap_or_else(|| text.len() - begun(&self.delimiter, text));
                    if let At::File(audio) = &mut self.at {
                        audio.read(&text[..end]);
                    }
                    if found.is_none() {
                        return &text[end..];
                    }
                    text = &text[end + self.delimiter.len()..];
                    self.at = match std::mem::replace(&mut self.at, At::Head) {
                        At::File(audio) => At::Done(audio.end()),
                        _ => At::Head,
                    };
                }
                At::Head => match memmem::find(text, b"\r\n\r\n") {
                    _ if text.starts_with(b"--") => self.at = At::Done(None),
                    Some(end) => (self.at, text) = (part_of(&text[..end]), &text[end + 4..]),
                    None if text.len() > LONGEST_HEAD => self.at = At::Done(None),
                    None => return text,
                },
                At::Done(_) => return b"",
            }
        }
    }
}

/// What follows these headers.
fn part_of(head: &[u8]) -> At {
    let name = field(head, "content-disposition").and_then(|disposition| parameter(disposition, "name"));
    if name == Some(b"file") {
        At::File(Audio::default())
    } else {
        At::Body
    }
}

/// How many bytes at a text's end may be the beginning of the delimiter.
fn begun(delimiter: &[u8], text: &[u8]) -> usize {
    let most = text.len().min(delimiter.len() - 1);
    (1..=most).rev().find(|length| delimiter.starts_with(&text[text.len() - length..])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: &[u8] =
        b"RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x10\0\0\0";

    fn form(name: &str, samples: &[u8]) -> Vec<u8> {
        let part = |name: &str| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        let field = format!("{}-- x\r\n-b\r\n", part("prompt"));
        let head = format!("{field}{}", part(name));
        [head.as_bytes(), SILENCE, samples, b"\r\n", part("model").as_bytes(), b"x\r\n--b--\r\n"].concat()
    }

    fn read(form: &[u8], size: usize) -> Option<u64> {
        let mut recording = Recording::new(b"b").unwrap();
        form.chunks(size).for_each(|piece| recording.read(piece));
        recording.milliseconds()
    }

    #[test]
    fn the_file_of_a_form_is_read_however_it_is_cut() {
        let traps = b"\r\n--\r\n-\r\r\n\r\n-a-\r";
        for (name, samples, length) in [
            ("file", &[0; 16][..], Some(2)),
            ("file", &traps[..16], Some(2)),
            ("file", b"12345678", Some(1)),
            ("file", b"", None),
            ("image", &[0; 16], None),
        ] {
            let form = form(name, samples);
            for size in 1..form.len() {
                assert_eq!(read(&form, size), length, "{name} in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_file_that_did_not_come_whole_says_nothing() {
        let form = form("file", &[0; 16]);
        let end = form.windows(SILENCE.len()).position(|part| part == SILENCE).unwrap() + SILENCE.len() + 16;
        for length in 0..end + 4 {
            assert_eq!(read(&form[..length], 7), None, "{length}");
        }
    }

    #[test]
    fn no_form_is_too_broken_to_be_read() {
        for boundary in [&b""[..], &[b'x'; 300]] {
            assert!(Recording::new(boundary).is_none());
        }
        let form = form("file", &[0; 16]);
        for at in 0..form.len() {
            for byte in [0, b'\r', b'-', 0xff] {
                let mut broken = form.clone();
                broken[at] = byte;
                assert_eq!(read(&broken, 3), read(&broken, broken.len()));
            }
        }
        let mut endless = Recording::new(b"b").unwrap();
        (0..100).for_each(|_| endless.read(b"--b\r\ncontent-disposition: form-data; name=\"file\"; x=--------------"));
        (0..100).for_each(|_| endless.read(&[b'x'; 1000]));
        assert!(endless.rest.len() <= LONGEST_HEAD + 1000);
    }
}

//! Where the frames of a websocket end (RFC 6455, 5.2), without reading what they carry.

/// Status of a close frame: what the peer does is not allowed (RFC 6455, 7.4.1).
pub const POLICY_VIOLATION: u16 = 1008;
const CLOSE: u8 = 0x88;
const MASKED: u8 = 0x80;
const LONGEST_HEADER: usize = 14;

/// One direction of a websocket.
#[derive(Default)]
pub struct Frames {
    header: [u8; LONGEST_HEADER],
    /// Bytes of the header that have passed.
    read: usize,
    /// Bytes of the frame's payload that have not.
    left: u64,
}

impl Frames {
    /// Whether a frame of somebody else's may follow.
    pub fn is_whole(&self) -> bool {
        self.read == 0 && self.left == 0
    }

    pub fn pass(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let payload = usize::try_from(self.left).unwrap_or(usize::MAX).min(piece.len());
            if payload > 0 {
                self.left -= payload as u64;
                piece = &piece[payload..];
                continue;
            }
            self.header[self.read] = piece[0];
            self.read += 1;
            piece = &piece[1..];
            if self.read >= 2 && self.read == self.header_size() {
                self.left = self.payload_size();
                self.read = 0;
            }
        }
    }

    fn header_size(&self) -> usize {
        let length = match self.header[1] & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if self.header[1] & MASKED == 0 { 0 } else { 4 }
    }

    fn payload_size(&self) -> u64 {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
        match self.header[1] & !MASKED {
            126 => number(&self.header[2..4]),
            127 => number(&self.header[2..10]),
            short => u64::from(short),
        }
    }

    /// A frame that says why nothing more comes; `reason`: at most 123 bytes.
    pub fn close(status: u16, reason: &str) -> Vec<u8> {
        let payload = [&status.to_be_bytes(), reason.as_bytes()].concat();
        let size = u8::try_from(payload.len()).unwrap_or(125).min(125);
        [&[CLOSE, size], &payload[..usize::from(size)]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(size: usize) -> Vec<u8> {
        let mut frame = vec![0x82];
        match u16::try_from(size) {
            Ok(size @ 0..126) => frame.push(u8::try_from(size).unwrap()),
            Ok(size) => frame.extend([&[126][..], &size.to_be_bytes()].concat()),
            Err(_) => frame.extend([&[127][..], &(size as u64).to_be_bytes()].concat()),
        }
        frame.extend(vec![0; size]);
        frame
    }

    #[test]
    fn frames_of_every_length_end_where_they_end() {
        for size in [0, 1, 125, 126, 127, 65535, 65536, 70000] {
            let one = frame(size);
            for cut in [1, 2, 3, 4096, 100_000] {
                let mut frames = Frames::default();
                for piece in one[..one.len() - 1].chunks(cut) {
                    frames.pass(piece);
                    assert!(!frames.is_whole(), "{size}, {cut}");
                }
                frames.pass(&one[one.len() - 1..]);
                assert!(frames.is_whole(), "{size}, {cut}");
            }
        }
    }

    #[test]
    fn no_bytes_are_too_broken() {
        for byte in 0..=255 {
            let mut frames = Frames::default();
            frames.pass(&[byte; 1000]);
        }
    }

    #[test]
    fn a_close_frame_is_a_frame() {
        let close = Frames::close(POLICY_VIOLATION, "no");
        assert_eq!(close, [0x88, 4, 3, 240, b'n', b'o']);
        assert!(Frames::close(POLICY_VIOLATION, &"x".repeat(200)).len() == 127);
    }
}

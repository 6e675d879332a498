//! What a request may use, before it is known: bytes of its body, and the most tokens that its JSON lets an answer have. Of a
//! key whose tokens or money are limited the body is held until it has said so: no engine begins with less.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::abi::Body;
use crate::envoy::Stream;

/// In texts that a body quotes, quotes are escaped.
static NAME: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"max_"));
static COUNT: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"n\""));
/// Names of a bound, after `"max_`.
const BOUNDS: [&[u8]; 3] = [b"tokens\"", b"completion_tokens\"", b"output_tokens\""];
/// Bytes of a body that is held; control knows by experience what larger ones use.
const MOST_HELD: usize = 64 << 10;
/// Bytes that a name and its number may have.
const LONGEST: usize = 64;
const MOST_TOKENS: u64 = 1_000_000_000;

/// Of one request.
#[derive(Default)]
pub struct Ask {
    pub bytes: u64,
    /// Tokens of an answer; 0: it does not say.
    most: u64,
    /// Answers.
    count: u64,
    /// What may be the beginning of a name.
    rest: Vec<u8>,
    holding: bool,
}

impl Ask {
    /// By its headers. `end`: no body comes.
    pub fn begin(stream: &Stream, end: bool) -> Self {
        let announced = stream.announced();
        let kind = stream.request_header("content-type").unwrap_or_default();
        let holding = !end && kind.starts_with(b"application/json") && announced.is_none_or(|size| size <= MOST_HELD);
        Self { bytes: announced.unwrap_or_default() as u64, holding, ..Self::default() }
    }

    /// Whether more of its body must come.
    pub fn is_holding(&self) -> bool {
        self.holding
    }

    /// The next piece of the body; `end`: the last.
    pub fn read(&mut self, stream: &Stream, end: bool) {
        if !self.holding {
            return;
        }
        stream.pieces(Body::Request).for_each(|piece| self.search(piece));
        let held = stream.size(Body::HeldRequest) + stream.size(Body::Request);
        self.bytes = self.bytes.max(held as u64);
        self.holding = !end && held < MOST_HELD;
    }

    /// Tokens that all its answers may have; 0: it does not say.
    pub fn most(&self) -> u64 {
        self.most.saturating_mul(self.count.max(1)).min(MOST_TOKENS)
    }

    fn search(&mut self, piece: &[u8]) {
        let mut text = std::mem::take(&mut self.rest);
        text.extend_from_slice(piece);
        for at in NAME.find_iter(&text) {
            let name = &text[at + NAME.needle().len()..];
            let value = BOUNDS.iter().find_map(|bound| name.strip_prefix(*bound)).and_then(read_number);
            self.most = self.most.max(value.unwrap_or_default());
        }
        for at in COUNT.find_iter(&text) {
            self.count = self.count.max(read_number(&text[at + COUNT.needle().len()..]).unwrap_or_default());
        }
        self.rest = text.split_off(text.len().saturating_sub(LONGEST));
    }
}

/// After a colon. None: it is none.
fn read_number(text: &[u8]) -> Option<u64> {
    let value = text.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let end = value.iter().position(|byte| !byte.is_ascii_digit())?; // else more of it comes
    std::str::from_utf8(&value[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_tokens_are_those_of_all_answers_however_the_body_is_cut() {
        let cases = [
            (r#"{"model":"a","max_tokens":12}"#, 12),
            (r#"{"max_completion_tokens" : 300, "max_tokens":12}"#, 300),
            (r#"{"max_output_tokens":7,"n":3}"#, 21),
            (r#"{"n":2,"messages":[{"content":"\"max_tokens\":99"}]}"#, 0),
            (r#"{"max_tokens":null,"max_words":5}"#, 0),
            (r#"{"max_tokens":99999999999999999999}"#, 0),
            (r#"{"max_tokens":-5}"#, 0),
            (r#"{"max_tokens":5000000000}"#, MOST_TOKENS),
        ];
        for (body, most) in cases {
            for size in [body.len(), 1, 20] {
                let mut ask = Ask::default();
                body.as_bytes().chunks(size).for_each(|piece| ask.search(piece));
                assert_eq!(ask.most(), most, "{body} in pieces of {size}");
            }
        }
    }
}

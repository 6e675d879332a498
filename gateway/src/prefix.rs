//! `PrefixHash`: x-prefix-hash from the prompt up to the end of its first user message. That part is the same in every turn
//! of a conversation, so all its turns reach the replica whose prefix cache knows it.

use memchr::memmem;

use crate::abi::{Body, BodyStatus, HeadersStatus, TrailersStatus};
use crate::envoy::Stream;
use crate::filter::Filter;

/// Bytes of the prompt that count.
const LIMIT: usize = 4096;
/// Bytes of the body in which the prompt must begin: more are not waited for.
const LOOK: usize = LIMIT * 4;

/// Says on a virtual host that its replicas are chosen so.
pub struct ByPrefix;

/// Holds a JSON body until its beginning is here.
#[derive(Default)]
pub struct Prefix {
    /// None: nothing is waited for.
    beginning: Option<Vec<u8>>,
}

impl Filter for Prefix {
    fn on_request_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        if stream.route_config::<ByPrefix>().is_none() {
            return HeadersStatus::Continue;
        }
        let kind = stream.request_header("content-type").unwrap_or_default();
        let json = memmem::find(kind, b"application/json").is_some();
        if end || !json || stream.request_header(":method") != Some(b"POST") {
            return HeadersStatus::Continue;
        }
        self.beginning = Some(Vec::new());
        HeadersStatus::Stop
    }

    fn on_request_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        let Some(beginning) = &mut self.beginning else { return BodyStatus::Continue };
        for piece in stream.pieces(Body::Request) {
            let missing = LOOK - beginning.len();
            beginning.extend_from_slice(&piece[..piece.len().min(missing)]);
        }
        if !end && beginning.len() < LOOK {
            return BodyStatus::Hold;
        }
        self.tell(stream);
        BodyStatus::Continue
    }

    fn on_request_trailers(&mut self, stream: &mut Stream) -> TrailersStatus {
        self.tell(stream);
        TrailersStatus::Continue
    }
}

impl Prefix {
    fn tell(&mut self, stream: &mut Stream) {
        if let Some(beginning) = self.beginning.take() {
            stream.set_request_header("x-prefix-hash", hash(prefix_of(&beginning)).as_bytes());
        }
    }
}

/// FNV-1a: it only spreads, and proves nothing. Source: RFC 9923.
fn hash(text: &[u8]) -> String {
    let step = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

fn prefix_of(body: &[u8]) -> &[u8] {
    if let Some(messages) = value_of(body, b"\"messages\"").filter(|value| value.starts_with(b"[")) {
        return first_turn(shorten(messages));
    }
    shorten(value_of(body, b"\"prompt\"").or_else(|| value_of(body, b"\"input\"")).unwrap_or(body))
}

fn shorten(text: &[u8]) -> &[u8] {
    &text[..text.len().min(LIMIT)]
}

/// What stands after a key, by the first that has a colon: a text that quotes it has backslashes before the quotes.
fn value_of<'a>(body: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    memmem::find_iter(body, key).find_map(|at| {
        let after = body[at + key.len()..].trim_ascii_start().strip_prefix(b":")?;
        Some(after.trim_ascii_start())
    })
}

/// A list of messages, up to the end of its first user message.
fn first_turn(list: &[u8]) -> &[u8] {
    let (mut depth, mut at, mut message) = (0_usize, 0, 0);
    while let Some(byte) = list.get(at) {
        match byte {
            b'"' => at = string_end(list, at),
            b'[' | b'{' => {
                depth += 1;
                if depth == 2 {
                    message = at;
                }
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 || depth == 1 && is_users(&list[message..at]) {
                    return &list[..=at];
                }
            }
            _ => {}
        }
        at += 1;
    }
    list
}

fn is_users(message: &[u8]) -> bool {
    value_of(message, b"\"role\"").is_some_and(|role| role.starts_with(b"\"user\""))
}

/// Where the string that begins at `at` ends; beyond the text, where it does not.
pub fn string_end(text: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: &str = r#"[{"role":"system","content":"a ] \" }"},{ "content":[{"text":"b"}], "role" : "user"}"#;

    #[test]
    fn all_turns_of_a_conversation_have_the_prefix_of_the_first() {
        for more in ["]", r#", {"role":"assistant","content":"c"}]"#, ", {\"role\":\"us"] {
            let body = format!(r#"{{"model": "m", "messages" : {TURN}{more}"#);
            assert_eq!(prefix_of(body.as_bytes()), TURN.as_bytes(), "{more}");
        }
    }

    #[test]
    fn other_bodies_count_from_their_prompt_on() {
        let cases: [(&str, &str); 5] = [
            (r#"{"prompt":"hello"}"#, r#""hello"}"#),
            (r#"{"a":1,"input":["x"]}"#, r#"["x"]}"#),
            (r#"{"messages":"none","prompt":1}"#, "1}"),
            (r#"{"x":"\"messages\": ["}"#, r#"{"x":"\"messages\": ["}"#),
            ("", ""),
        ];
        for (body, prefix) in cases {
            assert_eq!(prefix_of(body.as_bytes()), prefix.as_bytes(), "{body}");
        }
        assert_eq!(prefix_of(&[b'x'; 3 * LIMIT]).len(), LIMIT);
    }

    #[test]
    fn no_body_is_too_broken() {
        let whole = format!(r#"{{"messages":{TURN}]}}"#).into_bytes();
        for at in 0..whole.len() {
            prefix_of(&whole[..at]);
            for byte in *b"\"\\[]{}:\0" {
                let mut broken = whole.clone();
                broken[at] = byte;
                prefix_of(&broken);
            }
        }
    }

    #[test]
    fn what_differs_is_hashed_apart() {
        assert_eq!(hash(b""), "cbf29ce484222325");
        assert_eq!(hash(b"a"), "af63dc4c8601ec8c");
    }
}

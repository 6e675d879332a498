//! Browsers can give a websocket no header, so `OpenAI`'s client names its key as a subprotocol. Here it becomes a hash,
//! and the engine hears of the other subprotocols only. A browser that offered some wants one of them back: an engine that
//! knows none would lose it.

use crate::abi::HeadersStatus;
use crate::arrival::{hash, INVALID};
use crate::envoy::Stream;
use crate::filter::Filter;
use crate::refusal::Refusal;

const NAME: &str = "sec-websocket-protocol";
const KEY: &[u8] = b"openai-insecure-api-key.";
const NO_WEBSOCKET: &str = "A websocket begins with a GET request without a body.";

#[derive(Default)]
pub struct Subprotocol {
    /// The first that was offered beside a key.
    first: Option<Vec<u8>>,
}

impl Filter for Subprotocol {
    fn on_request_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        if !is_websocket(stream) {
            Refusal::new(400, Vec::new(), NO_WEBSOCKET).respond(stream);
            return HeadersStatus::Stop;
        }
        let (kept, keys) = split(stream.request_header(NAME).unwrap_or_default());
        if keys.is_empty() {
            return HeadersStatus::Continue;
        }
        self.first = kept.first().map(|name| name.to_vec());
        // two of them are no key
        let (kept, keys) = (kept.join(&b", "[..]), keys.join(&b" "[..]));
        if kept.is_empty() {
            stream.remove_request_header(NAME);
        } else {
            stream.set_request_header(NAME, &kept);
        }
        if stream.request_header("x-key-hash").is_none() {
            stream.set_request_header("x-key-hash", hash(&keys).as_ref().map_or(INVALID, |hash| hash));
        }
        HeadersStatus::Continue
    }

    fn on_response_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        if stream.response_header(":status") == Some(b"101") && stream.response_header(NAME).is_none() {
            if let Some(first) = &self.first {
                stream.set_response_header(NAME, first);
            }
        }
        HeadersStatus::Continue
    }
}

/// Else a body would pass that nobody has measured.
fn is_websocket(stream: &Stream) -> bool {
    let length = stream.request_header("content-length");
    stream.request_header(":method") == Some(b"GET")
        && length.is_none_or(|length| length == b"0")
        && stream.request_header("transfer-encoding").is_none()
}

/// Subprotocols that are none of our business, and the keys among them.
fn split(offered: &[u8]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    let names = offered.split(|byte| *byte == b',' || byte.is_ascii_whitespace()).filter(|name| !name.is_empty());
    let (keys, kept): (Vec<_>, Vec<_>) = names.partition(|name| name.len() > KEY.len() && name.starts_with(KEY));
    (kept, keys.into_iter().map(|name| &name[KEY.len()..]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_other_subprotocols() {
        let cases: [(&str, &str, &str); 6] = [
            ("realtime, openai-insecure-api-key.sk-1", "realtime", "sk-1"),
            ("openai-insecure-api-key.a,openai-insecure-api-key.b", "", "a b"),
            (" realtime ,,openai-beta.realtime-v1 ", "realtime openai-beta.realtime-v1", ""),
            ("openai-insecure-api-key.", "openai-insecure-api-key.", ""),
            ("OPENAI-insecure-api-key.a", "OPENAI-insecure-api-key.a", ""),
            ("", "", ""),
        ];
        for (offered, kept, keys) in cases {
            let (found_kept, found_keys) = split(offered.as_bytes());
            assert_eq!(found_kept.join(&b' '), kept.as_bytes(), "{offered}");
            assert_eq!(found_keys.join(&b' '), keys.as_bytes(), "{offered}");
        }
    }
}

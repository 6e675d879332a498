//! Asks control, by gRPC with plain text for messages.

use crate::envoy::Stream;

/// A flag and the message's size stand before it.
const PREFIX: usize = 5;

/// Whether control is asked; the filter's `on_callout` has the answer.
pub fn call(stream: &mut Stream, method: &str, text: &[u8], timeout_ms: u64) -> bool {
    stream.call("control", &write_headers(method), &write_message(text), timeout_ms).is_some()
}

/// Of a request.
pub fn write_headers(method: &str) -> [(&str, &[u8]); 5] {
    [
        (":method", b"POST"),
        (":path", method.as_bytes()),
        (":authority", b"control"),
        ("content-type", b"application/grpc"),
        ("te", b"trailers"),
    ]
}

/// The body that has a text.
pub fn write_message(text: &[u8]) -> Vec<u8> {
    let size = u32::try_from(text.len()).unwrap_or_default();
    [&[0], &size.to_be_bytes()[..], text].concat()
}

/// The text of an answer's body. None: it is none.
pub fn read_text(body: &[u8]) -> Option<&str> {
    body.get(PREFIX..).and_then(|text| std::str::from_utf8(text).ok())
}

//! Answers of status 500 (an upstream filter: between the router and a replica's connection; a matcher in front of it, so
//! that it is made for these answers alone, costs more than its look at the status). vLLM, once told to end, answers new
//! requests with 500 and a sentence of its own: nothing was done, another replica can do it. Such an answer gets a header
//! by which the route tries again.

use std::str;

use memchr::memmem;

use crate::abi::{Body, BodyStatus, HeadersStatus};
use crate::envoy::Stream;
use crate::filter::Filter;

const SENTENCE: &[u8] = b"cannot schedule new futures after shutdown";
/// Bytes of an error that is looked at.
const LONGEST: usize = 4096;

/// Holds small answers of status 500 until they are whole.
#[derive(Default)]
pub struct ShuttingDown {
    error: Option<Vec<u8>>,
}

impl Filter for ShuttingDown {
    fn on_response_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        if end || stream.response_header(":status") != Some(b"500") {
            return HeadersStatus::Continue;
        }
        let length = stream.response_header("content-length").and_then(|length| str::from_utf8(length).ok());
        if length.and_then(|length| length.parse().ok()).is_none_or(|length: usize| length > LONGEST) {
            return HeadersStatus::Continue;
        }
        self.error = Some(Vec::new());
        HeadersStatus::Stop
    }

    fn on_response_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        let Some(error) = &mut self.error else { return BodyStatus::Continue };
        stream.pieces(Body::Response).for_each(|piece| error.extend_from_slice(piece));
        if !end {
            return BodyStatus::Hold;
        }
        if memmem::find(error, SENTENCE).is_some() {
            stream.set_response_header("x-elsewhere", b"1");
        }
        BodyStatus::Continue
    }
}

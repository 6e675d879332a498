//! Requests for engines: the caller's key goes no further, nor waits with a request that is held. And their answers: what
//! they used.

use crate::abi::{Body, BodyStatus, HeadersStatus};
use crate::arrival::KEY_SOURCES;
use crate::envoy::Stream;
use crate::filter::Filter;
use crate::usage::Usage;

#[derive(Default)]
pub struct Engine {
    /// None: the answer does not say it.
    usage: Option<Usage>,
}

impl Filter for Engine {
    fn on_request_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        for name in KEY_SOURCES {
            stream.remove_request_header(name);
        }
        HeadersStatus::Continue
    }

    fn on_response_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        self.usage = stream.response_header("content-type").filter(|_| !end).and_then(Usage::of);
        HeadersStatus::Continue
    }

    fn on_response_body(&mut self, stream: &mut Stream, _end: bool) -> BodyStatus {
        if let Some(usage) = &mut self.usage {
            stream.pieces(Body::Response).into_iter().for_each(|piece| usage.read(piece));
        }
        BodyStatus::Continue
    }

    fn on_complete(&mut self, stream: &mut Stream) {
        if let Some(usage) = self.usage.take().and_then(Usage::take) {
            stream.set_metadata("usage", &usage);
        }
    }
}

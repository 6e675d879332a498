//! An answer of our own to a request whose body may still come: clients that send do not read, and an answer before the
//! end of a body breaks their connection. So the body is thrown away as it comes, and the answer follows its end: within
//! bounds, since who sends for ever would never read it.

use std::time::{Duration, Instant};

use crate::abi::{Body, BodyStatus, HeadersStatus, TrailersStatus};
use crate::envoy::Stream;

/// Response code details of all our answers begin so; `inferops.gateway.replies` knows them by it.
pub const DETAILS: &str = "inferops";
const MOST_BYTES: usize = 1 << 30;
const LONGEST: Duration = Duration::from_secs(300);

/// One stream's.
pub struct Refusal {
    status: u32,
    headers: Vec<(&'static str, String)>,
    message: String,
    details: &'static str,
    most: usize,
    begun: Instant,
    read: usize,
    answered: bool,
}

impl Refusal {
    /// `message`: the sentence that the error object has.
    pub fn new(status: u32, headers: Vec<(&'static str, String)>, message: impl Into<String>) -> Self {
        let (message, begun) = (message.into(), Instant::now());
        Self { status, headers, message, details: DETAILS, most: MOST_BYTES, begun, read: 0, answered: false }
    }

    /// Where `DETAILS` alone do not tell it from others of its status.
    pub fn with_details(self, details: &'static str) -> Self {
        Self { details, ..self }
    }

    /// No more bytes are read than these.
    pub fn within(self, most: usize) -> Self {
        Self { most, ..self }
    }

    #[cfg(test)]
    pub fn status(&self) -> u32 {
        self.status
    }

    /// From the hook of headers; `end`: no body comes.
    pub fn on_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        let length = stream.announced();
        // a websocket has no end that anybody knows
        let websocket = matches!(stream.request_header(":method"), Some(b"GET" | b"CONNECT")) && length.is_none();
        if end || websocket || length.is_some_and(|length| length > self.most) {
            self.respond(stream);
        }
        HeadersStatus::Stop
    }

    /// From the hook of bodies.
    pub fn on_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        self.read = self.read.saturating_add(stream.size(Body::Request));
        stream.drain(Body::Request);
        if end || self.read > self.most || self.begun.elapsed() > LONGEST {
            self.respond(stream);
        }
        BodyStatus::Drop
    }

    /// From the hook of trailers.
    pub fn on_trailers(&mut self, stream: &mut Stream) -> TrailersStatus {
        self.respond(stream);
        TrailersStatus::Stop
    }

    /// At once; from elsewhere only where the body has ended.
    pub fn respond(&mut self, stream: &mut Stream) {
        if !self.answered {
            self.answered = true;
            let headers: Vec<_> = self.headers.iter().map(|(key, value)| (*key, value.as_bytes())).collect();
            stream.respond(self.status, &headers, self.message.as_bytes(), self.details);
        }
    }
}

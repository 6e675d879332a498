//! How large the body of a request may be: what announces more is refused before it is sent on, what does not announce it
//! when it is too much. Audio uploads have a bound and a time of their own, and their file must be audio.

use std::str;

use crate::abi::{Body, BodyStatus, HeadersStatus, TrailersStatus};
use crate::envoy::{RouteConfig, Stream};
use crate::filter::Filter;
use crate::refusal::Refusal;
use crate::upload;

const AUDIO: &[u8] = b"/v1/audio/";
const TOO_LARGE: &str = "The request body is too large (file too large).";
const TAKEN: &str = "Send flac, m4a, mp3, mp4, mpeg, mpga, ogg, wav or webm.";
/// Response code details of a file that is no audio.
const UNSUPPORTED: &str = "inferops_unsupported_file";

/// What a route says: bytes of a request, bytes of an audio upload, milliseconds that its answer may take.
struct Bounds {
    request: u64,
    audio: u64,
    audio_timeout: u64,
}

/// `<request> <audio> <timeout>`; None: it is none.
pub fn build_bounds(settings: &[u8]) -> Option<RouteConfig> {
    let mut numbers = str::from_utf8(settings).ok()?.split(' ').map_while(|number| number.parse().ok());
    let mut next = || numbers.next();
    Some(Box::new(Bounds { request: next()?, audio: next()?, audio_timeout: next()? }))
}

/// What becomes of a body.
enum Verdict {
    Passing,
    /// The beginning of a form, and its boundary: so long it is held.
    Judging(Vec<u8>, Vec<u8>),
    Refused(Refusal),
    /// An answer has begun: what still comes is nobody's.
    Answered,
}

pub struct Size {
    left: u64,
    verdict: Verdict,
}

impl Default for Size {
    fn default() -> Self {
        Self { left: u64::MAX, verdict: Verdict::Passing }
    }
}

impl Filter for Size {
    fn on_request_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        let Some(bounds) = stream.route_config::<Bounds>() else { return HeadersStatus::Continue };
        let audio = stream.request_header(":path").is_some_and(|path| path.starts_with(AUDIO));
        let timeout = bounds.audio_timeout;
        self.left = if audio { bounds.audio } else { bounds.request };
        if audio {
            // of the route's timeout alone Envoy would know one for all paths
            stream.set_request_header("x-envoy-upstream-rq-timeout-ms", timeout.to_string().as_bytes());
        }
        if end {
            return HeadersStatus::Continue;
        }
        if stream.announced().is_some_and(|length| length as u64 > self.left) {
            let mut refusal = Refusal::new(413, Vec::new(), TOO_LARGE);
            let status = refusal.on_headers(stream, end);
            self.verdict = Verdict::Refused(refusal);
            return status;
        }
        let kind = stream.request_header("content-type").unwrap_or_default();
        if let Some(boundary) = upload::boundary_of(kind).filter(|_| audio) {
            self.verdict = Verdict::Judging(Vec::new(), boundary.to_vec());
            return HeadersStatus::Stop;
        }
        HeadersStatus::Continue
    }

    fn on_request_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        self.count(stream.size(Body::Request) as u64);
        if let Verdict::Judging(beginning, _) = &mut self.verdict {
            for piece in stream.pieces(Body::Request) {
                let missing = upload::BEGINNING - beginning.len();
                beginning.extend_from_slice(&piece[..piece.len().min(missing)]);
            }
            if !end && beginning.len() < upload::BEGINNING {
                return BodyStatus::Hold;
            }
            self.judge();
        }
        match &mut self.verdict {
            Verdict::Refused(refusal) => refusal.on_body(stream, end),
            Verdict::Answered => BodyStatus::Drop,
            _ => BodyStatus::Continue,
        }
    }

    fn on_request_trailers(&mut self, stream: &mut Stream) -> TrailersStatus {
        self.judge();
        match &mut self.verdict {
            Verdict::Refused(refusal) => refusal.on_trailers(stream),
            Verdict::Answered => TrailersStatus::Stop,
            _ => TrailersStatus::Continue,
        }
    }

    fn on_response_headers(&mut self, _stream: &mut Stream, _end: bool) -> HeadersStatus {
        if let Verdict::Refused(_) = self.verdict {
            self.verdict = Verdict::Answered; // the engine was faster
        }
        HeadersStatus::Continue
    }
}

impl Size {
    fn count(&mut self, size: u64) {
        if let Verdict::Passing | Verdict::Judging(..) = self.verdict {
            match self.left.checked_sub(size) {
                Some(left) => self.left = left,
                None => self.verdict = Verdict::Refused(Refusal::new(413, Vec::new(), TOO_LARGE)),
            }
        }
    }

    /// By what has come of the form.
    fn judge(&mut self) {
        let Verdict::Judging(beginning, boundary) = &self.verdict else { return };
        self.verdict = match upload::unsupported(beginning, boundary) {
            Some(kind) => {
                let message = format!("{kind} is an unsupported file type. {TAKEN}");
                Verdict::Refused(Refusal::new(400, Vec::new(), message).with_details(UNSUPPORTED))
            }
            None => Verdict::Passing,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_three_numbers() {
        assert!(build_bounds(b"1 2 3").is_some());
        for settings in ["", "1 2", "1 2 x", "-1 2 3", "\u{fffd}"] {
            assert!(build_bounds(settings.as_bytes()).is_none(), "{settings}");
        }
    }
}

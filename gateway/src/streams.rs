//! settings.gateway.revokedStreams End: event streams and websockets whose key is revoked end where an event or a frame
//! ends, also those that are silent. Whoever reads learns why; the engine's work ends with the stream.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use memchr::memmem;

use crate::abi::{Body, BodyStatus, HeadersStatus};
use crate::clock::Alarm;
use crate::envoy::{Answer, Bell, Stream};
use crate::filter::Filter;
use crate::frames::{Frames, POLICY_VIOLATION};
use crate::grpc;

const METHOD: &str = "/inferops.Keys/Revoked";
const EVERY: Duration = Duration::from_millis(500);
const ANSWER_WITHIN: u64 = 250; // ms
const REVOKED: &str = "This API key has been revoked.";

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::default();
}

/// Of this worker.
#[derive(Default)]
struct Watch {
    /// The bells of the streams that there are, by the hash of their key.
    open: HashMap<String, HashMap<u64, Arc<Bell>>>,
    /// Keys of them that open nothing any more.
    revoked: HashSet<String>,
    last: u64,
    /// The stream that asks control for all.
    asking: Option<(u64, Alarm)>,
    asked: Option<Instant>,
}

impl Watch {
    fn open(&mut self, key: &str, bell: Bell) -> u64 {
        self.last += 1;
        self.open.entry(key.to_owned()).or_default().insert(self.last, Arc::new(bell));
        self.appoint();
        self.last
    }

    fn close(&mut self, key: &str, id: u64) {
        if let Some(streams) = self.open.get_mut(key) {
            streams.remove(&id);
            if streams.is_empty() {
                self.open.remove(key);
            }
        }
        self.asking.take_if(|(asks, _)| *asks == id);
        self.appoint();
    }

    /// Where nobody asks, any of the streams.
    fn appoint(&mut self) {
        if self.asking.is_none() {
            let first = self.open.values().flatten().next();
            self.asking = first.map(|(id, bell)| (*id, Alarm::new(Arc::clone(bell), EVERY)));
        }
    }

    /// What this stream is to ask, where it is time to.
    fn ask(&mut self, id: u64, now: Instant) -> Option<String> {
        let asks = self.asking.as_ref().is_some_and(|(asks, _)| *asks == id);
        if !asks || self.asked.is_some_and(|asked| now - asked < EVERY / 2) {
            return None;
        }
        self.asked = Some(now);
        Some(self.open.keys().map(String::as_str).collect::<Vec<_>>().join(" "))
    }

    fn hear(&mut self, hashes: &str) {
        self.revoked = hashes.split_whitespace().map(str::to_owned).collect();
        let concerned = self.revoked.iter().filter_map(|key| self.open.get(key));
        concerned.flat_map(HashMap::values).for_each(|bell| bell.ring());
    }
}

/// Where the answer may end: after a whole event, or a whole frame.
enum Shape {
    /// The last bytes of what has passed.
    Events([u8; 3]),
    Frames(Frames),
}

impl Shape {
    fn is_whole(&self) -> bool {
        match self {
            Self::Events(tail) => tail.ends_with(b"\n\n") || tail == b"\n\r\n",
            Self::Frames(frames) => frames.is_whole(),
        }
    }

    fn pass(&mut self, piece: &[u8]) {
        match self {
            Self::Events(tail) => {
                let last = &piece[piece.len().saturating_sub(3)..];
                tail.rotate_left(last.len());
                tail[3 - last.len()..].copy_from_slice(last);
            }
            Self::Frames(frames) => frames.pass(piece),
        }
    }

    fn last(&self) -> Vec<u8> {
        match self {
            Self::Events(_) => {
                let error = format!(r#""message":"{REVOKED}","type":"invalid_request_error","param":null"#);
                format!("data: {{\"error\":{{{error},\"code\":\"invalid_api_key\"}}}}\n\ndata: [DONE]\n\n").into_bytes()
            }
            Self::Frames(_) => Frames::close(POLICY_VIOLATION, REVOKED),
        }
    }
}

/// One stream.
#[derive(Default)]
pub struct Streams {
    key: Option<String>,
    open: Option<Open>,
}

struct Open {
    id: u64,
    shape: Shape,
    end: End,
}

/// How far it is with its end.
#[derive(PartialEq, Eq)]
enum End {
    NotYet,
    /// The next piece is our own.
    Telling,
    Over,
}

impl Filter for Streams {
    fn on_request_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        if stream.request_header("x-client-id").is_some() {
            let hash = stream.request_header("x-key-hash").map(<[u8]>::to_vec);
            self.key = hash.and_then(|hash| String::from_utf8(hash).ok());
        }
        HeadersStatus::Continue
    }

    fn on_response_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        let Some(key) = &self.key else { return HeadersStatus::Continue };
        let kind = stream.response_header("content-type").unwrap_or_default();
        let shape = if memmem::find(kind, b"text/event-stream").is_some() {
            Shape::Events(*b"\n\n\n")
        } else if stream.response_header(":status") == Some(b"101") {
            Shape::Frames(Frames::default())
        } else {
            return HeadersStatus::Continue;
        };
        let id = WATCH.with_borrow_mut(|watch| watch.open(key, stream.bell()));
        self.open = Some(Open { id, shape, end: End::NotYet });
        HeadersStatus::Continue
    }

    /// What a revoked key's engine says between two events is for nobody: `on_bell` follows.
    fn on_response_body(&mut self, stream: &mut Stream, _end: bool) -> BodyStatus {
        let (Some(key), Some(open)) = (&self.key, &mut self.open) else { return BodyStatus::Continue };
        match open.end {
            End::Telling => open.end = End::Over,
            End::Over => stream.drain(Body::Response),
            End::NotYet if open.shape.is_whole() && is_revoked(key) => stream.drain(Body::Response),
            End::NotYet => stream.pieces(Body::Response).for_each(|piece| open.shape.pass(piece)),
        }
        BodyStatus::Continue
    }

    fn on_bell(&mut self, stream: &mut Stream) {
        let (Some(key), Some(open)) = (&self.key, &mut self.open) else { return };
        if let Some(hashes) = WATCH.with_borrow_mut(|watch| watch.ask(open.id, Instant::now())) {
            grpc::call(stream, METHOD, hashes.as_bytes(), ANSWER_WITHIN);
        }
        if open.end == End::NotYet && open.shape.is_whole() && is_revoked(key) {
            open.end = End::Telling;
            stream.send(open.shape.last(), true);
        }
    }

    fn on_callout(&mut self, _stream: &mut Stream, answer: Option<&Answer>) {
        // control that is away leaves all as it is
        if let Some(hashes) = answer.and_then(|answer| grpc::read_text(&answer.body)) {
            WATCH.with_borrow_mut(|watch| watch.hear(hashes));
        }
    }
}

fn is_revoked(key: &str) -> bool {
    WATCH.with_borrow(|watch| watch.revoked.contains(key))
}

impl Drop for Streams {
    fn drop(&mut self) {
        let (Some(key), Some(open)) = (&self.key, &self.open) else { return };
        // where the thread ends too, there is none
        let _ = WATCH.try_with(|watch| watch.borrow_mut().close(key, open.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_whole_however_it_is_cut() {
        let stream = b"data: 1\n\ndata: 2\r\n\r\ndata: 3\n\n";
        for size in 1..stream.len() {
            let mut shape = Shape::Events(*b"\n\n\n");
            let mut passed = 0;
            for piece in stream.chunks(size) {
                shape.pass(piece);
                passed += piece.len();
                let whole = [9, 20, 29].contains(&passed);
                assert_eq!(shape.is_whole(), whole, "{size}, {passed}");
            }
        }
    }

    #[test]
    fn the_last_event_is_whole_json() {
        let last = String::from_utf8(Shape::Events([0; 3]).last()).unwrap();
        assert!(
            last.starts_with("data: {\"error\":{\"message\":\"This API key has been revoked.\",\"type\":\"invalid_")
        );
        assert!(last.ends_with("\"param\":null,\"code\":\"invalid_api_key\"}}\n\ndata: [DONE]\n\n"), "{last}");
    }
}

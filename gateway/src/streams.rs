//! settings.gateway.revokedStreams End: event streams and websockets whose key is revoked end where an event or a frame
//! ends. Whoever reads learns why, and gets no more; a client that reads its last event closes the connection, and with
//! that the engine's work ends.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use memchr::memmem;

use crate::abi::{Body, BodyStatus, HeadersStatus};
use crate::envoy::{Answer, Stream};
use crate::filter::Filter;
use crate::frames::{Frames, POLICY_VIOLATION};
use crate::grpc;

const METHOD: &str = "/inferops.Keys/Revoked";
const EVERY: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: u64 = 250; // ms
const REVOKED: &str = "This API key has been revoked.";

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::default();
}

/// Of this worker.
#[derive(Default)]
struct Watch {
    /// How many streams there are, by the hash of their key.
    open: HashMap<String, usize>,
    /// Those of them that open nothing any more.
    revoked: HashSet<String>,
    asked: Option<Instant>,
}

impl Watch {
    fn close(&mut self, key: &str) {
        if let Some(count) = self.open.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(key);
            }
        }
    }

    /// What to ask control, where it is time to.
    fn ask(&mut self, now: Instant) -> Option<String> {
        if self.asked.is_some_and(|asked| now - asked < EVERY) {
            return None;
        }
        self.asked = Some(now);
        let hashes: Vec<_> = self.open.keys().map(String::as_str).collect();
        Some(hashes.join(" "))
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
    shape: Option<Shape>,
    ended: bool,
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
        self.shape = if memmem::find(kind, b"text/event-stream").is_some() {
            Some(Shape::Events(*b"\n\n\n"))
        } else if stream.response_header(":status") == Some(b"101") {
            Some(Shape::Frames(Frames::default()))
        } else {
            return HeadersStatus::Continue;
        };
        WATCH.with_borrow_mut(|watch| *watch.open.entry(key.clone()).or_default() += 1);
        HeadersStatus::Continue
    }

    fn on_response_body(&mut self, stream: &mut Stream, _end: bool) -> BodyStatus {
        let (Some(key), Some(shape)) = (&self.key, &mut self.shape) else { return BodyStatus::Continue };
        if self.ended {
            stream.drain(Body::Response);
        } else if shape.is_whole() && WATCH.with_borrow(|watch| watch.revoked.contains(key)) {
            stream.drain(Body::Response);
            stream.append(Body::Response, &shape.last());
            self.ended = true;
        } else {
            stream.pieces(Body::Response).iter().for_each(|piece| shape.pass(piece));
        }
        if let Some(hashes) = WATCH.with_borrow_mut(|watch| watch.ask(Instant::now())) {
            grpc::call(stream, METHOD, hashes.as_bytes(), ANSWER_WITHIN);
        }
        BodyStatus::Continue
    }

    fn on_callout(&mut self, _stream: &mut Stream, answer: Option<&Answer>) {
        // control that is away leaves all as it is
        if let Some(hashes) = answer.and_then(|answer| grpc::read_text(&answer.body)) {
            WATCH.with_borrow_mut(|watch| watch.revoked = hashes.split_whitespace().map(str::to_owned).collect());
        }
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        let (Some(key), Some(_)) = (&self.key, &self.shape) else { return };
        // where the thread ends too, there is none
        let _ = WATCH.try_with(|watch| watch.borrow_mut().close(key));
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
    fn control_is_asked_once_a_second_of_all_keys() {
        let mut watch = Watch { open: HashMap::from([("a".to_owned(), 2)]), ..Watch::default() };
        let now = Instant::now();
        assert_eq!(watch.ask(now).as_deref(), Some("a"));
        assert_eq!(watch.ask(now + EVERY / 2), None);
        assert_eq!(watch.ask(now + EVERY).as_deref(), Some("a"));
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

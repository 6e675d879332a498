//! Signs of life for clients whose event stream waits for a replica, where they ask for them: `Prefer: heartbeat=15`
//! (seconds; RFC 7240). Such a request leaves the chain of all requests for a listener of its own (`divert`), which asks
//! a second one to hold and deliver it, and writes comments until the answer comes (`Heartbeat`). What comes before the
//! first heartbeat passes as it is; afterwards the status has been sent, and an error becomes the stream's last event.

use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;

use crate::abi::{Body, BodyStatus, HeadersStatus};
use crate::clock::Alarm;
use crate::envoy::{Headers, Stream};
use crate::events::{build_last, COMMENT};
use crate::filter::Filter;
use crate::pace;
use crate::prefix::string_end;

/// Bytes of a body that is kept until a replica takes it.
const LARGEST: usize = 1 << 20;
/// Bytes of an error that are told.
const LONGEST: usize = 64 << 10;
/// Seconds between two heartbeats.
const MOST: u64 = 60;
const BUSY: &str = "The instance did not answer. Retry later.";

/// After all that may refuse the request, and before it is held (engine.rs).
///
/// To the listener `heartbeat`: JSON that says its size, and would fit into a connection's buffer. Whether it did.
pub fn divert(stream: &mut Stream) -> bool {
    let Some(prefer) = stream.request_header("prefer") else { return false };
    let json = stream.request_header("content-type").is_some_and(|kind| kind.starts_with(b"application/json"));
    let fits = stream.announced().is_some_and(|size| (1..=LARGEST).contains(&size));
    let audio = stream.request_header(":path").is_some_and(|path| path.starts_with(b"/v1/audio/"));
    if !json || !fits || audio || read_interval(prefer).is_none() {
        return false;
    }
    let host = stream.request_header("x-vhost").unwrap_or_default().to_vec();
    stream.set_request_header("x-held-vhost", &host);
    stream.set_request_header("x-vhost", b"heartbeat");
    stream.clear_route_cache();
    true
}

/// `heartbeat=15`, among other preferences.
fn read_interval(prefer: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(prefer).ok()?;
    let seconds = text.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        name.trim().eq_ignore_ascii_case("heartbeat").then(|| value.trim().trim_matches('"').parse().ok())
    });
    Some(Duration::from_secs(seconds??).clamp(Duration::from_secs(1), Duration::from_secs(MOST)))
}

/// What has become of the answer.
enum State {
    /// The request comes.
    Asking(Vec<u8>),
    /// `begun`: heartbeats were sent.
    Waiting { begun: bool },
    /// It passes as it is.
    Passing,
    /// It is to be one event.
    Telling { status: Vec<u8>, body: Vec<u8> },
}

/// The last filter of the listener `heartbeat`.
pub struct Heartbeat {
    state: State,
    request: Vec<u8>,
    alarm: Option<Alarm>,
    full: u32,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { state: State::Asking(Vec::new()), request: Vec::new(), alarm: None, full: 0 }
    }
}

impl Filter for Heartbeat {
    fn on_request_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        self.request = stream.request_header("x-request-id").unwrap_or_default().to_vec();
        if end {
            self.ask(stream, Vec::new());
        }
        HeadersStatus::Stop
    }

    fn on_request_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        if let State::Asking(body) = &mut self.state {
            stream.pieces(Body::Request).for_each(|piece| body.extend_from_slice(piece));
            if end {
                let body = std::mem::take(body);
                self.ask(stream, body);
            }
        }
        BodyStatus::Drop
    }

    fn on_bell(&mut self, stream: &mut Stream) {
        let State::Waiting { begun } = &mut self.state else { return };
        if !*begun {
            stream.begin(build_headers(&[
                (":status", "200"),
                ("content-type", "text/event-stream"),
                ("cache-control", "no-cache"),
                ("preference-applied", "heartbeat"),
            ]));
            *begun = true;
        }
        if self.full == 0 {
            stream.send(COMMENT.to_vec(), false);
        }
    }

    fn on_answer_headers(&mut self, stream: &mut Stream, headers: &[(&[u8], &[u8])]) {
        let State::Waiting { begun } = self.state else { return };
        self.alarm = None;
        let value = |name: &[u8]| headers.iter().find(|(key, _)| *key == name).map_or(&b""[..], |(_, value)| value);
        let (status, kind) = (value(b":status"), value(b"content-type"));
        if !begun {
            stream.begin(own(headers));
            self.state = State::Passing;
        } else if status == b"200" && kind.starts_with(b"text/event-stream") {
            self.state = State::Passing;
        } else {
            self.state = State::Telling { status: status.to_vec(), body: Vec::new() };
        }
    }

    fn on_answer_body(&mut self, stream: &mut Stream, piece: Vec<u8>) {
        match &mut self.state {
            State::Passing => stream.send(piece, false),
            State::Telling { body, .. } => {
                let room = LONGEST.saturating_sub(body.len()).min(piece.len());
                body.extend_from_slice(&piece[..room]);
            }
            State::Asking(_) | State::Waiting { .. } => {}
        }
    }

    fn on_answer_end(&mut self, stream: &mut Stream, whole: bool) {
        self.alarm = None;
        match &self.state {
            State::Passing if whole => stream.send(Vec::new(), true),
            State::Passing => stream.break_off(),
            State::Telling { status, body } => stream.send(build_last(status, body), true),
            State::Waiting { begun: true } => stream.send(build_last(b"503", BUSY.as_bytes()), true),
            State::Asking(_) | State::Waiting { .. } => stream.respond(503, &[], BUSY.as_bytes(), "inferops_broken"),
        }
    }

    fn on_full(&mut self, _stream: &mut Stream, full: bool) {
        self.full = if full { self.full + 1 } else { self.full.saturating_sub(1) };
        pace::set_full(&self.request, full);
    }
}

impl Heartbeat {
    fn ask(&mut self, stream: &mut Stream, body: Vec<u8>) {
        let prefer = stream.request_header("prefer").unwrap_or_default();
        let accepts = stream.request_header("accept").is_some_and(|kind| memmem::find(kind, b"event-stream").is_some());
        let interval = read_interval(prefer).filter(|_| accepts || asks_stream(&body));
        self.alarm = interval.map(|interval| Alarm::new(Arc::new(stream.bell()), interval));
        self.state = State::Waiting { begun: false };
        let mut headers = own(&stream.request_headers());
        headers.retain(|(name, _)| name != "x-held-for");
        // Envoy adds itself to what it sends by a filter: the listener `delivery` takes that away again
        let forwarded = stream.request_header("x-forwarded-for").unwrap_or_default();
        headers.push(("x-held-for".to_owned(), forwarded.to_vec()));
        stream.ask("delivery", headers, body, BUSY);
    }
}

fn own(headers: &[(&[u8], &[u8])]) -> Headers {
    headers.iter().map(|(key, value)| (String::from_utf8_lossy(key).into_owned(), value.to_vec())).collect()
}

fn build_headers(headers: &[(&str, &str)]) -> Headers {
    headers.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

/// Whether a JSON object has `"stream": true`.
fn asks_stream(body: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = body.get(at) {
        match byte {
            b'"' => {
                let end = string_end(body, at);
                let value = || body[end + 1..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
                if depth == 1 && body.get(at + 1..end) == Some(b"stream") && end < body.len() {
                    if let Some(value) = value() {
                        return value.starts_with(b"true");
                    }
                }
                at = end;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_a_preference_among_others() {
        let cases = [
            ("heartbeat=15", Some(15)),
            ("wait=100, heartbeat=5", Some(5)),
            ("respond-async; Heartbeat = \"7\"", Some(7)),
            ("heartbeat=0", Some(1)),
            ("heartbeat=600", Some(60)),
            ("heartbeat=soon", None),
            ("heartbeat", None),
            ("x-heartbeat=3", None),
            ("", None),
        ];
        for (prefer, seconds) in cases {
            assert_eq!(read_interval(prefer.as_bytes()), seconds.map(Duration::from_secs), "{prefer}");
        }
    }

    #[test]
    fn a_stream_is_asked_for_at_the_top_of_the_body() {
        let cases = [
            (r#"{"stream":true}"#, true),
            (r#"{"messages":[{"stream":false}], "stream" : true, "x":1}"#, true),
            (r#"{"stream":false,"x":true}"#, false),
            (r#"{"x":"\"stream\": true"}"#, false),
            (r#"{"x":{"stream":true}}"#, false),
            (r#"{"x":"stream","y":true}"#, false),
            (r#"{"stream"#, false),
            (r#"{"stream":"#, false),
            (r#"{"stream""#, false),
            ("[1", false),
            ("", false),
        ];
        for (body, asks) in cases {
            assert_eq!(asks_stream(body.as_bytes()), asks, "{body}");
        }
    }
}

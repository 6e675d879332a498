//! The access log: a line for each request that has ended.

use std::cell::RefCell;

use crate::abi::Timing;
use crate::envoy::{Counter, Logged};
use crate::journal;
use crate::kind::Kind;
use crate::record::{end_line, Findings, Head, Tail};

/// What goes to the listener `heartbeat` is logged by the listener `delivery`.
const ELSEWHERE: &[u8] = b"heartbeat";
const NANOSECONDS: i64 = 1_000_000;

thread_local! {
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Of one listener.
pub struct Logger {
    /// Lines that there was no room for.
    pub lost: Counter,
}

impl Logger {
    pub fn log(&self, request: &Logged) {
        let mut findings = journal::take_findings();
        LINE.with_borrow_mut(|line| {
            line.clear();
            let copied = findings.flight.as_ref().is_some_and(|flight| flight.copy_head(line));
            if !copied && !write_head(line, request, &mut findings) {
                return;
            }
            end_line(line, &read_tail(request, &findings), &findings);
            if !journal::append(line) {
                self.lost.add(1);
            }
        });
        drop(findings.flight); // after the line: whoever finds both knows by their id that it is one request
    }
}

/// Of a request that went to no engine, or whose head was too long to be kept. False: it is logged elsewhere.
fn write_head(line: &mut Vec<u8>, request: &Logged, findings: &mut Findings) -> bool {
    let model = findings.model.clone().unwrap_or_default();
    let mut head = Head { instance: request.route_name(), model: Some(&model), ..Head::default() };
    let (mut original, mut elsewhere) = (None, false);
    request.each_header(|name, value| match name {
        b":path" => head.path = Some(value),
        b":method" => head.method = Some(value),
        b"x-vhost" => elsewhere = value == ELSEWHERE,
        b"x-client-id" => head.client = Some(value),
        b"x-request-id" => head.id = Some(value),
        b"x-envoy-original-path" => original = Some(value),
        b"x-client-request-id" => findings.client_request_id = Some(value.to_vec()),
        _ => {}
    });
    head.kind = Kind::of(head.path.unwrap_or_default());
    head.path = original.or(head.path);
    head.write(line);
    !elsewhere
}

fn read_tail<'a>(request: &'a Logged, findings: &'a Findings) -> Tail<'a> {
    let (timing, bytes) = (request.timing(), request.bytes());
    Tail {
        time: timing.start_time,
        client_request_id: findings.client_request_id.as_deref(),
        ip: request.ip(),
        status: request.status(),
        details: request.details(),
        flags: request.flags(),
        ms: timing.has_request_complete.then_some(timing.request_complete / NANOSECONDS),
        waited_ms: timing.has_first_upstream_sent.then(|| read_wait(&timing) / NANOSECONDS),
        ttft_ms: timing.has_first_upstream_body.then_some(timing.first_upstream_body / NANOSECONDS),
        bytes_in: bytes.received,
        bytes_out: bytes.sent,
        upstream: request.upstream(),
        attempts: request.attempts(),
    }
}

/// From the request's end, or its beginning where it goes on as it comes, until it is sent to a replica.
fn read_wait(timing: &Timing) -> i64 {
    let whole = timing.has_received && timing.received <= timing.first_upstream_sent;
    timing.first_upstream_sent - if whole { timing.received } else { 0 }
}

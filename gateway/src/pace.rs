//! Answers on their way to a client that has heartbeats (heartbeat.rs). Envoy stops reading from a replica whose client
//! does not read; what a filter has asked for itself comes without end. So such an answer is held here, behind the
//! replica, as long as its client is full: what it has buffered stops the replica.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::abi::{BodyStatus, HeadersStatus};
use crate::envoy::{Bell, Stream};
use crate::filter::Filter;

/// Bytes.
const MOST_HELD: u64 = 1 << 20;

thread_local! {
    /// By request id: both ends of a request are in one worker.
    static CLIENTS: RefCell<HashMap<Vec<u8>, Client>> = RefCell::default();
}

#[derive(Default)]
struct Client {
    /// How many of the buffers on the way are.
    full: u32,
    /// Of the answer that waits.
    waiting: Option<Bell>,
}

/// What the heartbeat's end hears.
pub fn set_full(request: &[u8], full: bool) {
    CLIENTS.with_borrow_mut(|clients| {
        let Some(client) = clients.get_mut(request) else { return };
        client.full = if full { client.full + 1 } else { client.full.saturating_sub(1) };
        if let Some(bell) = client.waiting.take_if(|_| client.full == 0) {
            bell.ring();
        }
    });
}

/// The replica's end.
#[derive(Default)]
pub struct Pace {
    request: Vec<u8>,
}

impl Filter for Pace {
    fn on_request_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        self.request = stream.request_header("x-request-id").unwrap_or_default().to_vec();
        CLIENTS.with_borrow_mut(|clients| clients.insert(self.request.clone(), Client::default()));
        HeadersStatus::Continue
    }

    fn on_response_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        stream.set_buffer_limit(MOST_HELD); // until now that of the request's body
        HeadersStatus::Continue
    }

    fn on_response_body(&mut self, stream: &mut Stream, _end: bool) -> BodyStatus {
        CLIENTS.with_borrow_mut(|clients| match clients.get_mut(&self.request) {
            Some(client) if client.full > 0 => {
                client.waiting.get_or_insert_with(|| stream.bell());
                BodyStatus::Wait
            }
            _ => BodyStatus::Continue,
        })
    }

    fn on_bell(&mut self, stream: &mut Stream) {
        stream.continue_response();
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        // where the thread ends too, there is none
        let _ = CLIENTS.try_with(|clients| clients.borrow_mut().remove(&self.request));
    }
}

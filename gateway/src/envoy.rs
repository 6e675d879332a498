//! One HTTP stream, as filters see it: Envoy's callbacks made safe. Bytes that Envoy lends borrow the stream, and what
//! changes it borrows it mutably, so none outlives its end.

mod answer;
mod arrival;
mod bell;
mod desk;
mod headers;
mod logged;

use std::any::Any;
use std::{ptr, slice};

use crate::abi::{self, Attribute, Body, EnvoyBuffer, EnvoyFilter, MetadataSource, ModuleBuffer, ModuleHeader};

pub use answer::Answer;
pub use arrival::Arrival;
pub use bell::Bell;
pub use desk::Desk;
use headers::{show_headers, Ahead, NONE};
pub use logged::{Counter, Logged};

/// Namespace of our metadata on requests.
const METADATA: &[u8] = b"inferops";
/// Pieces of most bodies, as they come with one hook.
const FEW: usize = 4;

/// Names and values, ours.
pub type Headers = Vec<(String, Vec<u8>)>;

/// What a route says to a filter, of the filter's own type.
pub type RouteConfig = Box<dyn Any + Send + Sync>;

/// A stream, for the time of one hook.
pub struct Stream {
    filter: EnvoyFilter,
    next: Vec<Next>,
    /// Headers of the request, and of the response.
    ahead: [Option<Ahead>; 2],
}

/// What Envoy is told when the hook is done with its filter: it may call other hooks of the same filter at once, and even
/// destroy it.
enum Next {
    Respond {
        status: u32,
        headers: Headers,
        body: Vec<u8>,
        details: &'static str,
    },
    ContinueRequest,
    ContinueResponse,
    /// `else_say`: the body of 503, where the cluster cannot be asked.
    Ask {
        cluster: &'static str,
        headers: Headers,
        body: Vec<u8>,
        else_say: &'static str,
    },
    Begin(Headers),
    Send {
        data: Vec<u8>,
        end: bool,
    },
    Break,
}

impl Stream {
    /// # Safety
    /// `filter` must be what Envoy called a hook with, and that hook must not have returned.
    pub unsafe fn new(filter: EnvoyFilter) -> Self {
        Self { filter, next: Vec::new(), ahead: [None, None] }
    }

    /// Once nothing borrows the filter.
    pub fn go_on(self) {
        for next in self.next {
            match next {
                Next::Respond { status, headers, body, details } => {
                    respond(self.filter, status, &headers, &body, details);
                }
                Next::ContinueRequest => unsafe { abi::continue_request(self.filter) },
                Next::ContinueResponse => unsafe { abi::continue_response(self.filter) },
                Next::Ask { cluster, headers, body, else_say } => {
                    if !start(self.filter, cluster, &headers, &body) {
                        respond(self.filter, 503, &[], else_say.as_bytes(), "inferops_overflow");
                    }
                }
                Next::Begin(headers) => {
                    let headers = lend_headers(&headers);
                    unsafe { abi::send_response_headers(self.filter, headers.as_ptr(), headers.len(), false) };
                }
                Next::Send { data, end } => unsafe { abi::send_response_data(self.filter, lend(&data), end) },
                Next::Break => unsafe { abi::reset_stream(self.filter, abi::LOCAL_RESET, lend(b"inferops_broken")) },
            }
        }
    }

    /// Send a whole request to a cluster, after this hook; the hooks `on_answer...` have what comes.
    pub fn ask(&mut self, cluster: &'static str, headers: Headers, body: Vec<u8>, else_say: &'static str) {
        self.next.push(Next::Ask { cluster, headers, body, else_say });
    }

    /// The beginning of an answer of our own, `:status` included, after this hook.
    pub fn begin(&mut self, headers: Headers) {
        self.next.push(Next::Begin(headers));
    }

    /// More of an answer that has begun, after this hook; `end`: the last.
    pub fn send(&mut self, data: Vec<u8>, end: bool) {
        self.next.push(Next::Send { data, end });
    }

    /// End a stream whose answer has begun so that its client sees it, after this hook.
    pub fn break_off(&mut self) {
        self.next.push(Next::Break);
    }

    /// By which other threads, and other filters, ring this filter: `on_bell`.
    pub fn bell(&self) -> Bell {
        unsafe { Bell::new(self.filter) }
    }

    /// Bytes of a body.
    pub fn size(&self, body: Body) -> usize {
        unsafe { abi::get_body_size(self.filter, body) }
    }

    /// The pieces of a body, in order.
    pub fn pieces(&self, body: Body) -> impl Iterator<Item = &[u8]> {
        let count = unsafe { abi::get_body_chunks_size(self.filter, body) };
        let (mut few, mut many) = ([NONE; FEW], Vec::new());
        let chunks = if count <= FEW {
            few.as_mut_ptr()
        } else {
            many.resize(count, NONE);
            many.as_mut_ptr()
        };
        let there = count > 0 && unsafe { abi::get_body_chunks(self.filter, body, chunks) };
        let few = few.into_iter().take(if count <= FEW { count } else { 0 });
        few.chain(many).filter(move |_| there).map(|chunk| unsafe { borrow(chunk) })
    }

    /// Add to a body's end.
    pub fn append(&mut self, body: Body, data: &[u8]) {
        unsafe { abi::append_body(self.filter, body, lend(data)) };
    }

    /// Let go of a body.
    pub fn drain(&mut self, body: Body) {
        unsafe { abi::drain_body(self.filter, body, usize::MAX) };
    }

    /// How many bytes of a body filters may hold before its sender waits.
    pub fn set_buffer_limit(&mut self, bytes: u64) {
        unsafe { abi::set_buffer_limit(self.filter, bytes) };
    }

    /// Metadata `inferops.<key>` of the stream: replies have it.
    pub fn set_metadata(&mut self, key: &str, value: &[u8]) {
        unsafe { abi::set_metadata(self.filter, lend(METADATA), lend(key.as_bytes()), lend(value)) };
    }

    /// Text `inferops.<key>` of the route's metadata.
    pub fn route_metadata(&self, key: &str) -> Option<&[u8]> {
        unsafe { abi::get_route_config(self.filter) }; // looks for the route: what follows does not by itself
        self.metadata(MetadataSource::Route, key)
    }

    /// Likewise of the place where the endpoint is that the request was sent to. None: it was sent to none.
    pub fn locality_metadata(&self, key: &str) -> Option<&[u8]> {
        self.metadata(MetadataSource::Locality, key)
    }

    fn metadata(&self, source: MetadataSource, key: &str) -> Option<&[u8]> {
        let mut value = EnvoyBuffer { start: ptr::null(), length: 0 };
        let found =
            unsafe { abi::get_metadata(self.filter, source, lend(METADATA), lend(key.as_bytes()), &raw mut value) };
        found.then(|| unsafe { borrow(value) })
    }

    /// End the stream with an answer of our own, after this hook. `details`: the response code details.
    pub fn respond(&mut self, status: u32, headers: &[(&str, &[u8])], body: &[u8], details: &'static str) {
        let headers = headers.iter().map(|(key, value)| ((*key).to_string(), value.to_vec())).collect();
        self.next.push(Next::Respond { status, headers, body: body.to_vec(), details });
    }

    /// Look for the route anew.
    pub fn clear_route_cache(&mut self) {
        unsafe { abi::clear_route_cache(self.filter) };
    }

    /// What the route, its virtual host or its table says to this filter, the nearest first.
    pub fn route_config<T: 'static>(&self) -> Option<&T> {
        let config = unsafe { abi::get_route_config(self.filter).cast::<RouteConfig>().as_ref() };
        config.and_then(|config| config.downcast_ref())
    }

    /// What the route is called, where it is called anything.
    pub fn route_name(&self) -> Option<&[u8]> {
        let mut name = EnvoyBuffer { start: ptr::null(), length: 0 };
        let found = unsafe { abi::get_attribute(self.filter, Attribute::RouteName, &raw mut name) };
        found.then(|| unsafe { borrow(name) }).filter(|name| !name.is_empty())
    }

    /// Ask a cluster; `on_callout` has the answer. None: it cannot be asked now.
    pub fn call(&mut self, cluster: &str, headers: &[(&str, &[u8])], body: &[u8], timeout_ms: u64) -> Option<u64> {
        let (cluster, headers, body) = (lend(cluster.as_bytes()), lend_headers(headers), lend(body));
        let mut id = 0;
        let result = unsafe {
            abi::start_callout(self.filter, &raw mut id, cluster, headers.as_ptr(), headers.len(), body, timeout_ms)
        };
        (result == abi::SUCCESS).then_some(id)
    }

    /// After `StopAll`, or `Stop`: go on with the request, after this hook.
    pub fn continue_request(&mut self) {
        self.next.push(Next::ContinueRequest);
    }

    /// Likewise with the response.
    pub fn continue_response(&mut self) {
        self.next.push(Next::ContinueResponse);
    }
}

fn respond(filter: EnvoyFilter, status: u32, headers: &[(String, Vec<u8>)], body: &[u8], details: &str) {
    let (headers, details) = (lend_headers(headers), lend(details.as_bytes()));
    unsafe { abi::send_response(filter, status, headers.as_ptr(), headers.len(), lend(body), details) };
}

fn start(filter: EnvoyFilter, cluster: &str, headers: &[(String, Vec<u8>)], body: &[u8]) -> bool {
    let (cluster, headers, body) = (lend(cluster.as_bytes()), lend_headers(headers), lend(body));
    let mut id = 0;
    let result =
        unsafe { abi::start_stream(filter, &raw mut id, cluster, headers.as_ptr(), headers.len(), body, true, 0) };
    result == abi::SUCCESS
}

const NOTHING: ModuleBuffer = ModuleBuffer { start: ptr::null(), length: 0 };

/// An empty slice keeps a pointer that is not null: for Envoy that is an empty text, and null is none.
fn lend(bytes: &[u8]) -> ModuleBuffer {
    ModuleBuffer { start: bytes.as_ptr(), length: bytes.len() }
}

fn lend_headers<K: AsRef<str>, V: AsRef<[u8]>>(headers: &[(K, V)]) -> Vec<ModuleHeader> {
    let lend = |(key, value): &(K, V)| ModuleHeader { key: lend(key.as_ref().as_bytes()), value: lend(value.as_ref()) };
    headers.iter().map(lend).collect()
}

/// # Safety
/// `buffer` must be Envoy's, and `'a` must end before Envoy takes it back.
pub unsafe fn borrow<'a>(buffer: EnvoyBuffer) -> &'a [u8] {
    unsafe { borrow_all(buffer.start, buffer.length) }
}

/// # Safety
/// As for `borrow`.
unsafe fn borrow_all<'a, T>(start: *const T, count: usize) -> &'a [T] {
    if start.is_null() {
        return &[];
    }
    unsafe { slice::from_raw_parts(start, count) }
}

//! One HTTP stream, as filters see it: Envoy's callbacks made safe. Bytes that Envoy lends borrow the stream, and what
//! changes it borrows it mutably, so none outlives its end.

use std::any::Any;
use std::{ptr, slice};

use crate::abi::{
    self, Attribute, Body, EnvoyArrival, EnvoyBuffer, EnvoyFilter, EnvoyHeader, HeaderMap, MetadataSource,
    ModuleBuffer, ModuleHeader,
};

/// Namespace of our metadata on requests.
const METADATA: &[u8] = b"inferops";

/// What a route says to a filter, of the filter's own type.
pub type RouteConfig = Box<dyn Any + Send + Sync>;

/// The headers of a request that has just come, before its route is looked for.
pub struct Arrival(EnvoyArrival);

impl Arrival {
    /// # Safety
    /// `arrival` must be what Envoy called the hook with, and that hook must not have returned.
    pub unsafe fn new(arrival: EnvoyArrival) -> Self {
        Self(arrival)
    }

    /// A header's first value, and how many there are.
    pub fn headers(&self, name: &str) -> (Option<&[u8]>, usize) {
        let mut value = EnvoyBuffer { start: ptr::null(), length: 0 };
        let mut count = 0;
        let name = lend(name.as_bytes());
        let found = unsafe { abi::get_early_header(self.0, name, &raw mut value, 0, &raw mut count) };
        (found.then(|| unsafe { borrow(value) }), count)
    }

    /// In place of all values that it has.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        unsafe { abi::set_early_header(self.0, lend(name.as_bytes()), lend(value)) };
    }

    pub fn remove(&mut self, name: &str) {
        unsafe { abi::remove_early_header(self.0, lend(name.as_bytes())) };
    }
}

/// A stream, for the time of one hook.
pub struct Stream(EnvoyFilter, Option<Next>);

/// What Envoy is told when the hook is done with its filter: it may call other hooks of the same filter at once, and even
/// destroy it.
enum Next {
    Respond { status: u32, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>, details: &'static str },
    ContinueRequest,
    ContinueResponse,
}

impl Stream {
    /// # Safety
    /// `filter` must be what Envoy called a hook with, and that hook must not have returned.
    pub unsafe fn new(filter: EnvoyFilter) -> Self {
        Self(filter, None)
    }

    /// Once nothing borrows the filter.
    pub fn go_on(self) {
        match self.1 {
            Some(Next::Respond { status, headers, body, details }) => {
                let headers: Vec<_> = headers.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
                let (headers, details) = (lend_headers(&headers), lend(details.as_bytes()));
                unsafe { abi::send_response(self.0, status, headers.as_ptr(), headers.len(), lend(&body), details) };
            }
            Some(Next::ContinueRequest) => unsafe { abi::continue_request(self.0) },
            Some(Next::ContinueResponse) => unsafe { abi::continue_response(self.0) },
            None => {}
        }
    }

    /// A request header's value; the first, where it came several times.
    pub fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.header(HeaderMap::Request, name).0
    }

    /// Bytes of the body that the request says it has.
    pub fn announced(&self) -> Option<usize> {
        self.request_header("content-length").and_then(|length| std::str::from_utf8(length).ok()?.parse().ok())
    }

    pub fn response_header(&self, name: &str) -> Option<&[u8]> {
        self.header(HeaderMap::Response, name).0
    }

    fn header(&self, map: HeaderMap, name: &str) -> (Option<&[u8]>, usize) {
        let mut value = EnvoyBuffer { start: ptr::null(), length: 0 };
        let mut count = 0;
        let found = unsafe { abi::get_header(self.0, map, lend(name.as_bytes()), &raw mut value, 0, &raw mut count) };
        (found.then(|| unsafe { borrow(value) }), count)
    }

    /// In place of all values that it has.
    pub fn set_request_header(&mut self, name: &str, value: &[u8]) {
        unsafe { abi::set_header(self.0, HeaderMap::Request, lend(name.as_bytes()), lend(value)) };
    }

    pub fn remove_request_header(&mut self, name: &str) {
        unsafe { abi::set_header(self.0, HeaderMap::Request, lend(name.as_bytes()), NOTHING) };
    }

    pub fn set_response_header(&mut self, name: &str, value: &[u8]) {
        unsafe { abi::set_header(self.0, HeaderMap::Response, lend(name.as_bytes()), lend(value)) };
    }

    /// Bytes of a body.
    pub fn size(&self, body: Body) -> usize {
        unsafe { abi::get_body_size(self.0, body) }
    }

    /// The pieces of a body, in order.
    pub fn pieces(&self, body: Body) -> Vec<&[u8]> {
        let count = unsafe { abi::get_body_chunks_size(self.0, body) };
        let mut chunks = vec![EnvoyBuffer { start: ptr::null(), length: 0 }; count];
        let there = count > 0 && unsafe { abi::get_body_chunks(self.0, body, chunks.as_mut_ptr()) };
        chunks.into_iter().filter(|_| there).map(|chunk| unsafe { borrow(chunk) }).collect()
    }

    /// Add to a body's end.
    pub fn append(&mut self, body: Body, data: &[u8]) {
        unsafe { abi::append_body(self.0, body, lend(data)) };
    }

    /// Let go of a body.
    pub fn drain(&mut self, body: Body) {
        unsafe { abi::drain_body(self.0, body, usize::MAX) };
    }

    /// Metadata `inferops.<key>` of the stream: the access log and replies have it.
    pub fn set_metadata(&mut self, key: &str, value: &[u8]) {
        unsafe { abi::set_metadata(self.0, lend(METADATA), lend(key.as_bytes()), lend(value)) };
    }

    /// Text `inferops.<key>` of the route's metadata.
    pub fn route_metadata(&self, key: &str) -> Option<&[u8]> {
        let mut value = EnvoyBuffer { start: ptr::null(), length: 0 };
        let (namespace, key) = (lend(METADATA), lend(key.as_bytes()));
        unsafe { abi::get_route_config(self.0) }; // looks for the route: what follows does not by itself
        let found = unsafe { abi::get_metadata(self.0, MetadataSource::Route, namespace, key, &raw mut value) };
        found.then(|| unsafe { borrow(value) })
    }

    /// End the stream with an answer of our own, after this hook. `details`: the response code details.
    pub fn respond(&mut self, status: u32, headers: &[(&str, &[u8])], body: &[u8], details: &'static str) {
        let headers = headers.iter().map(|(key, value)| ((*key).to_string(), value.to_vec())).collect();
        self.1 = Some(Next::Respond { status, headers, body: body.to_vec(), details });
    }

    /// Look for the route anew.
    pub fn clear_route_cache(&mut self) {
        unsafe { abi::clear_route_cache(self.0) };
    }

    /// What the route, its virtual host or its table says to this filter, the nearest first.
    pub fn route_config<T: 'static>(&self) -> Option<&T> {
        let config = unsafe { abi::get_route_config(self.0).cast::<RouteConfig>().as_ref() };
        config.and_then(|config| config.downcast_ref())
    }

    /// What the route is called, where it is called anything.
    pub fn route_name(&self) -> Option<&[u8]> {
        let mut name = EnvoyBuffer { start: ptr::null(), length: 0 };
        let found = unsafe { abi::get_attribute(self.0, Attribute::RouteName, &raw mut name) };
        found.then(|| unsafe { borrow(name) }).filter(|name| !name.is_empty())
    }

    /// Ask a cluster; `on_callout` has the answer. None: it cannot be asked now.
    pub fn call(&mut self, cluster: &str, headers: &[(&str, &[u8])], body: &[u8], timeout_ms: u64) -> Option<u64> {
        let (cluster, headers, body) = (lend(cluster.as_bytes()), lend_headers(headers), lend(body));
        let mut id = 0;
        let result = unsafe {
            abi::start_callout(self.0, &raw mut id, cluster, headers.as_ptr(), headers.len(), body, timeout_ms)
        };
        (result == abi::SUCCESS).then_some(id)
    }

    /// After `StopAll`, or `Stop`: go on with the request, after this hook.
    pub fn continue_request(&mut self) {
        self.1 = Some(Next::ContinueRequest);
    }

    /// Likewise with the response.
    pub fn continue_response(&mut self) {
        self.1 = Some(Next::ContinueResponse);
    }
}

/// What a callout brought.
pub struct Answer<'a> {
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    pub body: Vec<u8>,
}

impl Answer<'_> {
    /// # Safety
    /// Arguments of the callout hook, which must not have returned.
    pub unsafe fn read(
        headers: *const EnvoyHeader,
        headers_count: usize,
        chunks: *const EnvoyBuffer,
        chunks_count: usize,
    ) -> Self {
        unsafe {
            Self {
                headers: borrow_all(headers, headers_count)
                    .iter()
                    .map(|header| (borrow(header.key), borrow(header.value)))
                    .collect(),
                body: borrow_all(chunks, chunks_count).iter().flat_map(|chunk| borrow(*chunk)).copied().collect(),
            }
        }
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| *value)
    }
}

const NOTHING: ModuleBuffer = ModuleBuffer { start: ptr::null(), length: 0 };

/// An empty slice keeps a pointer that is not null: for Envoy that is an empty text, and null is none.
fn lend(bytes: &[u8]) -> ModuleBuffer {
    ModuleBuffer { start: bytes.as_ptr(), length: bytes.len() }
}

fn lend_headers(headers: &[(&str, &[u8])]) -> Vec<ModuleHeader> {
    headers.iter().map(|(key, value)| ModuleHeader { key: lend(key.as_bytes()), value: lend(value) }).collect()
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

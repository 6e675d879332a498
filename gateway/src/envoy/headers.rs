//! Headers of requests and responses: one by its name, or all at once, which costs as much as two by their names.

use std::ptr;

use super::{borrow, lend, Stream, NOTHING};
use crate::abi::{self, EnvoyBuffer, EnvoyHeader, HeaderMap, ModuleBuffer};

pub const NONE: EnvoyBuffer = EnvoyBuffer { start: ptr::null(), length: 0 };
const NO_HEADER: EnvoyHeader = EnvoyHeader { key: NONE, value: NONE };
/// More than most messages have.
const USUAL: usize = 24;

/// Show each, by name and value, in order. `read` has Envoy write `count` of them, and says whether it did.
///
/// # Safety
/// `'a` must end before Envoy takes them back.
pub unsafe fn show_headers<'a>(
    count: usize,
    read: impl FnOnce(*mut EnvoyHeader) -> bool,
    mut show: impl FnMut(&'a [u8], &'a [u8]),
) {
    let mut usual = [NO_HEADER; USUAL];
    let mut many = Vec::new();
    let headers = if count <= USUAL {
        &mut usual[..count]
    } else {
        many.resize(count, NO_HEADER);
        &mut many[..]
    };
    if count > 0 && read(headers.as_mut_ptr()) {
        headers.iter().for_each(|header| unsafe { show(borrow(header.key), borrow(header.value)) });
    }
}

impl Stream {
    /// All of a request's.
    pub fn request_headers(&self) -> Vec<(&[u8], &[u8])> {
        let count = unsafe { abi::get_headers_size(self.filter, HeaderMap::Request) };
        let read = |headers| unsafe { abi::get_headers(self.filter, HeaderMap::Request, headers) };
        let mut headers = Vec::with_capacity(count);
        unsafe { show_headers(count, read, |name, value| headers.push((name, value))) };
        headers
    }

    /// Read all of them: those that are asked for by their names afterwards cost next to nothing.
    pub fn read_ahead(&mut self, map: HeaderMap) {
        let count = unsafe { abi::get_headers_size(self.filter, map) };
        let ahead = Ahead::read(count, |headers| unsafe { abi::get_headers(self.filter, map, headers) });
        self.ahead[place_of(map)] = Some(ahead);
    }

    /// A request header's value; the first, where it came several times.
    pub fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.header(HeaderMap::Request, name)
    }

    /// Bytes of the body that the request says it has.
    pub fn announced(&self) -> Option<usize> {
        self.request_header("content-length").and_then(|length| std::str::from_utf8(length).ok()?.parse().ok())
    }

    /// Of the response; 0 where it has none.
    pub fn status(&self) -> u16 {
        self.response_header(":status")
            .and_then(|status| std::str::from_utf8(status).ok()?.parse().ok())
            .unwrap_or_default()
    }

    pub fn response_header(&self, name: &str) -> Option<&[u8]> {
        self.header(HeaderMap::Response, name)
    }

    fn header(&self, map: HeaderMap, name: &str) -> Option<&[u8]> {
        let value = match &self.ahead[place_of(map)] {
            Some(ahead) if ahead.knows(name) => ahead.get(name),
            _ => self.get_header(map, name),
        };
        value.map(|value| unsafe { borrow(value) })
    }

    fn get_header(&self, map: HeaderMap, name: &str) -> Option<EnvoyBuffer> {
        let (mut value, mut count) = (NONE, 0);
        let name = lend(name.as_bytes());
        let found = unsafe { abi::get_header(self.filter, map, name, &raw mut value, 0, &raw mut count) };
        found.then_some(value)
    }

    /// In place of all values that it has.
    pub fn set_request_header(&mut self, name: &'static str, value: &[u8]) {
        self.set_header(HeaderMap::Request, name, lend(value));
    }

    pub fn remove_request_header(&mut self, name: &'static str) {
        self.set_header(HeaderMap::Request, name, NOTHING);
    }

    pub fn set_response_header(&mut self, name: &'static str, value: &[u8]) {
        self.set_header(HeaderMap::Response, name, lend(value));
    }

    fn set_header(&mut self, map: HeaderMap, name: &'static str, value: ModuleBuffer) {
        let mut absent = false;
        if let Some(ahead) = &mut self.ahead[place_of(map)] {
            absent = ahead.knows(name) && ahead.get(name).is_none();
            ahead.change(name);
        }
        let key = lend(name.as_bytes());
        match (absent, value.start.is_null()) {
            (false, _) => unsafe { abi::set_header(self.filter, map, key, value) },
            (true, true) => true,
            (true, false) => unsafe { abi::add_header(self.filter, map, key, value) }, // costs less
        };
    }
}

fn place_of(map: HeaderMap) -> usize {
    usize::from(matches!(map, HeaderMap::Response))
}

/// Headers as they were when they were read. The bytes of those that nobody has changed since are still there.
#[derive(Default)]
pub struct Ahead {
    headers: Vec<EnvoyHeader>,
    changed: Vec<&'static str>,
}

impl Ahead {
    pub fn read(count: usize, read: impl FnOnce(*mut EnvoyHeader) -> bool) -> Self {
        let mut headers = vec![NO_HEADER; count];
        if count == 0 || !read(headers.as_mut_ptr()) {
            headers.clear();
        }
        Self { headers, changed: Vec::new() }
    }

    pub fn change(&mut self, name: &'static str) {
        self.changed.push(name);
    }

    /// Whether this still is what Envoy would say of it.
    pub fn knows(&self, name: &str) -> bool {
        !self.changed.contains(&name)
    }

    /// The first value.
    pub fn get(&self, name: &str) -> Option<EnvoyBuffer> {
        let named = |header: &&EnvoyHeader| unsafe { borrow(header.key) } == name.as_bytes();
        self.headers.iter().find(named).map(|header| header.value)
    }
}

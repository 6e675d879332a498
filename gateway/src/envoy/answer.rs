//! What a filter has asked for.

use super::{borrow, borrow_all};
use crate::abi::{EnvoyBuffer, EnvoyHeader};

/// What a callout brought.
pub struct Answer<'a> {
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    pub body: Vec<u8>,
}

impl<'a> Answer<'a> {
    /// # Safety
    /// Arguments of the callout hook, which must not have returned.
    pub unsafe fn read(
        headers: *const EnvoyHeader,
        headers_count: usize,
        chunks: *const EnvoyBuffer,
        chunks_count: usize,
    ) -> Self {
        unsafe {
            Self { headers: Self::read_headers(headers, headers_count), body: Self::read_body(chunks, chunks_count) }
        }
    }

    /// # Safety
    /// Likewise, and of the hook of an answer's headers.
    pub unsafe fn read_headers(headers: *const EnvoyHeader, count: usize) -> Vec<(&'a [u8], &'a [u8])> {
        let headers = unsafe { borrow_all(headers, count) };
        headers.iter().map(|header| unsafe { (borrow(header.key), borrow(header.value)) }).collect()
    }

    /// # Safety
    /// Likewise, and of the hook of an answer's data.
    pub unsafe fn read_body(chunks: *const EnvoyBuffer, count: usize) -> Vec<u8> {
        unsafe { borrow_all(chunks, count).iter().flat_map(|chunk| borrow(*chunk)).copied().collect() }
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| *value)
    }
}

//! A request before it has a stream.

use super::{lend, show_headers};
use crate::abi::{self, EnvoyArrival};

/// The headers of a request that has just come, before its route is looked for.
pub struct Arrival(EnvoyArrival);

impl Arrival {
    /// # Safety
    /// `arrival` must be what Envoy called the hook with, and that hook must not have returned.
    pub unsafe fn new(arrival: EnvoyArrival) -> Self {
        Self(arrival)
    }

    /// Show each header, by name and value, in order.
    pub fn each_header<'a>(&'a self, show: impl FnMut(&'a [u8], &'a [u8])) {
        let count = unsafe { abi::get_early_headers_size(self.0) };
        let read = |headers| unsafe { abi::get_early_headers(self.0, headers) };
        unsafe { show_headers(count, read, show) };
    }

    /// One that the request does not have: this costs less than `set`.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        unsafe { abi::add_early_header(self.0, lend(name.as_bytes()), lend(value)) };
    }

    /// In place of all values that it has.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        unsafe { abi::set_early_header(self.0, lend(name.as_bytes()), lend(value)) };
    }

    pub fn remove(&mut self, name: &str) {
        unsafe { abi::remove_early_header(self.0, lend(name.as_bytes())) };
    }
}

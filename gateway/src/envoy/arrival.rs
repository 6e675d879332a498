//! A request before it has a stream.

use std::ptr;

use super::{borrow, lend};
use crate::abi::{self, EnvoyArrival, EnvoyBuffer};

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

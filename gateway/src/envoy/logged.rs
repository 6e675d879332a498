//! A request that has ended, for its line in the access log.

use std::ptr;

use super::{borrow, lend, show_headers};
use crate::abi::{self, Attribute, Bytes, EnvoyBuffer, EnvoyConfig, EnvoyLog, HeaderMap, Timing};

const NOTHING: EnvoyBuffer = EnvoyBuffer { start: ptr::null(), length: 0 };

/// What Envoy knows of it.
pub struct Logged(EnvoyLog);

impl Logged {
    /// # Safety
    /// `log` must be what Envoy called the hook with, and that hook must not have returned.
    pub unsafe fn new(log: EnvoyLog) -> Self {
        Self(log)
    }

    /// Show each of the request's headers, by name and value.
    pub fn each_header<'a>(&'a self, show: impl FnMut(&'a [u8], &'a [u8])) {
        let count = unsafe { abi::get_logged_headers_size(self.0, HeaderMap::Request) };
        let read = |headers| unsafe { abi::get_logged_headers(self.0, HeaderMap::Request, headers) };
        unsafe { show_headers(count, read, show) };
    }

    pub fn status(&self) -> u32 {
        unsafe { abi::get_status(self.0) }
    }

    pub fn details(&self) -> Option<&[u8]> {
        self.read(|log, value| unsafe { abi::get_details(log, value) })
    }

    pub fn flags(&self) -> u64 {
        unsafe { abi::get_flags(self.0) }
    }

    pub fn route_name(&self) -> Option<&[u8]> {
        self.read(|log, value| unsafe { abi::get_route_name(log, value) })
    }

    pub fn timing(&self) -> Timing {
        let mut timing = Timing::default();
        unsafe { abi::get_timing(self.0, &raw mut timing) };
        timing
    }

    pub fn bytes(&self) -> Bytes {
        let mut bytes = Bytes::default();
        unsafe { abi::get_bytes(self.0, &raw mut bytes) };
        bytes
    }

    /// Without its port.
    pub fn ip(&self) -> Option<&[u8]> {
        let mut port = 0;
        self.read(|log, value| unsafe { abi::get_client_address(log, value, &raw mut port) })
    }

    /// Address and port of the replica.
    pub fn upstream(&self) -> Option<&[u8]> {
        self.read(|log, value| unsafe { abi::get_logged_attribute(log, Attribute::UpstreamAddress, value) })
    }

    pub fn attempts(&self) -> u32 {
        unsafe { abi::get_attempts(self.0) }
    }

    fn read(&self, mut get: impl FnMut(EnvoyLog, *mut EnvoyBuffer) -> bool) -> Option<&[u8]> {
        let mut value = NOTHING;
        get(self.0, &raw mut value).then(|| unsafe { borrow(value) })
    }
}

/// A counter of Envoy's.
pub struct Counter {
    config: EnvoyConfig,
    id: usize,
}

impl Counter {
    /// # Safety
    /// `config` must be what Envoy called the hook with; Envoy keeps it as long as what this hook returns.
    pub unsafe fn new(config: EnvoyConfig, name: &str) -> Self {
        let mut id = 0;
        unsafe { abi::define_counter(config, lend(name.as_bytes()), &raw mut id) };
        Self { config, id }
    }

    pub fn add(&self, value: u64) {
        unsafe { abi::increment_counter(self.config, self.id, value) };
    }
}

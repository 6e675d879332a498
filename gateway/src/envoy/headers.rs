//! All headers of a message at once: for one call of Envoy's, where two by their names cost as much.

use super::borrow;
use crate::abi::{EnvoyBuffer, EnvoyHeader};

const NOTHING: EnvoyBuffer = EnvoyBuffer { start: std::ptr::null(), length: 0 };
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
    let mut usual = [const { EnvoyHeader { key: NOTHING, value: NOTHING } }; USUAL];
    let mut many = Vec::new();
    let headers = if count <= USUAL {
        &mut usual[..count]
    } else {
        many.resize(count, EnvoyHeader { key: NOTHING, value: NOTHING });
        &mut many[..]
    };
    if count > 0 && read(headers.as_mut_ptr()) {
        headers.iter().for_each(|header| unsafe { show(borrow(header.key), borrow(header.value)) });
    }
}

/// Headers as they were when they were read. The bytes of those that nobody has changed since are still there.
#[derive(Default)]
pub struct Ahead {
    headers: Vec<EnvoyHeader>,
    changed: Vec<&'static str>,
}

impl Ahead {
    pub fn read(count: usize, read: impl FnOnce(*mut EnvoyHeader) -> bool) -> Self {
        let mut headers = vec![EnvoyHeader { key: NOTHING, value: NOTHING }; count];
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

//! How other threads, and other filters, reach a filter.

use crate::abi::{self, EnvoyFilter, EnvoyScheduler};

/// Rings a filter from anywhere. Of one that is gone nobody hears it.
pub struct Bell(EnvoyScheduler);

// Envoy's scheduler is made to be used from other threads.
unsafe impl Send for Bell {}
unsafe impl Sync for Bell {}

impl Bell {
    /// # Safety
    /// `filter` must be what Envoy called a hook with, and that hook must not have returned.
    pub unsafe fn new(filter: EnvoyFilter) -> Self {
        Self(unsafe { abi::new_scheduler(filter) })
    }

    /// The worker thread whose filter it is must not have ended: filters are gone before it is.
    pub fn ring(&self) {
        unsafe { abi::commit_scheduler(self.0, 0) };
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        unsafe { abi::delete_scheduler(self.0) };
    }
}

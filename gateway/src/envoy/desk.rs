//! A filter's configuration, as what asks clusters on behalf of nobody's stream: on Envoy's main thread.

use crate::abi::{self, EnvoyConfig, EnvoyScheduler};
use crate::envoy::{lend, lend_headers};

/// Of a configuration of the bootstrap: it lasts as long as Envoy.
pub struct Desk {
    config: EnvoyConfig,
    scheduler: EnvoyScheduler,
}

// Envoy's scheduler is made to be used from other threads, and `call` is for its own.
unsafe impl Send for Desk {}
unsafe impl Sync for Desk {}

impl Desk {
    /// # Safety
    /// `config` must be what Envoy makes a configuration of the bootstrap for.
    pub unsafe fn new(config: EnvoyConfig) -> Self {
        Self { config, scheduler: unsafe { abi::new_config_scheduler(config) } }
    }

    /// Have the main thread look, from any thread.
    pub fn ring(&self) {
        unsafe { abi::commit_config_scheduler(self.scheduler, 0) };
    }

    /// On the main thread: ask a cluster. False: it cannot be asked now.
    pub fn call(&self, cluster: &str, headers: &[(&str, &[u8])], body: &[u8], timeout_ms: u64) -> bool {
        let (cluster, headers, body) = (lend(cluster.as_bytes()), lend_headers(headers), lend(body));
        let mut id = 0;
        let result = unsafe {
            abi::start_config_callout(
                self.config,
                &raw mut id,
                cluster,
                headers.as_ptr(),
                headers.len(),
                body,
                timeout_ms,
            )
        };
        result == abi::SUCCESS
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        unsafe { abi::delete_config_scheduler(self.scheduler) };
    }
}

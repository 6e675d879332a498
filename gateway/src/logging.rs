//! Hooks of the access log. Each thread has a logger of each listener; all of them are the configuration's.

use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::abi::{EnvoyBuffer, EnvoyConfig, EnvoyLog};
use crate::envoy::{borrow, Counter, Logged};
use crate::logger::Logger;
use crate::{free, journal, leak};

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_access_logger_config_new(
    config: EnvoyConfig,
    _name: EnvoyBuffer,
    settings: EnvoyBuffer,
) -> *const c_void {
    let settings = unsafe { borrow(settings) };
    let opened = catch_unwind(|| journal::open(settings).is_ok()).unwrap_or_default();
    leak(opened.then(|| Logger { lost: unsafe { Counter::new(config, "inferops_log_lines_lost") } }))
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_access_logger_config_destroy(logger: *mut Logger) {
    unsafe { free(logger) };
}

#[no_mangle]
pub extern "C" fn envoy_dynamic_module_on_access_logger_new(logger: *const Logger, _log: EnvoyLog) -> *const Logger {
    logger
}

/// After a panic there is no line.
#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_access_logger_log(log: EnvoyLog, logger: *const Logger, _kind: u32) {
    let (logger, request) = unsafe { (logger.as_ref(), Logged::new(log)) };
    drop(catch_unwind(AssertUnwindSafe(|| logger.map(|logger| logger.log(&request)))));
}

#[no_mangle]
pub extern "C" fn envoy_dynamic_module_on_access_logger_destroy(_logger: *const Logger) {}

//! What the gateway does beyond stock Envoy: its filters, and what every request meets first, as one of Envoy's dynamic modules. This file has the hooks that
//! Envoy calls; `callouts`, `abi` and `envoy` are the rest of the boundary, and all beyond them is safe code.
//!
//! A panic ends the stream that met it with 500, and nothing else.

mod abi;
mod again;
mod allowance;
mod arrival;
mod audio;
mod callouts;
mod clock;
mod count;
mod engine;
mod envoy;
mod events;
mod filter;
mod flight;
mod frames;
mod grpc;
mod heartbeat;
mod journal;
mod keys;
mod kind;
mod limits;
mod logger;
mod logging;
mod mapped;
mod model;
mod model_form;
mod model_json;
mod pace;
mod policy;
mod prefix;
mod record;
mod recording;
mod refusal;
mod settlements;
mod shutting_down;
mod size;
mod streams;
mod subprotocol;
mod tokens;
mod told;
mod upload;
mod usage;
mod usage_text;

use std::ffi::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

use abi::{BodyStatus, EnvoyArrival, EnvoyBuffer, EnvoyConfig, EnvoyFilter, HeadersStatus, TrailersStatus};
use arrival::receive;
use envoy::{borrow, Arrival, Desk, RouteConfig, Stream};
use filter::{build_factory, build_route_config, Factory, Filter};

/// Boxes in boxes: Envoy keeps thin pointers.
pub type FilterBox = Box<dyn Filter>;
type FactoryBox = Box<dyn Factory>;

#[no_mangle]
pub extern "C" fn envoy_dynamic_module_on_program_init() -> *const c_char {
    abi::VERSION
}

// Configuration: null refuses it.

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_config_new(
    config: EnvoyConfig,
    name: EnvoyBuffer,
    settings: EnvoyBuffer,
) -> *const c_void {
    let (name, settings) = unsafe { (borrow(name), borrow(settings)) };
    if name == filter::LASTING {
        settlements::open(unsafe { Desk::new(config) });
    }
    leak(catch_unwind(|| build_factory(name, settings)).ok().flatten())
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_config_destroy(factory: *mut FactoryBox) {
    unsafe { free(factory) };
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_per_route_config_new(
    name: EnvoyBuffer,
    settings: EnvoyBuffer,
) -> *const c_void {
    let (name, settings) = unsafe { (borrow(name), borrow(settings)) };
    leak(catch_unwind(|| build_route_config(name, settings)).ok().flatten())
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_per_route_config_destroy(config: *mut RouteConfig) {
    unsafe { free(config) };
}

// A request that has just come. Its one configuration says nothing.

#[no_mangle]
pub extern "C" fn envoy_dynamic_module_on_early_header_mutation_config_new(
    _config: *mut c_void,
    _name: EnvoyBuffer,
    _settings: EnvoyBuffer,
) -> *const c_void {
    leak(Some(()))
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_early_header_mutation_config_destroy(config: *mut ()) {
    unsafe { free(config) };
}

/// After a panic the request has no key: it is refused where keys are asked for.
#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_early_header_mutation_mutate(
    _config: *const c_void,
    arrival: EnvoyArrival,
) -> bool {
    let mut arrival = unsafe { Arrival::new(arrival) };
    if catch_unwind(AssertUnwindSafe(|| receive(&mut arrival))).is_err() {
        for ours in arrival::OURS {
            arrival.remove(ours);
        }
        arrival.set("x-vhost", b"");
    }
    true
}

// A stream, from its first hook to its last.

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_new(
    factory: *const FactoryBox,
    _stream: EnvoyFilter,
) -> *const c_void {
    let factory = unsafe { factory.as_ref() };
    leak(factory.and_then(|factory| catch_unwind(AssertUnwindSafe(|| factory.build())).ok()))
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_request_headers(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    end: bool,
) -> HeadersStatus {
    unsafe { guard(stream, filter, HeadersStatus::Stop, |filter, stream| filter.on_request_headers(stream, end)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_request_body(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    end: bool,
) -> BodyStatus {
    unsafe { guard(stream, filter, BodyStatus::Drop, |filter, stream| filter.on_request_body(stream, end)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_request_trailers(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
) -> TrailersStatus {
    unsafe { guard(stream, filter, TrailersStatus::Stop, |filter, stream| filter.on_request_trailers(stream)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_response_headers(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    end: bool,
) -> HeadersStatus {
    unsafe { guard(stream, filter, HeadersStatus::Stop, |filter, stream| filter.on_response_headers(stream, end)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_response_body(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    end: bool,
) -> BodyStatus {
    unsafe { guard(stream, filter, BodyStatus::Drop, |filter, stream| filter.on_response_body(stream, end)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_response_trailers(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
) -> TrailersStatus {
    unsafe { guard(stream, filter, TrailersStatus::Continue, |filter, stream| filter.on_response_trailers(stream)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_stream_complete(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
) {
    unsafe { guard(stream, filter, (), |filter, stream| filter.on_complete(stream)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_destroy(filter: *mut FilterBox) {
    unsafe { free(filter) };
}

/// A hook of one stream; `failed` is what it comes to after a panic.
///
/// # Safety
/// `stream` and `filter` must be the hook's arguments: Envoy calls the hooks of a stream one after the other.
pub unsafe fn guard<T>(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    failed: T,
    hook: impl FnOnce(&mut dyn Filter, &mut Stream) -> T,
) -> T {
    let mut stream = unsafe { Stream::new(stream) };
    let outcome = {
        let filter = unsafe { filter.as_mut() };
        catch_unwind(AssertUnwindSafe(|| filter.map(|filter| hook(filter.as_mut(), &mut stream))))
    };
    let outcome = outcome.ok().flatten().unwrap_or_else(|| {
        stream.respond(500, &[], b"", "inferops_panic");
        failed
    });
    stream.go_on();
    outcome
}

/// Envoy's until it gives it back to `free`.
pub fn leak<T>(value: Option<T>) -> *const c_void {
    value.map_or(ptr::null(), |value| Box::into_raw(Box::new(value)).cast())
}

/// # Safety
/// `value` must come from `leak` of the same type, and not have been freed.
pub unsafe fn free<T>(value: *mut T) {
    if !value.is_null() {
        drop(unsafe { Box::from_raw(value) });
    }
}

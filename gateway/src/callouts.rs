//! Hooks of what a filter or a configuration has asked for, of their bells, and of a client's pace.

use std::ffi::c_void;
use std::panic::catch_unwind;

use crate::abi::{self, EnvoyBuffer, EnvoyConfig, EnvoyFilter, EnvoyHeader};
use crate::envoy::Answer;
use crate::{guard, settlements, FilterBox};

// `Stream::call`

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_http_callout_done(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    _id: u64,
    result: u32,
    headers: *const EnvoyHeader,
    headers_count: usize,
    chunks: *const EnvoyBuffer,
    chunks_count: usize,
) {
    unsafe {
        guard(stream, filter, (), |filter, stream| {
            let answer = (result == abi::SUCCESS).then(|| Answer::read(headers, headers_count, chunks, chunks_count));
            filter.on_callout(stream, answer.as_ref());
        });
    }
}

// `Stream::ask`

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_headers(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    _id: u64,
    headers: *const EnvoyHeader,
    count: usize,
    _end: bool,
) {
    unsafe {
        let headers = Answer::read_headers(headers, count);
        guard(stream, filter, (), |filter, stream| filter.on_answer_headers(stream, &headers));
    }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_data(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    _id: u64,
    chunks: *const EnvoyBuffer,
    count: usize,
    _end: bool,
) {
    unsafe {
        let piece = Answer::read_body(chunks, count);
        guard(stream, filter, (), |filter, stream| filter.on_answer_body(stream, piece));
    }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_complete(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    _id: u64,
) {
    unsafe { guard(stream, filter, (), |filter, stream| filter.on_answer_end(stream, true)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_reset(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    _id: u64,
    _reason: u32,
) {
    unsafe { guard(stream, filter, (), |filter, stream| filter.on_answer_end(stream, false)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_scheduled(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
    _event: u64,
) {
    unsafe { guard(stream, filter, (), |filter, stream| filter.on_bell(stream)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
) {
    unsafe { guard(stream, filter, (), |filter, stream| filter.on_full(stream, true)) }
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark(
    stream: EnvoyFilter,
    filter: *mut FilterBox,
) {
    unsafe { guard(stream, filter, (), |filter, stream| filter.on_full(stream, false)) }
}

/// Required; answers have no trailers over HTTP/1.1.
#[no_mangle]
pub extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_trailers() {}

// `Desk`

#[no_mangle]
pub extern "C" fn envoy_dynamic_module_on_http_filter_config_scheduled(
    _config: EnvoyConfig,
    _factory: *const c_void,
    _event: u64,
) {
    let _ = catch_unwind(settlements::send);
}

#[no_mangle]
pub unsafe extern "C" fn envoy_dynamic_module_on_http_filter_config_http_callout_done(
    _config: EnvoyConfig,
    _factory: *const c_void,
    _id: u64,
    result: u32,
    headers: *const EnvoyHeader,
    headers_count: usize,
    chunks: *const EnvoyBuffer,
    chunks_count: usize,
) {
    let answer =
        (result == abi::SUCCESS).then(|| unsafe { Answer::read(headers, headers_count, chunks, chunks_count) });
    let _ = catch_unwind(|| settlements::hear(answer.as_ref()));
}

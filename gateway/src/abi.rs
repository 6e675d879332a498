//! Envoy's side of the boundary: what it calls us with, and what we call it by. Only what is used here.
//!
//! Source: `source/extensions/dynamic_modules/abi/abi.h` of Envoy; 1.40.0 calls its own version 0.2.0, and another deprecated.

use std::ffi::{c_char, c_void};

pub const VERSION: *const c_char = c"v0.2.0".as_ptr();

/// An HTTP stream's filter, as Envoy knows it.
pub type EnvoyFilter = *mut c_void;

/// A filter's configuration, or an access logger's, as Envoy knows it.
pub type EnvoyConfig = *mut c_void;

/// By which other threads call a filter, or its configuration.
pub type EnvoyScheduler = *mut c_void;

/// A request that has ended, as Envoy knows it while its line is written.
pub type EnvoyLog = *mut c_void;

/// A request that has just come, as Envoy knows it.
pub type EnvoyArrival = *mut c_void;

/// Bytes of Envoy's: valid until the hook returns, or until Envoy is told to change what they are part of.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct EnvoyBuffer {
    pub start: *const u8,
    pub length: usize,
}

/// Bytes of ours; Envoy copies what it keeps. A null pointer stands for nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ModuleBuffer {
    pub start: *const u8,
    pub length: usize,
}

/// A header of ours.
#[repr(C)]
pub struct ModuleHeader {
    pub key: ModuleBuffer,
    pub value: ModuleBuffer,
}

/// A header of Envoy's.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct EnvoyHeader {
    pub key: EnvoyBuffer,
    pub value: EnvoyBuffer,
}

/// Which of a stream's header maps.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum HeaderMap {
    Request = 0,
    Response = 2,
}

/// Which of a stream's bodies: only what came with this hook, or what is held so far.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum Body {
    Request = 0,
    HeldRequest = 1,
    Response = 2,
    HeldResponse = 3,
}

/// Whose metadata.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum MetadataSource {
    Route = 1,
    /// Of the endpoint that the request went to.
    Locality = 4,
}

/// What becomes of a stream after its headers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadersStatus {
    Continue = 0,
    /// The body still comes to this filter.
    Stop = 1,
    /// Nothing more comes to this filter until it continues; beyond the buffer's limit the sender waits.
    StopAll = 4,
}

/// What becomes of a piece of a body.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyStatus {
    Continue = 0,
    /// Held; beyond the buffer's limit the stream is refused.
    Hold = 1,
    /// Held; beyond the buffer's limit the sender waits.
    Wait = 2,
    /// Gone, for this and all later filters.
    Drop = 3,
}

/// What becomes of trailers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailersStatus {
    Continue = 0,
    Stop = 1,
}

/// `0` of `envoy_dynamic_module_type_http_callout_init_result` and of `..._http_callout_result`.
pub const SUCCESS: u32 = 0;

/// `LocalReset` of `envoy_dynamic_module_type_http_filter_stream_reset_reason`.
pub const LOCAL_RESET: u32 = 0;

/// Of `envoy_dynamic_module_type_attribute_id`.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum Attribute {
    UpstreamAddress = 41,
    RouteName = 61,
}

/// Nanoseconds since the request began, but `start_time`, which is UTC; each counts where its `has...` says so.
#[repr(C)]
#[derive(Default)]
pub struct Timing {
    pub start_time: i64,
    pub until_received: [i64; 4],
    /// The last byte of the request.
    pub received: i64,
    pub until_sent: [i64; 3],
    pub first_upstream_sent: i64,
    pub until_upstream_answers: [i64; 2],
    pub first_upstream_body: i64,
    pub until_request_complete: [i64; 4],
    pub request_complete: i64,
    pub downstream_connection_end: i64,
    pub has_until_received: [bool; 5],
    pub has_received: bool,
    pub has_until_sent: [bool; 3],
    pub has_first_upstream_sent: bool,
    pub has_until_upstream_answers: [bool; 2],
    pub has_first_upstream_body: bool,
    pub has_until_request_complete: [bool; 4],
    pub has_request_complete: bool,
    pub has_downstream_connection_end: bool,
}

/// Bodies', as the client's side saw them, and the wire's, as the engine's did.
#[repr(C)]
#[derive(Default)]
pub struct Bytes {
    pub received: u64,
    pub sent: u64,
    pub wire_received: u64,
    pub wire_sent: u64,
}

extern "C" {
    #[link_name = "envoy_dynamic_module_callback_early_header_mutation_get_headers_size"]
    pub fn get_early_headers_size(arrival: EnvoyArrival) -> usize;
    #[link_name = "envoy_dynamic_module_callback_early_header_mutation_get_headers"]
    pub fn get_early_headers(arrival: EnvoyArrival, headers: *mut EnvoyHeader) -> bool;
    #[link_name = "envoy_dynamic_module_callback_early_header_mutation_add_header"]
    pub fn add_early_header(arrival: EnvoyArrival, key: ModuleBuffer, value: ModuleBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_early_header_mutation_set_header"]
    pub fn set_early_header(arrival: EnvoyArrival, key: ModuleBuffer, value: ModuleBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_early_header_mutation_remove_header"]
    pub fn remove_early_header(arrival: EnvoyArrival, key: ModuleBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_filter_get_attribute_string"]
    pub fn get_attribute(filter: EnvoyFilter, attribute: Attribute, value: *mut EnvoyBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_get_header"]
    pub fn get_header(
        filter: EnvoyFilter,
        map: HeaderMap,
        key: ModuleBuffer,
        value: *mut EnvoyBuffer,
        index: usize,
        count: *mut usize,
    ) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_set_header"]
    pub fn set_header(filter: EnvoyFilter, map: HeaderMap, key: ModuleBuffer, value: ModuleBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_add_header"]
    pub fn add_header(filter: EnvoyFilter, map: HeaderMap, key: ModuleBuffer, value: ModuleBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_get_body_size"]
    pub fn get_body_size(filter: EnvoyFilter, body: Body) -> usize;
    #[link_name = "envoy_dynamic_module_callback_http_get_body_chunks_size"]
    pub fn get_body_chunks_size(filter: EnvoyFilter, body: Body) -> usize;
    #[link_name = "envoy_dynamic_module_callback_http_get_body_chunks"]
    pub fn get_body_chunks(filter: EnvoyFilter, body: Body, chunks: *mut EnvoyBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_append_body"]
    pub fn append_body(filter: EnvoyFilter, body: Body, data: ModuleBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_drain_body"]
    pub fn drain_body(filter: EnvoyFilter, body: Body, bytes: usize) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_set_buffer_limit"]
    pub fn set_buffer_limit(filter: EnvoyFilter, bytes: u64);
    #[link_name = "envoy_dynamic_module_callback_http_set_dynamic_metadata_string"]
    pub fn set_metadata(filter: EnvoyFilter, namespace: ModuleBuffer, key: ModuleBuffer, value: ModuleBuffer);
    #[link_name = "envoy_dynamic_module_callback_http_get_metadata_string"]
    pub fn get_metadata(
        filter: EnvoyFilter,
        source: MetadataSource,
        namespace: ModuleBuffer,
        key: ModuleBuffer,
        value: *mut EnvoyBuffer,
    ) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_send_response"]
    pub fn send_response(
        filter: EnvoyFilter,
        status: u32,
        headers: *const ModuleHeader,
        headers_count: usize,
        body: ModuleBuffer,
        details: ModuleBuffer,
    );
    #[link_name = "envoy_dynamic_module_callback_http_clear_route_cache"]
    pub fn clear_route_cache(filter: EnvoyFilter);
    #[link_name = "envoy_dynamic_module_callback_get_most_specific_route_config"]
    pub fn get_route_config(filter: EnvoyFilter) -> *const c_void;
    #[link_name = "envoy_dynamic_module_callback_http_filter_http_callout"]
    pub fn start_callout(
        filter: EnvoyFilter,
        id: *mut u64,
        cluster: ModuleBuffer,
        headers: *const ModuleHeader,
        headers_count: usize,
        body: ModuleBuffer,
        timeout_ms: u64,
    ) -> u32;
    #[link_name = "envoy_dynamic_module_callback_http_get_headers_size"]
    pub fn get_headers_size(filter: EnvoyFilter, map: HeaderMap) -> usize;
    #[link_name = "envoy_dynamic_module_callback_http_get_headers"]
    pub fn get_headers(filter: EnvoyFilter, map: HeaderMap, headers: *mut EnvoyHeader) -> bool;
    #[link_name = "envoy_dynamic_module_callback_http_filter_start_http_stream"]
    pub fn start_stream(
        filter: EnvoyFilter,
        id: *mut u64,
        cluster: ModuleBuffer,
        headers: *const ModuleHeader,
        headers_count: usize,
        body: ModuleBuffer,
        end: bool,
        timeout_ms: u64,
    ) -> u32;
    #[link_name = "envoy_dynamic_module_callback_http_send_response_headers"]
    pub fn send_response_headers(filter: EnvoyFilter, headers: *const ModuleHeader, headers_count: usize, end: bool);
    #[link_name = "envoy_dynamic_module_callback_http_send_response_data"]
    pub fn send_response_data(filter: EnvoyFilter, data: ModuleBuffer, end: bool);
    #[link_name = "envoy_dynamic_module_callback_http_filter_reset_stream"]
    pub fn reset_stream(filter: EnvoyFilter, reason: u32, details: ModuleBuffer);
    #[link_name = "envoy_dynamic_module_callback_http_filter_scheduler_new"]
    pub fn new_scheduler(filter: EnvoyFilter) -> EnvoyScheduler;
    #[link_name = "envoy_dynamic_module_callback_http_filter_scheduler_delete"]
    pub fn delete_scheduler(scheduler: EnvoyScheduler);
    #[link_name = "envoy_dynamic_module_callback_http_filter_scheduler_commit"]
    pub fn commit_scheduler(scheduler: EnvoyScheduler, event: u64);
    #[link_name = "envoy_dynamic_module_callback_http_filter_config_scheduler_new"]
    pub fn new_config_scheduler(config: EnvoyConfig) -> EnvoyScheduler;
    #[link_name = "envoy_dynamic_module_callback_http_filter_config_scheduler_delete"]
    pub fn delete_config_scheduler(scheduler: EnvoyScheduler);
    #[link_name = "envoy_dynamic_module_callback_http_filter_config_scheduler_commit"]
    pub fn commit_config_scheduler(scheduler: EnvoyScheduler, event: u64);
    #[link_name = "envoy_dynamic_module_callback_http_filter_config_http_callout"]
    pub fn start_config_callout(
        config: EnvoyConfig,
        id: *mut u64,
        cluster: ModuleBuffer,
        headers: *const ModuleHeader,
        headers_count: usize,
        body: ModuleBuffer,
        timeout_ms: u64,
    ) -> u32;
    #[link_name = "envoy_dynamic_module_callback_http_filter_continue_decoding"]
    pub fn continue_request(filter: EnvoyFilter);
    #[link_name = "envoy_dynamic_module_callback_http_filter_continue_encoding"]
    pub fn continue_response(filter: EnvoyFilter);
    #[link_name = "envoy_dynamic_module_callback_access_logger_config_define_counter"]
    pub fn define_counter(config: EnvoyConfig, name: ModuleBuffer, id: *mut usize) -> u32;
    #[link_name = "envoy_dynamic_module_callback_access_logger_increment_counter"]
    pub fn increment_counter(config: EnvoyConfig, id: usize, value: u64) -> u32;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_headers_size"]
    pub fn get_logged_headers_size(log: EnvoyLog, map: HeaderMap) -> usize;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_headers"]
    pub fn get_logged_headers(log: EnvoyLog, map: HeaderMap, headers: *mut EnvoyHeader) -> bool;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_response_code"]
    pub fn get_status(log: EnvoyLog) -> u32;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_response_code_details"]
    pub fn get_details(log: EnvoyLog, value: *mut EnvoyBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_response_flags"]
    pub fn get_flags(log: EnvoyLog) -> u64;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_route_name"]
    pub fn get_route_name(log: EnvoyLog, value: *mut EnvoyBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_timing_info_v2"]
    pub fn get_timing(log: EnvoyLog, timing: *mut Timing);
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_bytes_info"]
    pub fn get_bytes(log: EnvoyLog, bytes: *mut Bytes);
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_downstream_remote_address"]
    pub fn get_client_address(log: EnvoyLog, address: *mut EnvoyBuffer, port: *mut u32) -> bool;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_attribute_string"]
    pub fn get_logged_attribute(log: EnvoyLog, attribute: Attribute, value: *mut EnvoyBuffer) -> bool;
    #[link_name = "envoy_dynamic_module_callback_access_logger_get_attempt_count"]
    pub fn get_attempts(log: EnvoyLog) -> u32;
}

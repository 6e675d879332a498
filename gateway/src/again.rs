//! The second delivery of a request (an upstream filter of the cluster `again`): it is told whose replicas to go to.

use crate::abi::HeadersStatus;
use crate::envoy::Stream;
use crate::filter::Filter;

#[derive(Default)]
pub struct Again;

impl Filter for Again {
    fn on_request_headers(&mut self, stream: &mut Stream, _end: bool) -> HeadersStatus {
        // routes of instances have its id for a name
        if let Some(id) = stream.route_name().map(<[u8]>::to_vec) {
            stream.set_request_header("x-instance", &id);
        }
        HeadersStatus::Continue
    }
}

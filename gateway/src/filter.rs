//! What a filter is: one file each, named as in the gateway's filter chain.

use crate::abi::{BodyStatus, HeadersStatus, TrailersStatus};
use crate::envoy::{Answer, RouteConfig, Stream};

/// One stream's filter. What it does not care about passes.
pub trait Filter {
    /// `end`: no body comes.
    fn on_request_headers(&mut self, _stream: &mut Stream, _end: bool) -> HeadersStatus {
        HeadersStatus::Continue
    }

    /// `Body::Request` is the piece that came; `end`: the last.
    fn on_request_body(&mut self, _stream: &mut Stream, _end: bool) -> BodyStatus {
        BodyStatus::Continue
    }

    /// In place of a last piece.
    fn on_request_trailers(&mut self, _stream: &mut Stream) -> TrailersStatus {
        TrailersStatus::Continue
    }

    fn on_response_headers(&mut self, _stream: &mut Stream, _end: bool) -> HeadersStatus {
        HeadersStatus::Continue
    }

    fn on_response_body(&mut self, _stream: &mut Stream, _end: bool) -> BodyStatus {
        BodyStatus::Continue
    }

    /// None: no answer came.
    fn on_callout(&mut self, _stream: &mut Stream, _answer: Option<&Answer>) {}

    /// Of what was asked by `Stream::ask`.
    fn on_answer_headers(&mut self, _stream: &mut Stream, _headers: &[(&[u8], &[u8])]) {}

    fn on_answer_body(&mut self, _stream: &mut Stream, _piece: Vec<u8>) {}

    /// `whole`: else it broke off, or did not begin.
    fn on_answer_end(&mut self, _stream: &mut Stream, _whole: bool) {}

    /// Somebody rang the filter's bell.
    fn on_bell(&mut self, _stream: &mut Stream) {}

    /// Of the last filter of a chain: its client reads too slowly, or reads again.
    fn on_full(&mut self, _stream: &mut Stream, _full: bool) {}

    /// The stream is over, however it ended; the access log comes after this.
    fn on_complete(&mut self, _stream: &mut Stream) {}
}

/// Makes the filters of streams.
pub trait Factory: Send + Sync {
    fn build(&self) -> Box<dyn Filter>;
}

impl<F: Fn() -> Box<dyn Filter> + Send + Sync> Factory for F {
    fn build(&self) -> Box<dyn Filter> {
        self()
    }
}

/// By `filter_name` and `filter_config` of the filter chain; None: there is no such filter, or it is misconfigured.
pub fn build_factory(name: &[u8], _config: &[u8]) -> Option<Box<dyn Factory>> {
    match name {
        b"again" => Some(anew::<crate::again::Again>()),
        b"divert" => Some(anew::<crate::heartbeat::Divert>()),
        b"engine" => Some(anew::<crate::engine::Engine>()),
        b"heartbeat" => Some(anew::<crate::heartbeat::Heartbeat>()),
        b"limits" => Some(anew::<crate::limits::Limits>()),
        b"model" => Some(anew::<crate::model::Model>()),
        b"pace" => Some(anew::<crate::pace::Pace>()),
        b"prefix" => Some(anew::<crate::prefix::Prefix>()),
        b"shutting-down" => Some(anew::<crate::shutting_down::ShuttingDown>()),
        b"size" => Some(anew::<crate::size::Size>()),
        b"streams" => Some(anew::<crate::streams::Streams>()),
        b"subprotocol" => Some(anew::<crate::subprotocol::Subprotocol>()),
        _ => None,
    }
}

/// Of filters without settings.
fn anew<F: Filter + Default + 'static>() -> Box<dyn Factory> {
    Box::new(|| -> Box<dyn Filter> { Box::<F>::default() })
}

/// By `per_route_config_name` and `filter_config` of a route.
pub fn build_route_config(name: &[u8], config: &[u8]) -> Option<RouteConfig> {
    match name {
        b"limits" => Some(Box::new(crate::limits::Limited)),
        b"prefix" => Some(Box::new(crate::prefix::ByPrefix)),
        b"size" => crate::size::build_bounds(config),
        _ => None,
    }
}

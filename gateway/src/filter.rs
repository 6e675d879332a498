//! What a filter is: one file each, named as in the gateway's filter chain.

use std::sync::Arc;

use crate::abi::{BodyStatus, HeadersStatus, TrailersStatus};
use crate::engine::Engine;
use crate::envoy::{Answer, RouteConfig, Stream};
use crate::keys::Keys;
use crate::model::Model;
use crate::refusal::Refusal;

/// A filter of the bootstrap: its one configuration is there as long as Envoy.
pub const LASTING: &[u8] = b"pace";

/// What one of a filter's stages comes to.
pub enum Outcome {
    Pass,
    /// It is not known yet.
    Wait,
    Refuse(Refusal),
}

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

    /// In place of a last piece.
    fn on_response_trailers(&mut self, _stream: &mut Stream) -> TrailersStatus {
        TrailersStatus::Continue
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
pub fn build_factory(name: &[u8], config: &[u8]) -> Option<Box<dyn Factory>> {
    match name {
        b"again" => Some(anew::<crate::again::Again>()),
        b"engine" => with_keys(config, |keys| Box::new(Engine::new(keys))),
        b"heartbeat" => Some(anew::<crate::heartbeat::Heartbeat>()),
        b"model" => with_keys(config, |keys| Box::new(Model::new(keys))),
        b"pace" => Some(anew::<crate::pace::Pace>()),
        b"prefix" => Some(anew::<crate::prefix::Prefix>()),
        b"shutting-down" => Some(anew::<crate::shutting_down::ShuttingDown>()),
        b"streams" => Some(anew::<crate::streams::Streams>()),
        b"subprotocol" => Some(anew::<crate::subprotocol::Subprotocol>()),
        b"usage" => Some(anew::<crate::usage::Used>()),
        _ => None,
    }
}

/// Of filters without settings.
fn anew<F: Filter + Default + 'static>() -> Box<dyn Factory> {
    Box::new(|| -> Box<dyn Filter> { Box::<F>::default() })
}

/// Of filters whose setting is the list of keys.
fn with_keys(
    config: &[u8],
    build: impl Fn(Arc<Keys>) -> Box<dyn Filter> + Send + Sync + 'static,
) -> Option<Box<dyn Factory>> {
    let keys = Arc::new(Keys::read(config)?);
    Some(Box::new(move || build(keys.clone())))
}

/// By `per_route_config_name` and `filter_config` of a route.
pub fn build_route_config(name: &[u8], config: &[u8]) -> Option<RouteConfig> {
    match name {
        b"engine" => crate::policy::build_policy(config),
        b"prefix" => Some(Box::new(crate::prefix::ByPrefix)),
        _ => None,
    }
}

//! Requests for engines, and their answers: one filter for all that each of them passes, since each filter costs a request
//! microseconds. The caller must have a key, which goes no further; the body has bounds; the key may have a limit; and what
//! the answer used is read.

use std::sync::Arc;

use crate::abi::{Body, BodyStatus, HeaderMap, HeadersStatus, TrailersStatus};
use crate::arrival::KEY_SOURCES;
use crate::envoy::{Answer, Stream};
use crate::filter::{Filter, Outcome};
use crate::heartbeat::divert;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::size::Size;
use crate::usage::Used;

pub struct Engine {
    keys: Arc<Keys>,
    /// Who calls; None: whoever it is needs no key.
    client: Option<Arc<[u8]>>,
    size: Size,
    /// None: there is none here.
    limits: Option<Limits>,
    used: Used,
    state: State,
    /// The request has come.
    ended: bool,
}

/// Of the request.
enum State {
    Passing,
    /// The beginning of its body shows whether it may pass: so long it is held.
    Judging,
    /// Control says whether the limit lets it pass.
    Asking,
    Refusing(Refusal),
    /// An answer has begun: what still comes is nobody's.
    Answered,
}

impl Filter for Engine {
    fn on_request_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        stream.read_ahead(HeaderMap::Request);
        self.ended = end;
        let outcome = self.admit(stream, end);
        self.pass(stream, outcome);
        match &mut self.state {
            State::Passing => HeadersStatus::Continue,
            State::Refusing(refusal) => refusal.on_headers(stream, end),
            _ => HeadersStatus::Stop,
        }
    }

    fn on_request_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        self.ended = end;
        self.used.on_request_body(stream, end);
        if !matches!(self.state, State::Refusing(_) | State::Answered) {
            let asked = self.limits.as_mut().map_or(Outcome::Pass, |limits| limits.read(stream, end));
            match (self.size.read(stream, end), asked) {
                (Outcome::Refuse(refusal), _) => self.state = State::Refusing(refusal),
                (Outcome::Pass, Outcome::Pass) if matches!(self.state, State::Judging) => {
                    self.pass(stream, Outcome::Pass);
                }
                _ => {}
            }
        }
        match &mut self.state {
            State::Passing => BodyStatus::Continue,
            State::Judging => BodyStatus::Hold,
            State::Asking => BodyStatus::Wait,
            State::Refusing(refusal) => refusal.on_body(stream, end),
            State::Answered => BodyStatus::Drop,
        }
    }

    fn on_request_trailers(&mut self, stream: &mut Stream) -> TrailersStatus {
        self.ended = true;
        if let State::Judging = self.state {
            let outcome = self.size.judge();
            self.pass(stream, outcome);
        }
        match &mut self.state {
            State::Passing => TrailersStatus::Continue,
            State::Refusing(refusal) => refusal.on_trailers(stream),
            _ => TrailersStatus::Stop,
        }
    }

    fn on_callout(&mut self, stream: &mut Stream, answer: Option<&Answer>) {
        let Some(outcome) = self.limits.as_mut().and_then(|limits| limits.hear(answer)) else { return };
        if !matches!(self.state, State::Asking) {
            return;
        }
        self.follow(stream, outcome, State::Asking);
        match &mut self.state {
            State::Refusing(refusal) => {
                stream.drain(Body::HeldRequest);
                refusal.on_headers(stream, self.ended);
            }
            _ => stream.continue_request(),
        }
    }

    fn on_response_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        if let State::Refusing(_) = self.state {
            self.state = State::Answered; // the engine was faster
        }
        stream.read_ahead(HeaderMap::Response);
        if let Some(limits) = &self.limits {
            limits.tell(stream);
        }
        self.used.on_response_headers(stream, end)
    }

    fn on_response_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        self.used.on_response_body(stream, end)
    }

    fn on_response_trailers(&mut self, stream: &mut Stream) -> TrailersStatus {
        self.used.on_response_trailers(stream)
    }

    fn on_complete(&mut self, stream: &mut Stream) {
        if let Some(limits) = &mut self.limits {
            limits.leave(stream, &self.used);
        }
        self.used.on_complete(stream);
    }
}

impl Engine {
    pub fn new(keys: Arc<Keys>) -> Self {
        Self {
            keys,
            client: None,
            size: Size::default(),
            limits: None,
            used: Used::default(),
            state: State::Passing,
            ended: false,
        }
    }

    /// By its headers.
    fn admit(&mut self, stream: &mut Stream, end: bool) -> Outcome {
        let policy = stream.route_config::<Policy>();
        self.used.begin(stream, policy, end);
        let bounds = policy.map(|policy| policy.bounds);
        let limited = policy.is_some_and(|policy| policy.limited);
        let client = self.keys.admit(stream.request_header("x-key-hash"), policy.map(|policy| &policy.clients));
        for name in KEY_SOURCES {
            stream.remove_request_header(name);
        }
        match client {
            Ok(client) => self.client = client.cloned(),
            Err(refusal) => return Outcome::Refuse(refusal),
        }
        if let Some(client) = &self.client {
            stream.set_request_header("x-client-id", client);
            self.limits = limited.then(|| Limits::new(client.clone()));
        }
        // a websocket has no body, and no end that anybody knows
        let bounds = bounds.filter(|_| stream.request_header("upgrade").is_none());
        let asked = self.limits.as_mut().map_or(Outcome::Pass, |limits| limits.begin(stream, end));
        match bounds.map_or(Outcome::Pass, |bounds| self.size.begin(stream, bounds, end)) {
            Outcome::Pass => asked,
            judged => judged,
        }
    }

    /// Towards the engine, as far as it may now.
    fn pass(&mut self, stream: &mut Stream, judged: Outcome) {
        if !matches!(judged, Outcome::Pass) {
            return self.follow(stream, judged, State::Judging);
        }
        let counted = self.limits.as_mut().map_or(Outcome::Pass, |limits| limits.admit(stream));
        self.follow(stream, counted, State::Asking);
    }

    /// `waiting`: what for, where it is to wait.
    fn follow(&mut self, stream: &mut Stream, outcome: Outcome, waiting: State) {
        self.state = match outcome {
            Outcome::Pass => {
                if !divert(stream) {
                    let client = self.client.as_deref().or_else(|| stream.request_header("x-client-id"));
                    self.used.depart(stream, client);
                }
                State::Passing
            }
            Outcome::Wait => waiting,
            Outcome::Refuse(refusal) => State::Refusing(refusal),
        };
    }
}

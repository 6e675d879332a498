//! Shared host: a valid key, then the model in the body and the namespace of the key decide where the request goes. The
//! body is read until it says its model, and no further: it goes on from there as it comes.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::abi::{Body, BodyStatus, HeadersStatus, TrailersStatus};
use crate::envoy::Stream;
use crate::filter::Filter;
use crate::keys::Keys;
use crate::model_form::FormModel;
use crate::model_json::JsonModel;
use crate::refusal::Refusal;
use crate::upload::boundary_of;

const MISSING: &str = "You must provide a model parameter: this host serves several models.";
const TOO_LARGE: &str = "The request body is too large (file too large).";
/// Bytes of a body, as they may all be held until the model is known: `inferops.gateway.route_table` has the same bound.
const MOST_HELD: usize = 64 << 20;
/// Bytes of a model's name: no instance's is as long.
pub const LONGEST: usize = 1024;

/// What a body has said so far.
pub enum Found {
    /// It may come.
    NotYet,
    /// It does not come.
    Never,
    Model(Vec<u8>),
}

pub struct Model {
    keys: Arc<Keys>,
    state: State,
    held: usize,
}

#[derive(Default)]
enum State {
    #[default]
    Passing,
    Json(JsonModel),
    Form(FormModel),
    Refusing(Refusal),
}

impl Filter for Model {
    fn on_request_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        match self.keys.admit(stream.request_header("x-key-hash"), None) {
            Ok(client) => stream.set_request_header("x-client-id", client.map_or(&b""[..], |client| client)),
            Err(refusal) => return self.refusing(refusal).on_headers(stream, end),
        }
        let path = stream.request_header(":path").unwrap_or_default();
        if lists_models(path) {
            stream.set_request_header("x-vhost", b"models");
            stream.clear_route_cache();
            return HeadersStatus::Continue;
        }
        if stream.request_header(":method") == Some(b"GET") {
            let model = model_of_query(path);
            place(stream, model.as_deref());
            return HeadersStatus::Continue;
        }
        if stream.announced().is_some_and(|length| length > MOST_HELD) {
            return self.refusing(Refusal::new(413, Vec::new(), TOO_LARGE)).on_headers(stream, end);
        }
        let kind = stream.request_header("content-type").unwrap_or_default();
        if !end && is_json(kind) {
            self.state = State::Json(JsonModel::default());
        } else if let Some(boundary) = boundary_of(kind).filter(|_| !end) {
            self.state = State::Form(FormModel::new(boundary));
        } else {
            return self.miss(stream, end);
        }
        HeadersStatus::Stop
    }

    fn on_request_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        let found = match &mut self.state {
            State::Passing => return BodyStatus::Continue,
            State::Refusing(refusal) => return refusal.on_body(stream, end),
            State::Json(json) => read(stream, |piece| json.read(piece)),
            State::Form(form) => read(stream, |piece| form.read(piece)),
        };
        self.held += stream.size(Body::Request);
        match found {
            Found::Model(model) => {
                self.state = State::Passing;
                place(stream, Some(&model));
                BodyStatus::Continue
            }
            Found::NotYet if !end && self.held <= MOST_HELD => BodyStatus::Hold,
            Found::NotYet if !end => self.refuse(stream, Refusal::new(413, Vec::new(), TOO_LARGE), end),
            _ if self.miss(stream, end) == HeadersStatus::Continue => BodyStatus::Continue,
            _ => {
                stream.drain(Body::HeldRequest);
                BodyStatus::Drop
            }
        }
    }

    fn on_request_trailers(&mut self, stream: &mut Stream) -> TrailersStatus {
        match &mut self.state {
            State::Passing => return TrailersStatus::Continue,
            State::Refusing(refusal) => return refusal.on_trailers(stream),
            State::Json(_) | State::Form(_) => {}
        }
        match self.miss(stream, true) {
            HeadersStatus::Continue => TrailersStatus::Continue,
            _ => TrailersStatus::Stop,
        }
    }
}

impl Model {
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, state: State::Passing, held: 0 }
    }

    /// No model: only what creates something needs one.
    fn miss(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        if stream.request_header(":method") == Some(b"POST") {
            let refusal = Refusal::new(400, Vec::new(), MISSING);
            return self.refusing(refusal).on_headers(stream, end);
        }
        self.state = State::Passing;
        place(stream, None);
        HeadersStatus::Continue
    }

    fn refuse(&mut self, stream: &mut Stream, refusal: Refusal, end: bool) -> BodyStatus {
        stream.drain(Body::HeldRequest);
        self.refusing(refusal).on_body(stream, end)
    }

    fn refusing(&mut self, refusal: Refusal) -> &mut Refusal {
        self.state = State::Refusing(refusal);
        let State::Refusing(refusal) = &mut self.state else { unreachable!("it was just set") };
        refusal
    }
}

/// What the pieces that came say.
fn read(stream: &Stream, mut read: impl FnMut(&[u8]) -> Found) -> Found {
    let mut found = Found::NotYet;
    for piece in stream.pieces(Body::Request) {
        found = read(piece);
        if !matches!(found, Found::NotYet) {
            break;
        }
    }
    found
}

/// To the virtual host of the model in the key's namespace.
fn place(stream: &mut Stream, model: Option<&[u8]>) {
    let client = stream.request_header("x-client-id").unwrap_or_default();
    let namespace = client.split(|byte| *byte == b'/').next().unwrap_or_default();
    let host = [b"m:", namespace, b"/", spell(model.unwrap_or_default()).as_bytes()].concat();
    stream.set_request_header("x-vhost", &host);
    if let Some(model) = model {
        stream.set_metadata("model", model);
    }
    stream.clear_route_cache();
    if let Some(id) = stream.route_metadata("shares").and_then(draw) {
        stream.set_request_header("x-vhost", &id);
        stream.clear_route_cache();
    }
}

/// As `inferops.gateway.virtual_hosts.model_domain` spells it.
fn spell(model: &[u8]) -> String {
    let spell_byte = |byte: &u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' | b'+' | b'-' => {
            char::from(*byte).to_string()
        }
        b'A'..=b'Z' => char::from(byte.to_ascii_lowercase()).to_string(),
        _ => format!("%{byte:02x}"),
    };
    model.iter().map(spell_byte).collect()
}

/// Where several instances share the model name by weight, the virtual host of one of them: `<id> <weight> <id> <weight>...`
fn draw(shares: &[u8]) -> Option<Vec<u8>> {
    let words: Vec<&str> = std::str::from_utf8(shares).ok()?.split(' ').collect();
    let shares: Vec<(&str, u64)> =
        words.chunks_exact(2).filter_map(|pair| Some((pair[0], pair[1].parse::<u32>().ok()?.into()))).collect();
    let total: u64 = shares.iter().map(|(_, weight)| weight).sum();
    let mut drawn = RandomState::new().hash_one(()).checked_rem(total)?;
    let id = shares.iter().find_map(|(id, weight)| match drawn.checked_sub(*weight) {
        None => Some(id),
        Some(rest) => {
            drawn = rest;
            None
        }
    })?;
    Some([b"i:", id.as_bytes()].concat())
}

fn lists_models(path: &[u8]) -> bool {
    path.strip_prefix(b"/v1/models").is_some_and(|rest| matches!(rest.first(), None | Some(b'/' | b'?')))
}

/// `application/json`, `application/problem+json; charset=utf-8`
fn is_json(content_type: &[u8]) -> bool {
    let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    kind.strip_prefix(b"application/").is_some_and(|kind| kind == b"json" || kind.ends_with(b"+json"))
}

/// A websocket has no body: `/v1/realtime?model=...`
fn model_of_query(path: &[u8]) -> Option<Vec<u8>> {
    let query = path.split(|byte| *byte == b'#').next()?.splitn(2, |byte| *byte == b'?').nth(1)?;
    let value = query.split(|byte| *byte == b'&').find_map(|field| field.strip_prefix(b"model="))?;
    let mut model = Vec::new();
    let mut rest = value;
    while let [byte, after @ ..] = rest {
        let (decoded, after) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| (h * 16 + l, after)),
            (b'+', _) => Some((b' ', after)),
            _ => None,
        }
        .unwrap_or((*byte, after));
        model.push(decoded);
        rest = after;
    }
    model.truncate(LONGEST);
    (!model.is_empty()).then(|| String::from_utf8_lossy(&model).into_owned().into_bytes())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_a_query_is_decoded() {
        let cases: [(&str, Option<&str>); 6] = [
            ("/v1/realtime?a=b&model=Org%2Fm%C3%BC+1", Some("Org/mü 1")),
            ("/v1/realtime?model=a%2&model=b", Some("a%2")),
            ("/v1/realtime?model=%ff", Some("\u{fffd}")),
            ("/v1/realtime?model=#model=x", None),
            ("/v1/realtime?xmodel=a", None),
            ("/v1/realtime", None),
        ];
        for (path, model) in cases {
            assert_eq!(model_of_query(path.as_bytes()).as_deref(), model.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn models_are_spelled_so_that_a_header_takes_them() {
        assert_eq!(spell("Org/mü 1\n%".as_bytes()), "org/m%c3%bc%201%0a%25");
    }

    #[test]
    fn shares_are_drawn_by_weight() {
        let draws: Vec<Vec<u8>> = (0..1000).filter_map(|_| draw(b"a 1 b 9 c 0")).collect();
        let of = |id: &[u8]| draws.iter().filter(|drawn| drawn.as_slice() == id).count();
        assert_eq!((draws.len(), of(b"i:c")), (1000, 0));
        assert!((50..200).contains(&of(b"i:a")), "{}", of(b"i:a"));
        for shares in ["", "a", "a 0", "a x", "a -1"] {
            assert_eq!(draw(shares.as_bytes()), None, "{shares}");
        }
    }

    #[test]
    fn json_is_known_by_its_content_type() {
        for (kind, is) in
            [("application/json", true), ("Application/LD+JSON; a=b", true), ("text/json", false), ("", false)]
        {
            assert_eq!(is_json(kind.as_bytes()), is, "{kind}");
        }
    }
}

//! What a request used: what its engine says of it, and what the gateway counts where engines do not: the length of the
//! recording that comes or goes, images, and the steps of streams that break off before they say it.
//!
//! What a stream has used is what its last whole piece said: what the engine wrote after it reached nobody.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::abi::{Body, BodyStatus, HeadersStatus, TrailersStatus};
use crate::audio::Audio;
use crate::count::Count;
use crate::envoy::Stream;
use crate::filter::Filter;
use crate::flight::Flight;
use crate::journal::leave;
use crate::kind::Kind;
use crate::policy::Policy;
use crate::record::{Findings, Head};
use crate::recording::Recording;
use crate::upload::boundary_of;
use crate::usage_text::UsageText;

const STREAM: &[u8] = b"text/event-stream";
/// Kinds of audio whose files say how long they are; raw samples do not.
const SOUNDS: [&[u8]; 7] = [b"mpeg", b"mp3", b"wav", b"flac", b"ogg", b"opus", b"aac"];

/// Of one request.
#[derive(Default)]
pub struct Used {
    kind: Kind,
    /// The name of the one that is served.
    model: Option<Arc<[u8]>>,
    recording: Option<Recording>,
    /// Once one has begun.
    answer: Option<Answer>,
    /// Once the request is on its way.
    flight: Option<Flight>,
    /// The caller's own, likewise.
    client_request_id: Option<Vec<u8>>,
}

/// The engine's, or the gateway's own.
#[derive(Default)]
struct Answer {
    /// Of status 2xx.
    fine: bool,
    /// None: its kind says nothing of usage.
    text: Option<UsageText>,
    steps: Option<Count>,
    images: Vec<Count>,
    speech: Option<Audio>,
    /// Milliseconds of it.
    spoken: Option<u64>,
    /// It came to its own end.
    ended: bool,
}

impl Filter for Used {
    fn on_request_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        self.begin(stream, stream.route_config(), end);
        self.depart(stream, stream.request_header("x-client-id"));
        HeadersStatus::Continue
    }

    fn on_request_body(&mut self, stream: &mut Stream, _end: bool) -> BodyStatus {
        if let Some(recording) = &mut self.recording {
            stream.pieces(Body::Request).for_each(|piece| recording.read(piece));
        }
        BodyStatus::Continue
    }

    fn on_response_headers(&mut self, stream: &mut Stream, end: bool) -> HeadersStatus {
        let kind = stream.response_header("content-type").unwrap_or_default();
        let status = stream.response_header(":status").unwrap_or_default();
        // what is another protocol from now on ends as it likes
        self.answer = Some(Answer::begin(self.kind, kind, status.starts_with(b"2"), end || status == b"101"));
        if let Some(flight) = &self.flight {
            flight.answered(read_status(status));
        }
        self.keep();
        HeadersStatus::Continue
    }

    fn on_response_body(&mut self, stream: &mut Stream, end: bool) -> BodyStatus {
        if let Some(answer) = &mut self.answer {
            answer.ended |= end;
            if answer.counts() {
                stream.pieces(Body::Response).for_each(|piece| answer.read(piece));
                if answer.text.as_mut().is_some_and(UsageText::changes) {
                    self.keep();
                }
            }
        }
        BodyStatus::Continue
    }

    fn on_response_trailers(&mut self, _stream: &mut Stream) -> TrailersStatus {
        if let Some(answer) = &mut self.answer {
            answer.ended = true;
        }
        TrailersStatus::Continue
    }

    fn on_complete(&mut self, stream: &mut Stream) {
        if let Some(answer) = &mut self.answer {
            answer.spoken = answer.speech.take().and_then(Audio::end);
        }
        leave(self.find(stream));
    }
}

impl Used {
    /// What the request asks for.
    pub fn begin(&mut self, stream: &Stream, policy: Option<&Policy>, end: bool) {
        self.model = policy.map(|policy| policy.model.clone());
        self.kind = Kind::of(stream.request_header(":path").unwrap_or_default());
        if self.kind.hears() && !end {
            let form = stream.request_header("content-type").and_then(boundary_of);
            self.recording = form.and_then(Recording::new);
        }
    }

    /// The request goes to its engine.
    pub fn depart(&mut self, stream: &Stream, client: Option<&[u8]>) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        self.client_request_id = stream.request_header("x-client-request-id").map(<[u8]>::to_vec);
        let head = Head {
            id: stream.request_header("x-request-id"),
            client,
            instance: stream.route_name(),
            method: stream.request_header(":method"),
            path: stream.request_header(":path"),
            kind: self.kind,
            model: Some(self.model.as_deref().unwrap_or_default()),
        };
        self.flight = Flight::begin(&head, i64::try_from(time).unwrap_or_default());
    }

    /// The usage object so far, as the engine wrote it, or as the gateway counted it. None: nothing is known.
    pub fn said(&self) -> Option<Cow<'_, [u8]>> {
        let answer = self.fine()?;
        let text = answer.text.as_ref()?;
        if answer.is_cut(text) {
            let steps = answer.steps.as_ref().map_or(0, Count::get);
            let prompt = text.get().and_then(|usage| read_count(usage, b"\"input_tokens\":"));
            let prompt = prompt.map_or(String::new(), |prompt| format!("\"input_tokens\":{prompt},"));
            return Some(format!("{{{prompt}\"output_tokens\":{steps}}}").into_bytes().into());
        }
        let duration = || text.duration().filter(|_| self.kind.hears());
        let as_usage = |seconds: &[u8]| [b"{\"seconds\":", seconds, b"}"].concat().into();
        text.get().map(Cow::Borrowed).or_else(|| duration().map(as_usage))
    }

    /// Milliseconds of sound that the gateway counted: of a recording that an engine took, or of speech.
    pub fn audio_ms(&self) -> Option<u64> {
        let answer = self.fine()?;
        answer.spoken.or_else(|| self.recording.as_ref().and_then(Recording::milliseconds))
    }

    pub fn images(&self) -> Option<u64> {
        self.fine()?.images.iter().map(Count::get).max().filter(|images| *images > 0)
    }

    /// Whether the answer came to its own end; a refusal of the gateway did.
    pub fn ended(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.ended)
    }

    /// Whether an engine worked and nobody knows how much. `sent`: the request reached one.
    pub fn unknown(&self, sent: bool) -> bool {
        if !self.kind.uses() {
            return false;
        }
        let Some(answer) = &self.answer else { return sent };
        let cut = answer.text.as_ref().is_some_and(|text| answer.is_cut(text));
        let counted = self.audio_ms().is_some() || self.images().is_some();
        answer.fine && (cut || self.said().is_none() && !counted)
    }

    /// What becomes of the request if this process is killed: what it has used so far.
    fn keep(&mut self) {
        let Some(mut flight) = self.flight.take() else { return };
        if let Some(usage) = add_seconds(self.said(), self.audio_ms()) {
            flight.used(&usage);
        }
        self.flight = Some(flight);
    }

    /// For its line.
    fn find(&mut self, stream: &Stream) -> Findings {
        let region = stream.locality_metadata("region").map(<[u8]>::to_vec);
        let sent = region.is_some();
        Findings {
            usage: self.said().map(Cow::into_owned),
            audio_ms: self.audio_ms(),
            images: self.images(),
            unknown: self.unknown(sent),
            model: self.model.take(),
            client_request_id: self.client_request_id.take(),
            region,
            cut: sent && !self.ended(),
            unanswered: sent && self.kind.uses() && self.fine().is_none(),
            flight: self.flight.take(),
        }
    }

    fn fine(&self) -> Option<&Answer> {
        self.answer.as_ref().filter(|answer| answer.fine)
    }
}

impl Answer {
    fn begin(kind: Kind, content_type: &[u8], fine: bool, ended: bool) -> Self {
        let has = |kind: &[u8]| content_type.windows(kind.len()).any(|part| part == kind);
        let (streamed, json) = (has(STREAM), has(b"json"));
        let sounds = content_type.starts_with(b"audio/") && SOUNDS.iter().any(|kind| has(kind));
        let images = match (kind, streamed) {
            (Kind::Images, true) => vec![Count::image_events()],
            (Kind::Images, false) if json => Count::images().into(),
            _ => Vec::new(),
        };
        Self {
            fine,
            text: (streamed || json).then(|| UsageText::new(kind.hears())),
            steps: (streamed && kind.says_late()).then(Count::steps),
            images,
            speech: (kind == Kind::Speech && sounds).then(Audio::default),
            spoken: None,
            ended,
        }
    }

    /// Whether there is anything to look for.
    fn counts(&self) -> bool {
        self.fine && (self.text.is_some() || self.speech.is_some())
    }

    fn read(&mut self, piece: &[u8]) {
        self.text.iter_mut().for_each(|text| text.read(piece));
        self.steps.iter_mut().chain(&mut self.images).for_each(|count| count.read(piece));
        self.speech.iter_mut().for_each(|speech| speech.read(piece));
    }

    /// Whether it broke off before it said what it used, after steps that count.
    fn is_cut(&self, text: &UsageText) -> bool {
        let said = || text.get().and_then(|usage| read_count(usage, b"\"output_tokens\":")).unwrap_or_default();
        !self.ended && self.steps.as_ref().is_some_and(|steps| steps.get() > 0) && said() == 0
    }
}

fn read_status(status: &[u8]) -> u16 {
    std::str::from_utf8(status).ok().and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// To usage that does not say how long a recording was.
fn add_seconds(usage: Option<Cow<[u8]>>, sound: Option<u64>) -> Option<Cow<[u8]>> {
    let Some(milliseconds) = sound else { return usage };
    let usage = usage.unwrap_or(Cow::Borrowed(b"{}"));
    if memchr::memmem::find(&usage, b"\"seconds\"").is_some() {
        return Some(usage);
    }
    let comma = if usage.len() > 2 { "," } else { "" };
    let seconds = format!("{{\"seconds\":{}.{:03}{comma}", milliseconds / 1000, milliseconds % 1000);
    Some([seconds.as_bytes(), &usage[1..]].concat().into())
}

/// The number after a name, with its colon.
fn read_count(usage: &[u8], name: &[u8]) -> Option<u64> {
    let value = usage[memchr::memmem::find(usage, name)? + name.len()..].trim_ascii_start();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&value[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;

//! How large the body of a request may be: what announces more is refused before it is sent on, what does not announce it
//! when it is too much. Audio uploads have a bound and a time of their own, and their file must be audio.

use crate::abi::Body;
use crate::envoy::Stream;
use crate::filter::Outcome;
use crate::policy::Bounds;
use crate::refusal::Refusal;
use crate::upload;

const AUDIO: &[u8] = b"/v1/audio/";
const TOO_LARGE: &str = "The request body is too large (file too large).";
const TAKEN: &str = "Send flac, m4a, mp3, mp4, mpeg, mpga, ogg, wav or webm.";
/// Response code details of a file that is no audio.
const UNSUPPORTED: &str = "inferops_unsupported_file";

/// Of one request; at first without bounds.
pub struct Size {
    left: u64,
    /// What is to be judged.
    form: Option<Form>,
}

/// The beginning of an upload.
struct Form {
    beginning: Vec<u8>,
    boundary: Vec<u8>,
}

impl Default for Size {
    fn default() -> Self {
        Self { left: u64::MAX, form: None }
    }
}

impl Size {
    /// By the headers; `end`: no body comes.
    pub fn begin(&mut self, stream: &mut Stream, bounds: Bounds, end: bool) -> Outcome {
        let audio = stream.request_header(":path").is_some_and(|path| path.starts_with(AUDIO));
        self.left = if audio { bounds.audio } else { bounds.request };
        if audio {
            // of the route's timeout alone Envoy would know one for all paths
            stream.set_request_header("x-envoy-upstream-rq-timeout-ms", bounds.audio_timeout.to_string().as_bytes());
        }
        if end {
            return Outcome::Pass;
        }
        if stream.announced().is_some_and(|length| length as u64 > self.left) {
            return refuse();
        }
        if audio {
            let boundary = upload::boundary_of(stream.request_header("content-type").unwrap_or_default());
            self.form = boundary.map(|boundary| Form { beginning: Vec::new(), boundary: boundary.to_vec() });
        }
        self.form.as_ref().map_or(Outcome::Pass, |_| Outcome::Wait)
    }

    /// The next piece of the body.
    pub fn read(&mut self, stream: &Stream, end: bool) -> Outcome {
        match self.left.checked_sub(stream.size(Body::Request) as u64) {
            Some(left) => self.left = left,
            None => return refuse(),
        }
        let Some(form) = &mut self.form else { return Outcome::Pass };
        for piece in stream.pieces(Body::Request) {
            let missing = upload::BEGINNING - form.beginning.len();
            form.beginning.extend_from_slice(&piece[..piece.len().min(missing)]);
        }
        if end || form.beginning.len() == upload::BEGINNING {
            self.judge()
        } else {
            Outcome::Wait
        }
    }

    /// By what has come of the form.
    pub fn judge(&mut self) -> Outcome {
        let unsupported = self.form.take().and_then(|form| upload::unsupported(&form.beginning, &form.boundary));
        unsupported.map_or(Outcome::Pass, |kind| {
            let message = format!("{kind} is an unsupported file type. {TAKEN}");
            Outcome::Refuse(Refusal::new(400, Vec::new(), message).with_details(UNSUPPORTED))
        })
    }
}

fn refuse() -> Outcome {
    Outcome::Refuse(Refusal::new(413, Vec::new(), TOO_LARGE))
}

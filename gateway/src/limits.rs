//! What a key may use, held over all gateways: control counts it. Of requests a worker thread that has many takes several at
//! once, so that a key costs control some ten calls a second for each worker at most. Of a key whose tokens or money are
//! limited control is asked for each request, and hears what it used (settlements.rs). Answers say what is left.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::allowance::{is_lately, Allowance, Question, Verdict, ANSWER_WITHIN, SECOND};
use crate::envoy::{Answer, Stream};
use crate::filter::Outcome;
use crate::grpc;
use crate::refusal::{Refusal, DETAILS};
use crate::settlements;
use crate::tokens::Ask;
use crate::told::{Standing, Why};
use crate::usage::Used;

const METHOD: &str = "/inferops.Limits/Take";
const MOST_CLIENTS: usize = 16_384;

/// What a worker thread knows.
#[derive(Default)]
struct Clients {
    allowances: HashMap<Arc<[u8]>, Allowance>,
    /// When control did not answer, or was asked again since: who comes within a second does not ask it.
    away: Option<i64>,
}

thread_local! {
    static CLIENTS: RefCell<Clients> = RefCell::default();
}

/// Of one request, and its client.
pub struct Limits {
    client: Arc<[u8]>,
    /// What it may use; None: control need not know.
    ask: Option<Ask>,
    /// What control is asked.
    asking: Option<Question>,
    /// Whether what it uses is to be settled.
    settles: bool,
    standing: Option<Standing>,
    tokens: Option<Standing>,
}

impl Limits {
    pub fn new(client: Arc<[u8]>) -> Self {
        Self { client, ask: None, asking: None, settles: false, standing: None, tokens: None }
    }

    /// By the headers; wait: the body must say what it asks for.
    pub fn begin(&mut self, stream: &Stream, end: bool) -> Outcome {
        let now = read_clock();
        if CLIENTS.with_borrow(|clients| clients.allowances.get(&self.client).is_none_or(|known| known.is_dear(now))) {
            self.ask = Some(Ask::begin(stream, end));
        }
        self.judge()
    }

    /// The next piece of the body.
    pub fn read(&mut self, stream: &Stream, end: bool) -> Outcome {
        if let Some(ask) = &mut self.ask {
            ask.read(stream, end);
        }
        self.judge()
    }

    /// Wait: control is asked, and `hear` has what comes of it.
    pub fn admit(&mut self, stream: &mut Stream) -> Outcome {
        let now = read_clock();
        let (verdict, question) = CLIENTS.with_borrow_mut(|clients| clients.admit(&self.client, now));
        match question {
            Some(question) => self.ask(stream, question),
            None => self.follow(&verdict, now),
        }
    }

    /// What control says; None: it was not asked.
    pub fn hear(&mut self, answer: Option<&Answer>) -> Option<Outcome> {
        let question = self.asking.take()?;
        // 503: nothing came to control; else it may have
        let heard = answer.is_none_or(|answer| answer.header(":status") != Some(b"503"));
        let text = answer.and_then(|answer| grpc::read_text(&answer.body));
        Some(self.settle(&question, text, heard))
    }

    /// The client learns what is left.
    pub fn tell(&self, stream: &mut Stream) {
        for (name, value) in self.headers() {
            stream.set_response_header(name, value.as_bytes());
        }
    }

    /// The request is over, answered or not.
    pub fn leave(&mut self, stream: &Stream, used: &Used) {
        let asking = self.asking.take();
        if let Some(question) = &asking {
            CLIENTS.with_borrow_mut(|clients| clients.of(&self.client, read_clock()).answered(question));
        }
        if self.ask.is_some() && (self.settles || asking.is_some()) {
            let status = stream.response_header(":status").unwrap_or(b"0");
            let usage: Vec<u8> = used.said().unwrap_or_default().iter().copied().filter(|byte| *byte >= b' ').collect();
            let audio = used.audio_ms().map_or_else(|| "-".to_owned(), |ms| ms.to_string());
            let words = [&self.client[..], id_of(stream), instance_of(stream), status, audio.as_bytes(), &usage];
            settlements::settle(words.join(&b' '));
        }
    }

    fn judge(&self) -> Outcome {
        if self.ask.as_ref().is_some_and(Ask::is_holding) {
            Outcome::Wait
        } else {
            Outcome::Pass
        }
    }

    /// `<client> <requests> <owed> <used> <ms ago> <id> <instance> <bytes> <most tokens> <tokens used>`
    fn ask(&mut self, stream: &mut Stream, question: Question) -> Outcome {
        let numbers = format!("{} {} {} {}", question.size, question.owed, question.used, question.since);
        let (bytes, most) = self.ask.as_ref().map_or((0, 0), |ask| (ask.bytes, ask.most()));
        let tokens = format!("{bytes} {most} {}", question.tokens_used);
        let words = [&self.client[..], numbers.as_bytes(), id_of(stream), instance_of(stream), tokens.as_bytes()];
        let text = words.join(&b' ');
        if grpc::call(stream, METHOD, &text, ANSWER_WITHIN.unsigned_abs()) {
            self.asking = Some(question);
            return Outcome::Wait;
        }
        self.settle(&question, None, false)
    }

    /// What comes of a question. `text`: control's answer, if there is one.
    fn settle(&mut self, question: &Question, text: Option<&str>, heard: bool) -> Outcome {
        let now = read_clock();
        let (verdict, answered) = CLIENTS.with_borrow_mut(|clients| {
            let allowance = clients.of(&self.client, now);
            let answered = text.and_then(|text| allowance.hear(question, text));
            let away = answered.is_none();
            let verdict = answered.unwrap_or_else(|| allowance.miss(question, heard));
            clients.away = away.then_some(now);
            (verdict, !away)
        });
        if answered {
            settlements::retry();
        }
        self.follow(&verdict, now)
    }

    fn follow(&mut self, verdict: &Verdict, now: i64) -> Outcome {
        let (why, sentence) = CLIENTS.with_borrow_mut(|clients| {
            let known = clients.of(&self.client, now);
            (self.standing, self.tokens) = (known.standing(now), known.tokens(now));
            if matches!(verdict, Verdict::Pass) && self.ask.is_some() && known.is_dear(now) {
                self.settles = true;
            }
            let refused = known.dear().filter(|_| matches!(verdict, Verdict::Refuse { .. }));
            refused.map_or_else(Default::default, |dear| (dear.why, dear.sentence.clone()))
        });
        match verdict {
            Verdict::Refuse { wait } => self.refuse(*wait, why, &sentence),
            Verdict::Pass | Verdict::Ask => Outcome::Pass,
        }
    }

    fn refuse(&self, wait: i64, why: Why, sentence: &str) -> Outcome {
        let (what, standing) = if why == Why::Tokens { ("tokens", self.tokens) } else { ("requests", self.standing) };
        let limit = standing.map_or(0, |standing| standing.limit);
        let message = match why {
            Why::Requests | Why::Tokens => format!(
                "Rate limit reached for {what} per minute of this API key: limit {limit}. Try again in {}.",
                write_duration(wait)
            ),
            Why::Budget | Why::Quota => sentence.to_owned(),
        };
        let mut headers = vec![("retry-after", seconds_of(wait).to_string())];
        headers.extend(self.headers()); // an answer of ours does not meet our own hooks
        let details = match why {
            Why::Requests => DETAILS,
            Why::Tokens => "inferops_tokens",
            Why::Budget => "inferops_budget",
            Why::Quota => "inferops_quota",
        };
        Outcome::Refuse(Refusal::new(429, headers, message).with_details(details))
    }

    /// As `OpenAI` names them.
    fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let requests = self.standing.map(|standing| write_headers(&REQUESTS, &standing));
        let tokens = self.tokens.map(|standing| write_headers(&TOKENS, &standing));
        [requests, tokens].into_iter().flatten().flatten()
    }
}

impl Clients {
    fn of(&mut self, client: &Arc<[u8]>, now: i64) -> &mut Allowance {
        if self.allowances.len() >= MOST_CLIENTS && !self.allowances.contains_key(client) {
            self.allowances.clear();
        }
        self.allowances.entry(client.clone()).or_insert_with(|| Allowance::new(now))
    }

    /// Also what control is to be asked.
    fn admit(&mut self, client: &Arc<[u8]>, now: i64) -> (Verdict, Option<Question>) {
        let away = is_lately(self.away, now);
        let allowance = match self.allowances.get_mut(client) {
            Some(allowance) => allowance,
            None => self.of(client, now),
        };
        let verdict = allowance.admit(now, away);
        let question = matches!(verdict, Verdict::Ask).then(|| allowance.ask(now));
        if question.is_some() {
            self.away = self.away.map(|_| now); // of those that come meanwhile none waits for it too
        }
        (verdict, question)
    }
}

const REQUESTS: [&str; 3] =
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"];
const TOKENS: [&str; 3] = ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"];

fn write_headers(names: &[&'static str; 3], standing: &Standing) -> [(&'static str, String); 3] {
    let values = [standing.limit.to_string(), standing.remaining.to_string(), write_duration(standing.reset)];
    let [limit, remaining, reset] = values;
    [(names[0], limit), (names[1], remaining), (names[2], reset)]
}

fn id_of(stream: &Stream) -> &[u8] {
    stream.request_header("x-request-id").unwrap_or(b"-")
}

/// Routes of instances have their id for a name.
fn instance_of(stream: &Stream) -> &[u8] {
    stream.route_name().unwrap_or(b"-")
}

/// Milliseconds of the clock.
fn read_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or_default()
}

/// As `OpenAI` writes it: 250ms, 12s, 1m0s.
fn write_duration(ms: i64) -> String {
    let seconds = seconds_of(ms);
    match seconds {
        _ if ms < SECOND => format!("{ms}ms"),
        0..60 => format!("{seconds}s"),
        _ => format!("{}m{}s", seconds / 60, seconds % 60),
    }
}

/// Whole seconds that are not less.
fn seconds_of(ms: i64) -> i64 {
    (ms + SECOND - 1) / SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_openai_does() {
        for (ms, text) in
            [(0, "0ms"), (250, "250ms"), (1000, "1s"), (11_001, "12s"), (60_000, "1m0s"), (61_500, "1m2s")]
        {
            assert_eq!(write_duration(ms), text);
        }
    }
}

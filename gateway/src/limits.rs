//! Requests per minute of a key, held over all gateways: control counts them. A worker thread that has many takes several
//! at once, so that a key costs control some ten calls a second for each worker at most. Answers say what is left.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::allowance::{is_lately, Allowance, Question, Standing, Verdict, ANSWER_WITHIN, SECOND};
use crate::envoy::{Answer, Stream};
use crate::filter::Outcome;
use crate::grpc;
use crate::refusal::Refusal;

const METHOD: &str = "/inferops.Limits/Take";
const MOST_CLIENTS: usize = 16_384;

/// What a worker thread knows.
#[derive(Default)]
struct Clients {
    allowances: HashMap<Vec<u8>, Allowance>,
    /// When control did not answer: for a second it is not asked again.
    away: Option<i64>,
}

thread_local! {
    static CLIENTS: RefCell<Clients> = RefCell::default();
}

/// Of one request.
#[derive(Default)]
pub struct Limits {
    /// What control is asked for whom.
    asking: Option<(Vec<u8>, Question)>,
    standing: Option<Standing>,
}

impl Limits {
    /// Wait: control is asked, and `hear` has what comes of it.
    pub fn admit(&mut self, stream: &mut Stream) -> Outcome {
        let Some(client) = stream.request_header("x-client-id") else { return Outcome::Pass };
        let now = read_clock();
        let (verdict, standing) = CLIENTS.with_borrow_mut(|clients| clients.admit(client, now));
        self.standing = standing;
        match verdict {
            Verdict::Pass => Outcome::Pass,
            Verdict::Refuse { wait } => self.refuse(wait),
            Verdict::Ask => {
                let client = client.to_vec();
                let question = CLIENTS.with_borrow_mut(|clients| clients.of(&client, now).ask(now));
                self.ask(stream, client, question)
            }
        }
    }

    /// What control says; None: it was not asked.
    pub fn hear(&mut self, answer: Option<&Answer>) -> Option<Outcome> {
        let (client, question) = self.asking.take()?;
        // 503: nothing came to control; else it may have
        let heard = answer.is_none_or(|answer| answer.header(":status") != Some(b"503"));
        let text = answer.and_then(|answer| grpc::read_text(&answer.body));
        Some(self.settle(&client, &question, text, heard))
    }

    /// The client learns what is left.
    pub fn tell(&self, stream: &mut Stream) {
        for (name, value) in self.standing.iter().flat_map(write_headers) {
            stream.set_response_header(name, value.as_bytes());
        }
    }

    /// The request is over, answered or not.
    pub fn leave(&self) {
        if let Some((client, question)) = &self.asking {
            CLIENTS.with_borrow_mut(|clients| clients.of(client, read_clock()).answered(question));
        }
    }

    fn ask(&mut self, stream: &mut Stream, client: Vec<u8>, question: Question) -> Outcome {
        let text = [
            &client[..],
            format!(" {} {} {} {}", question.size, question.owed, question.used, question.since).as_bytes(),
        ]
        .concat();
        if grpc::call(stream, METHOD, &text, ANSWER_WITHIN.unsigned_abs()) {
            self.asking = Some((client, question));
            return Outcome::Wait;
        }
        self.settle(&client, &question, None, false)
    }

    /// What comes of a question. `text`: control's answer, if there is one.
    fn settle(&mut self, client: &[u8], question: &Question, text: Option<&str>, heard: bool) -> Outcome {
        let now = read_clock();
        let verdict = CLIENTS.with_borrow_mut(|clients| {
            let allowance = clients.of(client, now);
            let answered = text.and_then(|text| allowance.hear(question, text));
            let away = answered.is_none();
            let verdict = answered.unwrap_or_else(|| allowance.miss(question, heard));
            self.standing = allowance.standing(now);
            if away {
                clients.away = Some(now);
            }
            verdict
        });
        match verdict {
            Verdict::Refuse { wait } => self.refuse(wait),
            Verdict::Pass | Verdict::Ask => Outcome::Pass,
        }
    }

    fn refuse(&self, wait: i64) -> Outcome {
        let limit = self.standing.map_or(0, |standing| standing.limit);
        let message = format!(
            "Rate limit reached for requests per minute of this API key: limit {limit}. Try again in {}.",
            write_duration(wait)
        );
        let mut headers = vec![("retry-after", seconds_of(wait).to_string())];
        headers.extend(self.standing.iter().flat_map(write_headers)); // an answer of ours does not meet our own hooks
        Outcome::Refuse(Refusal::new(429, headers, message))
    }
}

impl Clients {
    fn of(&mut self, client: &[u8], now: i64) -> &mut Allowance {
        if self.allowances.len() >= MOST_CLIENTS && !self.allowances.contains_key(client) {
            self.allowances.clear();
        }
        self.allowances.entry(client.to_vec()).or_insert_with(|| Allowance::new(now))
    }

    fn admit(&mut self, client: &[u8], now: i64) -> (Verdict, Option<Standing>) {
        let away = is_lately(self.away, now);
        let allowance = match self.allowances.get_mut(client) {
            Some(allowance) => allowance,
            None => self.of(client, now),
        };
        let verdict = allowance.admit(now, away);
        (verdict, allowance.standing(now))
    }
}

/// As `OpenAI` names them.
fn write_headers(standing: &Standing) -> [(&'static str, String); 3] {
    [
        ("x-ratelimit-limit-requests", standing.limit.to_string()),
        ("x-ratelimit-remaining-requests", standing.remaining.to_string()),
        ("x-ratelimit-reset-requests", write_duration(standing.reset)),
    ]
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

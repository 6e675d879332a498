//! How many requests a client may make in this worker thread: what control has granted it, and what to do without control.
//! Of a client whose tokens or money are limited control is asked for each. Times in milliseconds.

use crate::told::{read_numbers, Dear, Standing, Told};

const MINUTE: i64 = 60_000;
pub const SECOND: i64 = 1_000;
const OFTEN: i64 = 100;
/// Of a limit: the most that a worker takes at once.
const SHARE: i64 = 600;
/// Until it answers, control may be away. Who waits in vain is one a second (limits.rs).
pub const ANSWER_WITHIN: i64 = SECOND;

/// One client's. At first nothing is known of it.
#[derive(Default)]
pub struct Allowance {
    told: Option<Told>,
    told_at: i64,
    dear: Option<Dear>,
    /// Granted and not used.
    left: i64,
    /// Used and not granted, because control was away.
    owed: i64,
    /// How many to take at once.
    size: i64,
    asked: i64,
    waiting: bool,
    /// When control said that there is no limit, or that nothing is left: it is not asked again for a second.
    free: Option<i64>,
    shut: Option<i64>,
    /// When it is worth coming again.
    until: i64,
    /// How many passed without control within a minute.
    alone: i64,
    alone_since: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// For so long.
    Refuse {
        wait: i64,
    },
    /// Only control knows.
    Ask,
}

/// What is asked of control.
#[derive(Debug)]
pub struct Question {
    pub size: i64,
    pub owed: i64,
    pub used: i64,
    pub tokens_used: i64,
    /// Milliseconds since control's last answer.
    pub since: i64,
    /// No other is on its way.
    alone: bool,
    at: i64,
}

impl Allowance {
    pub fn new(now: i64) -> Self {
        Self { size: 1, told_at: now, ..Self::default() }
    }

    /// Before control is asked; `away`: it does not answer now.
    pub fn admit(&mut self, now: i64, away: bool) -> Verdict {
        // one asks in good time, so that the others need not
        let low = self.size > 1 && self.left <= self.size / 4 && !self.is_asking(now) && !away;
        if self.left > 0 && !low {
            self.left -= 1;
            Verdict::Pass
        } else if is_lately(self.free, now) {
            Verdict::Pass
        } else if is_within(self.shut, now, self.shut_for()) {
            self.refuse(now)
        } else if away {
            self.admit_alone(now)
        } else {
            Verdict::Ask
        }
    }

    pub fn ask(&mut self, now: i64) -> Question {
        // while one call is on its way the others take one: growing with each, a burst would take the whole limit
        let alone = !self.is_asking(now);
        let size = if alone { self.take_size(now) } else { 1 };
        self.waiting = true;
        let owed = std::mem::take(&mut self.owed); // told once, not by each that asks before the first answer
        let used = self.told.map_or(0, Told::used);
        let tokens_used = self.dear.as_ref().and_then(|dear| dear.tokens).map_or(0, Told::used);
        Question { size, owed, used, tokens_used, since: now - self.told_at, alone, at: now }
    }

    /// Whether control must hear what its requests use.
    pub fn is_dear(&self, now: i64) -> bool {
        self.dear.is_some() || (self.told.is_none() && !is_lately(self.free, now))
    }

    /// What control last said of tokens and money.
    pub fn dear(&self) -> Option<&Dear> {
        self.dear.as_ref()
    }

    /// What runs now frees tokens as it ends: it is soon worth asking again.
    fn shut_for(&self) -> i64 {
        if self.dear.is_some() {
            OFTEN
        } else {
            SECOND
        }
    }

    fn is_asking(&self, now: i64) -> bool {
        self.waiting && now - self.asked < ANSWER_WITHIN
    }

    /// How many last a tenth of a second or two, by how long the last ones lasted.
    fn take_size(&mut self, now: i64) -> i64 {
        let lasted = now - self.asked;
        if lasted < OFTEN {
            self.size *= 2;
        } else if lasted > 2 * OFTEN {
            self.size /= 2;
        }
        let most = self.told.filter(|_| self.dear.is_none()).map_or(0, |told| told.limit / SHARE);
        (self.asked, self.size) = (now, self.size.min(most).max(1));
        self.size
    }

    /// Control's answer: `granted limit remaining reset retry`, of dear ones also ` why limit remaining reset sentence`,
    /// those of tokens. None: it is none, and nothing has changed.
    pub fn hear(&mut self, question: &Question, answer: &str) -> Option<Verdict> {
        let now = question.at;
        let mut words = answer.splitn(10, ' ');
        let [granted, limit, remaining, reset, retry] = read_numbers(&mut words)?;
        let dear = match words.next() {
            Some(why) => Some(Dear::read(why, &mut words, now)?),
            None => None,
        };
        self.answered(question);
        (self.told_at, self.alone, self.dear) = (now, 0, dear);
        self.told = (limit > 0).then_some(Told { limit, remaining, reset: now + reset });
        if limit == 0 && self.dear.is_none() {
            (self.free, self.left) = (Some(now), 0);
            return Some(Verdict::Pass);
        }
        self.left += granted;
        if granted == 0 {
            self.shut = Some(now);
            self.until = now + retry;
        }
        if self.left > 0 {
            self.left -= 1;
            return Some(Verdict::Pass);
        }
        Some(self.refuse(now))
    }

    /// Control is away; `heard`: it may have got the question.
    pub fn miss(&mut self, question: &Question, heard: bool) -> Verdict {
        self.answered(question);
        if !heard {
            self.owed += question.owed;
        }
        if self.left > 0 {
            self.left -= 1;
            return Verdict::Pass;
        }
        self.admit_alone(question.at)
    }

    /// Also of a question whose client has left.
    pub fn answered(&mut self, question: &Question) {
        if question.alone {
            self.waiting = false;
        }
    }

    /// This worker holds the limit by itself, as far as it knows it: in the first minute what was left.
    fn admit_alone(&mut self, now: i64) -> Verdict {
        let Some(told) = self.told else {
            self.owed += 1;
            return Verdict::Pass;
        };
        let (mut since, mut allowed) = (self.told_at, told.remaining);
        if now - self.told_at >= MINUTE {
            if now - self.alone_since >= MINUTE {
                (self.alone_since, self.alone) = (now, 0);
            }
            (since, allowed) = (self.alone_since, told.limit);
        }
        if self.alone < allowed {
            self.alone += 1;
            self.owed += 1;
            return Verdict::Pass;
        }
        self.until = since + MINUTE;
        self.refuse(now)
    }

    fn refuse(&self, now: i64) -> Verdict {
        Verdict::Refuse { wait: (self.until - now).max(1) }
    }

    /// None: there is no limit of requests.
    pub fn standing(&self, now: i64) -> Option<Standing> {
        self.told.map(|told| told.standing(self.left - self.owed, now))
    }

    /// None: there is no limit of tokens.
    pub fn tokens(&self, now: i64) -> Option<Standing> {
        self.dear.as_ref()?.tokens.map(|told| told.standing(0, now))
    }
}

/// Within the last second; a clock that was set back makes it false.
pub fn is_lately(time: Option<i64>, now: i64) -> bool {
    is_within(time, now, SECOND)
}

fn is_within(time: Option<i64>, now: i64, span: i64) -> bool {
    time.is_some_and(|time| (0..span).contains(&(now - time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    /// A client that control has granted one of `limit`, which passed.
    fn known(limit: i64) -> Allowance {
        let mut client = Allowance::new(NOW);
        assert_eq!(client.admit(NOW, false), Verdict::Ask);
        let question = client.ask(NOW);
        assert_eq!(client.hear(&question, &format!("1 {limit} {} 30000 500", limit - 1)), Some(Verdict::Pass));
        client
    }

    #[test]
    fn what_control_grants_passes_and_no_more() {
        let mut client = known(3);
        let question = client.ask(NOW + 5);
        assert_eq!((question.size, question.used, question.since), (1, 1, 5));
        assert_eq!(client.hear(&question, "0 3 0 30000 500"), Some(Verdict::Refuse { wait: 500 }));
        assert_eq!(client.admit(NOW + 6, false), Verdict::Refuse { wait: 499 });
        assert_eq!(client.admit(NOW + 1006, false), Verdict::Ask);
    }

    #[test]
    fn a_client_without_a_limit_is_not_asked_about_for_a_second() {
        let mut client = Allowance::new(NOW);
        let question = client.ask(NOW);
        assert_eq!(client.hear(&question, "0 0 0 0 0"), Some(Verdict::Pass));
        assert_eq!(client.admit(NOW + 999, false), Verdict::Pass);
        assert_eq!(client.admit(NOW + 1000, false), Verdict::Ask);
        assert_eq!(client.standing(NOW), None);
    }

    #[test]
    fn without_control_a_worker_admits_what_was_left_and_then_the_limit_of_each_minute() {
        let mut client = known(3);
        for (later, passes) in [(1, 2), (MINUTE, 3), (2 * MINUTE, 3)] {
            let now = NOW + later;
            for _ in 0..passes {
                assert_eq!(client.admit(now, true), Verdict::Pass);
            }
            assert_eq!(client.admit(now, true), Verdict::Refuse { wait: if later == 1 { MINUTE - 1 } else { MINUTE } });
        }
    }

    #[test]
    fn what_passed_without_control_is_told_once() {
        let mut client = known(10);
        assert_eq!(client.admit(NOW + 1, true), Verdict::Pass);
        let (first, second) = (client.ask(NOW + 2), client.ask(NOW + 2));
        assert_eq!((first.owed, second.owed), (1, 0));
        client.miss(&first, false);
        assert_eq!(client.ask(NOW + 3).owed, 2);
    }

    #[test]
    fn a_burst_takes_one_for_each_while_the_first_question_is_on_its_way() {
        let mut client = known(60_000);
        let sizes: Vec<i64> = (0..3).map(|_| client.ask(NOW + 10).size).collect();
        assert_eq!(sizes, [2, 1, 1]);
    }

    #[test]
    fn one_asks_before_nothing_is_left() {
        let mut client = known(60_000);
        let question = client.ask(NOW + 10);
        assert_eq!(client.hear(&question, "100 60000 59000 30000 500"), Some(Verdict::Pass));
        client.size = 100;
        let verdicts: Vec<Verdict> = (0..80).map(|_| client.admit(NOW + 20, false)).collect();
        assert_eq!(verdicts.iter().position(|verdict| *verdict == Verdict::Ask), Some(74));
        client.ask(NOW + 20);
        assert_eq!(client.admit(NOW + 21, false), Verdict::Pass);
    }

    #[test]
    fn of_a_client_with_limited_tokens_control_is_asked_for_each() {
        let mut client = Allowance::new(NOW);
        let question = client.ask(NOW);
        let answer = "1 600000 599999 30000 0 requests 1000 400 20000 ";
        assert_eq!(client.hear(&question, answer), Some(Verdict::Pass));
        assert_eq!(client.tokens(NOW), Some(Standing { limit: 1000, remaining: 400, reset: 20_000 }));
        assert_eq!(client.admit(NOW + 1, false), Verdict::Ask);
        let question = client.ask(NOW + 1);
        assert_eq!((question.size, question.tokens_used), (1, 600));
        let answer = "0 0 0 0 7000 quota 0 0 0 It is spent.";
        assert_eq!(client.hear(&question, answer), Some(Verdict::Refuse { wait: 7000 }));
        assert_eq!(client.dear().map(|dear| dear.sentence.as_str()), Some("It is spent."));
        assert_eq!(client.admit(NOW + 100, false), Verdict::Refuse { wait: 6901 });
        assert_eq!(client.admit(NOW + 101, false), Verdict::Ask, "what runs may have ended");
        assert_eq!(client.admit(NOW + 101, true), Verdict::Pass, "control is away");
    }

    #[test]
    fn nonsense_is_no_answer() {
        for answer in [
            "",
            "1 2 3 4",
            "1 2 3 4 5 6",
            "1 2 3 4 5 tokens 6 7",
            "1 2 3 4 5 tokens a 7 8",
            "1 2 3 4 -5",
            "1 2 3 4 99999999999",
            "a b c d e",
        ] {
            let mut client = Allowance::new(NOW);
            let question = client.ask(NOW);
            assert_eq!(client.hear(&question, answer), None, "{answer}");
        }
    }
}

//! What control says of a client: how much is left of its limits, and why it refuses. Times in milliseconds.

/// What control last said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    pub limit: i64,
    pub remaining: i64,
    /// When the limit is whole again.
    pub reset: i64,
}

/// Why control refuses, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Why {
    #[default]
    Requests,
    Tokens,
    /// What is on its way may use up the budget.
    Budget,
    /// The budget is spent.
    Quota,
}

/// What control last said of a client whose tokens or money are limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dear {
    pub why: Why,
    pub tokens: Option<Told>,
    /// What the client is told of its budget.
    pub sentence: String,
}

/// What is left of a limit, as clients hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limit: i64,
    pub remaining: i64,
    /// Milliseconds until it is whole again.
    pub reset: i64,
}

impl Told {
    pub fn used(self) -> i64 {
        self.limit - self.remaining
    }

    /// `more`: what is left beyond what control said.
    pub fn standing(self, more: i64, now: i64) -> Standing {
        let (remaining, reset) = ((self.remaining + more).max(0), (self.reset - now).max(0));
        Standing { limit: self.limit, remaining, reset }
    }
}

impl Dear {
    /// `words` are those after `why`.
    pub fn read<'a>(why: &str, words: &mut impl Iterator<Item = &'a str>, now: i64) -> Option<Self> {
        let why = match why {
            "requests" => Why::Requests,
            "tokens" => Why::Tokens,
            "budget" => Why::Budget,
            "quota" => Why::Quota,
            _ => return None,
        };
        let [limit, remaining, reset] = read_numbers(words)?;
        let tokens = (limit > 0).then_some(Told { limit, remaining, reset: now + reset });
        Some(Self { why, tokens, sentence: words.next().unwrap_or_default().to_owned() })
    }
}

/// The next words.
pub fn read_numbers<'a, const N: usize>(words: &mut impl Iterator<Item = &'a str>) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = words.next()?.parse::<u32>().ok()?.into();
    }
    Some(numbers)
}

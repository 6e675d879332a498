//! What requests of keys with limited tokens or money have used, on its way to control: the main thread tells it, many at
//! once, so that no request waits for it, and none that breaks off is left out. While control is away it waits here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::envoy::{Answer, Desk};
use crate::grpc;

const METHOD: &str = "/inferops.Limits/Settle";
/// Of which the oldest are given up.
const MOST_WAITING: usize = 65_536;
const MOST_AT_ONCE: usize = 1_000;
const ANSWER_WITHIN: u64 = 2_000;
/// Between two tries while control is away.
const PAUSE: Duration = Duration::from_secs(1);

static OFFICE: Mutex<Office> = Mutex::new(Office { desk: None, rung: false, queue: Queue::new() });

struct Office {
    /// What asks control.
    desk: Option<Arc<Desk>>,
    /// It will look.
    rung: bool,
    queue: Queue,
}

struct Queue {
    waiting: VecDeque<Vec<u8>>,
    /// What control is told now.
    told: Vec<Vec<u8>>,
    failed: Option<Instant>,
}

/// From now on this configuration's thread tells control.
pub fn open(desk: Desk) {
    lock().desk = Some(Arc::new(desk));
}

/// A line for control: client, id of the request, instance, status, milliseconds of audio, usage.
pub fn settle(line: Vec<u8>) {
    let mut office = lock();
    office.queue.push(line);
    office.ring();
}

/// Control answers: what waits may go.
pub fn retry() {
    let mut office = lock();
    if office.queue.failed.take().is_some() {
        office.ring();
    }
}

/// The desk's thread was rung. Envoy may answer within the call.
pub fn send() {
    let Some((desk, lines)) = lock().take() else { return };
    let message = grpc::write_message(&lines);
    if !desk.call("control", &grpc::write_headers(METHOD), &message, ANSWER_WITHIN) {
        lock().queue.finish(false);
    }
}

/// None: no answer came.
pub fn hear(answer: Option<&Answer>) {
    let taken = answer
        .is_some_and(|answer| answer.header(":status") == Some(b"200") && grpc::read_text(&answer.body).is_some());
    lock().queue.finish(taken);
    if taken {
        send();
    }
}

fn lock() -> MutexGuard<'static, Office> {
    OFFICE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Office {
    fn ring(&mut self) {
        if let Some(desk) = self.desk.as_ref().filter(|_| !self.rung && self.queue.is_due()) {
            self.rung = true;
            desk.ring();
        }
    }

    fn take(&mut self) -> Option<(Arc<Desk>, Vec<u8>)> {
        self.rung = false;
        let desk = self.desk.clone()?;
        self.queue.take().map(|lines| (desk, lines))
    }
}

impl Queue {
    const fn new() -> Self {
        Self { waiting: VecDeque::new(), told: Vec::new(), failed: None }
    }

    fn push(&mut self, line: Vec<u8>) {
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(line);
    }

    fn is_due(&self) -> bool {
        !self.waiting.is_empty() && self.failed.is_none_or(|failed| failed.elapsed() >= PAUSE)
    }

    /// What is to be told, unless control is being told already.
    fn take(&mut self) -> Option<Vec<u8>> {
        if !self.told.is_empty() || self.waiting.is_empty() {
            return None;
        }
        self.told = self.waiting.drain(..self.waiting.len().min(MOST_AT_ONCE)).collect();
        Some(self.told.join(&b'\n'))
    }

    /// Control was told, or will be again.
    fn finish(&mut self, taken: bool) {
        let told = std::mem::take(&mut self.told);
        if taken {
            self.failed = None;
            return;
        }
        self.failed = Some(Instant::now());
        told.into_iter().rev().for_each(|line| self.waiting.push_front(line));
        let spare = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_control_did_not_take_is_told_again_in_its_order() {
        let mut queue = Queue::new();
        for line in [b"a", b"b"] {
            queue.push(line.to_vec());
        }
        assert_eq!(queue.take().as_deref(), Some(&b"a\nb"[..]));
        queue.push(b"c".to_vec());
        assert_eq!(queue.take(), None, "control is being told");
        queue.finish(false);
        assert!(!queue.is_due(), "it rests for a while");
        assert_eq!(queue.take().as_deref(), Some(&b"a\nb\nc"[..]));
        queue.finish(true);
        assert!(queue.waiting.is_empty() && queue.failed.is_none());
    }

    #[test]
    fn beyond_the_bound_the_oldest_are_given_up() {
        let mut queue = Queue::new();
        for number in 0..=MOST_WAITING {
            queue.push(number.to_string().into_bytes());
        }
        assert_eq!((queue.waiting.len(), &queue.waiting[0][..]), (MOST_WAITING, &b"1"[..]));
    }
}

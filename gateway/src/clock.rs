//! The clock that Envoy's filters do not have: one thread that rings bells.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::envoy::Bell;

static CLOCK: LazyLock<&Clock> = LazyLock::new(|| {
    let clock: &Clock = Box::leak(Box::default());
    // where no thread can be made, nothing rings
    let _ = thread::Builder::new().name("inferops_clock".to_owned()).spawn(|| clock.run());
    clock
});

/// Rings a bell again and again, until it is dropped.
pub struct Alarm(u64);

impl Alarm {
    /// The first time after `interval`.
    pub fn new(bell: Arc<Bell>, interval: Duration) -> Self {
        let mut alarms = CLOCK.lock();
        let id = alarms.last + 1;
        alarms.last = id;
        alarms.put(id, Ring { bell, interval }, Instant::now());
        CLOCK.changed.notify_one();
        Self(id)
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        CLOCK.lock().take(self.0);
    }
}

#[derive(Default)]
struct Clock {
    alarms: Mutex<Alarms>,
    /// An alarm may be due earlier than the thread thinks.
    changed: Condvar,
}

struct Ring {
    bell: Arc<Bell>,
    interval: Duration,
}

#[derive(Default)]
struct Alarms {
    last: u64,
    rings: BTreeMap<(Instant, u64), Ring>,
    due: HashMap<u64, Instant>,
}

impl Clock {
    fn lock(&self) -> MutexGuard<'_, Alarms> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bells are rung under the lock: an alarm that is dropped rings no more, and filters drop theirs before Envoy ends.
    fn run(&self) {
        let mut alarms = self.lock();
        loop {
            let wait = alarms.ring(Instant::now()).unwrap_or(Duration::MAX);
            let woken = self.changed.wait_timeout(alarms, wait.min(Duration::from_secs(3600)));
            alarms = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Alarms {
    fn put(&mut self, id: u64, ring: Ring, now: Instant) {
        let due = now + ring.interval;
        self.due.insert(id, due);
        self.rings.insert((due, id), ring);
    }

    fn take(&mut self, id: u64) -> Option<Ring> {
        let due = self.due.remove(&id)?;
        self.rings.remove(&(due, id))
    }

    /// All that are due; how long it is until the next one.
    fn ring(&mut self, now: Instant) -> Option<Duration> {
        loop {
            let (due, id) = *self.rings.keys().next()?;
            if due > now {
                return Some(due - now);
            }
            if let Some(ring) = self.take(id) {
                ring.bell.ring();
                self.put(id, ring, now);
            }
        }
    }
}

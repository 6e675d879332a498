//! Requests that run, each in a place of a file: if this process is killed, the meter has of them what they were and what
//! they had used. A place is taken when a request is let through, and given back once its line is in the journal.
//!
//! A place has 4 KiB: length of the head (0: free), status, number of usages so far, and the lengths of two texts of usage,
//! each two bytes; the head; and the two texts, of which the number's last bit says which is whole.

use std::cell::RefCell;
use std::rc::Rc;

use crate::journal::take_places;
use crate::mapped::Mapped;
use crate::record::{write_time, Head};

/// Bytes, of a file and of a place.
pub const FILE: usize = 1 << 20;
const PLACE: usize = 4096;
const STATUS: usize = 2;
const COUNT: usize = 4;
const LENGTHS: [usize; 2] = [6, 8];
const HEAD: usize = 16;
const TEXTS: [usize; 2] = [1024, 2560];
const LONGEST_HEAD: usize = TEXTS[0] - HEAD;
const LONGEST_TEXT: usize = TEXTS[1] - TEXTS[0];
/// Bytes of a path that are kept, since it is the caller's.
const LONGEST_PATH: usize = 128;

thread_local! {
    static FREE: RefCell<Vec<(Rc<Mapped>, usize)>> = const { RefCell::new(Vec::new()) };
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// One request's place; given back when this is dropped.
pub struct Flight {
    file: Rc<Mapped>,
    place: usize,
    /// Bytes of its head, less the time; 0: it is not there as its line has it.
    head: usize,
    count: u16,
}

impl Flight {
    /// None: there is no journal, or no place now. `time`: nanoseconds of UTC.
    pub fn begin(head: &Head, time: i64) -> Option<Self> {
        let (file, place) = FREE.with_borrow_mut(|free| {
            if free.is_empty() {
                let file = Rc::new(take_places()?);
                free.extend((0..file.len() / PLACE).rev().map(|number| (file.clone(), number * PLACE)));
            }
            free.pop()
        })?;
        let mut flight = Self { file, place, head: 0, count: 0 };
        TEXT.with_borrow_mut(|text| {
            text.clear();
            let path = head.path.map(|path| &path[..path.len().min(LONGEST_PATH)]);
            Head { path, ..*head }.write(text);
            let length = text.len();
            write_time(text, time);
            flight.file.write(place + STATUS, &[0; HEAD - STATUS]);
            if text.len() <= LONGEST_HEAD {
                flight.file.write(place + HEAD, text);
                flight.file.publish_number(place, u16::try_from(text.len()).unwrap_or_default());
                flight.head = if path == head.path { length } else { 0 };
            }
        });
        Some(flight)
    }

    /// The beginning of its line, at a text's end. False: it is not there.
    pub fn copy_head(&self, text: &mut Vec<u8>) -> bool {
        self.file.copy(self.place + HEAD, self.head, text);
        self.head > 0
    }

    /// It has an answer.
    pub fn answered(&self, status: u16) {
        self.file.publish_number(self.place + STATUS, status);
    }

    /// The engine has said what it used so far.
    pub fn used(&mut self, usage: &[u8]) {
        let Ok(length) = u16::try_from(usage.len()) else { return };
        if usage.len() > LONGEST_TEXT {
            return;
        }
        self.count = self.count.wrapping_add(1).max(1);
        let which = usize::from(self.count % 2);
        self.file.write(self.place + TEXTS[which], usage);
        self.file.publish_number(self.place + LENGTHS[which], length);
        self.file.publish_number(self.place + COUNT, self.count);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.file.publish_number(self.place, 0);
        let _ = FREE.try_with(|free| free.borrow_mut().push((self.file.clone(), self.place)));
    }
}

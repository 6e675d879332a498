//! Lines of the access log, in files that outlive this process: each thread has one mapped into memory, and copies its
//! lines there; a thread of ours prepares files ahead, so that no request waits for a disk. The meter reads and deletes
//! them (inferops.metering.journal).
//!
//! A segment begins with 20 digits and a newline, by which the meter says how far it is; then come lines, the newline of
//! each written last; then the byte `END` if it is complete, else zeros. Where there is no room, lines wait in memory.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{io, thread};

use crate::flight;
use crate::mapped::{lock_file, Mapped};
use crate::record::Findings;

/// Bytes of a segment.
const SEGMENT: usize = 1 << 20;
const HEADER: &[u8] = b"00000000000000000021\n";
const END: u8 = 4;
/// Bytes that may wait for room.
const MOST_WAITING: usize = 64 << 20;
/// Segments, and files of places, that are ready.
const READY: usize = 2;
/// Until room is looked for again.
const PAUSE: Duration = Duration::from_millis(250);

static JOURNAL: OnceLock<Journal> = OnceLock::new();

thread_local! {
    static SEGMENT_NOW: RefCell<Option<Segment>> = const { RefCell::new(None) };
    static FINDINGS: RefCell<Option<Findings>> = const { RefCell::new(None) };
}

struct Journal {
    folder: PathBuf,
    /// Of files, so that those of one process come after those of the one before.
    boot: String,
    /// Bytes of segments that there may be.
    most: u64,
    stock: Mutex<Stock>,
    wanted: Condvar,
    /// Lines wait: so must those that come.
    full: AtomicBool,
}

/// What threads take, and leave.
#[derive(Default)]
struct Stock {
    segments: Vec<Segment>,
    places: Vec<Mapped>,
    /// To be unmapped.
    done: Vec<Segment>,
    waiting: Vec<u8>,
}

struct Segment {
    file: Mapped,
    end: usize,
}

impl Segment {
    fn new(file: Mapped) -> Self {
        file.write(0, HEADER);
        Self { file, end: HEADER.len() }
    }

    fn close(&self) {
        self.file.publish(self.end, END);
    }

    /// False: it does not fit.
    fn append(&mut self, line: &[u8]) -> bool {
        let Some((last, text)) = line.split_last() else { return true };
        if self.end + line.len() >= self.file.len() {
            return false;
        }
        self.file.write(self.end, text);
        self.file.publish(self.end + text.len(), *last);
        self.end += line.len();
        true
    }
}

/// Begin, once for this process: later ones go on with the first. `settings`: `<most bytes> <folder>`.
pub fn open(settings: &[u8]) -> io::Result<()> {
    let settings = std::str::from_utf8(settings).map_err(io::Error::other)?;
    let (most, folder) = settings.split_once(' ').ok_or(io::ErrorKind::InvalidInput)?;
    let most = most.parse().map_err(io::Error::other)?;
    let mut begun = false;
    let journal = JOURNAL.get_or_init(|| {
        begun = true;
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let boot = format!("{time:013}-{}", std::process::id());
        let (stock, wanted, full) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        Journal { folder: folder.into(), boot, most, stock, wanted, full }
    });
    if begun {
        thread::Builder::new().name("journal".into()).spawn(|| journal.keep())?;
    }
    Ok(())
}

/// Nothing of a line is lost once this returns true, unless the machine is.
pub fn append(line: &[u8]) -> bool {
    let Some(journal) = JOURNAL.get() else { return false };
    SEGMENT_NOW.with_borrow_mut(|now| {
        if !journal.full.load(Ordering::Relaxed) && now.as_mut().is_some_and(|segment| segment.append(line)) {
            return true;
        }
        journal.turn(now, line)
    })
}

/// A file of places for requests that run; None: there is no journal, or none is ready.
pub fn take_places() -> Option<Mapped> {
    let journal = JOURNAL.get()?;
    let mut stock = journal.stock.lock().unwrap_or_else(PoisonError::into_inner);
    journal.wanted.notify_one();
    stock.places.pop()
}

/// Of the request whose line comes next in this thread.
pub fn leave(findings: Findings) {
    FINDINGS.set(Some(findings));
}

/// What was left, once.
pub fn take_findings() -> Findings {
    FINDINGS.take().unwrap_or_default()
}

impl Journal {
    /// On to another segment with a line, or have it wait.
    fn turn(&self, now: &mut Option<Segment>, line: &[u8]) -> bool {
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        self.wanted.notify_one();
        if stock.waiting.is_empty() {
            if let Some(done) = now.take() {
                done.close();
                stock.done.push(done);
            }
            *now = stock.segments.pop();
            if now.as_mut().is_some_and(|segment| segment.append(line)) {
                return true;
            }
        }
        let fits = stock.waiting.len() + line.len() <= MOST_WAITING && line.len() < SEGMENT - HEADER.len();
        if fits {
            stock.waiting.extend_from_slice(line);
            self.full.store(true, Ordering::Relaxed);
        }
        fits
    }

    /// Have files ready, for ever.
    fn keep(&self) {
        let mut lock = None;
        let mut trouble = None;
        for number in 0.. {
            let prepared = self.lock(&mut lock).and_then(|()| self.prepare(number));
            let now = prepared.as_ref().err().map(ToString::to_string);
            if let Some(error) = now.as_ref().filter(|_| now != trouble) {
                eprintln!("the access log waits in memory: {}: {error}", self.folder.display());
            }
            trouble = now;
            let stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
            if trouble.is_some() {
                drop(self.wanted.wait_timeout(stock, PAUSE));
            } else if stock.want().is_none() && stock.done.is_empty() {
                drop(self.wanted.wait(stock));
            }
        }
    }

    /// By which the meter sees that this process lives.
    fn lock(&self, lock: &mut Option<File>) -> io::Result<()> {
        if lock.is_none() {
            fs::create_dir_all(&self.folder)?;
            let file = File::create(self.folder.join(format!("{}.lock", self.boot)))?;
            lock_file(&file)?;
            *lock = Some(file);
        }
        Ok(())
    }

    /// What is wanted most.
    fn prepare(&self, number: u64) -> io::Result<()> {
        let (want, done) = {
            let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
            (stock.want(), std::mem::take(&mut stock.done))
        };
        drop(done);
        let Some(want) = want else { return Ok(()) };
        let path = |kind: &str| self.folder.join(format!("{}-{number:08}.{kind}", self.boot));
        let mut stock = match want {
            Want::Places => {
                let file = Mapped::create(&path("slots"), flight::FILE)?;
                let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
                stock.places.push(file);
                stock
            }
            Want::Segment => {
                if measure(&self.folder)? + SEGMENT as u64 > self.most {
                    return Err(io::ErrorKind::QuotaExceeded.into());
                }
                let segment = Segment::new(Mapped::create(&path("log"), SEGMENT)?);
                let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
                stock.add(segment);
                stock
            }
        };
        self.full.store(!stock.waiting.is_empty(), Ordering::Relaxed);
        stock.waiting.shrink_to(SEGMENT);
        Ok(())
    }
}

enum Want {
    Segment,
    Places,
}

impl Stock {
    fn want(&self) -> Option<Want> {
        if !self.waiting.is_empty() || self.segments.is_empty() {
            Some(Want::Segment)
        } else if self.places.is_empty() {
            Some(Want::Places)
        } else {
            (self.segments.len() < READY).then_some(Want::Segment)
        }
    }

    /// A segment for those that come, or first for what waits.
    fn add(&mut self, mut segment: Segment) {
        let lines = self.waiting.split_inclusive(|byte| *byte == b'\n');
        let written = lines.take_while(|line| segment.append(line)).map(<[u8]>::len).sum::<usize>();
        self.waiting.drain(..written);
        if self.waiting.is_empty() {
            self.segments.push(segment);
        } else {
            segment.close();
            self.done.push(segment);
        }
    }
}

/// Bytes of the segments in a folder.
fn measure(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.path().extension().is_some_and(|kind| kind == "log") {
            sum += entry.metadata().map_or(0, |file| file.len()); // it may have been deleted
        }
    }
    Ok(sum)
}

//! Files in memory: what is written here is the file's at once, and stays where this process is killed.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::sync::atomic::{AtomicU16, AtomicU8, Ordering};
use std::{ptr, slice};

/// A whole file that this process has made. One thread writes it.
pub struct Mapped {
    start: *mut u8,
    length: usize,
}

// SAFETY: it goes from thread to thread as a whole.
unsafe impl Send for Mapped {}

impl Mapped {
    /// Zeros, with room on the disk: without it there is an error here, not a signal later.
    pub fn create(path: &Path, length: usize) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        let mapped = allocate(file.as_raw_fd(), length);
        if mapped.is_err() {
            drop(std::fs::remove_file(path));
        }
        mapped
    }

    pub const fn len(&self) -> usize {
        self.length
    }

    /// Outside of the file: nothing.
    pub fn write(&self, at: usize, bytes: &[u8]) {
        if at.checked_add(bytes.len()).is_some_and(|end| end <= self.length) {
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(at), bytes.len()) };
        }
    }

    /// What was written, to a text's end. Outside of the file: nothing.
    pub fn copy(&self, at: usize, length: usize, text: &mut Vec<u8>) {
        if at.checked_add(length).is_some_and(|end| end <= self.length) {
            text.extend_from_slice(unsafe { slice::from_raw_parts(self.start.add(at), length) });
        }
    }

    /// After all that was written before: who sees the byte sees that too.
    pub fn publish(&self, at: usize, byte: u8) {
        if at < self.length {
            unsafe { AtomicU8::from_ptr(self.start.add(at)) }.store(byte, Ordering::Release);
        }
    }

    /// Likewise with a number at an even place, in this machine's order of bytes.
    pub fn publish_number(&self, at: usize, number: u16) {
        if at + 1 < self.length && at % 2 == 0 {
            unsafe { AtomicU16::from_ptr(self.start.add(at).cast()) }.store(number, Ordering::Release);
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}

/// Until this process ends (flock).
pub fn lock_file(file: &File) -> io::Result<()> {
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn allocate(file: RawFd, length: usize) -> io::Result<Mapped> {
    let size = libc::off_t::try_from(length).map_err(io::Error::other)?;
    if unsafe { libc::fallocate(file, 0, 0, size) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_POPULATE);
    let start = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, file, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(Mapped { start: start.cast(), length })
}

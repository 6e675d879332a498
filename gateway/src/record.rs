//! What the access log says of a request: one line of JSON, read by the meter (inferops.metering.record).
//!
//! What is not known is null, or, of what most requests have not, left out.

use std::io::Write;
use std::sync::Arc;

use crate::flight::Flight;
use crate::kind::Kind;

/// Bytes of the caller's own request id.
const LONGEST_ID: usize = 512;
/// What goes wrong, by the bits of Envoy's `ResponseFlag`:
/// <https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags>.
const FLAGS: [&str; 31] = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH",
    "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO", "SORT",
];

/// The client left: `DC`, `DPE`, `DR`.
const LEFT: u64 = 1 << 14 | 1 << 18 | 1 << 28;
/// Control did not let it go on: `UAEX`.
const DENIED: u64 = 1 << 12;
/// Milliseconds: what takes less does so without a wait.
const HELD: u64 = 100;
/// The engine did not answer in time: `UT`, `SI`, `UMSDR`, `DT`.
const GIVEN_UP: u64 = 1 << 2 | 1 << 16 | 1 << 19 | 1 << 22;
/// The engine broke off, whatever the gateway then answered: `UR`, `UC`, `UPE`.
const LOST: u64 = 1 << 4 | 1 << 6 | 1 << 23;

/// Response code details of an answer that ends since Envoy does; its flag is that of a client that left.
const ENVOY_ENDS: &[u8] = b"downstream_local_disconnect";

/// One request, as it goes to its engine.
#[derive(Default)]
pub struct Head<'a> {
    pub id: Option<&'a [u8]>,
    pub client: Option<&'a [u8]>,
    pub instance: Option<&'a [u8]>,
    pub method: Option<&'a [u8]>,
    /// What follows `?` is nobody's.
    pub path: Option<&'a [u8]>,
    pub kind: Kind,
    pub model: Option<&'a [u8]>,
}

/// What became of it.
#[derive(Default)]
pub struct Tail<'a> {
    /// When it came, in nanoseconds of UTC.
    pub time: i64,
    /// The caller's own.
    pub client_request_id: Option<&'a [u8]>,
    pub ip: Option<&'a [u8]>,
    /// 0: there was none.
    pub status: u32,
    pub details: Option<&'a [u8]>,
    pub flags: u64,
    pub ms: Option<i64>,
    /// Until it was sent to a replica. None: it was sent to none.
    pub waited_ms: Option<i64>,
    pub ttft_ms: Option<i64>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub upstream: Option<&'a [u8]>,
    pub attempts: u32,
}

/// What filters found out of a request that has ended, for its line.
#[derive(Default)]
pub struct Findings {
    /// The engine's usage object, as it wrote it.
    pub usage: Option<Vec<u8>>,
    /// Milliseconds of sound that the gateway counted.
    pub audio_ms: Option<u64>,
    pub images: Option<u64>,
    /// An engine worked, and nobody knows how much.
    pub unknown: bool,
    /// The name of its model.
    pub model: Option<Arc<[u8]>>,
    /// The caller's own id, where there is a flight.
    pub client_request_id: Option<Vec<u8>>,
    /// Of the replica that it was sent to. None: it was sent to none.
    pub region: Option<Vec<u8>>,
    /// It was sent, and its answer did not come to its own end.
    pub cut: bool,
    /// It was sent, and no engine answered that it would do it.
    pub unanswered: bool,
    /// Until the line is written.
    pub flight: Option<Flight>,
}

/// The line's end, with its newline, after its head.
pub fn end_line(text: &mut Vec<u8>, tail: &Tail, findings: &Findings) {
    tail.write(text, findings);
    text.extend_from_slice(b"}\n");
}

impl Head<'_> {
    /// The beginning of an object.
    pub fn write(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(b"{\"id\":");
        write_text(text, self.id);
        text.extend_from_slice(b",\"client\":");
        write_text(text, self.client);
        text.extend_from_slice(b",\"instance\":");
        write_text(text, self.instance);
        text.extend_from_slice(b",\"method\":");
        write_text(text, self.method);
        text.extend_from_slice(b",\"path\":");
        write_text(text, self.path.map(|path| path.split(|byte| *byte == b'?').next().unwrap_or_default()));
        text.extend_from_slice(b",\"route\":");
        write_text(text, Some(self.kind.name().as_bytes()));
        text.extend_from_slice(b",\"model\":");
        write_text(text, self.model);
    }
}

impl Tail<'_> {
    fn write(&self, text: &mut Vec<u8>, findings: &Findings) {
        write_time(text, self.time);
        text.extend_from_slice(b",\"client_request_id\":");
        write_text(text, self.client_request_id.map(|id| &id[..id.len().min(LONGEST_ID)]));
        text.extend_from_slice(b",\"ip\":");
        write_text(text, self.ip);
        text.extend_from_slice(b",\"status\":");
        write_number(text, self.status.into());
        text.extend_from_slice(b",\"details\":");
        write_text(text, self.details);
        text.extend_from_slice(b",\"flags\":\"");
        write_flags(text, self.flags);
        text.extend_from_slice(b"\",\"ms\":");
        write_duration(text, self.ms);
        text.extend_from_slice(b",\"ttft_ms\":");
        write_duration(text, self.ttft_ms);
        if let Some(milliseconds) = self.held_ms() {
            text.extend_from_slice(b",\"held_ms\":");
            write_number(text, milliseconds);
        }
        text.extend_from_slice(b",\"bytes_in\":");
        write_number(text, self.bytes_in);
        text.extend_from_slice(b",\"bytes_out\":");
        write_number(text, self.bytes_out);
        text.extend_from_slice(b",\"usage\":");
        write_text(text, findings.usage.as_deref());
        findings.write(text, self);
        text.extend_from_slice(b",\"upstream\":");
        write_text(text, self.upstream);
        text.extend_from_slice(b",\"attempts\":");
        write_number(text, self.attempts.into());
    }

    /// How long it waited for a replica. One that went to none did so where the gateway or its client gave up waiting.
    fn held_ms(&self) -> Option<u64> {
        let waited = self.waited_ms.or_else(|| self.ms.filter(|_| self.flags & (LEFT | DENIED) != 0));
        waited.map(|milliseconds| milliseconds.max(0).unsigned_abs()).filter(|milliseconds| *milliseconds >= HELD)
    }
}

impl Findings {
    fn write(&self, text: &mut Vec<u8>, tail: &Tail) {
        text.extend_from_slice(b",\"region\":");
        write_text(text, self.region.as_deref());
        if let Some(milliseconds) = self.audio_ms {
            let _ = write!(text, ",\"seconds\":{}.{:03}", milliseconds / 1000, milliseconds % 1000);
        }
        if let Some(images) = self.images {
            text.extend_from_slice(b",\"images\":");
            write_number(text, images);
        }
        let broken = self.region.as_ref().and_then(|_| broken_by(tail, self.cut));
        if let Some(who) = broken {
            let _ = write!(text, ",\"broken\":\"{who}\"");
        }
        if self.unknown || self.unanswered && tail.flags & (LOST | GIVEN_UP) != 0 {
            text.extend_from_slice(b",\"unknown\":true");
        }
    }
}

/// Who broke an answer off; `cut`: somebody did after it had begun, or before.
fn broken_by(tail: &Tail, cut: bool) -> Option<&'static str> {
    let ends = tail.details.is_some_and(|details| details.starts_with(ENVOY_ENDS));
    if tail.flags & GIVEN_UP != 0 || cut && ends {
        return Some("gateway");
    }
    match (cut, tail.flags & LEFT != 0) {
        (true, true) => Some("client"),
        (true, false) => Some("engine"),
        (false, _) => (tail.flags & LOST != 0).then_some("engine"),
    }
}

/// Bytes that JSON has as they are, but those beyond ASCII.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'"' | b'\\');
        byte += 1;
    }
    plain
};

/// As JSON; null for none. What is no UTF-8 becomes U+FFFD.
pub fn write_text(text: &mut Vec<u8>, value: Option<&[u8]>) {
    let Some(value) = value else { return text.extend_from_slice(b"null") };
    text.push(b'"');
    match value.iter().position(|byte| !PLAIN[usize::from(*byte)]) {
        None => text.extend_from_slice(value),
        Some(_) if value.is_ascii() => write_escaped(text, value),
        Some(_) => write_escaped(text, String::from_utf8_lossy(value).as_bytes()),
    }
    text.push(b'"');
}

fn write_escaped(text: &mut Vec<u8>, value: &[u8]) {
    let mut plain = 0;
    for (at, byte) in value.iter().enumerate() {
        if PLAIN[usize::from(*byte)] || !byte.is_ascii() {
            continue;
        }
        text.extend_from_slice(&value[plain..at]);
        plain = at + 1;
        match byte {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', *byte]),
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            _ => drop(write!(text, "\\u{byte:04x}")),
        }
    }
    text.extend_from_slice(&value[plain..]);
}

pub fn write_number(text: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return text.extend_from_slice(&digits[at..]);
        }
    }
}

fn write_duration(text: &mut Vec<u8>, value: Option<i64>) {
    match value {
        Some(value) => write_number(text, value.max(0).unsigned_abs()),
        None => text.extend_from_slice(b"null"),
    }
}

fn write_flags(text: &mut Vec<u8>, flags: u64) {
    if flags == 0 {
        return text.push(b'-');
    }
    let start = text.len();
    for (_, name) in FLAGS.iter().enumerate().filter(|(bit, _)| flags & 1 << bit != 0) {
        if text.len() > start {
            text.push(b',');
        }
        text.extend_from_slice(name.as_bytes());
    }
}

/// As a field: `2026-01-31T12:00:00.000Z`, of nanoseconds since 1970.
///
/// Source: `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>.
pub fn write_time(text: &mut Vec<u8>, time: i64) {
    let milliseconds = time.max(0).unsigned_abs() / 1_000_000;
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let mut written = *b",\"time\":\"0000-00-00T00:00:00.000Z\"";
    let date = [(9, year / 100), (11, year % 100), (14, month), (17, day)];
    let time = [(20, second / 3600), (23, second / 60 % 60), (26, second % 60), (30, fraction % 100)];
    for (at, value) in date.into_iter().chain(time) {
        written[at] += (value / 10 % 10) as u8;
        written[at + 1] += (value % 10) as u8;
    }
    written[29] += (fraction / 100 % 10) as u8;
    text.extend_from_slice(&written);
}

#[cfg(test)]
mod tests;

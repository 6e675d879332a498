//! The usage object of an answer, as its engine wrote it: looked for in each piece of JSON answers and of streams as it
//! passes, and the last one counts.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// In texts that the engine quotes, quotes are escaped.
static NAME: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"usage\":"));
static DURATION: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"duration\""));
/// Bytes of a usage object.
const LONGEST: usize = 4096;
/// Usage objects of a piece that are looked at.
const MOST_TRIED: usize = 4;
/// Bytes of a verbose transcription that have its duration.
const BEGINNING: usize = 256;

/// Of one answer.
#[derive(Default)]
pub struct UsageText {
    changed: bool,
    /// Empty: none yet.
    last: Vec<u8>,
    /// The end of what came, as far as it may be the beginning of a usage object.
    rest: Vec<u8>,
    beginning: Vec<u8>,
    /// Bytes that this is to have.
    wanted: usize,
}

impl UsageText {
    /// `durations`: answers of this kind may say no more than that.
    pub fn new(durations: bool) -> Self {
        Self { wanted: if durations { BEGINNING } else { 0 }, ..Self::default() }
    }

    /// The next piece of the answer.
    pub fn read(&mut self, piece: &[u8]) {
        let missing = self.wanted - self.beginning.len();
        self.beginning.extend_from_slice(&piece[..missing.min(piece.len())]);
        if self.rest.is_empty() {
            return self.search(piece);
        }
        let mut text = std::mem::take(&mut self.rest);
        text.extend_from_slice(&piece[..piece.len().min(LONGEST + NAME.needle().len())]);
        self.search(&text);
        if piece.len() > LONGEST + NAME.needle().len() {
            self.search(piece);
        }
    }

    /// For the last whole object, among the last few that may be one.
    fn search(&mut self, text: &[u8]) {
        let mut places = [None; MOST_TRIED];
        for at in NAME.find_iter(text) {
            places.rotate_right(1);
            places[0] = Some(at);
        }
        let mut open = None;
        for at in places.into_iter().flatten() {
            match read_object(&text[at + NAME.needle().len()..]) {
                Object::Whole(object) => {
                    self.changed = true;
                    object.clone_into(&mut self.last);
                    break;
                }
                Object::Open => open = Some(at),
                Object::None => {}
            }
        }
        let ended = open.is_none() && text.ends_with(b"\n\n");
        let name_cut = text.len().saturating_sub(NAME.needle().len() - 1);
        self.rest.clear();
        self.rest.extend_from_slice(if ended { b"" } else { &text[open.unwrap_or(name_cut)..] });
    }

    /// Whether there is another one than when this was asked last.
    pub fn changes(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The last usage object. None: none yet.
    pub fn get(&self) -> Option<&[u8]> {
        Some(&self.last[..]).filter(|last| !last.is_empty())
    }

    /// The digits of a verbose transcription's duration, in seconds.
    pub fn duration(&self) -> Option<&[u8]> {
        read_duration(&self.beginning)
    }
}

enum Object<'a> {
    Whole(&'a [u8]),
    /// It may end in what comes.
    Open,
    None,
}

/// The object that a text begins with, by its braces, but those in its texts.
fn read_object(text: &[u8]) -> Object<'_> {
    let text = text.trim_ascii_start();
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.iter().take(LONGEST).enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at > 0 { Object::Whole(&text[..=at]) } else { Object::None };
        }
    }
    if text.len() < LONGEST {
        Object::Open
    } else {
        Object::None
    }
}

/// The digits after `"duration":`, a number or a number as a text.
fn read_duration(text: &[u8]) -> Option<&[u8]> {
    let at = DURATION.find(text)? + DURATION.needle().len();
    let value = text[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let whole = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let tail = value[whole..]
        .strip_prefix(b".")
        .map_or(0, |tail| tail.iter().take_while(|byte| byte.is_ascii_digit()).count());
    (whole > 0).then_some(&value[..if tail > 0 { whole + 1 + tail } else { whole }])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a text that comes in pieces of each size.
    fn read_in_pieces(text: &str) -> Option<String> {
        let read = |size: usize| {
            let mut usage = UsageText::new(true);
            text.as_bytes().chunks(size).for_each(|piece| usage.read(piece));
            usage.get().or(usage.duration()).map(|found| String::from_utf8(found.to_vec()).unwrap())
        };
        let whole = read(text.len().max(1));
        for size in 1..text.len() {
            assert_eq!(read(size), whole, "{text:.200} in pieces of {size}");
        }
        whole
    }

    #[test]
    fn the_last_usage_object_counts_however_it_is_cut() {
        let long = format!("{{\"usage\":{{\"a\":\"{}\"}},\"x\":1}}", "y".repeat(5000));
        let large = format!("{{\"usage\":{{\"a\":\"{}\"}},\"x\":1}}", "}".repeat(3000));
        let late = format!("{{\"x\":\"{}\",\"usage\": {{\"a\":{{\"b\":2}}}} }}", "y".repeat(2000));
        let cases = [
            (r#"{"id":1,"usage":{"a":1},"x":2}"#, Some(r#"{"a":1}"#)),
            (r#"{"usage":{"a":1},"usage": {"a":{"b":2}}}"#, Some(r#"{"a":{"b":2}}"#)),
            (r#"{"usage":{"a":1},"usage":null}"#, Some(r#"{"a":1}"#)),
            (r#"{"usage":{"a":1},"x":{"usage":{"b":{}"#, Some(r#"{"a":1}"#)),
            (r#"{"text":"\"usage\":{\"a\":1}"}"#, None),
            (r#"{"usage":{"a":1"#, None),
            (r#"{"usage":}"#, None),
            (r#"{"usage""#, None),
            ("", None),
            (&long, None),
            (&large, Some(&large[9..large.len() - 7])),
            (r#"{"usage":{"a":"\"}","b":"}\\"},"x":1}"#, Some(r#"{"a":"\"}","b":"}\\"}"#)),
            (&late, Some(r#"{"a":{"b":2}}"#)),
            ("data: {\"usage\":{\"a\":1}}\n\ndata: {\"usage\":{\"a\":2}}\n\ndata: [DONE]\n\n", Some(r#"{"a":2}"#)),
        ];
        for (text, usage) in cases {
            assert_eq!(read_in_pieces(text).as_deref(), usage, "{text:.200}");
        }
    }

    #[test]
    fn a_transcription_without_usage_has_its_duration() {
        let cases = [
            (r#"{"duration":12.5,"text":""}"#, Some("12.5")),
            (r#"{"duration" : "12","text":""}"#, Some("12")),
            (r#"{"duration":7.}"#, Some("7")),
            (r#"{"duration":"long"}"#, None),
            (r#"{"duration":1,"usage":{"a":1}}"#, Some(r#"{"a":1}"#)),
        ];
        for (text, usage) in cases {
            assert_eq!(read_in_pieces(text).as_deref(), usage, "{text}");
        }
    }
}

//! How many parts of an answer there are where nobody says it: images of an answer, and steps of a stream whose engine says
//! only at its end what it used.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// As events with a piece of an answer end their first line: `event: response.output_text.delta`.
static STEP: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"delta\ndata:"));
/// Likewise with a whole image: `event: image_generation.completed`.
static EVENT: LazyLock<Finder> = LazyLock::new(|| Finder::new(b".completed\ndata:"));
static DATA: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"b64_json\""));
static ADDRESS: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"url\""));
/// Bytes between a name and its value.
const LONGEST_GAP: usize = 16;

/// Of one thing in one answer.
pub struct Count {
    what: &'static Finder<'static>,
    /// It is a name, which counts where its value is a text.
    named: bool,
    found: u64,
    /// What may be the beginning of one.
    rest: Vec<u8>,
}

impl Count {
    pub fn steps() -> Self {
        Self::new(&STEP, false)
    }

    /// Whole images of a stream.
    pub fn image_events() -> Self {
        Self::new(&EVENT, false)
    }

    /// Images of an answer, by what each may have.
    pub fn images() -> [Self; 2] {
        [Self::new(&DATA, true), Self::new(&ADDRESS, true)]
    }

    fn new(what: &'static Finder<'static>, named: bool) -> Self {
        Self { what, named, found: 0, rest: Vec::new() }
    }

    pub fn get(&self) -> u64 {
        self.found
    }

    /// The next piece.
    pub fn read(&mut self, piece: &[u8]) {
        let mut text = std::mem::take(&mut self.rest);
        text.extend_from_slice(piece);
        let needle = self.what.needle();
        let mut open = text.len().saturating_sub(needle.len() - 1);
        for at in self.what.find_iter(&text) {
            let value = &text[at + needle.len()..];
            match value.iter().take(LONGEST_GAP).find(|byte| !matches!(byte, b' ' | b':' | b'\n')) {
                None if self.named && value.len() < LONGEST_GAP => open = at,
                first if !self.named || first == Some(&b'"') => {
                    self.found += 1;
                    open = open.max(at + needle.len());
                }
                _ => {}
            }
        }
        self.rest = text.split_off(open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(mut count: Count, text: &str) -> u64 {
        let whole = {
            let mut whole = Count::new(count.what, count.named);
            whole.read(text.as_bytes());
            whole.get()
        };
        text.as_bytes().iter().for_each(|byte| count.read(&[*byte]));
        assert_eq!(count.get(), whole, "{text}");
        whole
    }

    #[test]
    fn images_are_counted_by_what_they_have() {
        let cases = [
            (r#"{"data":[{"b64_json":"aa","url":null},{"b64_json" : "bb"}]}"#, [2, 0]),
            (r#"{"data":[{"url": "https://x","b64_json":null},{"url":"y"},{"url":"z"}]}"#, [0, 3]),
            (r#"{"data":[{"revised_prompt":"\"b64_json\":\"a\""}]}"#, [0, 0]),
            (r#"{"b64_json""#, [0, 0]),
        ];
        for (text, images) in cases {
            assert_eq!(Count::images().map(|each| count(each, text)), images, "{text}");
        }
    }

    #[test]
    fn steps_and_images_of_streams_are_events() {
        let text = "event: response.output_text.delta\ndata: {\"delta\":\"delta\\ndata:\"}\n\n\
                    event: response.reasoning_text.delta\ndata: {}\n\nevent: response.completed\ndata: {}\n\n";
        assert_eq!((count(Count::steps(), text), count(Count::image_events(), text)), (2, 1));
    }
}

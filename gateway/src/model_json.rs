//! The string `model` at the top of a JSON object (RFC 8259), read piece by piece: nothing is kept but that string, and
//! what follows it is not looked at. What is no JSON is left to the engine, if it names a model before that shows.

use std::str::Chars;

use memchr::memchr2;

use crate::model::{Found, LONGEST};

/// Where in the text it is.
#[derive(Default, Clone, Copy)]
enum At {
    #[default]
    Start,
    /// Before a key, or the end of the object.
    Key,
    Colon,
    Value,
    /// After a value of the object.
    Comma,
    /// Within an array or object that is a value: how deep.
    Nested(u32),
    /// Within a number, `true`, `false` or `null`.
    Scalar,
    /// Within a string; what it is.
    Text(Text),
    End,
}

#[derive(Clone, Copy)]
enum Text {
    Key,
    Model,
    Value,
    Nested(u32),
}

#[derive(Default)]
pub struct JsonModel {
    at: At,
    escaped: bool,
    /// Of the key, or of the model: as it is written.
    text: Vec<u8>,
    is_model: bool,
}

impl JsonModel {
    /// The next piece.
    pub fn read(&mut self, piece: &[u8]) -> Found {
        let mut rest = piece;
        while let [byte, after @ ..] = rest {
            rest = match self.at {
                At::Text(kind) => match self.read_text(kind, rest) {
                    Ok(rest) => rest,
                    Err(model) => return model.map_or(Found::Never, Found::Model),
                },
                at => {
                    self.at = self.step(at, *byte);
                    after
                }
            };
            if let At::End = self.at {
                return Found::Never;
            }
        }
        Found::NotYet
    }

    /// Outside of strings.
    fn step(&mut self, at: At, byte: u8) -> At {
        match (at, byte) {
            (At::Scalar | At::Comma, b',') | (At::Start, b'{') => At::Key,
            (At::Scalar, b'}') => At::End,
            (At::Scalar, _) => At::Scalar,
            (At::Nested(depth), b'"') => At::Text(Text::Nested(depth)),
            (At::Nested(depth), b'{' | b'[') => depth.checked_add(1).map_or(At::End, At::Nested),
            (At::Nested(0), b'}' | b']') => At::Comma,
            (At::Nested(depth), b'}' | b']') => At::Nested(depth - 1),
            (At::Nested(_), _) | (_, b' ' | b'\t' | b'\n' | b'\r') => at,
            (At::Key, b'"') => self.begin(Text::Key),
            (At::Colon, b':') => At::Value,
            (At::Value, b'"') => self.begin(if self.is_model { Text::Model } else { Text::Value }),
            (At::Value, _) if self.is_model => At::End,
            (At::Value, b'{' | b'[') => At::Nested(0),
            (At::Value, _) => At::Scalar,
            _ => At::End,
        }
    }

    fn begin(&mut self, kind: Text) -> At {
        self.text.clear();
        At::Text(kind)
    }

    /// Within a string: what follows it, or the model.
    fn read_text<'a>(&mut self, kind: Text, text: &'a [u8]) -> Result<&'a [u8], Option<Vec<u8>>> {
        if self.escaped {
            self.escaped = false;
            self.keep(kind, &text[..1]);
            return Ok(&text[1..]);
        }
        let Some(end) = memchr2(b'"', b'\\', text) else {
            self.keep(kind, text);
            return Ok(&[]);
        };
        self.keep(kind, &text[..end]);
        if text[end] == b'\\' {
            self.escaped = true;
            self.keep(kind, b"\\");
            return Ok(&text[end + 1..]);
        }
        self.at = match kind {
            Text::Key => {
                self.is_model = unescape(&self.text).as_deref() == Some("model");
                At::Colon
            }
            Text::Model => return Err(unescape(&self.text).map(String::into_bytes)),
            Text::Value => At::Comma,
            Text::Nested(depth) => At::Nested(depth),
        };
        Ok(&text[end + 1..])
    }

    fn keep(&mut self, kind: Text, text: &[u8]) {
        if let Text::Key | Text::Model = kind {
            let room = LONGEST.saturating_sub(self.text.len());
            self.text.extend_from_slice(&text[..text.len().min(room)]);
        }
    }
}

/// What a string means; cut short, what is left of it. None: it means nothing.
fn unescape(text: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&text[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => units.push(read_escape(&mut chars)?),
            char => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
        }
    }
    String::from_utf16(&units).ok()
}

/// What follows a backslash.
fn read_escape(chars: &mut Chars) -> Option<u16> {
    Some(match chars.next()? {
        'n' => 0x0a,
        't' => 0x09,
        'r' => 0x0d,
        'b' => 0x08,
        'f' => 0x0c,
        'u' => {
            let mut digits = (0..4).map(|_| chars.next()?.to_digit(16));
            let unit = digits.try_fold(0, |unit, digit| digit.map(|digit| unit * 16 + digit))?;
            u16::try_from(unit).ok()?
        }
        char @ ('"' | '\\' | '/') => u16::try_from(u32::from(char)).ok()?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text says, however it is cut.
    fn model_of(text: &[u8]) -> Option<String> {
        let read = |size: usize| {
            let mut json = JsonModel::default();
            text.chunks(size).find_map(|piece| match json.read(piece) {
                Found::Model(model) => Some(Some(String::from_utf8(model).unwrap())),
                Found::Never => Some(None),
                Found::NotYet => None,
            })
        };
        let whole = read(text.len().max(1)).flatten();
        for size in 1..text.len().min(64) {
            assert_eq!(read(size).flatten(), whole, "{} in pieces of {size}", String::from_utf8_lossy(text));
        }
        whole
    }

    #[test]
    fn the_model_at_the_top_is_found_wherever_it_stands() {
        let cases = [
            (r#"{"model":"a"}"#, Some("a")),
            (" \n{ \"x\" : -1.5e3 , \"model\" : \"Org/a b\" , ", Some("Org/a b")),
            (r#"{"messages":[{"model":"no","content":"}]\"model\":\"no\""}],"model":"a"}"#, Some("a")),
            (r#"{"x":{"model":"no"},"y":true,"z":null,"model":"a"}"#, Some("a")),
            (r#"{"mod\u0065l":"\u00fc\ud83d\ude00\n\"\\\/"}"#, Some("ü😀\n\"\\/")),
            (r#"{"model":"a","model":"b"}"#, Some("a")),
            (r#"{"model":""}"#, Some("")),
            (r#"{"model":"a"#, None),
            (r#"{"model":1}"#, None),
            (r#"{"model":null,"x":1}"#, None),
            (r#"{"model":["a"]}"#, None),
            (r#"{"model":"\ud800"}"#, None),
            (r#"{"model":"\u12"}"#, None),
            (r#"{"model":"\x"}"#, None),
            (r#"["model","a"]"#, None),
            (r#""model""#, None),
            (r#"{"x":"model"}"#, None),
            (r#"{model:"a"}"#, None),
            (r#"{"x" "model":"a"}"#, None),
            (r#"{"x":1}{"model":"a"}"#, None),
            ("{}", None),
            ("", None),
        ];
        for (text, model) in cases {
            assert_eq!(model_of(text.as_bytes()).as_deref(), model, "{text}");
        }
        assert_eq!(model_of(b"{\"model\":\"\xff\"}"), None);
    }

    #[test]
    fn neither_depth_nor_length_is_kept() {
        let deep = [vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat();
        let text = [b"{\"x\":", &deep[..], b",\"model\":\"a\"}"].concat();
        let mut json = JsonModel::default();
        assert!(matches!(json.read(&text), Found::Model(model) if model == b"a"));
        let long = format!("{{\"model\":\"{}\"}}", "ü".repeat(1 << 20));
        let mut json = JsonModel::default();
        assert!(matches!(json.read(long.as_bytes()), Found::Model(model) if model.len() == LONGEST));
    }
}

//! The field `model` of a multipart form (RFC 7578), read piece by piece: of its files nothing is kept.

use memchr::memmem;

use crate::model::{Found, LONGEST};
use crate::upload::{field, parameter};

/// Bytes of the headers of a part.
const LONGEST_HEAD: usize = 16_384;

enum At {
    /// Before a delimiter.
    Body,
    /// After one: the headers of a part, or the end.
    Head,
    Model,
}

pub struct FormModel {
    delimiter: Vec<u8>,
    at: At,
    /// What came and is not yet understood.
    rest: Vec<u8>,
}

impl FormModel {
    pub fn new(boundary: &[u8]) -> Self {
        Self { delimiter: [b"--", boundary].concat(), at: At::Body, rest: Vec::new() }
    }

    /// The next piece.
    pub fn read(&mut self, piece: &[u8]) -> Found {
        self.rest.extend_from_slice(piece);
        let text = std::mem::take(&mut self.rest);
        let mut rest = &text[..];
        loop {
            match self.at {
                At::Body => {
                    let Some(at) = memmem::find(rest, &self.delimiter) else {
                        rest = &rest[rest.len().saturating_sub(self.delimiter.len() - 1)..];
                        break;
                    };
                    (self.at, rest) = (At::Head, &rest[at + self.delimiter.len()..]);
                }
                At::Head => match memmem::find(rest, b"\r\n\r\n") {
                    _ if rest.starts_with(b"--") => return Found::Never,
                    Some(end) => (self.at, rest) = (part_of(&rest[..end]), &rest[end + 4..]),
                    None if rest.len() > LONGEST_HEAD => return Found::Never,
                    None => break,
                },
                At::Model => match memmem::find(rest, b"\r\n") {
                    Some(0) => return Found::Never,
                    Some(end) => return Found::Model(name_of(&rest[..end])),
                    None if rest.len() > LONGEST => return Found::Model(name_of(rest)),
                    None => break,
                },
            }
        }
        self.rest = rest.to_vec();
        Found::NotYet
    }
}

/// What follows these headers.
fn part_of(head: &[u8]) -> At {
    let name = field(head, "content-disposition").and_then(|disposition| parameter(disposition, "name"));
    if name == Some(b"model") {
        At::Model
    } else {
        At::Body
    }
}

fn name_of(value: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(&value[..value.len().min(LONGEST)]).into_owned().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(disposition: &str, value: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n")
    }

    /// What a form says, however it is cut.
    fn model_of(form: &str) -> Option<String> {
        let read = |size: usize| {
            let mut reader = FormModel::new(b"b");
            form.as_bytes().chunks(size).find_map(|piece| match reader.read(piece) {
                Found::Model(model) => Some(Some(String::from_utf8(model).unwrap())),
                Found::Never => Some(None),
                Found::NotYet => None,
            })
        };
        let whole = read(form.len().max(1)).flatten();
        for size in 1..form.len().min(64) {
            assert_eq!(read(size).flatten(), whole, "{form} in pieces of {size}");
        }
        whole
    }

    #[test]
    fn the_field_model_is_found_before_and_after_the_file() {
        let file = part("name=\"file\"; filename=\"a;name=model.wav\"", "--c\r\n\r\nname=\"model\"\r\n\r\nno\r\n-");
        let model = part("name=\"model\"", "Org/a");
        let cases = [
            (format!("{model}{file}--b--\r\n"), Some("Org/a")),
            (format!("{file}{model}--b--\r\n"), Some("Org/a")),
            (format!("preamble\r\n{}", part("name=model", "ü")), Some("ü")),
            (format!("{file}--b--\r\n{model}"), None),
            (format!("{}--b--", part("name=\"model\"", "")), None),
            (part("name=\"x\"; filename=\"model\"", "no"), None),
            ("--b\r\ncontent-disposition: form-data; name=model\r\n\r\nOrg".to_owned(), None),
            (String::new(), None),
        ];
        for (form, model) in cases {
            assert_eq!(model_of(&form).as_deref(), model, "{form}");
        }
    }

    #[test]
    fn little_is_kept_of_a_large_file() {
        let mut reader = FormModel::new(b"b");
        reader.read(part("name=file", "").as_bytes());
        for _ in 0..100 {
            assert!(matches!(reader.read(&[b'-'; 4096]), Found::NotYet));
            assert!(reader.rest.len() < 3);
        }
    }
}

//! Whether the file of an audio upload can be audio, by the beginning of its form (RFC 7578): by the file's name, else by
//! its content type. What may be audio is left to the engine.

use std::str;

/// How many bytes are looked at.
pub const BEGINNING: usize = 8192;

const TAKEN: [&str; 27] = [
    "3gp", "aac", "aif", "aiff", "amr", "au", "caf", "flac", "m4a", "m4b", "mka", "mkv", "mov", "mp2", "mp3", "mp4",
    "mpeg", "mpg", "mpga", "oga", "ogg", "opus", "wav", "wave", "webm", "wma", "weba",
];
const LONGEST_EXTENSION: usize = 16;
const LONGEST_TYPE: usize = 64;

/// The boundary of a form, by its content type; None: it is no form.
pub fn boundary_of(content_type: &[u8]) -> Option<&[u8]> {
    let form = content_type.get(..19).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/form-data"));
    if form {
        parameter(content_type, "boundary")
    } else {
        None
    }
}

/// What a form's file is, where no engine takes it: `.exe`, `application/pdf`.
pub fn unsupported(form: &[u8], boundary: &[u8]) -> Option<String> {
    let delimiter = [b"--", boundary].concat();
    let head = parts(form, &delimiter).find(|head| {
        let disposition = field(head, "content-disposition");
        disposition.and_then(|value| parameter(value, "name")) == Some(b"file")
    })?;
    let disposition = field(head, "content-disposition")?;
    let file = parameter(disposition, "filename").or_else(|| parameter(disposition, "filename*")).unwrap_or_default();
    if let Some(extension) = extension_of(file) {
        let (taken, end) = (TAKEN.contains(&extension.as_str()), extension.len().min(LONGEST_EXTENSION));
        return (!taken).then(|| format!(".{}", &extension[..end]));
    }
    let kind = media_type(field(head, "content-type")?)?;
    let audible = kind.starts_with("audio/") || kind.starts_with("video/") || kind == "application/octet-stream";
    (!audible).then(|| kind[..kind.len().min(LONGEST_TYPE)].to_owned())
}

/// The headers of each part.
fn parts<'a>(form: &'a [u8], delimiter: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let begins = memchr::memmem::find_iter(form, delimiter).map(|at| at + delimiter.len());
    begins.filter_map(|at| {
        let part = form[at..].strip_prefix(b"\r\n")?;
        memchr::memmem::find(part, b"\r\n\r\n").map(|end| &part[..end])
    })
}

/// The value of a part's header.
pub fn field<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (key, value) = split_at_byte(line, b':')?;
        key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
    })
}

/// The value of a header's parameter: after a semicolon, with quotes or without.
pub fn parameter<'a>(value: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = split_at_byte(value, b';')?.1;
    loop {
        let (key, after) = split_at_byte(rest, b'=')?;
        let (found, tail) = match after.strip_prefix(b"\"") {
            Some(quoted) => split_at_byte(quoted, b'"').unwrap_or((quoted, b"")),
            None => after.split_at(memchr::memchr(b';', after).unwrap_or(after.len())),
        };
        if key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
            return Some(found.trim_ascii());
        }
        rest = split_at_byte(tail, b';')?.1;
    }
}

fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    memchr::memchr(byte, text).map(|at| (&text[..at], &text[at + 1..]))
}

/// In lower case; None: the name has none.
fn extension_of(file: &[u8]) -> Option<String> {
    let extension = &file[memchr::memrchr(b'.', file)? + 1..];
    let fits = !extension.is_empty() && extension.iter().all(u8::is_ascii_alphanumeric);
    fits.then(|| str::from_utf8(extension).map(str::to_ascii_lowercase).ok()).flatten()
}

/// In lower case, without its parameters; None: it is none.
fn media_type(value: &[u8]) -> Option<String> {
    let kind = value.split(|byte| *byte == b';' || *byte == b' ').next()?;
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b".+-/".contains(byte);
    (kind.contains(&b'/') && kind.iter().all(fits)).then(|| str::from_utf8(kind).map(str::to_ascii_lowercase).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(disposition: &str, kind: &str) -> Vec<u8> {
        let file =
            format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\nRIFF--b\r\n\r\n--b--\r\n");
        format!("--b\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\n-- .exe\r\n{file}").into_bytes()
    }

    #[test]
    fn a_file_is_judged_by_its_name_else_by_its_type() {
        let cases = [
            (r#"name="file"; filename="a b.wav""#, "", None),
            (r#"name="file"; filename="a;name=x.MP3""#, "content-type: text/plain\r\n", None),
            ("filename=notes.txt; name=file", "", Some(".txt")),
            (r#"name="file"; filename="song.mp3.EXE""#, "content-type: audio/mpeg\r\n", Some(".exe")),
            (r#"name="file"; filename*=UTF-8''a.zip"#, "", Some(".zip")),
            (r#"name="file"; filename="notes""#, "Content-Type: application/PDF; a=b\r\n", Some("application/pdf")),
            (r#"name="file"; filename="speech""#, "content-type: audio/wav\r\n", None),
            (r#"name="file"; filename="blob""#, "content-type: application/octet-stream\r\n", None),
            (r#"name="file"; filename="blob""#, "content-type: ?\r\n", None),
            (r#"name="file""#, "", None),
            (r#"name="image"; filename="a.png""#, "", None),
            (r#"name="file"; filename="a.aaaaaaaaaaaaaaaaaaaaaaaa""#, "", Some(".aaaaaaaaaaaaaaaa")),
        ];
        for (disposition, kind, expected) in cases {
            assert_eq!(unsupported(&form(disposition, kind), b"b").as_deref(), expected, "{disposition} {kind}");
        }
    }

    #[test]
    fn the_boundary_is_read_with_quotes_and_without() {
        let cases: [(&[u8], Option<&[u8]>); 6] = [
            (b"multipart/form-data; boundary=abc", Some(b"abc")),
            (b"Multipart/Form-Data; charset=utf-8;Boundary=\"a b\"; x=y", Some(b"a b")),
            (b"multipart/form-data", None),
            (b"multipart/form-data; boundary", None),
            (b"application/json; boundary=abc", None),
            (b"", None),
        ];
        for (kind, boundary) in cases {
            assert_eq!(boundary_of(kind), boundary, "{}", String::from_utf8_lossy(kind));
        }
    }

    #[test]
    fn no_form_is_too_broken_to_be_judged() {
        let whole = form(r#"name="file"; filename="a.zip""#, "content-type: a/b\r\n");
        for end in 0..whole.len() {
            unsupported(&whole[..end], b"b");
            for byte in [0, b'"', b';', b'\r', b'\n', b'-', 0xff] {
                let mut broken = whole.clone();
                broken[end] = byte;
                unsupported(&broken, b"b");
                unsupported(&broken, b"");
                boundary_of(&broken);
            }
        }
    }
}

//! Events of a stream (`text/event-stream`) that are the gateway's own.

/// Clients pass over it.
pub const COMMENT: &[u8] = b": waiting\n\n";
const DONE: &[u8] = b"data: [DONE]\n\n";

/// An answer that is no event stream as the last events of one: error objects as they are, other errors within one.
pub fn build_last(status: &[u8], body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let object = text.trim();
    let event = if status == b"200" || object.starts_with('{') && object.contains("\"error\"") {
        object.lines().fold(String::new(), |event, line| event + "data: " + line + "\n")
    } else {
        let (message, code) = (quote(object), String::from_utf8_lossy(status));
        format!(
            "data: {{\"error\":{{\"message\":{message},\"type\":\"server_error\",\"param\":null,\"code\":\"{code}\"}}}}\n"
        )
    };
    [event.as_bytes(), b"\n", DONE].concat()
}

/// As a JSON string.
fn quote(text: &str) -> String {
    let escape = |char: char| match char {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\0'..='\x1f' => format!("\\u{:04x}", u32::from(char)),
        _ => char.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_stream_becomes_its_last_events() {
        let own = r#"{"error":{"message":"no"}}"#;
        let cases = [
            ("503", own, format!("data: {own}\n\ndata: [DONE]\n\n")),
            ("200", "{\n\"a\":1}", "data: {\ndata: \"a\":1}\n\ndata: [DONE]\n\n".to_owned()),
            (
                "500",
                "a \"b\"\n",
                "data: {\"error\":{\"message\":\"a \\\"b\\\"\",\"type\":\"server_error\",\"param\":null,\"code\":\"500\"}}\
                 \n\ndata: [DONE]\n\n"
                    .to_owned(),
            ),
        ];
        for (status, body, events) in cases {
            assert_eq!(String::from_utf8(build_last(status.as_bytes(), body.as_bytes())).unwrap(), events);
        }
    }
}

use super::*;

/// What is known of an answer, in pieces, that ended or broke off: usage, images, whether it is unknown.
fn read(path: &str, content_type: &str, pieces: &[&str], ended: bool) -> (Option<String>, Option<u64>, bool) {
    let kind = Kind::of(path.as_bytes());
    let mut answer = Answer::begin(kind, content_type.as_bytes(), true, false);
    for piece in pieces {
        answer.read(piece.as_bytes());
    }
    answer.ended = ended;
    let used = Used { kind, answer: Some(answer), ..Used::default() };
    (used.said().map(|usage| String::from_utf8(usage.into_owned()).unwrap()), used.images(), used.unknown(true))
}

const CREATED: &str = "event: response.created\ndata: {\"response\":{\"usage\":null}}\n\n";
const DELTA: &str = "event: response.output_text.delta\ndata: {\"delta\":\"a\"}\n\n";
const COMPLETED: &str =
    "event: response.completed\ndata: {\"response\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":3}}}\n\n";
const START: &str =
    "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":0}}}\n\n";
const BLOCK: &str = "event: content_block_delta\ndata: {}\n\n";

#[test]
fn a_stream_that_says_late_what_it_used_counts_its_steps_when_it_breaks_off() {
    let stream = "text/event-stream; charset=utf-8";
    let late = Some("{\"input_tokens\":5,\"output_tokens\":3}".to_owned());
    let cases = [
        ("/v1/responses", vec![CREATED, DELTA, DELTA, DELTA, COMPLETED], true, late.clone(), false),
        ("/v1/responses", vec![CREATED, DELTA, DELTA, DELTA, COMPLETED], false, late, false),
        ("/v1/responses", vec![CREATED, DELTA, DELTA], false, Some("{\"output_tokens\":2}".to_owned()), true),
        ("/v1/responses", vec![CREATED], false, None, true),
        ("/v1/messages", vec![START, BLOCK], false, Some("{\"input_tokens\":7,\"output_tokens\":1}".to_owned()), true),
    ];
    for (path, pieces, ended, usage, unknown) in cases {
        assert_eq!(read(path, stream, &pieces, ended), (usage, None, unknown), "{path} {pieces:?}");
    }
}

#[test]
fn an_answer_of_which_nothing_is_known_is_unknown() {
    let json = "application/json";
    assert_eq!(read("/v1/chat/completions", json, &["{\"choices\":[]}"], true), (None, None, true));
    assert_eq!(read("/v1/audio/transcriptions", "text/plain", &["words"], true), (None, None, true));
    assert_eq!(read("/v1/models", json, &["{\"data\":[]}"], true), (None, None, false));
    let images = ["{\"data\":[{\"b64_json\":\"a\"},", "{\"b64_json\":\"b\"}]}"];
    assert_eq!(read("/v1/images/generations", json, &images, true), (None, Some(2), false));
    assert_eq!(read("/v1/images/generations", json, &["{\"data\":[]}"], true), (None, None, true));
}

#[test]
fn a_request_without_an_answer_is_unknown_where_it_was_sent() {
    let used = Used { kind: Kind::Chat, ..Used::default() };
    assert_eq!((used.unknown(true), used.unknown(false), used.ended()), (true, false, false));
    let refused = Answer { ended: true, ..Answer::default() };
    let refused = Used { kind: Kind::Chat, answer: Some(refused), ..Used::default() };
    assert!(!refused.unknown(true));
}

#[test]
fn speech_is_as_long_as_its_file() {
    let mut answer = Answer::begin(Kind::Speech, b"audio/wav", true, false);
    let samples = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\0\0\0\0\x01\0\x08\0data\xff\xff\xff\xff";
    let speech: Vec<u8> = samples.iter().copied().chain([0; 8000]).collect();
    answer.speech.as_mut().unwrap().read(&speech);
    answer.spoken = answer.speech.take().and_then(Audio::end);
    let used = Used { kind: Kind::Speech, answer: Some(answer), ..Used::default() };
    assert_eq!((used.audio_ms(), used.unknown(true)), (Some(1000), false));
    assert!(Answer::begin(Kind::Speech, b"audio/pcm", true, false).speech.is_none());
}

#[test]
fn seconds_of_a_recording_are_kept_beside_what_the_engine_says() {
    let cases = [
        (None, Some("{\"seconds\":2.005}")),
        (Some("{\"completion_tokens\":3}"), Some("{\"seconds\":2.005,\"completion_tokens\":3}")),
        (Some("{\"type\":\"duration\",\"seconds\":3}"), Some("{\"type\":\"duration\",\"seconds\":3}")),
    ];
    for (usage, kept) in cases {
        let found = add_seconds(usage.map(|usage| usage.as_bytes().into()), Some(2005));
        assert_eq!(found.as_deref(), kept.map(str::as_bytes));
    }
    assert_eq!(add_seconds(None, None), None);
}

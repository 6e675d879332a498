use super::*;

fn written(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut text = Vec::new();
    write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn a_line_says_what_is_known_and_null_for_what_is_not() {
    let head = Head { id: Some(b"a-1"), path: Some(b"/v1/x?y=1"), ..Head::default() };
    let time = 1_769_860_800_007_000_000;
    let tail =
        Tail { time, status: 200, ms: Some(12), bytes_out: 1024, attempts: 1, flags: 1 << 14, ..Tail::default() };
    let findings = Findings { usage: Some(b"{\"a\":1}".to_vec()), ..Findings::default() };
    assert_eq!(
        written(|text| {
            head.write(text);
            end_line(text, &tail, &findings);
        }),
        concat!(
            r#"{"id":"a-1","client":null,"instance":null,"method":null,"path":"/v1/x","route":"other","model":null,"#,
            r#""time":"2026-01-31T12:00:00.007Z","client_request_id":null,"ip":null,"status":200,"#,
            r#""details":null,"flags":"DC","ms":12,"ttft_ms":null,"bytes_in":0,"bytes_out":1024,"usage":"{\"a\":1}","region":null,"upstream":null,"attempts":1}"#,
            "\n"
        )
    );
}

#[test]
fn a_line_says_what_the_gateway_found_out() {
    let region = Some(b"here".to_vec());
    let found = |flags, details: &str, findings: &Findings| {
        let tail = Tail { flags, details: Some(details.as_bytes()), ..Tail::default() };
        written(|text| findings.write(text, &tail))
    };
    let whole = Findings { region: region.clone(), audio_ms: Some(1070), images: Some(2), ..Findings::default() };
    assert_eq!(found(0, "", &whole), r#","region":"here","seconds":1.070,"images":2"#);
    let (left, lost, late) = (1 << 14, 1 << 6, 1 << 2);
    let (client, ending) = ("downstream_remote_disconnect", "downstream_local_disconnect(filter_chain_is_removed)");
    for (flags, details, cut, who) in [
        (left, client, true, "client"),
        (left, ending, true, "gateway"),
        (lost, "", true, "engine"),
        (0, "", true, "engine"),
        (lost, "", false, "engine"),
        (late, "", false, "gateway"),
    ] {
        let findings = Findings { region: region.clone(), cut, unknown: true, ..Findings::default() };
        assert_eq!(found(flags, details, &findings), format!(r#","region":"here","broken":"{who}","unknown":true"#));
    }
    for details in [client, ending] {
        assert_eq!(found(left, details, &whole), found(0, "", &whole)); // it left when all had come
    }
    assert_eq!(found(left, client, &Findings::default()), r#","region":null"#); // it was sent nowhere
}

#[test]
fn a_line_says_how_long_the_request_waited_for_a_replica() {
    let (left, denied, lost) = (1 << 14, 1 << 12, 1 << 6);
    for (flags, waited_ms, held) in [
        (0, Some(99), ""),
        (0, Some(100), r#""held_ms":100,"#),
        (left, Some(100), r#""held_ms":100,"#),
        (left, None, r#""held_ms":700,"#),
        (denied, None, r#""held_ms":700,"#),
        (lost, None, ""),
        (0, None, ""),
    ] {
        let tail = Tail { ms: Some(700), flags, waited_ms, ..Tail::default() };
        let text = written(|text| tail.write(text, &Findings::default()));
        let bytes = format!(r#""ttft_ms":null,{held}"bytes_in":0"#);
        assert!(text.contains(&bytes), "{text}");
    }
}

#[test]
fn texts_are_json_whatever_they_have() {
    let cases: [(&[u8], &str); 5] = [
        (b"plain", r#""plain""#),
        (b"a\"b\\c", r#""a\"b\\c""#),
        (b"\0\n\x7f", r#""\u0000\n\u007f""#),
        ("\u{fc}".as_bytes(), "\"\u{fc}\""),
        (b"\xff", "\"\u{fffd}\""),
    ];
    for (value, json) in cases {
        assert_eq!(written(|text| write_text(text, Some(value))), json);
    }
}

#[test]
fn times_are_days_of_the_calendar() {
    let cases = [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199, "2024-02-29T23:59:59.000Z"),
        (1_735_689_599, "2024-12-31T23:59:59.000Z"),
    ];
    for (seconds, time) in cases {
        let field = format!(r#","time":"{time}""#);
        assert_eq!(written(|text| write_time(text, seconds * 1_000_000_000)), field);
    }
}

#[test]
fn numbers_and_flags_are_written_out() {
    assert_eq!(written(|text| write_number(text, 0)), "0");
    assert_eq!(written(|text| write_number(text, u64::MAX)), "18446744073709551615");
    assert_eq!(written(|text| write_flags(text, 0)), "-");
    assert_eq!(written(|text| write_flags(text, 1 << 5 | 1 << 15)), "UF,URX");
}

package main

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func ask(e *engine, path, kind, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest("POST", path, strings.NewReader(body))
	request.Header.Set("Content-Type", kind)
	answer := httptest.NewRecorder()
	e.routes().ServeHTTP(answer, request)
	return answer
}

func TestEachFormatOfATranscriptionSaysItsSecondsAsEnginesDo(t *testing.T) {
	cases := []struct{ path, format, want string }{
		{"transcriptions", "json", `"seconds":3`},
		{"transcriptions", "verbose_json", `"duration":"2.3`},
		{"transcriptions", "text", "2.30 seconds of audio\n"},
		{"transcriptions", "srt", "00:00:00,000 -->"},
		{"transcriptions", "vtt", "WEBVTT\n"},
		{"translations", "json", `{"text":"2.30 seconds of audio"}`},
	}
	speech, err := os.ReadFile("../../../examples/audio/hello.wav")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		var form bytes.Buffer
		writer := multipart.NewWriter(&form)
		_ = writer.WriteField("response_format", c.format)
		part, _ := writer.CreateFormFile("file", "hello.wav")
		_, _ = part.Write(speech)
		_ = writer.Close()
		e := newEngine(config{names: []string{"m"}})
		answer := ask(e, "/v1/audio/"+c.path, writer.FormDataContentType(), form.String())
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s", c.path, c.format, answer.Code, answer.Body)
		}
		if seconds := e.produced.uses[0].Seconds; seconds == nil || *seconds < 2.3 || *seconds > 3 {
			t.Errorf("%s %s: produced %v", c.path, c.format, seconds)
		}
	}
}

func TestOtherRoutesSayWhatTheyUsedInTheirOwnWay(t *testing.T) {
	cases := []struct {
		path, body, want string
		completion       int
	}{
		{"/v1/responses", `{"input": "hi", "max_output_tokens": 3}`, `"output_tokens":3`, 3},
		{"/v1/responses", `{"input": "hi", "max_output_tokens": 3, "stream": true}`, "event: response.output_text.delta\ndata: {", 3},
		{"/v1/rerank", `{"query": "a", "documents": ["one", "two"]}`, `"usage":{"total_tokens":3}`, 0},
		{"/v1/images/generations", `{"prompt": "a", "n": 2}`, `"b64_json"`, 0},
	}
	for _, c := range cases {
		e := newEngine(config{names: []string{"m"}, maxModelLen: 64})
		answer := ask(e, c.path, "application/json", c.body)
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), c.want) {
			t.Errorf("%s: %d %s", c.path, answer.Code, answer.Body)
		}
		if use := e.produced.uses[0]; use.Completion != c.completion || !use.Ended {
			t.Errorf("%s: produced %+v", c.path, *use)
		}
	}
}

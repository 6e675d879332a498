package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWhatARequestUsedIsToldByItsID(t *testing.T) {
	routes := newEngine(config{names: []string{"m"}, maxModelLen: 64, maxNumSeqs: 4}).routes()
	ask := func(gone context.Context, id, body string) {
		request := httptest.NewRequestWithContext(gone, "POST", "/v1/completions", strings.NewReader(body))
		request.Header.Set("x-request-id", id)
		routes.ServeHTTP(httptest.NewRecorder(), request)
	}
	gone, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer leave()
	ask(t.Context(), "whole", `{"prompt": "hi", "max_tokens": 3}`)
	ask(t.Context(), "refused", `{"prompt": "hi", "engine": {"status": 503}}`)
	ask(gone, "still", `{"prompt": "hi", "max_tokens": 9, "stream": true, "engine": {"stall_after": 2}}`)
	answer := httptest.NewRecorder()
	routes.ServeHTTP(answer, httptest.NewRequest("GET", "/produced", nil))
	const text = `"route":"completions","status":`
	want := `{"id":"whole",` + text + `200,"prompt":2,"completion":3,"cached":0,"seconds":null,"ended":true}
{"id":"refused",` + text + `503,"prompt":0,"completion":0,"cached":0,"seconds":null,"ended":false}
{"id":"still",` + text + `200,"prompt":2,"completion":2,"cached":0,"seconds":null,"ended":false}
`
	if got := answer.Body.String(); got != want {
		t.Errorf("produced\n%s, want\n%s", got, want)
	}
}

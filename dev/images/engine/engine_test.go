package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestArgumentsOfVLLMAreUnderstoodAndOthersIgnored(t *testing.T) {
	line := "served --tensor-parallel-size 2 --served-model-name a b --port=9000 --enable_force_include_usage --max-model-len 64"
	c, err := parseArguments(strings.Fields(line))
	if err != nil || c.model != "served" || !slices.Equal(c.names, []string{"a", "b"}) || c.port != "9000" || !c.forceUsage || c.maxModelLen != 64 {
		t.Errorf("parsed %+v, %v", c, err)
	}
	if _, err := parseArguments([]string{"--max-model-len", "long"}); err == nil {
		t.Error("--max-model-len long was accepted")
	}
}

// usages asks for a stream of three tokens: for each event but [DONE], the completion tokens it reports, or -1 for none.
func usages(t *testing.T, arguments, body string) []int {
	t.Helper()
	c, err := parseArguments(strings.Fields(arguments))
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	newEngine(c).routes().ServeHTTP(answer, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
	events := strings.Split(strings.TrimSpace(answer.Body.String()), "\n\n")
	if last := events[len(events)-1]; last != "data: [DONE]" {
		t.Fatalf("the last event is %s", last)
	}
	found := []int{}
	for _, event := range events[:len(events)-1] {
		var chunk struct {
			Usage *struct {
				Completion int `json:"completion_tokens"`
			}
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(event, "data: ")), &chunk); err != nil {
			t.Fatal(err)
		}
		if chunk.Usage == nil {
			found = append(found, -1)
		} else {
			found = append(found, chunk.Usage.Completion)
		}
	}
	return found
}

func TestUsageComesWhenTheServerOrTheClientAsks(t *testing.T) {
	cases := []struct {
		arguments, options string
		want               []int
	}{
		{"", `{}`, []int{-1, -1, -1, -1}},
		{"", `{"include_usage": true}`, []int{-1, -1, -1, -1, 3}},
		{"", `{"include_usage": true, "continuous_usage_stats": true}`, []int{0, 1, 2, 3, 3}},
		{"--enable-force-include-usage", `{"include_usage": false}`, []int{0, 1, 2, 3, 3}},
	}
	for _, c := range cases {
		body := `{"stream": true, "max_tokens": 3, "messages": [{"role": "user", "content": "hi"}], "stream_options": ` + c.options + `}`
		if got := usages(t, c.arguments, body); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: usage %v, want %v", c.arguments, c.options, got, c.want)
		}
	}
}

func TestADrainingEngineIsHealthyAndRefusesWork(t *testing.T) {
	e := newEngine(config{names: []string{"m"}})
	e.drain()
	for path, want := range map[string]int{"GET /health": 200, "POST /v1/completions": 500} {
		method, url, _ := strings.Cut(path, " ")
		answer := httptest.NewRecorder()
		e.routes().ServeHTTP(answer, httptest.NewRequest(method, url, strings.NewReader(`{"prompt": "x"}`)))
		if answer.Code != want {
			t.Errorf("%s: %d, want %d", path, answer.Code, want)
		}
	}
}

func TestAnAnswerTellsWhichCredentialsArrived(t *testing.T) {
	for _, name := range []string{"Authorization", "X-Api-Key"} {
		request := httptest.NewRequest("GET", "/v1/models", http.NoBody)
		request.Header.Set(name, "secret")
		answer := httptest.NewRecorder()
		newEngine(config{names: []string{"m"}}).routes().ServeHTTP(answer, request)
		if got := answer.Header().Get("x-engine-credentials"); got != strings.ToLower(name) {
			t.Errorf("%s: x-engine-credentials is %q", name, got)
		}
	}
}

func TestTheLengthOfAWaveFileIsReadFromItsHeader(t *testing.T) {
	speech, err := os.ReadFile("../../../examples/audio/hello.wav")
	if err != nil {
		t.Fatal(err)
	}
	if seconds, err := wavSeconds(speech); err != nil || seconds < 2.3 || seconds > 2.31 {
		t.Errorf("%v seconds, %v", seconds, err)
	}
	if _, err := wavSeconds([]byte("not audio, not audio")); err == nil {
		t.Error("text passed for audio")
	}
}

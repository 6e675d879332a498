package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// question is a request body of the text routes, with the switches a test may add as "engine" (extra_body of the openai package).
type question struct {
	Model               string          `json:"model"`
	Messages            []message       `json:"messages"`
	Prompt              json.RawMessage `json:"prompt"`
	Input               json.RawMessage `json:"input"`
	MaxTokens           int             `json:"max_tokens"`
	MaxCompletionTokens int             `json:"max_completion_tokens"`
	MaxOutputTokens     int             `json:"max_output_tokens"`
	N                   int             `json:"n"`
	Documents           []string        `json:"documents"`
	Query               string          `json:"query"`
	Stream              bool            `json:"stream"`
	Options             struct {
		IncludeUsage bool `json:"include_usage"`
		Continuous   bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
	Switches switches `json:"engine"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// switches make one request slow or ill.
type switches struct {
	TokenDelay   string `json:"token_delay"`   // a duration between tokens
	FailAfter    *int   `json:"fail_after"`    // tokens until the connection is cut
	StallAfter   *int   `json:"stall_after"`   // tokens until nothing more comes
	Status       int    `json:"status"`        // an error status in place of an answer
	CachedTokens int    `json:"cached_tokens"` // reported in prompt_tokens_details
}

// readQuestion decodes and checks a body as vLLM does. It answers the client itself when the body is wrong.
func (e *engine) readQuestion(w http.ResponseWriter, r *http.Request) (question, bool) {
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		sendError(w, 400, "Bad Request", "1 validation error:\n  {'type': 'json_invalid', 'msg': 'JSON decode error'}", "body")
		return q, false
	}
	if !e.checkModel(w, &q.Model) {
		return q, false
	}
	if q.Switches.Status != 0 {
		sendError(w, q.Switches.Status, "InternalServerError", "the request asked for this error", nil)
		return q, false
	}
	if n := q.promptTokens(); n > e.maxModelLen {
		text := "This model's maximum context length is %d tokens. However, your prompt contains %d tokens. Please reduce the length of the input prompt."
		sendError(w, 400, "BadRequestError", fmt.Sprintf(text, e.maxModelLen, n), "input_text")
		return q, false
	}
	return q, true
}

func (e *engine) checkModel(w http.ResponseWriter, name *string) bool {
	if *name == "" {
		*name = e.names[0]
	}
	if !slices.Contains(e.names, *name) {
		sendError(w, 404, "NotFoundError", fmt.Sprintf("The model `%s` does not exist. Valid aliases: %s.", *name, strings.Join(e.names, ", ")), "model")
		return false
	}
	return true
}

// promptTokens counts four bytes as a token.
func (q *question) promptTokens() int {
	bytes := len(q.Prompt) + len(q.Input)
	for _, document := range q.Documents {
		bytes += len(q.Query) + len(document)
	}
	for _, m := range q.Messages {
		bytes += len(m.Content) + len(m.Role)
	}
	return bytes/4 + 1
}

// said is what the client said last: text, or the text parts of a list.
func (q *question) said() string {
	for _, m := range slices.Backward(q.Messages) {
		if m.Role == "user" {
			return text(m.Content)
		}
	}
	return text(q.Prompt)
}

func text(raw json.RawMessage) string {
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		return plain
	}
	var parts []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(raw, &parts)
	texts := []string{}
	for _, part := range parts {
		if part.Text != "" {
			texts = append(texts, part.Text)
		}
	}
	return strings.Join(texts, " ")
}

// delay is the time one token takes: the request's, else the engine's.
func (e *engine) delay(s switches) time.Duration {
	if d, err := time.ParseDuration(s.TokenDelay); err == nil {
		return d
	}
	return e.tokenDelay
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// responses answers as vLLM does: of a stream only the last event tells the usage, whatever the server was told.
func (e *engine) responses(w http.ResponseWriter, r *http.Request) {
	q, ok := e.readQuestion(w, r)
	if !ok {
		return
	}
	a := e.newAnswer(q, "resp_", "response")
	a.begin(w)
	if q.Stream {
		a.end(a.streamResponse(w, r.Context()))
		return
	}
	text := ""
	for i := range a.tokens {
		if !a.next(r.Context(), i) {
			a.end(false)
			return
		}
		text += a.token(i)
		a.note(func(u *use) { u.Completion = i + 1 })
	}
	send(w, 200, a.response("completed", text))
	a.end(true)
}

func (a *answer) streamResponse(w http.ResponseWriter, gone context.Context) bool {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	number := 0
	event := func(kind string, body object) bool {
		body["type"], body["sequence_number"] = kind, number
		number++
		data, _ := json.Marshal(body)
		_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, data)
		return err == nil && http.NewResponseController(w).Flush() == nil
	}
	event("response.created", object{"response": a.response("in_progress", "")})
	text := ""
	for i := range a.tokens {
		if !a.next(gone, i) || !event("response.output_text.delta", object{"delta": a.token(i)}) {
			return false
		}
		text += a.token(i)
		a.note(func(u *use) { u.Completion = i + 1 })
	}
	return event("response.completed", object{"response": a.response("completed", text)})
}

func (a *answer) response(status, text string) object {
	body := object{"id": a.id, "object": a.object, "model": a.Model, "status": status, "output": []object{}, "usage": nil}
	if status == "completed" {
		prompt := a.question.promptTokens()
		body["output"] = []object{{"type": "message", "role": "assistant", "content": []object{{"type": "output_text", "text": text}}}}
		body["usage"] = object{"input_tokens": prompt, "input_tokens_details": object{"cached_tokens": a.cached()},
			"output_tokens": a.tokens, "output_tokens_details": object{"reasoning_tokens": 0}, "total_tokens": prompt + a.tokens}
	}
	return body
}

package main

import (
	"encoding/json"
	"net/http"
)

// embeddings answers one short vector per input text.
func (e *engine) embeddings(w http.ResponseWriter, r *http.Request) {
	q, ok := e.readQuestion(w, r)
	if !ok {
		return
	}
	var texts []json.RawMessage
	if json.Unmarshal(q.Input, &texts) != nil {
		texts = []json.RawMessage{q.Input}
	}
	data := []object{}
	for i, text := range texts {
		data = append(data, object{"object": "embedding", "index": i, "embedding": []float64{float64(len(text)), 1, 0}})
	}
	prompt := q.promptTokens()
	produced, use := used(w)
	produced.note(func() { use.Prompt, use.Ended = prompt, true })
	e.promptTokens.Add(int64(prompt))
	e.stopped.Add(1)
	send(w, 200, object{"id": "embd-" + randomID(), "object": "list", "model": q.Model, "data": data,
		"usage": object{"prompt_tokens": prompt, "total_tokens": prompt, "completion_tokens": 0}})
}

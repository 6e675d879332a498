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

// rerank answers a score for each document. It says its tokens in total, as vLLM does.
func (e *engine) rerank(w http.ResponseWriter, r *http.Request) {
	q, ok := e.readQuestion(w, r)
	if !ok {
		return
	}
	results := []object{}
	for i, document := range q.Documents {
		score := 1 / float64(i+1)
		results = append(results, object{"index": i, "document": object{"text": document}, "relevance_score": score})
	}
	prompt := q.promptTokens()
	e.promptTokens.Add(int64(prompt))
	e.stopped.Add(1)
	produced, use := used(w)
	produced.note(func() { use.Prompt, use.Ended = prompt, true })
	send(w, 200, object{"id": "rerank-" + randomID(), "model": q.Model, "usage": object{"total_tokens": prompt}, "results": results})
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
)

const defaultTokens = 16

// answer is one text in the making. Its first token is all of what the client said, so any length echoes it.
type answer struct {
	*engine
	question
	id, object string
	tokens     int
	finish     string
	piece      func(text string, first bool) object // one choice's content: message, delta or text
	use        *use
}

func (e *engine) chat(w http.ResponseWriter, r *http.Request) {
	q, ok := e.readQuestion(w, r)
	if !ok {
		return
	}
	if len(q.Messages) == 0 {
		sendError(w, 400, "BadRequestError", "Cannot apply chat template to an empty conversation. Provide at least one message.", nil)
		return
	}
	a := e.newAnswer(q, "chatcmpl-", "chat.completion")
	a.piece = func(text string, first bool) object {
		content := object{"content": text}
		if first {
			content["role"] = "assistant"
		}
		if q.Stream {
			return object{"delta": content}
		}
		return object{"message": content}
	}
	if q.Stream {
		a.object += ".chunk"
	}
	a.write(w, r)
}

func (e *engine) completions(w http.ResponseWriter, r *http.Request) {
	if q, ok := e.readQuestion(w, r); ok {
		a := e.newAnswer(q, "cmpl-", "text_completion")
		a.piece = func(text string, _ bool) object { return object{"text": text} }
		a.write(w, r)
	}
}

func (e *engine) newAnswer(q question, prefix, kind string) *answer {
	a := &answer{engine: e, question: q, id: prefix + randomID(), object: kind, tokens: defaultTokens, finish: "stop"}
	if asked := max(q.MaxTokens, q.MaxCompletionTokens, q.MaxOutputTokens); asked > 0 {
		a.tokens, a.finish = min(asked, e.maxModelLen), "length"
	}
	return a
}

func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	a.begin(w)
	if a.Stream {
		a.end(a.stream(w, r.Context()))
	} else {
		a.end(a.whole(w, r.Context()))
	}
}

func (a *answer) begin(w http.ResponseWriter) {
	a.engine.promptTokens.Add(int64(a.question.promptTokens()))
	_, a.use = used(w)
	a.note(func(u *use) { u.Prompt, u.Cached = a.question.promptTokens(), a.cached() })
}

func (a *answer) end(ended bool) {
	a.note(func(u *use) { u.Ended = ended })
	switch {
	case !ended:
		a.aborted.Add(1)
	case a.finish == "stop":
		a.stopped.Add(1)
	default:
		a.cut.Add(1)
	}
}

// whole answers at the end of the text; false when the client left.
func (a *answer) whole(w http.ResponseWriter, gone context.Context) bool {
	text := ""
	for i := range a.tokens {
		if !a.next(gone, i) {
			return false
		}
		text += a.token(i)
		a.note(func(u *use) { u.Completion = i + 1 })
	}
	send(w, 200, a.chunk(a.piece(text, true), a.finish, a.usage(a.tokens)))
	return true
}

// stream sends a chunk per token. Usage: in every chunk when the engine or the client wants that, in a last chunk
// without choices when asked for.
func (a *answer) stream(w http.ResponseWriter, gone context.Context) bool {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	every := a.forceUsage || (a.Options.IncludeUsage && a.Options.Continuous)
	event := func(body object, tokens int, usage bool) bool {
		if usage {
			body["usage"] = a.usage(tokens)
		}
		data, _ := json.Marshal(body)
		return sendEvent(w, data)
	}
	if a.object == "chat.completion.chunk" {
		event(a.chunk(a.piece("", true), nil, nil), 0, every)
	}
	for i := range a.tokens {
		if !a.next(gone, i) {
			return false
		}
		var finish any
		if i == a.tokens-1 {
			finish = a.finish
		}
		if !event(a.chunk(a.piece(a.token(i), false), finish, nil), i+1, every) {
			return false
		}
		a.note(func(u *use) { u.Completion = i + 1 })
	}
	if a.forceUsage || a.Options.IncludeUsage {
		last := a.chunk(nil, nil, nil)
		last["choices"] = []object{}
		event(last, a.tokens, true)
	}
	return sendEvent(w, []byte("[DONE]"))
}

// next waits for token i; false when the client left. It cuts the connection where the request asked for that.
func (a *answer) next(gone context.Context, i int) bool {
	if a.Switches.FailAfter != nil && i >= *a.Switches.FailAfter {
		a.aborted.Add(1)
		panic(http.ErrAbortHandler)
	}
	if a.Switches.StallAfter != nil && i >= *a.Switches.StallAfter {
		<-gone.Done()
		return false
	}
	if delay := a.delay(a.Switches); delay > 0 {
		select {
		case <-time.After(delay):
		case <-gone.Done():
			return false
		}
	}
	a.generationTokens.Add(1)
	return gone.Err() == nil
}

func (a *answer) token(i int) string {
	if i == 0 {
		return a.said()
	}
	return " token"
}

func (a *answer) chunk(choice object, finish any, usage object) object {
	body := object{"id": a.id, "object": a.object, "created": time.Now().Unix(), "model": a.Model}
	if choice != nil {
		choice["index"], choice["finish_reason"], choice["logprobs"] = 0, finish, nil
		body["choices"] = []object{choice}
	}
	if usage != nil {
		body["usage"] = usage
	}
	return body
}

func (a *answer) usage(tokens int) object {
	prompt := a.question.promptTokens()
	usage := object{"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}
	if a.usageDetails {
		usage["prompt_tokens_details"] = object{"cached_tokens": a.cached()}
	}
	return usage
}

func (a *answer) cached() int {
	if a.usageDetails {
		return a.Switches.CachedTokens
	}
	return 0
}

// note changes what is known of the request.
func (a *answer) note(change func(*use)) {
	if a.use != nil {
		a.produced.note(func() { change(a.use) })
	}
}

// sendEvent writes an event into the socket; false when the connection is known to be gone.
func sendEvent(w http.ResponseWriter, data []byte) bool {
	_, err := w.Write(append(append([]byte("data: "), data...), '\n', '\n'))
	return err == nil && http.NewResponseController(w).Flush() == nil
}

func randomID() string {
	bytes := make([]byte, 8)
	_, _ = rand.Read(bytes)
	return hex.EncodeToString(bytes)
}

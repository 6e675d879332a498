package main

import (
	"encoding/json"
	"net/http"
	"path"
	"sync"
)

// keptUses bounds what is remembered.
const keptUses = 200_000

// use is what one request has used until now: what the engine has said of it, or would have said.
type use struct {
	ID         string   `json:"id"` // header x-request-id, as it came
	Route      string   `json:"route"`
	Status     int      `json:"status"` // 0: none yet
	Prompt     int      `json:"prompt"`
	Completion int      `json:"completion"` // tokens; of a stream those that were written
	Cached     int      `json:"cached"`
	Seconds    *float64 `json:"seconds"` // of audio, once the answer began
	Images     int      `json:"images,omitempty"`
	Ended      bool     `json:"ended"` // false: not yet, or broken off
}

// produced is the truth that a bill is compared with.
type produced struct {
	mutex sync.Mutex
	uses  []*use
}

func (p *produced) begin(r *http.Request) *use {
	began := &use{ID: r.Header.Get("x-request-id"), Route: path.Base(r.URL.Path)}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.uses) >= keptUses {
		p.uses = append([]*use(nil), p.uses[keptUses/2:]...)
	}
	p.uses = append(p.uses, began)
	return began
}

func (p *produced) note(change func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change()
}

// serve writes a line of JSON for each request, in the order in which they came.
func (p *produced) serve(w http.ResponseWriter, _ *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	w.Header().Set("Content-Type", "application/x-ndjson")
	encoder := json.NewEncoder(w)
	for _, each := range p.uses {
		_ = encoder.Encode(each)
	}
}

// noting remembers the status of an answer.
type noting struct {
	http.ResponseWriter
	produced *produced
	use      *use
}

func (n noting) WriteHeader(status int) {
	n.produced.note(func() { n.use.Status = status })
	n.ResponseWriter.WriteHeader(status)
}

func (n noting) Write(data []byte) (int, error) {
	if n.use.Status == 0 { // written by this goroutine alone
		n.produced.note(func() { n.use.Status = http.StatusOK })
	}
	return n.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController flush.
func (n noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// used is what is known of the request that is answered here.
func used(w http.ResponseWriter) (*produced, *use) {
	n := w.(noting) // work made it
	return n.produced, n.use
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// engine holds what is counted while it runs: the numbers behind /metrics, and what a drain waits for.
type engine struct {
	config
	pod      string
	slots    chan struct{} // --max-num-seqs of them; who finds none is waiting
	draining atomic.Bool
	produced produced

	served, running, waiting       atomic.Int64
	promptTokens, generationTokens atomic.Int64
	stopped, cut, aborted          atomic.Int64
}

func newEngine(c config) *engine {
	pod := os.Getenv("POD_NAME")
	if pod == "" {
		pod, _ = os.Hostname() // of a pod: its name
	}
	return &engine{config: c, pod: pod, slots: make(chan struct{}, max(1, c.maxNumSeqs))}
}

func (e *engine) routes() http.Handler {
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	mux.HandleFunc("GET /health", ok) // 200 while it drains, too
	mux.HandleFunc("GET /ping", ok)
	mux.HandleFunc("GET /metrics", e.metrics)
	mux.HandleFunc("GET /produced", e.produced.serve)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { send(w, 200, object{"version": "0.32.0"}) })
	mux.HandleFunc("GET /load", func(w http.ResponseWriter, _ *http.Request) { send(w, 200, object{"server_load": e.running.Load()}) })
	mux.HandleFunc("GET /v1/models", e.models)
	mux.HandleFunc("POST /v1/chat/completions", e.work(e.chat))
	mux.HandleFunc("POST /v1/completions", e.work(e.completions))
	mux.HandleFunc("POST /v1/responses", e.work(e.responses))
	mux.HandleFunc("POST /v1/embeddings", e.work(e.embeddings))
	mux.HandleFunc("POST /v1/rerank", e.work(e.rerank))
	mux.HandleFunc("POST /v1/images/generations", e.work(e.images))
	mux.HandleFunc("POST /v1/audio/transcriptions", e.work(e.transcriptions))
	mux.HandleFunc("POST /v1/audio/translations", e.work(e.transcriptions))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { send(w, 404, object{"detail": "Not Found"}) })
	return e.echo(mux)
}

// echo tells a test, in headers of every answer, which pod answered, what path it saw and which credentials reached it.
func (e *engine) echo(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := []string{}
		for _, name := range []string{"authorization", "x-api-key"} {
			if r.Header.Get(name) != "" {
				seen = append(seen, name)
			}
		}
		if len(seen) == 0 {
			seen = []string{"none"}
		}
		w.Header().Set("x-engine-pod", e.pod)
		w.Header().Set("x-engine-path", r.URL.RequestURI())
		w.Header().Set("x-engine-host", r.Host)
		w.Header().Set("x-engine-credentials", strings.Join(seen, ","))
		next.ServeHTTP(w, r)
	})
}

// work counts a request in and out, refuses it while draining and lets it wait for a slot.
func (e *engine) work(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if e.draining.Load() {
			sendError(w, 500, "InternalServerError", "cannot schedule new futures after shutdown", nil)
			return
		}
		e.waiting.Add(1)
		select {
		case e.slots <- struct{}{}:
			e.waiting.Add(-1)
		case <-r.Context().Done():
			e.waiting.Add(-1)
			e.aborted.Add(1)
			return
		}
		e.running.Add(1)
		defer func() { <-e.slots; e.running.Add(-1) }()
		use := e.produced.begin(r)
		next(noting{w, &e.produced, use}, r)
		if served := e.served.Add(1); e.exitAfter > 0 && served >= int64(e.exitAfter) {
			time.AfterFunc(50*time.Millisecond, func() { // this answer is still on its way
				fail(fmt.Errorf("served %d requests, as ENGINE_EXIT_AFTER asked", served))
			})
		}
	}
}

// drain lets running requests end, for --shutdown-timeout at most, and refuses new ones.
func (e *engine) drain() {
	e.draining.Store(true)
	for end := time.Now().Add(e.drainTimeout); e.running.Load()+e.waiting.Load() > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

func (e *engine) models(w http.ResponseWriter, _ *http.Request) {
	data := []object{}
	for _, name := range e.names {
		data = append(data, object{"id": name, "object": "model", "created": 0, "owned_by": "vllm", "root": e.model, "max_model_len": e.maxModelLen})
	}
	send(w, 200, object{"object": "list", "data": data})
}

type object = map[string]any

func send(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// sendError writes vLLM's error body: code is a number, param names the field or is null.
func sendError(w http.ResponseWriter, status int, kind, message string, param any) {
	send(w, status, object{"error": object{"message": message, "type": kind, "param": param, "code": status}})
}

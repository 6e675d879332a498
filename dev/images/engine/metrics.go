package main

import (
	"fmt"
	"net/http"
)

// metrics writes the Prometheus text format under vLLM's names and labels.
func (e *engine) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	family := func(name, kind, help string) {
		fmt.Fprintf(w, "# HELP vllm:%s %s\n# TYPE vllm:%s %s\n", name, help, name, kind)
	}
	sample := func(name, labels string, value any) {
		fmt.Fprintf(w, "vllm:%s{engine=\"0\"%s,model_name=%q} %v\n", name, labels, e.names[0], value)
	}
	family("num_requests_running", "gauge", "Number of requests in model execution batches.")
	sample("num_requests_running", "", e.running.Load())
	family("num_requests_waiting", "gauge", "Number of requests waiting to be processed.")
	sample("num_requests_waiting", "", e.waiting.Load())
	family("kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.")
	sample("kv_cache_usage_perc", "", float64(e.running.Load())/float64(cap(e.slots)))
	family("prompt_tokens_total", "counter", "Number of prefill tokens processed.")
	sample("prompt_tokens_total", "", e.promptTokens.Load())
	family("generation_tokens_total", "counter", "Number of generation tokens processed.")
	sample("generation_tokens_total", "", e.generationTokens.Load())
	family("request_success_total", "counter", "Count of successfully processed requests.")
	sample("request_success_total", `,finished_reason="stop"`, e.stopped.Load())
	sample("request_success_total", `,finished_reason="length"`, e.cut.Load())
	sample("request_success_total", `,finished_reason="abort"`, e.aborted.Load())
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"time"
)

const (
	jsonHead   = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
	streamHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
	answer     = `{"id":"chatcmpl-8f14e45f","object":"chat.completion","created":1767225600,"model":"tiny","choices":[{"index":0,` +
		`"message":{"role":"assistant","content":"Hello! How can I help you today?","refusal":null,"tool_calls":[]},` +
		`"logprobs":null,"finish_reason":"stop","stop_reason":null}],"service_tier":null,"usage":{"prompt_tokens":11,` +
		`"total_tokens":20,"completion_tokens":9,"prompt_tokens_details":null},"prompt_logprobs":null}`
	event = `data: {"id":"chatcmpl-8f14e45f","object":"chat.completion.chunk","created":1767225600,"model":"tiny",` +
		`"choices":%s%s}` + "\n\n"
	delta = `[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]`
	usage = `,"usage":{"prompt_tokens":11,"total_tokens":%d,"completion_tokens":%d}`
	done  = "data: [DONE]\n\n"
)

// asked is what a request's body may say.
type asked struct {
	Stream  bool
	Chunks  int // of a stream, 50 if absent
	PauseMs int `json:"pause_ms"` // between them
	Options struct {
		Continuous bool `json:"continuous_usage_stats"` // usage in each chunk, as vLLM gives it when it is forced
	} `json:"stream_options"`
}

func upstream(arguments []string) error {
	flags := flag.NewFlagSet("upstream", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:0", "where to listen; the address is printed")
	_ = flags.Parse(arguments)
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go serve(connection)
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, 1<<16)
	plain := fmt.Appendf(nil, jsonHead, len(answer), answer)
	body := make([]byte, 0, 4096)
	for {
		head, err := readHead(reader)
		if err != nil {
			return
		}
		body = body[:0]
		if readBody(reader, head.length, func(part []byte) {
			body = append(body, part[:min(len(part), 4096-len(body))]...)
		}) != nil {
			return
		}
		if bytes.Contains(body, []byte(`"stream"`)) {
			err = stream(connection, body)
		} else {
			_, err = connection.Write(plain)
		}
		if err != nil {
			return
		}
	}
}

// stream writes each event by itself, as an engine does that has just made the token.
func stream(connection net.Conn, body []byte) error {
	what := asked{Chunks: 50}
	if err := json.Unmarshal(body, &what); err != nil {
		return err
	}
	if _, err := connection.Write([]byte(streamHead)); err != nil {
		return err
	}
	for number := 1; number <= what.Chunks; number++ {
		used := ""
		if what.Options.Continuous {
			used = fmt.Sprintf(usage, 11+number, number)
		}
		if err := writeChunk(connection, fmt.Sprintf(event, delta, used)); err != nil {
			return err
		}
		if what.PauseMs > 0 {
			time.Sleep(time.Duration(what.PauseMs) * time.Millisecond)
		}
	}
	last := fmt.Sprintf(event, "[]", fmt.Sprintf(usage, 11+what.Chunks, what.Chunks))
	if err := writeChunk(connection, last); err != nil {
		return err
	}
	_, err := fmt.Fprintf(connection, "%x\r\n%s\r\n0\r\n\r\n", len(done), done)
	return err
}

func writeChunk(connection net.Conn, text string) error {
	_, err := fmt.Fprintf(connection, "%x\r\n%s\r\n", len(text), text)
	return err
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// result is printed as JSON.
type result struct {
	Requests int     `json:"requests"` // answered with 200, to the end
	Failed   int     `json:"failed"`
	Seconds  float64 `json:"seconds"`
	P50      float64 `json:"p50_ms"` // from the request's first byte to the answer's last
	P99      float64 `json:"p99_ms"`
	Gaps     float64 `json:"gap_p99_ms"` // between pieces of one answer
	Reason   string  `json:"reason,omitempty"`
}

// pace gives each request of all connections its time; who is late asks at once.
type pace struct {
	begun time.Time
	rate  float64
	asked atomic.Int64
}

func (p *pace) wait() {
	if p.rate > 0 {
		due := float64(p.asked.Add(1)) / p.rate * float64(time.Second)
		time.Sleep(time.Until(p.begun.Add(time.Duration(due))))
	}
}

// client is one connection, which asks again when it is answered and has its turn.
type client struct {
	address string
	request []byte
	ending  []byte // of a good answer, less the space behind it
	turns   *pace
	took    []time.Duration
	gaps    []time.Duration
	failed  int
	reason  string
}

func load(arguments []string) error {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	address := flags.String("address", "", "host:port")
	connections := flags.Int("connections", 32, "")
	seconds := flags.Float64("seconds", 3, "")
	rate := flags.Float64("rate", 0, "requests per second of all connections together; 0: as fast as the answers come")
	requests := flags.Int("requests", 0, "at most, for each connection; 0: as the seconds allow")
	path := flags.String("path", "/v1/chat/completions", "")
	body := flags.String("body", `{"model":"tiny","messages":[{"role":"user","content":"Hello"}]}`, "")
	headers := flags.String("headers", "", "separated by newlines; {n} is the number of the connection")
	ending := flags.String("ending", "", "how the body of a good answer ends")
	_ = flags.Parse(arguments)
	clients := make([]*client, *connections)
	begun := time.Now()
	until := begun.Add(time.Duration(*seconds * float64(time.Second)))
	turns := &pace{begun: begun, rate: *rate}
	var all sync.WaitGroup
	for number := range clients {
		lines := strings.ReplaceAll(*headers, "{n}", fmt.Sprint(number))
		request := buildRequest(*path, lines, *body)
		clients[number] = &client{address: *address, request: request, ending: bytes.TrimSpace([]byte(*ending)), turns: turns}
		all.Go(func() { clients[number].run(until, *requests) })
	}
	all.Wait()
	return json.NewEncoder(os.Stdout).Encode(summarize(clients, time.Since(begun)))
}

func buildRequest(path, headers, body string) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: %d\r\n", path, len(body))
	for line := range strings.SplitSeq(headers, "\n") {
		if line != "" {
			head += line + "\r\n"
		}
	}
	return []byte(head + "\r\n" + body)
}

func (c *client) run(until time.Time, most int) {
	for count := 0; time.Now().Before(until); {
		connection, err := net.Dial("tcp", c.address)
		if err != nil {
			c.fail(err.Error())
			time.Sleep(10 * time.Millisecond)
			continue
		}
		reader := bufio.NewReaderSize(connection, 1<<16)
		for open := true; open && time.Now().Before(until); count++ {
			if most > 0 && count >= most {
				connection.Close()
				return
			}
			c.turns.wait()
			open = c.ask(connection, reader)
		}
		connection.Close()
	}
}

// ask returns whether the connection can take another request.
func (c *client) ask(connection net.Conn, reader *bufio.Reader) bool {
	begun := time.Now()
	if _, err := connection.Write(c.request); err != nil {
		c.fail(err.Error())
		return false
	}
	head, err := readHead(reader)
	if err != nil {
		c.fail("head: " + err.Error())
		return false
	}
	before, tail := time.Now(), make([]byte, 0, 64)
	err = readBody(reader, head.length, func(part []byte) {
		now := time.Now()
		c.gaps = append(c.gaps, now.Sub(before))
		before = now
		if len(part) >= cap(tail) {
			tail = append(tail[:0], part[len(part)-cap(tail):]...)
		} else {
			tail = append(tail[max(0, len(tail)+len(part)-cap(tail)):], part...)
		}
	})
	switch {
	case err != nil:
		c.fail("body: " + err.Error())
		return false
	case !strings.Contains(head.first, " 200 "):
		c.fail(head.first)
	case !bytes.HasSuffix(bytes.TrimSpace(tail), c.ending):
		c.fail(fmt.Sprintf("answer ends with %q", tail))
	default:
		c.took = append(c.took, time.Since(begun))
	}
	return !head.closing
}

func (c *client) fail(reason string) {
	c.failed++
	c.reason = reason
}

func summarize(clients []*client, elapsed time.Duration) result {
	sum, took, gaps := result{Seconds: elapsed.Seconds()}, []time.Duration{}, []time.Duration{}
	for _, c := range clients {
		took, gaps = append(took, c.took...), append(gaps, c.gaps...)
		sum.Failed += c.failed
		if c.reason != "" {
			sum.Reason = c.reason
		}
	}
	sum.Requests = len(took)
	sum.P50, sum.P99, sum.Gaps = quantile(took, 0.5), quantile(took, 0.99), quantile(gaps, 0.99)
	return sum
}

// quantile is in milliseconds.
func quantile(values []time.Duration, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return float64(values[int(share*float64(len(values)-1))].Microseconds()) / 1000
}

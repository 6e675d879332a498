// Command engine answers as vLLM 0.32 does, at once and without a model: the same arguments, paths, error bodies,
// SSE and usage rules, metric names and drain. The text it answers is what it was asked.
//
// It is for tests of everything that is not about the engine; README.md lists the switches that make it slow or ill.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if message := os.Getenv("ENGINE_CRASH"); message != "" {
		fail(errors.New(message))
	}
	config, err := parseArguments(os.Args[1:])
	if err != nil {
		fail(err)
	}
	delays := map[string]*time.Duration{"ENGINE_TOKEN_DELAY": &config.tokenDelay, "ENGINE_STARTUP_DELAY": &config.startupDelay}
	for name, target := range delays {
		if err := readDuration(name, target); err != nil {
			fail(err)
		}
	}
	if text := os.Getenv("ENGINE_EXIT_AFTER"); text != "" {
		if config.exitAfter, err = strconv.Atoi(text); err != nil {
			fail(fmt.Errorf("ENGINE_EXIT_AFTER=%s: want a number of requests", text))
		}
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	select { // as vLLM, nothing listens before the model is loaded
	case <-time.After(config.startupDelay):
	case <-stop.Done():
		return
	}
	if err := serve(stop, newEngine(config)); err != nil {
		fail(err)
	}
}

func serve(stop context.Context, e *engine) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(e.host, e.port))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: e.routes(), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Fprintf(os.Stderr, "serving %s on %s\n", strings.Join(e.names, ", "), listener.Addr())
	select {
	case err := <-ended:
		return err
	case <-stop.Done():
		e.drain()
		last, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		_ = server.Shutdown(last) // whoever is left after the timeout is cut off, as in vLLM
		return nil
	}
}

func readDuration(name string, target *time.Duration) error {
	text := os.Getenv(name)
	if text == "" {
		return nil
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%s=%s: want a duration, such as 20ms", name, text)
	}
	*target = value
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

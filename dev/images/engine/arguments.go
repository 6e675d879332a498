package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// config is what the command line and the environment say. Times come from the environment only: vLLM has no such arguments.
type config struct {
	model        string
	names        []string
	host, port   string
	maxModelLen  int
	maxNumSeqs   int
	forceUsage   bool
	usageDetails bool
	drainTimeout time.Duration
	tokenDelay   time.Duration
	startupDelay time.Duration
	exitAfter    int
}

// parseArguments reads the arguments of `vllm serve` that change what a client sees and leaves the others alone.
// Arguments are --name value, --name=value or --name; several values may follow one name.
func parseArguments(arguments []string) (config, error) {
	c := config{port: "8000", maxModelLen: 4096, maxNumSeqs: 256}
	given := map[string][]string{}
	name := "model" // vllm serve MODEL
	for _, argument := range arguments {
		if strings.HasPrefix(argument, "--") {
			option, value, hasValue := strings.Cut(argument[2:], "=")
			name = strings.ReplaceAll(option, "_", "-")
			given[name] = []string{}
			if hasValue {
				given[name] = append(given[name], value)
			}
			continue
		}
		given[name] = append(given[name], argument)
	}
	texts := map[string]*string{"model": &c.model, "host": &c.host, "port": &c.port}
	for option, target := range texts {
		if values := given[option]; len(values) > 0 {
			*target = values[0]
		}
	}
	seconds := 0
	numbers := map[string]*int{"max-model-len": &c.maxModelLen, "max-num-seqs": &c.maxNumSeqs, "shutdown-timeout": &seconds}
	for option, target := range numbers {
		if values := given[option]; len(values) > 0 {
			value, err := strconv.Atoi(values[0])
			if err != nil {
				return c, fmt.Errorf("argument --%s: invalid int value: '%s'", option, values[0])
			}
			*target = value
		}
	}
	c.drainTimeout = time.Duration(seconds) * time.Second
	_, c.forceUsage = given["enable-force-include-usage"]
	_, c.usageDetails = given["enable-prompt-tokens-details"]
	if c.names = given["served-model-name"]; len(c.names) == 0 {
		if c.model == "" {
			c.model = "test-model"
		}
		c.names = []string{c.model}
	}
	return c, nil
}

// Command wire is both ends of the gateway's benchmarks: `wire upstream` answers as an engine would, `wire load` asks.
//
// Both write and read HTTP/1.1 by hand, since net/http would cost more than the gateway that is measured: what they
// take of the processor is missing from everything between them.
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"load": load, "upstream": upstream}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: wire load|upstream [-flag value]...")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What Argo CD says of the health of KEDA's ScaledObjects: its own rule, in the interpreter that it uses itself.
//
//	go run . < objects.jsonl
//
// One JSON object a line; for each a line with its health and, behind a tab, the message.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"

	resources "github.com/argoproj/argo-cd/v3/resource_customizations"
	lua "github.com/yuin/gopher-lua"
	json "layeh.com/gopher-json"
)

const rule = "keda.sh/ScaledObject/health.lua"

func main() {
	script, err := resources.Embedded.ReadFile(rule)
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		health, message, err := judge(string(script), lines.Bytes())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\t%s\n", health, message)
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

// judge runs the rule with the object as `obj`, as github.com/argoproj/argo-cd/v3/util/lua does.
func judge(script string, object []byte) (health, message string, err error) {
	state := lua.NewState()
	defer state.Close()
	value, err := json.Decode(state, object)
	if err != nil {
		return "", "", err
	}
	state.SetGlobal("obj", value)
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	result := state.Get(-1)
	return state.GetField(result, "status").String(), state.GetField(result, "message").String(), nil
}

// Command genlimits writes a TypeScript enum (../web/src/limits.ts) with the numbers of limits.go
// that the façade needs. The build replaces its names by the numbers. go generate in package core
// runs it.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"rtmwasm/core"
)

// limits are counts, sizes in bytes, and times in ms.
var limits = []struct {
	name  string
	value int
}{
	{"MAX_MESSAGE_BYTES", core.MaxMessageBytes},
	{"MAX_ATTRIBUTES", core.MaxAttributes},
	{"MAX_INVITATION_BYTES", core.MaxInvitationBytes},
	{"LOGIN_INTERVAL", int(core.LoginInterval / time.Millisecond)},
	{"LOGIN_TIMEOUT", int(core.LoginTimeout / time.Millisecond)},
}

func main() {
	var ts strings.Builder
	ts.WriteString("// Code generated from core/limits.go by go generate; DO NOT EDIT.\n\n")
	ts.WriteString("/** Sizes are in bytes of UTF-8, times in ms. */\nexport const enum Limit {\n")
	for _, l := range limits {
		fmt.Fprintf(&ts, "  %s = %d,\n", l.name, l.value)
	}
	ts.WriteString("}\n")
	if err := os.WriteFile("../web/src/limits.ts", []byte(ts.String()), 0o644); err != nil {
		log.Fatal("genlimits: ", err)
	}
}

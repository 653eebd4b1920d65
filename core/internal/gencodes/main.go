// Command gencodes writes the error codes of errors.json, the one list, as Go
// constants (codes.go) and as TypeScript enums (../web/src/codes.ts), which the build
// replaces by their numbers: the names would weigh as much as a module. It is run by
// go generate in package core.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
)

const header = "// Code generated from core/errors.json by go generate; DO NOT EDIT.\n\n"

func main() {
	log.SetFlags(0)
	raw, err := os.ReadFile("errors.json")
	check(err)
	var enums map[string]map[string]int
	check(json.Unmarshal(raw, &enums))

	var goSrc, ts strings.Builder
	goSrc.WriteString(header + "package core\n")
	ts.WriteString(header)
	for _, enum := range slices.Sorted(maps.Keys(enums)) {
		codes := enums[enum]
		names := slices.SortedFunc(maps.Keys(codes), func(a, b string) int { return cmp.Compare(codes[a], codes[b]) })
		fmt.Fprintf(&goSrc, "\n// %s\nconst (\n", enum)
		fmt.Fprintf(&ts, "export const enum %s {\n", enum)
		for _, n := range names {
			fmt.Fprintf(&goSrc, "%s = %d\n", goName(n), codes[n])
			fmt.Fprintf(&ts, "  %s = %d,\n", n, codes[n])
		}
		goSrc.WriteString(")\n")
		ts.WriteString("}\n\n")
	}
	out, err := format.Source([]byte(goSrc.String()))
	check(err)
	check(os.WriteFile("codes.go", out, 0o644))
	check(os.MkdirAll("../web/src", 0o755))
	check(os.WriteFile("../web/src/codes.ts", []byte(strings.TrimSpace(ts.String())+"\n"), 0o644))
}

// goName turns LOGIN_ERR_TOO_OFTEN into LoginErrTooOften.
func goName(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.ToLower(s), "_") {
		if part == "id" || part == "userid" {
			part = strings.TrimSuffix(part, "id") + "ID"
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func check(err error) {
	if err != nil {
		log.Fatal("gencodes: ", err)
	}
}

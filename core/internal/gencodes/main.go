// Command gencodes writes the error codes of errors.json as
//   - Go constants (codes.go);
//   - TypeScript enums for the SDK (../web/src/codes.ts), which the build replaces by numbers,
//     because the names would make the script larger;
//   - a module with these names for applications (../web/src/entry-codes.ts), and its types.
//
// go generate in package core runs it.
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

	var goSrc, ts, public, types strings.Builder
	goSrc.WriteString(header + "package core\n")
	ts.WriteString(header)
	public.WriteString(header + "/** rtm-wasm/codes: the error codes by their names. It needs nothing else of the SDK. */\n\n")
	types.WriteString(header + "/** The codes of errors, by the method that fails: compare them with `code` of an RtmError. Their meanings are in docs/errors.md. */\n\n")
	for _, enum := range slices.Sorted(maps.Keys(enums)) {
		codes := enums[enum]
		names := slices.SortedFunc(maps.Keys(codes), func(a, b string) int { return cmp.Compare(codes[a], codes[b]) })
		fmt.Fprintf(&goSrc, "\n// %s\nconst (\n", enum)
		fmt.Fprintf(&ts, "export const enum %s {\n", enum)
		fmt.Fprintf(&public, "export const %s = {\n", enum)
		fmt.Fprintf(&types, "export declare const %s: {\n", enum)
		for _, n := range names {
			fmt.Fprintf(&goSrc, "%s = %d\n", goName(n), codes[n])
			fmt.Fprintf(&ts, "  %s = %d,\n", n, codes[n])
			fmt.Fprintf(&public, "  %s: %d,\n", n, codes[n])
			fmt.Fprintf(&types, "  readonly %s: %d;\n", n, codes[n])
		}
		goSrc.WriteString(")\n")
		ts.WriteString("}\n\n")
		public.WriteString("};\n\n")
		fmt.Fprintf(&types, "};\nexport type %[1]s = (typeof %[1]s)[keyof typeof %[1]s];\n\n", enum)
	}
	out, err := format.Source([]byte(goSrc.String()))
	check(err)
	check(os.WriteFile("codes.go", out, 0o644))
	check(os.MkdirAll("../web/src", 0o755))
	for file, text := range map[string]*strings.Builder{"src/codes.ts": &ts, "src/entry-codes.ts": &public, "package/codes.d.ts": &types} {
		check(os.WriteFile("../web/"+file, []byte(strings.TrimSpace(text.String())+"\n"), 0o644))
	}
}

// goName converts LOGIN_ERR_TOO_OFTEN to LoginErrTooOften.
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

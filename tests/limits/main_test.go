package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func TestThePageHasTheNumbersOfTheCore(t *testing.T) {
	want, err := render()
	require.NoError(t, err)
	got, err := os.ReadFile("../../docs/limits.md")
	require.NoError(t, err)
	assert.True(t, string(got) == want, "docs/limits.md is old: run make docs")
	assert.Equal(t, 1, core.Rates[core.OpCounts].N, "the page spells this rate out")
}

// within are the constants that users don't meet.
var within = map[string]string{
	"MaxMediaIDBytes":  "bounds what a client makes up",
	"MediaPartBytes":   "how files are cut",
	"MediaDigestBytes": "how files are cut",
	"MaxFrameBytes":    "of the protocol, see docs/protocol.md",
	"SendRate":         "is Rates[OpSend]",
	"SendRateWindow":   "is Rates[OpSend]",
	"MissedOverlap":    "of the protocol",
	"OpCounts":         "spelled out: a little is taken off for the timers of pages",
}

func TestEveryLimitIsOnThePage(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../core/limits.go", nil, 0)
	require.NoError(t, err)
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.(\w+)}}`).FindAllStringSubmatch(page, -1) {
		used[m[1]] = true
	}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, name := range spec.Names {
			if name.IsExported() && name.Name != "Rates" {
				assert.True(t, used[name.Name] != (within[name.Name] != ""), "%s belongs on the page, or among those within: one of both", name.Name)
			}
		}
		return true
	})
}

package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// brokenEnd is an end that makes two with the full stop or the cause that comes behind it, such as "?.", ".." or
// ":.". A question may end with its mark.
var brokenEnd = regexp.MustCompile(`[.!,;\s]$|\w[.?!,;:][.!,;:](\s|$)|\s\s`)

// Texts of errors begin and end so that what is written before and behind them fits: "cannot start: the text".
func TestErrorTextsHaveOneEnd(t *testing.T) {
	t.Parallel()
	for text, broken := range map[string]bool{
		"is it a gateway?": false, "the file is empty": false, `answers "a.b/c: d"`: false, "1.5 s": false, "see https://a.example": false,
		"is it a gateway?.": true, "the file is empty.": true, "the file,": true, "two  spaces": true, "why?: x": true,
	} {
		assert.Equal(t, broken, brokenEnd.MatchString(text), "%q", text)
	}
	texts := 0
	for _, folder := range []string{"../core", "../jsbridge", "../native", "../gateway"} {
		require.NoError(t, filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			ast.Inspect(file, func(node ast.Node) bool {
				for _, text := range errorTexts(node) {
					texts++
					assert.False(t, brokenEnd.MatchString(text), "%s: %q", files.Position(node.Pos()), text)
				}
				return true
			})
			return err
		}))
	}
	assert.Greater(t, texts, 500)
}

// errorTexts are the texts that a node makes errors of: in a call of a function that does, or in a field Text.
func errorTexts(node ast.Node) []string {
	switch n := node.(type) {
	case *ast.KeyValueExpr:
		if name, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(name.Name, "text") {
			return lastLiteral(n.Value)
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		switch name {
		case "New", "Errorf", "textError", "newRefusal", "giveUp", "fail", "badAttribute", "invalid", "problem":
			var all []string
			for _, argument := range n.Args {
				all = append(all, lastLiteral(argument)...)
			}
			return all
		}
	}
	return nil
}

// lastLiteral is the end of a text, if it is a literal.
func lastLiteral(expression ast.Expr) []string {
	if sum, ok := expression.(*ast.BinaryExpr); ok {
		return lastLiteral(sum.Y)
	}
	literal, ok := expression.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return nil
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil || !strings.Contains(strings.TrimSpace(text), " ") {
		return nil
	}
	return []string{text}
}

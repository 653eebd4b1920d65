package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program for one platform passes for that platform only.
func TestCheckHeader(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module small\n")
	write(t, filepath.Join(root, "small", "main.go"), "package main\n\nfunc main() {}\n")
	r := release{root: root, version: "0.0.0"}
	targets, err := parseTargets("linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64")
	if err != nil {
		t.Fatal(err)
	}
	for _, built := range targets {
		if err := r.build(built, "./small"); err != nil {
			t.Fatal(err)
		}
		for _, wanted := range targets {
			err := checkHeader(r.program(built, "./small"), wanted)
			if (err == nil) != (built == wanted) {
				t.Errorf("a program for %v, as one for %v: %v", built, wanted, err)
			}
		}
	}
}

// A file that is not a program is refused, and so are unknown platforms.
func TestCheckHeaderOfOthers(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	write(t, text, strings.Repeat("no program\n", 100))
	for _, wanted := range []target{{"linux", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"plan9", "amd64"}, {"linux", "riscv64"}} {
		if err := checkHeader(text, wanted); err == nil {
			t.Errorf("a text is taken for a program for %v", wanted)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Package web holds the files that a gateway serves to browsers: the built SDK and
// the demo.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist all:demo
var files embed.FS

// SDK is the build output: rtm.js, the wasm binary, and their compressed siblings. It
// is empty until `make build` has run.
func SDK() fs.FS { return sub("dist") }

// Demo is the demo page; its entry is index.html.
func Demo() fs.FS { return sub("demo") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil { // only for a name that is not valid
		panic(err)
	}
	return f
}

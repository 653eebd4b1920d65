// Package web holds the files that a gateway serves to browsers: the built SDK, the
// demo and the documentation.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist all:demo all:docs
var files embed.FS

// SDK is the build output: rtm.js, the wasm binary, and their compressed siblings. It
// is empty until `make build` has run.
func SDK() fs.FS { return sub("dist") }

// Demo is the demo page; its entry is index.html.
func Demo() fs.FS { return sub("demo") }

// Docs is the site of the documentation, each text as .gz only. It is empty unless `make build DOCS=yes` or
// `make docs-site` has run before the program was built.
func Docs() fs.FS { return sub("docs") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil { // only for a name that is not valid
		panic(err)
	}
	return f
}

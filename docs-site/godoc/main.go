// Command godoc writes the doc comments of a package of this module as a page in Markdown: `go run ./docs-site/godoc native`.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"log"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("name a folder, such as native")
	}
	if err := write(os.Stdout, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// page writes one package.
type page struct {
	out   io.Writer
	files *token.FileSet
	pkg   *doc.Package
}

func write(out io.Writer, folder string) error {
	files := token.NewFileSet()
	isSource := func(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }
	packages, err := parser.ParseDir(files, folder, isSource, parser.ParseComments)
	if err != nil {
		return err
	}
	var sources []*ast.File
	for _, pkg := range packages {
		for _, file := range pkg.Files {
			sources = append(sources, file)
		}
	}
	pkg, err := doc.NewFromFiles(files, sources, "rtmwasm/"+folder)
	if err != nil {
		return err
	}
	p := page{out, files, pkg}
	fmt.Fprintf(out, "# Package %s\n\n`import %q`\n\n", pkg.Name, pkg.ImportPath)
	p.textAt(2, pkg.Doc)
	p.values("Constants", pkg.Consts)
	p.values("Variables", pkg.Vars)
	for _, f := range pkg.Funcs {
		p.function("##", f)
	}
	for _, t := range pkg.Types {
		fmt.Fprintf(out, "## type %s\n\n", t.Name)
		p.declaration(t.Decl)
		p.text(t.Doc)
		p.values("", append(t.Consts, t.Vars...))
		for _, f := range append(t.Funcs, t.Methods...) {
			p.function("###", f)
		}
	}
	return nil
}

// text writes the comment of a declaration, which has a heading of level 2.
func (p page) text(comment string) { p.textAt(3, comment) }

// textAt writes a comment. Its own headings get the level.
func (p page) textAt(level int, comment string) {
	printer := p.pkg.Printer()
	printer.HeadingLevel = level
	fmt.Fprintf(p.out, "%s\n", printer.Markdown(p.pkg.Parser().Parse(comment)))
}

func (p page) values(title string, values []*doc.Value) {
	if title != "" && len(values) > 0 {
		fmt.Fprintf(p.out, "## %s\n\n", title)
	}
	for _, v := range values {
		p.declaration(v.Decl)
		p.text(v.Doc)
	}
}

func (p page) function(level string, f *doc.Func) {
	name := f.Name
	if f.Recv != "" {
		name = "(" + f.Recv + ") " + name
	}
	fmt.Fprintf(p.out, "%s func %s\n\n", level, name)
	p.declaration(f.Decl)
	p.text(f.Doc)
}

// declaration shows it without a body.
func (p page) declaration(d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok {
		f.Body = nil
	}
	var source bytes.Buffer
	if err := format.Node(&source, p.files, d); err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(p.out, "```go\n%s\n```\n\n", source.String())
}

// Command containerlint checks a container file as `docker build --check` does, by the same code, without images and without
// a network: that it can be built as far as that can be told, and by BuildKit's rules. It is a module of its own, so that what
// it needs is not among the gateway's requirements.
//
//	go -C tests/testdata/containerlint run . ../../../deploy/Containerfile
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/opencontainers/go-digest"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("containerlint: ")
	if len(os.Args) != 2 {
		log.Fatal("name one container file")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	source := llb.NewSourceMap(nil, os.Args[1], "Dockerfile", text)
	source.Definition = &llb.Definition{} // the linter puts it into its results
	results, err := dockerfile2llb.DockerfileLint(context.Background(), text, dockerfile2llb.ConvertOpt{MetaResolver: anyImage{}, SourceMap: source})
	if err != nil {
		log.Fatal(err)
	}
	if len(results.Warnings) == 0 && results.Error == nil {
		return
	}
	for _, w := range results.Warnings {
		for _, r := range w.Location.Ranges {
			fmt.Printf("%s:%d: %s: %s (%s)\n", os.Args[1], r.Start.Line, w.RuleName, w.Detail, w.URL)
		}
	}
	if results.Error != nil {
		fmt.Println(results.Error.Message)
	}
	os.Exit(1)
}

// anyImage has every image that is named with its version, with PATH as the only variable. A name without a version is an error: it
// means another image tomorrow, or is a stage that is spelled wrong.
type anyImage struct{}

func (anyImage) ResolveImageConfig(_ context.Context, name string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if strings.HasSuffix(name, ":latest") {
		return "", "", nil, fmt.Errorf("the image has no version: %s", name)
	}
	config := []byte(`{"os":"linux","architecture":"amd64","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}`)
	return name, digest.FromBytes(config), config, nil
}

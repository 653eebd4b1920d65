// Command relays has what the gateway's messages are compared with, and their load: the
// least that a relay can do, and a node of the centrifuge library. It is a module of its
// own, so that the product does not depend on what it is compared with.
//
//	relays bare | centrifuge                       serves, and prints where
//	relays load --kind bare --url URL [flags]      prints what came of it as JSON
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "bare":
		serve(&bare{conns: map[string]*peer{}})
	case len(os.Args) == 2 && os.Args[1] == "centrifuge":
		h, err := newCentrifuge()
		if err != nil {
			log.Fatal(err)
		}
		serve(h)
	case len(os.Args) > 1 && os.Args[1] == "load":
		if err := load(os.Args[2:]); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatal("usage: relays bare | centrifuge | load")
	}
}

func serve(h http.Handler) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening url=ws://%s\n", l.Addr())
	log.Fatal(http.Serve(l, h))
}

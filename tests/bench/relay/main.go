// Command relay is the least a message can cost: a WebSocket server that hands each
// message of one client to all others, and an HTTP server that drops what it is sent and gives
// what is on its disk. The benchmarks compare the gateway with it.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/coder/websocket"
)

func main() {
	var (
		mu    sync.Mutex
		conns = map[*websocket.Conn]bool{}
	)
	serve := func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // any origin, as the gateway
		if err != nil {
			return
		}
		mu.Lock()
		conns[c] = true
		mu.Unlock()
		defer func() {
			mu.Lock()
			delete(conns, c)
			mu.Unlock()
			c.CloseNow()
		}()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil {
				return
			}
			mu.Lock()
			for other := range conns {
				if other != c {
					_ = other.Write(context.Background(), kind, message) // one that is gone ends by itself
				}
			}
			mu.Unlock()
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening url=ws://%s\n", l.Addr())
	http.HandleFunc("/", serve)
	http.Handle("/blob/{size}", &blobs{files: map[int64]*os.File{}})
	log.Fatal(http.Serve(l, nil))
}

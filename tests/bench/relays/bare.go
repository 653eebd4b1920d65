package main

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// bare hands each message to the one client that its first line names, or to all others
// for an empty line. It knows no answers, rates, sessions or limits.
type bare struct {
	mu    sync.RWMutex
	conns map[string]*peer
}

// peer is one client. A WebSocket has one writer at a time.
type peer struct {
	mu sync.Mutex
	ws *websocket.Conn
}

func (p *peer) write(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.ws.Write(context.Background(), websocket.MessageBinary, b) // one that is gone ends by itself
}

func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	own := &peer{ws: ws}
	id := r.URL.Query().Get("id")
	b.mu.Lock()
	b.conns[id] = own
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.conns, id)
		b.mu.Unlock()
	}()
	for {
		_, message, err := ws.Read(context.Background())
		if err != nil {
			return
		}
		to, text, _ := bytes.Cut(message, []byte("\n"))
		for _, p := range b.receivers(string(to), own) {
			p.write(text)
		}
	}
}

func (b *bare) receivers(to string, from *peer) (all []*peer) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if to != "" {
		if p := b.conns[to]; p != nil {
			all = append(all, p)
		}
		return all
	}
	for _, p := range b.conns {
		if p != from {
			all = append(all, p)
		}
	}
	return all
}

// bareClient is a user of it.
type bareClient struct{ ws *websocket.Conn }

func dialBare(url, id string, heard func(text []byte)) (client, error) {
	ws, _, err := websocket.Dial(context.Background(), url+"/?id="+id, nil)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			_, text, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			heard(text)
		}
	}()
	return bareClient{ws}, nil
}

func (c bareClient) send(to string, text []byte) error {
	return c.ws.Write(context.Background(), websocket.MessageBinary, append([]byte(to+"\n"), text...))
}

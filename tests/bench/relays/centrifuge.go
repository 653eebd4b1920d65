package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	api "github.com/centrifugal/centrifuge-go"
)

// newCentrifuge is one node with its broker in memory, as its users begin. A user listens
// on the channel of his name; all listen on the hall. It answers a sender when the
// message was published, not when it was received.
func newCentrifuge() (http.Handler, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, err
	}
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
		c.OnPublish(func(_ centrifuge.PublishEvent, done centrifuge.PublishCallback) { done(centrifuge.PublishReply{}, nil) })
	})
	if err := node.Run(); err != nil {
		return nil, err
	}
	sockets := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{CheckOrigin: func(*http.Request) bool { return true }})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := &centrifuge.Credentials{UserID: r.URL.Query().Get("id")}
		sockets.ServeHTTP(w, r.WithContext(centrifuge.SetCredentials(r.Context(), who)))
	}), nil
}

const hall = "hall"

// centrifugeClient is a user of it, with its protobuf protocol, which costs least.
type centrifugeClient struct{ c *api.Client }

func dialCentrifuge(url, id string, all bool, heard func(text []byte)) (client, error) {
	c := api.NewProtobufClient(url+"/?id="+id, api.Config{})
	if err := c.Connect(); err != nil {
		return nil, err
	}
	channel := id
	if all {
		channel = hall
	}
	sub, err := c.NewSubscription(channel)
	if err != nil {
		return nil, err
	}
	sub.OnPublication(func(e api.PublicationEvent) { heard(e.Data) })
	ready := make(chan struct{})
	once := sync.OnceFunc(func() { close(ready) }) // it subscribes again when it comes back
	sub.OnSubscribed(func(api.SubscribedEvent) { once() })
	if err := sub.Subscribe(); err != nil {
		return nil, err
	}
	select {
	case <-ready:
		return centrifugeClient{c}, nil
	case <-time.After(30 * time.Second):
		return nil, errors.New("centrifuge did not let " + id + " listen within 30 s")
	}
}

func (c centrifugeClient) send(to string, text []byte) error {
	if to == "" {
		to = hall
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := c.c.Publish(ctx, to, text)
	return err
}

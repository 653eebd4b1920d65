package native_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/folder"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/native"
)

const appID = "0123456789abcdef0123456789abcdef"

// listener receives peer messages and ignores other events.
type listener struct {
	native.NoEvents
	heard chan string
}

func (l listener) PeerMessage(d *wire.Delivery) { l.heard <- d.From + ": " + d.Message.Text }

// Two users in one program: alice sends a text and a file to bob.
func Example() {
	gateway, stop := startGateway()
	defer stop()
	ctx := context.Background()
	h := native.NewHost()
	heard := make(chan string, 1)
	alice, bob := core.New(appID, gateway, h, native.NoEvents{}), core.New(appID, gateway, h, listener{heard: heard})
	for uid, c := range map[string]*core.Client{"alice": alice, "bob": bob} {
		if err := native.Done(ctx, h, func(done func(*core.Error)) { c.Login(uid, "", done) }); err != nil {
			log.Fatal(err)
		}
	}

	text := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "hello"}}
	received, err := native.Await(ctx, h, func(done func(bool, *core.Error)) { alice.SendToPeer("bob", text, false, done) })
	fmt.Println(received, err)
	fmt.Println(<-heard)

	up, err := native.Await(ctx, h, func(done func(*core.Uploaded, *core.Error)) {
		alice.Upload(h.Bytes([]byte("the file")), core.UploadParams{}, func(_, _ int64) {}, done)
	})
	if err != nil {
		log.Fatal(err)
	}
	file, err := native.Await(ctx, h, func(done func(core.Blob, *core.Error)) {
		bob.Download(up.MediaID, func(_, _ int64) {}, done)
	})
	if err != nil {
		log.Fatal(err)
	}
	link, err := native.Await(ctx, h, func(done func(string, *core.Error)) {
		bob.MediaURL(up.MediaID, core.MediaURLOptions{ExpiresIn: time.Minute, Download: "file.txt"}, done)
	})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := http.Get(link) // needs no login
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Status)
	_ = answer.Body.Close()
	content := make([]byte, file.Size())
	_, _ = file.(*native.Blob).ReadAt(content, 0)
	fmt.Println(string(content))

	_, err = native.Await(ctx, h, func(done func(core.Blob, *core.Error)) { bob.Download("nonsense", func(_, _ int64) {}, done) })
	var refused *core.Error
	fmt.Println(errors.As(err, &refused) && refused.Code == core.DownloadMediaErrInvalidArgument)
	for _, c := range []*core.Client{alice, bob} {
		if err := native.Done(ctx, h, c.Logout); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// true <nil>
	// alice: hello
	// 200 OK
	// the file
	// true
}

// startGateway runs a gateway in this process, as a test of your program would.
func startGateway() (url string, stop func()) {
	dir, err := os.MkdirTemp("", "rtm-example-")
	if err != nil {
		log.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	engine, err := natsengine.Open(context.Background(), natsengine.Options{Dir: dir, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	files, err := folder.Open(folder.Options{Dir: filepath.Join(dir, "media"), Secret: engine.MediaRecords().Secret()})
	if err != nil {
		log.Fatal(err)
	}
	store := mediastore.New(mediastore.Options{Records: engine.MediaRecords(), Files: files})
	keys := mediaurl.NewRing(engine.MediaKeys(), nil, 0)
	server, err := gateway.New(gateway.Config{Engine: engine, MediaStore: store, MediaURLKeys: keys, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	return web.URL, func() {
		_ = server.Close(context.Background())
		web.Close()
		engine.Close()
		_ = os.RemoveAll(dir)
	}
}

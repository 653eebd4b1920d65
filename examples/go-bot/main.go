// Command go-bot logs in as a user and answers each picture with the same in grey.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/native"
)

// bot is a client and what it listens to. Its methods run inside host.Do, one at a time.
type bot struct {
	native.NoEvents
	host   *native.Host
	client *core.Client
}

func main() {
	gateway := flag.String("gateway", "http://127.0.0.1:8080", "address of the gateway")
	app := flag.String("app", "0123456789abcdef0123456789abcdef", "app id")
	uid := flag.String("uid", "bot", "user id")
	token := flag.String("token", os.Getenv("RTM_TOKEN"), "token, if the app requires one (default $RTM_TOKEN)")
	flag.Parse()

	b := &bot{host: native.NewHost()}
	b.client = core.New(*app, *gateway, b.host, b)
	b.host.Do(func() {
		b.client.Login(*uid, *token, func(err *core.Error) {
			if err != nil {
				log.Fatal(err)
			}
		})
	})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
	out := make(chan *core.Error, 1)
	b.host.Do(func() { b.client.Logout(func(err *core.Error) { out <- err }) })
	<-out
}

// StateChanged implements core.Events. The client comes back by itself after a break.
func (b *bot) StateChanged(s core.State, r core.Reason) { log.Println(s, r) }

// PeerMessage implements core.Events.
func (b *bot) PeerMessage(d *wire.Delivery) {
	if d.Message.Type != wire.Message_IMAGE {
		return
	}
	b.client.Download(d.Message.MediaId, func(int64, int64) {}, func(picture core.Blob, err *core.Error) {
		if err != nil {
			log.Printf("picture of %s: %v", d.From, err)
			return
		}
		go b.answer(d.From, d.Message.FileName, picture.(*native.Blob)) // drawing takes its time
	})
}

func (b *bot) answer(peer, name string, picture *native.Blob) {
	grey, err := inGrey(picture.SectionReader)
	if err != nil {
		log.Printf("picture of %s: %v", peer, err)
		return
	}
	b.host.Do(func() { b.send(peer, "grey "+name, grey) })
}

func (b *bot) send(peer, name string, png []byte) {
	failed := func(err *core.Error) { log.Printf("answer to %s: %v", peer, err) }
	b.client.Upload(b.host.Bytes(png), core.UploadParams{Image: true}, func(int64, int64) {}, func(up *core.Uploaded, err *core.Error) {
		if err != nil {
			failed(err)
			return
		}
		m := &core.Message{
			Type: wire.Message_IMAGE, MediaId: up.MediaID, FileName: name, Size: uint64(len(png)),
			Width: up.Width, Height: up.Height,
		}
		b.client.SendToPeer(peer, &core.Outgoing{Message: m}, true, func(received bool, err *core.Error) {
			if err != nil {
				failed(err)
				return
			}
			log.Println(fmt.Sprintf("answered %s,", peer), "who was online:", received)
		})
	})
}

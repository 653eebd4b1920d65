package core

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

// askURL asks for a URL and notes it.
func (w *world) askURL(name, id string, o MediaURLOptions) {
	done := w.promise(name)
	w.MediaURL(id, o, func(url string, err *Error) {
		if err == nil {
			w.note("url " + url)
		}
		done(err)
	})
}

var someMedia = MediaID(testKey, 10, false, 0, 0)

func TestMediaURL(t *testing.T) {
	inSession(t, func(w *world) {
		w.askURL("url", someMedia, MediaURLOptions{ExpiresIn: time.Minute, Download: "a b.txt"})
		frames := w.host.socket().frames
		assert.Equal(t, &wire.GetMediaUrl{MediaId: someMedia, ExpiresIn: 60, Download: "a b.txt"}, frames[len(frames)-1].MediaUrl)
		w.reply(&wire.ServerFrame{MediaPath: "/media/" + testKey + "?sig=x"})
		assert.Equal(t, []string{"url https://gw.example/media/" + testKey + "?sig=x", "url: ok"}, w.taken())
	})
}

// The order of checks is that of Download: the arguments, the login, then the gateway's answer.
func TestMediaURLFails(t *testing.T) {
	const badArgument = "RtmInvalidArgumentError 2"
	for name, c := range map[string]struct {
		id     string
		o      MediaURLOptions
		answer *wire.ServerFrame
		want   string
		text   string
	}{
		"no id":                     {id: "x y", want: badArgument, text: "mediaId"},
		"no bytes":                  {id: MediaID(testKey, 0, false, 0, 0), want: badArgument, text: "mediaId"},
		"negative":                  {o: MediaURLOptions{ExpiresIn: -time.Second}, want: badArgument, text: "expiresIn"},
		"too long":                  {o: MediaURLOptions{ExpiresIn: MediaLifetime + time.Second}, want: badArgument, text: "expiresIn must be 1 to 604800 whole seconds"},
		"a part of a second":        {o: MediaURLOptions{ExpiresIn: time.Millisecond}, want: badArgument, text: "expiresIn"},
		"a name that is too long":   {o: MediaURLOptions{Download: strings.Repeat("ä", 128)}, want: badArgument, text: "download must be a file name of 1 to 255 bytes"},
		"unknown or expired":        {answer: &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_NOT_FOUND, Text: "no"}}, want: "RtmUnavailableError 4", text: "no such media: the id is unknown or the file has expired"},
		"refused":                   {answer: &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE, Text: "not now"}}, want: "RtmUnavailableError 1", text: "not now"},
		"a gateway's own rate":      {answer: &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN, Text: "slow down"}}, want: "RtmInvokeTooOftenError 5", text: "slow down"},
		"an older gateway":          {answer: &wire.ServerFrame{}, want: "RtmUnavailableError 1", text: "older than the SDK"},
		"a path that is not media":  {answer: &wire.ServerFrame{MediaPath: "@evil.example/media/"}, want: "RtmUnavailableError 1", text: "no URL"},
		"the largest values pass":   {o: MediaURLOptions{ExpiresIn: MediaLifetime, Download: strings.Repeat("x", MaxMediaURLName)}, answer: &wire.ServerFrame{MediaPath: "/media/x"}, want: "ok"},
		"a gateway without answers": {want: "RtmTimeoutError 3", text: "did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				if c.id == "" {
					c.id = someMedia
				}
				text := ""
				w.MediaURL(c.id, c.o, func(_ string, err *Error) {
					w.note(outcome(err))
					if err != nil {
						text = err.Text
					}
				})
				if c.answer != nil {
					w.reply(c.answer)
				} else if !strings.HasPrefix(c.want, badArgument) {
					w.alive(RequestTimeout + time.Second)
				}
				assert.Equal(t, []string{c.want}, w.taken())
				assert.Contains(t, text, c.text)
			})
		})
	}
}

func TestMediaURLNotLoggedIn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.askURL("bad", "x y", MediaURLOptions{})
		w.askURL("url", someMedia, MediaURLOptions{})
		assert.Equal(t, []string{"bad: RtmInvalidArgumentError 2", "url: RtmInvalidStatusError 102"}, w.taken())
	})
}

// Elements ask for the same picture at once: those that wait for their turn share one answer. A break does not lose the request.
func TestMediaURLAfterABreak(t *testing.T) {
	inSession(t, func(w *world) {
		w.askURL("url", someMedia, MediaURLOptions{})
		w.interrupt()
		w.redialled()
		w.resumed()
		w.reply(&wire.ServerFrame{MediaPath: "/media/x"})
		assert.Contains(t, w.taken(), "url https://gw.example/media/x")
	})
}

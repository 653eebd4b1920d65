package core

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func FuzzIDs(f *testing.F) {
	f.Add("ada", "0123456789abcdef0123456789abcdef")
	f.Add("\u00a0*.>", strings.Repeat("é", 16))
	f.Fuzz(func(t *testing.T, id, app string) {
		if ValidID(id) {
			require.True(t, utf8.ValidString(id))
			require.LessOrEqual(t, utf8.RuneCountInString(id), MaxIDLength)
			require.False(t, strings.ContainsAny(id, "*/\\\"'`\x00"))
		}
		if ValidAppID(app) {
			require.Len(t, app, AppIDLength)
			require.False(t, strings.ContainsAny(app, ".*> /"))
		}
	})
}

// FuzzReceived: whatever a gateway sends, the client survives it, and can log out and in.
func FuzzReceived(f *testing.F) {
	for _, frame := range []*wire.ServerFrame{
		{Seq: 1, Delivery: &wire.Delivery{From: "bob", Channel: "room", Message: &wire.Message{Type: wire.Message_TEXT, Text: "x"}}},
		{Seq: 2, MemberChange: &wire.MemberChange{Channel: "room", Uid: "bob", Joined: true, MemberCount: 2}},
		{ReplyTo: 3, Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN}},
		{ReplyTo: 2, Joined: &wire.Joined{MemberCount: 1}},
		{ReplyTo: 4, Sent: &wire.Sent{Received: true}},
		{Seq: 3, Invitation: &wire.Invitation{}},
		{Welcome: &wire.Welcome{SessionId: "s2"}},
		{Ping: &wire.Ping{}},
	} {
		b, err := frame.MarshalVT()
		require.NoError(f, err)
		f.Add(b, b)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		inSession(t, func(w *world) {
			w.joined("room")
			w.Channel("other").Join(w.promise("join"))
			w.SendToPeer("bob", &Outgoing{Message: &wire.Message{Type: wire.Message_TEXT, Text: "hi"}}, false, func(bool, *Error) {})
			socket := w.host.socket()
			for _, frame := range [][]byte{first, second} {
				if !socket.closed {
					socket.l.Received(frame)
				}
				w.host.pass(time.Second)
			}
			if w.LogoutNow() == nil {
				require.Equal(t, Disconnected, w.State())
			}
			w.host.pass(LoginInterval)
			w.Login("alice", testToken, w.promise("login"))
			w.welcome("s9")
			require.Equal(t, Connected, w.State())
		})
	})
}

// FuzzMediaAnswers: whatever answers come, a transfer ends, once, or is tried again.
func FuzzMediaAnswers(f *testing.F) {
	f.Add(201, "/media/"+testKey, "0", "", []byte("abc"))
	f.Add(206, "", "99999999999999999999", "bytes 0-2/10", []byte("abc"))
	f.Add(200, "http://x/", "-1", "bytes */", []byte{})
	f.Fuzz(func(t *testing.T, status int, location, offset, contentRange string, body []byte) {
		inSession(t, func(w *world) {
			ends := 0
			w.Upload(w.blob(1000), UploadParams{Image: true}, func(current, total int64) {
				require.True(t, current >= 0 && current <= total)
			}, func(*Uploaded, *Error) { ends++ })
			w.Download(MediaID(testKey, 1000, false, 0, 0), func(current, total int64) {
				require.True(t, current >= 0 && current <= total)
			}, func(Blob, *Error) { ends++ })
			header := headers{
				"Location": location, "Upload-Offset": offset, "Content-Range": contentRange,
				"ETag": location, "Repr-Digest": offset, "Part-Digest": offset, "Content-Length": offset,
			}
			for range 3 {
				w.host.settle()
				for _, r := range w.host.outstanding() {
					if !r.over {
						r.answer(status, header, body)
					}
				}
				w.host.pass(5 * time.Second)
			}
			require.LessOrEqual(t, ends, 2)
			w.host.pass(3 * MediaStallTimeout)
			require.Equal(t, 2, ends)
		})
	})
}

package wire

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frame is what both kinds of frame have.
type frame interface {
	UnmarshalVT([]byte) error
	MarshalVT() ([]byte, error)
	SizeVT() int
}

// roundTrip decodes arbitrary bytes. What decodes must encode to something that
// decodes to the same.
func roundTrip(t *testing.T, data []byte, empty func() frame) {
	first := empty()
	if first.UnmarshalVT(data) != nil {
		return
	}
	encoded, err := first.MarshalVT()
	require.NoError(t, err)
	require.Len(t, encoded, first.SizeVT())
	second := empty()
	require.NoError(t, second.UnmarshalVT(encoded))
	again, err := second.MarshalVT()
	require.NoError(t, err)
	require.Equal(t, encoded, again)
}

// Bytes that look like frames and are not.
var broken = map[string][]byte{
	"empty":              {},
	"cut varint":         {0x08},
	"endless varint":     {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	"length over end":    {0x2a, 0x05, 0x0a},
	"length of 2 GB":     {0x2a, 0xff, 0xff, 0xff, 0xff, 0x07},
	"length of 2^63":     {0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	"negative length":    {0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	"inner length":       {0x2a, 0x06, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x07},
	"field number 0":     {0x02, 0x00},
	"end without group":  {0x0c},
	"group without end":  {0xfb, 0x07},
	"wrong wire type":    {0x0d, 1, 2, 3, 4},
	"unknown wire type":  {0xff, 0x07},
	"nested groups":      {0xfb, 0x07, 0xfb, 0x07, 0xfb, 0x07, 0xfc, 0x07},
	"unknown length 2GB": {0xfa, 0x07, 0xff, 0xff, 0xff, 0xff, 0x07},
}

func seed(f *testing.F, frames ...frame) {
	for _, data := range broken {
		f.Add(data)
	}
	for _, frame := range frames {
		data, err := frame.MarshalVT()
		require.NoError(f, err)
		f.Add(data)
	}
}

var fullMessage = &Message{
	Type: Message_IMAGE, Text: "text", Raw: []byte{0, 1}, Description: "d", MediaId: "0abc", FileName: "a.png",
	Thumbnail: []byte{2, 3}, Size: 1 << 40, Width: 1, Height: 2, ThumbnailWidth: 3, ThumbnailHeight: 4,
}

func FuzzClientFrame(f *testing.F) {
	seed(f,
		&ClientFrame{Hello: &Hello{Version: 1, AppId: "a", Uid: "u", Token: "t", Resume: &Resume{SessionId: "s", Credential: "c", LastSeq: 1 << 60}, Reconnect: true, Sdk: "k"}},
		&ClientFrame{Id: 1<<32 - 1, Send: &Send{Peer: "p", Channel: "c", Message: fullMessage, Offline: true}},
		&ClientFrame{Id: 1, Join: &Join{Channel: "c"}},
		&ClientFrame{Ack: &Ack{Seq: 7}},
	)
	f.Fuzz(func(t *testing.T, data []byte) {
		roundTrip(t, data, func() frame { return &ClientFrame{} })
	})
}

func FuzzServerFrame(f *testing.F) {
	seed(f,
		&ServerFrame{Welcome: &Welcome{SessionId: "s", Credential: "c", Resumed: true, PingIntervalMs: 1, SessionTimeoutMs: 2, ServerTimeMs: -1}},
		&ServerFrame{ReplyTo: 1, Refusal: &Refusal{Reason: Refusal_DISPLACED, Text: "t", ServerCode: 3}},
		&ServerFrame{Seq: 9, Delivery: &Delivery{From: "f", Channel: "c", ServerReceivedMs: 5, Offline: true, Message: fullMessage}},
		&ServerFrame{ReplyTo: 2, MemberList: &MemberList{Uid: []string{"a", "", "b"}}},
	)
	f.Fuzz(func(t *testing.T, data []byte) {
		roundTrip(t, data, func() frame { return &ServerFrame{} })
	})
}

// A length field alone must not make the decoder allocate what it promises.
func TestDecodingAllocatesNoMoreThanItGot(t *testing.T) {
	for name, data := range broken {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_ = new(ClientFrame).UnmarshalVT(data)
			_ = new(ServerFrame).UnmarshalVT(data)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<10))
		})
	}
}

// Frames that follow each other in one buffer are one frame: gateways put seq before
// a body that was marshalled once for many receivers.
func TestConcatenatedFramesMerge(t *testing.T) {
	head, err := (&ServerFrame{Seq: 300}).MarshalVT()
	require.NoError(t, err)
	body, err := (&ServerFrame{Delivery: &Delivery{From: "ada", Message: fullMessage}}).MarshalVT()
	require.NoError(t, err)
	var got ServerFrame
	require.NoError(t, got.UnmarshalVT(append(head, body...)))
	assert.Equal(t, ServerFrame{Seq: 300, Delivery: &Delivery{From: "ada", Message: fullMessage}}, got)
}

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
	"cut packed number":  {0x72, 0x04, 0x0a, 0x02, 0x01, 0xac},
	"inner length":       {0x2a, 0x06, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x07},
	"field number 0":     {0x02, 0x00},
	"field number 2^29":  {0x80, 0x80, 0x80, 0x80, 0x10, 0x00},
	"field 2^32 + 1":     {0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 0x07},
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

// Numbers of a list may come packed or one by one, and both after each other.
func TestListsOfNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want []uint32
	}{
		"packed":           {[]byte{0x72, 6, 0x0a, 4, 1, 0xac, 0x02, 3}, []uint32{1, 300, 3}},
		"one by one":       {[]byte{0x72, 5, 0x08, 1, 0x08, 0xac, 0x02}, []uint32{1, 300}},
		"both":             {[]byte{0x72, 5, 0x0a, 1, 1, 0x08, 2}, []uint32{1, 2}},
		"in two messages":  {[]byte{0x72, 2, 0x08, 1, 0x72, 2, 0x08, 2}, []uint32{1, 2}},
		"over 32 bits":     {[]byte{0x72, 6, 0x08, 0x81, 0x80, 0x80, 0x80, 0x10}, []uint32{1}},
		"over their place": {broken["cut packed number"], nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got ServerFrame
			err := got.UnmarshalVT(c.data)
			assert.Equal(t, c.want == nil, err != nil)
			if c.want != nil {
				assert.Equal(t, c.want, got.Counts.GetCount())
			}
		})
	}
}

// A later version's fields are carried along; those of another kind than they must be are refused.
func TestForeignFields(t *testing.T) {
	data := []byte{0x08, 7, 0xf8, 0x07, 1, 0xfa, 0x07, 2, 'h', 'i', 0xfb, 0x07, 0x08, 1, 0xfc, 0x07, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8}
	var got ClientFrame
	require.NoError(t, got.UnmarshalVT(data))
	assert.EqualValues(t, 7, got.Id)
	again, err := got.MarshalVT()
	require.NoError(t, err)
	assert.Equal(t, data, again)
	for name, data := range map[string][]byte{
		"a text as a number":      {0x0a, 1, 1},
		"a message as a number":   {0x10, 1},
		"a number of eight bytes": {0x09, 1, 2, 3, 4, 5, 6, 7, 8},
		"cut within":              {0xf9, 0x07, 1, 2},
		"a field 2^32 + 1":        broken["field 2^32 + 1"],
	} {
		assert.Error(t, new(ClientFrame).UnmarshalVT(data), name)
	}
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

package media

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestArrivingOffset(t *testing.T) {
	ref := Ref{App: "app", Key: "key"}
	for _, c := range []struct {
		name                   string
		stored, from, received int64
		want                   int64
	}{
		{"nothing yet", 0, 0, 0, 0},
		{"arrived, not stored", 10, 10, 5, 15},
		{"stored, of which the Info is older", 0, 10, 5, 15},
		{"the Info is newer", 20, 10, 5, 20},
		{"all arrived, not stored: a client would take it for the end", 10, 10, 90, 99},
		{"all stored", 100, 10, 90, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := arriving{requests: map[string]*request{}}
			info := Info{Ref: ref, Size: 100, Offset: c.stored}
			req := &request{offset: c.from}
			req.received.Store(c.received)
			done := a.add(ref, req)
			assert.Equal(t, c.want, arrivedOf(info, a.find(ref).soFar()))
			assert.Nil(t, a.find(Ref{App: "other", Key: "key"}))
			done()
			assert.Equal(t, c.stored, arrivedOf(info, a.find(ref).soFar()))
			assert.Empty(t, a.requests)
		})
	}
}

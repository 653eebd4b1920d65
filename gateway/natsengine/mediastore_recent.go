package natsengine

import (
	"bytes"

	lru "github.com/hashicorp/golang-lru/v2"
)

// recentParts is how many parts stay in memory, 64 MiB at most: what was just sent is
// about to be fetched, in a channel by many.
const recentParts = 64

// partID names a stored part. The sequence alone would not do: a stream that was made
// anew counts from 1 again.
type partID struct {
	seq     uint64
	subject string
}

// recent keeps the parts that were stored or read last. Parts never change; whether one
// may be read at all is for the record to say, which is not kept here.
type recent struct {
	parts *lru.Cache[partID, []byte]
}

func newRecent() recent {
	parts, err := lru.New[partID, []byte](recentParts)
	if err != nil {
		panic(err) // the size is not positive
	}
	return recent{parts}
}

// add reports whether it has taken data over, which nobody may change then. Little of a
// large buffer is copied out of it instead.
func (r recent) add(id partID, data []byte) (taken bool) {
	if taken = len(data) >= cap(data)/2; !taken {
		data = bytes.Clone(data)
	}
	r.parts.Add(id, data)
	return taken
}

package media

import "sync"

// arriving has the requests of this gateway that are storing bytes of an upload. HEAD
// returns what they have received, without a lock, so that a client can see whether its
// running request makes progress.
type arriving struct {
	mu       sync.Mutex
	requests map[string]*request // by upload; an upload has one at a time, see locks
}

// add registers req until done is called.
func (a *arriving) add(ref Ref, req *request) (done func()) {
	id := ref.App + "/" + ref.Key
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests[id] = req
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.requests, id)
	}
}

// find returns the request that stores bytes of an upload, or nil. Call it before asking the
// store: if the request ends in between, its bytes are in the store's Info.
func (a *arriving) find(ref Ref) *request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests[ref.App+"/"+ref.Key]
}

// soFar returns how many bytes of the upload have arrived, stored or not, while the request stores
// more of them. r may be nil: then no request stores bytes.
func (r *request) soFar() int64 {
	if r == nil {
		return 0
	}
	return r.offset + r.received.Load()
}

// arrivedOf returns the offset that HEAD reports for an upload of which soFar bytes have arrived. The
// last byte counts only when the upload is completely stored, because it tells a client that the
// upload has succeeded.
func arrivedOf(info Info, soFar int64) int64 {
	return max(info.Offset, min(soFar, info.Size-1))
}

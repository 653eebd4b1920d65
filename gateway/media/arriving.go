package media

import "sync"

// arriving knows the requests of this gateway that are storing bytes of an upload. HEAD
// tells what they have received, without a lock, so that a client can see whether its
// running request gets through.
type arriving struct {
	mu       sync.Mutex
	requests map[string]*request // by upload; there is one at a time, see locks
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

// find returns the request that stores bytes of an upload, or nil. It is to be asked before
// the store: a request that ends between the two has its bytes in the Info.
func (a *arriving) find(ref Ref) *request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests[ref.App+"/"+ref.Key]
}

// soFar is how many bytes of the upload are there, stored or not, while the request stores more
// of them; nil means that no request does.
func (r *request) soFar() int64 {
	if r == nil {
		return 0
	}
	return r.offset + r.received.Load()
}

// arrivedOf is what HEAD tells of an upload of which soFar bytes are there, stored or not. The
// last byte counts only when the whole upload is stored: a client takes it for the end.
func arrivedOf(info Info, soFar int64) int64 {
	return max(info.Offset, min(soFar, info.Size-1))
}

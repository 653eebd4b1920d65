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

// offset is how many bytes of the upload have arrived, stored or not. The last byte
// counts only when the whole upload is stored: a client takes it for the end.
func (a *arriving) offset(info Info) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	req := a.requests[info.App+"/"+info.Key]
	if req == nil {
		return info.Offset
	}
	return max(info.Offset, min(req.offset+req.received.Load(), info.Size-1))
}

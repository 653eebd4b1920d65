package media

// Waits reports whether a request waits until another lets go of an upload.
func (h *Handler) Waits() bool {
	h.locks.mu.Lock()
	defer h.locks.mu.Unlock()
	return len(h.locks.waiting) > 0
}

//go:build !linux

package cluster

// awaitStop does not wait: elsewhere a process has mostly stopped when the signal was sent.
func awaitStop(int) error { return nil }

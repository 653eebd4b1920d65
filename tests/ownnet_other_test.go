//go:build !linux

package tests

import "testing"

// inOwnNetwork would run the test in a network of its own; here it reports false. The
// addresses of docs/operating.md but 127.0.0.1 are Linux's.
func inOwnNetwork(t *testing.T) bool {
	t.Skip("docs/operating.md needs the loopback addresses of Linux")
	return false
}

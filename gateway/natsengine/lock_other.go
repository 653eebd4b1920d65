//go:build !unix

package natsengine

// lockDir does nothing on this platform: the operator must make sure that only one process uses the
// folder.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }

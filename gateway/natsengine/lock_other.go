//go:build !unix

package natsengine

// lockDir does nothing here: keeping other processes off the folder is up to the
// operator.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }

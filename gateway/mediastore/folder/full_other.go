//go:build !unix

package folder

func isFull(error) bool { return false }

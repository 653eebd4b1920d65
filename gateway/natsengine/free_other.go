//go:build !linux && !darwin

package natsengine

// FreeBytes is not known here.
func FreeBytes(string) (free int64, known bool) { return 0, false }

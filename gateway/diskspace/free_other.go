//go:build !linux && !darwin

package diskspace

// Free is not supported on this system: known is false.
func Free(string) (free int64, known bool) { return 0, false }

// Size is not supported on this system: known is false.
func Size(string) (size int64, known bool) { return 0, false }

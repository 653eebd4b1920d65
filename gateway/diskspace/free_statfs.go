//go:build linux || darwin

package diskspace

import "syscall"

// Free is how much this process may still write to the disk of a folder; known is
// false where that can't be told.
func Free(dir string) (free int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}

// Size is what is used of the disk of a folder, and what Free tells. What is reserved for the root
// user is not in it, as in the per cent of df. known is false where that can't be told.
func Size(dir string) (size int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return (int64(s.Blocks-s.Bfree) + int64(s.Bavail)) * int64(s.Bsize), true
}

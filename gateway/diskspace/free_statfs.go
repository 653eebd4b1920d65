//go:build linux || darwin

package diskspace

import "syscall"

// Free returns how many bytes this process may still write to the disk of a folder. known is
// false if that cannot be found out.
func Free(dir string) (free int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}

// Size returns how many bytes of the disk of a folder are used, plus those of Free. Like the percentage
// of df, it does not count what is reserved for the root user. known is false if it cannot be found out.
func Size(dir string) (size int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return (int64(s.Blocks-s.Bfree) + int64(s.Bavail)) * int64(s.Bsize), true
}

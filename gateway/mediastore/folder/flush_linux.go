//go:build amd64 || arm64

package folder

import (
	"os"
	"syscall"
)

// startWriting asks the kernel to begin writing a range of a file to the disk, and does not wait. It
// guarantees nothing. Errors are reported by the next sync.
func startWriting(file *os.File, from, bytes int64) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	_ = syscall.SyncFileRange(int(file.Fd()), from, bytes, write)
}

//go:build amd64 || arm64

package folder

import (
	"os"
	"syscall"
)

// startWriting has the disk begin to write a range of a file, and does not wait for it. It promises
// nothing: an error tells at the sync.
func startWriting(file *os.File, from, bytes int64) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	_ = syscall.SyncFileRange(int(file.Fd()), from, bytes, write)
}

package main

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryDefault is the limit of memory where none is set: Go's own variable, GOMEMLIMIT, or
// four fifths of what the container or the unit may use; 0 for none. The rest is for what
// Go does not count, such as the cache of files.
func memoryDefault() size {
	if set := debug.SetMemoryLimit(-1); set != math.MaxInt64 {
		return size(set)
	}
	allowed := cgroupMemory(os.DirFS("/"))
	return allowed / 5 * 4 / (1 << 20) * (1 << 20)
}

// cgroupMemory is the least limit of memory on the way to this process's control group, of
// either version; 0 if there is none.
func cgroupMemory(root fs.FS) (least size) {
	const base = "sys/fs/cgroup"
	files := []string{base + "/memory/memory.limit_in_bytes"}
	own, _ := fs.ReadFile(root, "proc/self/cgroup") // where it is missing there are no groups
	for line := range strings.Lines(string(own)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		for dir := path.Join(base, group); ok && strings.HasPrefix(dir, base); dir = path.Dir(dir) {
			files = append(files, dir+"/memory.max")
		}
	}
	for _, file := range files {
		text, _ := fs.ReadFile(root, file)
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no number
		if err == nil && n > 0 && n < 1<<50 && (least == 0 || size(n) < least) {
			least = size(n)
		}
	}
	return least
}

// limitMemory has the Go runtime work the harder the closer it comes to the limit.
func limitMemory(limit size) {
	if limit > 0 {
		debug.SetMemoryLimit(int64(limit))
	}
}

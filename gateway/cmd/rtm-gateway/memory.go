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

// memoryDefault returns the default of --max-memory: the value of GOMEMLIMIT, or four fifths of what
// the container or systemd unit may use, or 0 for no limit. The other fifth is for memory that Go does
// not count, such as the cache of files.
func memoryDefault() size {
	if set := debug.SetMemoryLimit(-1); set != math.MaxInt64 {
		return size(set)
	}
	allowed := cgroupMemory(os.DirFS("/"))
	return allowed / 5 * 4 / (1 << 20) * (1 << 20)
}

// cgroupMemory returns the smallest memory limit of this process's control group and its parents,
// of cgroup version 1 or 2, or 0 if there is no limit.
func cgroupMemory(root fs.FS) (least size) {
	const base = "sys/fs/cgroup"
	files := []string{base + "/memory/memory.limit_in_bytes"}
	own, _ := fs.ReadFile(root, "proc/self/cgroup") // without the file there are no groups
	for line := range strings.Lines(string(own)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		for dir := path.Join(base, group); ok && strings.HasPrefix(dir, base); dir = path.Dir(dir) {
			files = append(files, dir+"/memory.max")
		}
	}
	for _, file := range files {
		text, _ := fs.ReadFile(root, file)
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // fails for "max": no limit
		if err == nil && n > 0 && n < 1<<50 && (least == 0 || size(n) < least) {
			least = size(n)
		}
	}
	return least
}

// limitMemory makes the Go runtime collect garbage more often when it comes close to the limit.
func limitMemory(limit size) {
	if limit > 0 {
		debug.SetMemoryLimit(int64(limit))
	}
}

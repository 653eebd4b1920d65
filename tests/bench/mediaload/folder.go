//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// copyFiles copies the first file that it finds in a media folder under keys of the same hour. The copies are for a
// gateway to find when it starts, as after many uploads and without the time these take.
func copyFiles(_ context.Context, p plan) (outcome, error) {
	begun := time.Now()
	model, err := firstFile(filepath.Join(p.dir, "files"))
	if err != nil {
		return outcome{}, err
	}
	file, err := os.ReadFile(model)
	if err != nil {
		return outcome{}, err
	}
	top, name := filepath.Dir(filepath.Dir(model)), filepath.Base(model)
	var left, made atomic.Int64
	left.Store(p.files)
	var first atomic.Pointer[error]
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for left.Add(-1) >= 0 && first.Load() == nil {
				if err := writeCopy(top, name, file); err != nil {
					first.CompareAndSwap(nil, &err)
					return
				}
				made.Add(1)
			}
		})
	}
	wait.Wait()
	if err := first.Load(); err != nil {
		return outcome{}, *err
	}
	syscall.Sync()
	return outcome{Files: made.Load(), Seconds: time.Since(begun).Seconds()}, nil
}

// writeCopy keeps the hour, which is six digits, and draws the others. A file is in a folder named by the two behind the hour.
func writeCopy(top, name string, file []byte) error {
	random := make([]byte, (len(name)-6)/2)
	rand.Read(random) // it never fails
	key := name[:6] + hex.EncodeToString(random)
	dir := filepath.Join(top, key[6:8])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, key), file, 0o600)
}

func firstFile(dir string) (name string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			name, err = path, fs.SkipAll
		}
		return err
	})
	if err == nil && name == "" {
		err = errors.New("no file in " + dir)
	}
	return name, err
}

const dontNeed = 4 // POSIX_FADV_DONTNEED

// forget has the system drop from memory what is in the files of a folder, so that it must read it again.
func forget(_ context.Context, p plan) (o outcome, err error) {
	syscall.Sync()
	begun := time.Now()
	err = filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Files++
		if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
			return errno
		}
		return nil
	})
	o.Seconds = time.Since(begun).Seconds()
	return o, err
}

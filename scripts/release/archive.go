package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// file is a file of an archive. In the archive it has no owner, and the time of the commit.
type file struct {
	name string // in the archive
	from string // on disk
	mode fs.FileMode
}

// folder lists the files below dir. In the archive they are below prefix.
func folder(dir, prefix string) (files []file, err error) {
	err = filepath.WalkDir(dir, func(from string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(dir, from)
		files = append(files, file{name: path.Join(prefix, filepath.ToSlash(below)), from: from, mode: 0o644})
		return err
	})
	return files, err
}

// create makes a file of the release with the content that write writes.
func (r release) create(name string, write func(io.Writer) error) error {
	out, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	return errors.Join(write(out), out.Close())
}

// tarball writes a .tar.gz archive.
func (r release) tarball(name string, files []file) error {
	return r.create(name, func(w io.Writer) error {
		compressed := gzip.NewWriter(w)
		return errors.Join(writeTar(compressed, files, r.time), compressed.Close())
	})
}

func writeTar(w io.Writer, files []file, modified time.Time) error {
	archive := tar.NewWriter(w)
	for _, f := range sorted(files) {
		content, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(content)), ModTime: modified, Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(content); err != nil {
			return err
		}
	}
	return archive.Close()
}

func (r release) zip(name string, files []file) error {
	return r.create(name, func(w io.Writer) error {
		archive := zip.NewWriter(w)
		for _, f := range sorted(files) {
			content, err := os.ReadFile(f.from)
			if err != nil {
				return err
			}
			header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: r.time}
			header.SetMode(f.mode)
			entry, err := archive.CreateHeader(header)
			if err != nil {
				return err
			}
			if _, err := entry.Write(content); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

func sorted(files []file) []file {
	return slices.SortedFunc(slices.Values(files), func(a, b file) int { return cmp.Compare(a.name, b.name) })
}

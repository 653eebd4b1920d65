package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

const sumsFile = "SHA256SUMS"

// sums writes the hash of each file, in the format of `sha256sum -c`.
func (r release) sums() error {
	names, err := r.files()
	if err != nil {
		return err
	}
	return r.create(sumsFile, func(w io.Writer) error {
		for _, name := range names {
			sum, err := r.sum(name)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, sum+"  "+name+"\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

// files returns the sorted names of the files made so far, without the file of hashes.
func (r release) files() (names []string, err error) {
	entries, err := os.ReadDir(r.out)
	for _, entry := range entries {
		if entry.Name() != sumsFile {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

func (r release) sum(name string) (string, error) {
	content, err := os.ReadFile(filepath.Join(r.out, name))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

//go:build !linux || !(amd64 || arm64)

package folder

import "os"

func startWriting(*os.File, int64, int64) {}

package folder

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// The digests of a file are in a section of its trailer:
//
//	SHA-256 of the content
//	SHA-256 of each piece of core.MediaDigestBytes, if there is more than one piece
//	MAC: HMAC-SHA-256 of app, key and the digests
//
// The digests of a large file are computed after its upload was acknowledged, because they take half as
// long as the rest of the upload. Until then the section has zeros. If the gateway is killed before the
// digests are written, or a power failure damages them, the next Open or Stat computes them.

// digestsBytes returns the length of the digests of a file of size bytes.
func digestsBytes(size int64) int {
	n := 2
	if !mediastore.OnePiece(size) {
		n += int((size-1)/core.MediaDigestBytes) + 1
	}
	return n * sha256.Size
}

// digests returns the digests section of a file: zeros if the digests are not known yet.
func (f *Folder) digests(info media.Info) []byte {
	data := make([]byte, 0, digestsBytes(info.Size))
	if !info.Digested() {
		return data[:cap(data)]
	}
	data = append(data, info.Digest[:]...)
	if !mediastore.OnePiece(info.Size) {
		data = append(data, info.Sums...)
	}
	return append(data, f.digestsMAC(info, data)...)
}

func (f *Folder) digestsMAC(info media.Info, digests []byte) []byte {
	mac := hmac.New(sha256.New, f.opts.Secret)
	fmt.Fprintf(mac, "digests %q %q ", info.App, info.Key)
	mac.Write(digests)
	return mac.Sum(nil)
}

// readDigests reads the file's digests into info. If they were not computed yet, info stays without
// digests.
func (f *Folder) readDigests(file io.ReaderAt, info *media.Info) error {
	data := make([]byte, digestsBytes(info.Size))
	if err := readAt(file, data, info.Size); err != nil {
		return err
	}
	digests, mac := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if !hmac.Equal(mac, f.digestsMAC(*info, digests)) {
		return nil
	}
	copy(info.Digest[:], digests)
	if info.Sums = digests[sha256.Size:]; len(info.Sums) == 0 {
		info.Sums = info.Digest[:]
	}
	return nil
}

// computeDigests computes the digests of a finished file that has no digests yet, and writes them.
func (f *Folder) computeDigests(file *os.File, info *media.Info) error {
	mu := &f.computing[media.KeyID(info.Key)[0]%byte(len(f.computing))]
	mu.Lock()
	defer mu.Unlock()
	if err := f.readDigests(file, info); err != nil || info.Digested() { // another request has computed them meanwhile
		return err
	}
	var err error
	if info.Digest, info.Sums, err = mediastore.Digests(file, info.Size); err != nil {
		return err
	}
	// If they cannot be written, they are computed again the next time.
	if to, err := f.root.OpenFile(filePath(info.App, info.Key), os.O_WRONLY, 0); err == nil {
		_, _ = to.WriteAt(f.digests(*info), info.Size)
		_ = to.Close()
	}
	return nil
}

// maxBackgroundDigests limits for how many files at a time the digests are computed after the upload was
// acknowledged. When the limit is reached, an upload waits for its digests.
var maxBackgroundDigests = 2 * runtime.GOMAXPROCS(0)

// reserveBackground reports whether the digests of a file may be computed after its upload was
// acknowledged. Then the caller must call digestInBackground. It is false for small files, and if
// maxBackgroundDigests is reached.
func (f *Folder) reserveBackground(size int64) bool {
	if mediastore.OnePiece(size) {
		return false
	}
	select {
	case f.background <- struct{}{}:
		return true
	default:
		return false
	}
}

// digestInBackground computes the digests of a file, unless err says that it was not finished.
func (f *Folder) digestInBackground(app, key string, err error) {
	if err != nil {
		<-f.background
		return
	}
	f.running.Go(func() {
		defer func() { <-f.background }()
		if file, _, err := f.open(app, key); err == nil { // otherwise the next Open returns the error
			_ = file.Close()
		}
	})
}

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

// The digests of a file have a place of their own in its trailer:
//
//	SHA-256 of the content
//	SHA-256 of each core.MediaDigestBytes, if there is more than one of these
//	MAC      HMAC-SHA-256 of app, key and the digests
//
// Those of a large file are taken after its upload was acknowledged: they take half as long as
// all else. Until they are there, the place holds zeros. If the gateway is killed before, or a
// power failure spoils what was written, whoever opens the file next takes them.

// digestsBytes is how long the digests of a file of so many bytes are.
func digestsBytes(size int64) int {
	n := 2
	if !mediastore.OnePiece(size) {
		n += int((size-1)/core.MediaDigestBytes) + 1
	}
	return n * sha256.Size
}

// digests is what is written of a file's digests.
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

// readDigests adds to info what is written of the file's digests. It leaves them out if they
// were not taken yet.
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

// takeDigests takes the digests of a finished file that has none yet, and writes them down.
func (f *Folder) takeDigests(file *os.File, info *media.Info) error {
	taking := &f.taking[media.KeyID(info.Key)[0]%byte(len(f.taking))]
	taking.Lock()
	defer taking.Unlock()
	if err := f.readDigests(file, info); err != nil || info.Digested() { // another request has waited less long
		return err
	}
	var err error
	if info.Digest, info.Sums, err = mediastore.Digests(file, info.Size); err != nil {
		return err
	}
	// Where they can't be written down, they are taken again the next time.
	if to, err := f.root.OpenFile(filePath(info.App, info.Key), os.O_WRONLY, 0); err == nil {
		_, _ = to.WriteAt(f.digests(*info), info.Size)
		_ = to.Close()
	}
	return nil
}

// lateDigests is for how many files at a time the digests are taken after their uploads were
// acknowledged. Beyond that, uploads wait for theirs.
var lateDigests = 2 * runtime.GOMAXPROCS(0)

// mayBeLate reserves a place for a file whose digests are to be taken later, which takeLate
// gives back. It reports false for small files, and where there is no place.
func (f *Folder) mayBeLate(size int64) bool {
	if mediastore.OnePiece(size) {
		return false
	}
	select {
	case f.late <- struct{}{}:
		return true
	default:
		return false
	}
}

// takeLate takes the digests of a file, if it could be finished.
func (f *Folder) takeLate(app, key string, err error) {
	if err != nil {
		<-f.late
		return
	}
	f.running.Go(func() {
		defer func() { <-f.late }()
		if file, _, err := f.open(app, key); err == nil { // otherwise who opens it hears why
			_ = file.Close()
		}
	})
}

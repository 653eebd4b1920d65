package folder

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"rtmwasm/gateway/media"
)

// After the content of a finished file there are
//
//	digests   see digests.go
//	record    JSON
//	MAC       HMAC-SHA-256 of app, key and record, so that users cannot upload a forged trailer
//	length    length of the record: 4 bytes, big-endian
//	magic
const (
	magic       = "rtmfile2"
	formerMagic = "rtmfile1" // without digests

	footerBytes = sha256.Size + 4 + len(magic)

	// maxRecord limits the length of the record. Metadata has at most 4096 bytes, which JSON makes longer.
	maxRecord = 64 << 10

	// tailBytes is how many bytes at the end are read first. Most records fit in.
	tailBytes = 1 << 10
)

// record is the description of a file.
type record struct {
	UID      string            `json:"uid"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Expected []byte            `json:"expected,omitempty"`
	Size     int64             `json:"size"`
	Created  time.Time         `json:"created"`
	Touched  time.Time         `json:"touched"`
	Type     string            `json:"type"`
}

// trailer makes the trailer of a finished file.
func (f *Folder) trailer(info media.Info) []byte {
	record, err := json.Marshal(record{
		UID: info.UID, Metadata: info.Metadata, Expected: info.Expected, Size: info.Size,
		Created: info.Created, Touched: info.Touched, Type: info.Type,
	})
	if err != nil {
		panic(err) // no field can fail
	}
	data := append(f.digests(info), record...)
	data = append(data, f.mac(info.App, info.Key, record)...)
	data = binary.BigEndian.AppendUint32(data, uint32(len(record)))
	return append(data, magic...)
}

func (f *Folder) mac(app, key string, record []byte) []byte {
	mac := hmac.New(sha256.New, f.opts.Secret)
	fmt.Fprintf(mac, "%q %q ", app, key)
	mac.Write(record)
	return mac.Sum(nil)
}

// errNoTrailer means that a file is not finished, or damaged.
var errNoTrailer = errors.New("folder: the file has no trailer")

// errFormer means that an older gateway wrote the file, with a trailer of another form.
var errFormer = errors.New("folder: the file was stored by a gateway built before 29 November 2026, whose files this gateway cannot read: upload the file again")

// trailerOf reads the trailer of a file of length bytes. genuine reports whether its MAC is right. Callers
// that read a file in files/ need not check that, because only finished files are moved there.
func (f *Folder) trailerOf(file io.ReaderAt, length int64, app, key string) (info media.Info, genuine bool, err error) {
	tail := make([]byte, min(length, tailBytes))
	if err := readAt(file, tail, length-int64(len(tail))); err != nil {
		return media.Info{}, false, err
	}
	if bytes.HasSuffix(tail, []byte(formerMagic)) {
		return media.Info{}, false, errFormer
	}
	data, mac, err := splitTail(tail)
	if err == nil && data == nil { // the record begins before the tail
		_, _, n := footer(tail)
		tail = make([]byte, min(length, int64(n+footerBytes)))
		if err := readAt(file, tail, length-int64(len(tail))); err != nil {
			return media.Info{}, false, err
		}
		data, mac, err = splitTail(tail)
	}
	if err != nil || data == nil {
		return media.Info{}, false, errNoTrailer
	}
	if info, err = decode(data, app, key); err != nil {
		return media.Info{}, false, err
	}
	behind := length - int64(len(data)+footerBytes) - info.Size
	if behind < 0 || behind != int64(digestsBytes(info.Size)) {
		return media.Info{}, false, errNoTrailer
	}
	if err = f.readDigests(file, &info); err != nil {
		return media.Info{}, false, err
	}
	return info, hmac.Equal(mac, f.mac(app, key, data)), nil
}

func readAt(file io.ReaderAt, p []byte, offset int64) error {
	if _, err := file.ReadAt(p, offset); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// footer splits the last bytes of a file. n is the length of the record, or -1 if there is no footer.
func footer(tail []byte) (before, mac []byte, n int) {
	if len(tail) < footerBytes || !bytes.HasSuffix(tail, []byte(magic)) {
		return nil, nil, -1
	}
	before, end := tail[:len(tail)-footerBytes], tail[len(tail)-footerBytes:]
	return before, end[:sha256.Size], int(binary.BigEndian.Uint32(end[sha256.Size:]))
}

// splitTail returns the record and its MAC. Both are nil if the record begins before the tail.
func splitTail(tail []byte) (data, mac []byte, err error) {
	before, mac, n := footer(tail)
	switch {
	case n < 0 || n > maxRecord:
		return nil, nil, errNoTrailer
	case n > len(before):
		return nil, nil, nil
	}
	return before[len(before)-n:], mac, nil
}

// decode decodes a record and checks the fields that other code relies on.
func decode(data []byte, app, key string) (media.Info, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return media.Info{}, errors.Join(errNoTrailer, err)
	}
	if r.Size < 1 {
		return media.Info{}, errNoTrailer
	}
	return media.Info{
		Ref: media.Ref{App: app, Key: key}, UID: r.UID, Metadata: r.Metadata, Expected: r.Expected,
		Size: r.Size, Offset: r.Size, Created: r.Created, Touched: r.Touched, Type: r.Type,
	}, nil
}

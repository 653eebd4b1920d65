package bucket

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"rtmwasm/gateway/media"
)

// Names of the metadata of a file's object. S3 allows 2 KB for all of it.
const (
	infoName = "rtm"      // facts, as JSON in base64
	sumsName = "rtm-sums" // media.Info.Sums in base64
	moreName = "rtm-more" // set if the description is in the object moreKey, because it is too long
	putName  = "rtm-put"  // id of the Part that made the object
)

// metadataBytes limits the length of the metadata, including the names.
const metadataBytes = 2000

// facts describe a file, except its key, size and content.
type facts struct {
	UID      string            `json:"uid"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Expected []byte            `json:"expected,omitempty"`
	Created  time.Time         `json:"created"`
	Touched  time.Time         `json:"touched"`
	Expires  time.Time         `json:"expires"`
	Type     string            `json:"type"`
	Digest   []byte            `json:"digest"`
	Sums     []byte            `json:"sums,omitempty"`
}

// object describes a file's object.
type object struct {
	info media.Info
	etag string
}

// describe returns the metadata of a file's object. more is the content of the second object, or nil if
// everything fits into the metadata.
func describe(info media.Info, put string) (metadata map[string]string, more []byte, err error) {
	all := facts{
		UID: info.UID, Metadata: info.Metadata, Expected: info.Expected,
		Created: info.Created.UTC(), Touched: info.Touched.UTC(), Expires: info.Expires.UTC(),
		Type: info.Type, Digest: info.Digest[:],
	}
	short, err := json.Marshal(all)
	if err != nil {
		return nil, nil, err
	}
	metadata = map[string]string{putName: put, infoName: base64.StdEncoding.EncodeToString(short)}
	if len(info.Sums) > 0 {
		metadata[sumsName] = base64.StdEncoding.EncodeToString(info.Sums)
	}
	if sizeOf(metadata) <= metadataBytes {
		return metadata, nil, nil
	}
	delete(metadata, sumsName)
	metadata[moreName] = "1"
	if sizeOf(metadata) > metadataBytes {
		delete(metadata, infoName)
	}
	all.Sums = info.Sums
	more, err = json.Marshal(all)
	return metadata, more, err
}

func sizeOf(metadata map[string]string) (n int) {
	for name, value := range metadata {
		n += len(name) + len(value)
	}
	return n
}

// read adds to info what the metadata of a file's object says. It reports whether the second object is
// needed, too.
func read(metadata map[string]string, info *media.Info) (needsMore bool, err error) {
	text, ok := metadata[infoName]
	if ok {
		var short []byte
		if short, err = base64.StdEncoding.DecodeString(text); err == nil {
			err = readFacts(short, info)
		}
	}
	if err == nil && metadata[sumsName] != "" {
		info.Sums, err = base64.StdEncoding.DecodeString(metadata[sumsName])
	}
	if needsMore = metadata[moreName] != ""; err == nil && !ok && !needsMore {
		err = fmt.Errorf("its metadata has no %q", infoName)
	}
	return needsMore, err
}

// readFacts adds facts to info. It ignores facts about another content: if two gateways finished an upload
// at the same time, the second object may be the other gateway's.
func readFacts(text []byte, info *media.Info) error {
	var all facts
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	if len(all.Digest) != len(info.Digest) {
		return fmt.Errorf("a digest has %d bytes, not %d", len(all.Digest), len(info.Digest))
	}
	known := info.Digest != [len(info.Digest)]byte{}
	if known && !bytes.Equal(all.Digest, info.Digest[:]) {
		return nil
	}
	info.UID, info.Metadata, info.Expected = all.UID, all.Metadata, all.Expected
	info.Created, info.Touched, info.Expires = all.Created, all.Touched, all.Expires
	info.Type, info.Sums = all.Type, all.Sums
	copy(info.Digest[:], all.Digest)
	return nil
}

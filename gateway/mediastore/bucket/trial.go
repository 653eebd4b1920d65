package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Trial is the result of Try.
type Trial struct {
	RoundTrip   time.Duration // how long storing a few bytes took
	Clock       time.Time     // the time of the object store, in seconds; zero if it sent no time
	ClockHeard  time.Time     // when Clock arrived, by the clock of this machine
	Conditional bool          // whether the object store supports If-None-Match, by which it refuses to replace a file
	CORS        error         // why pages cannot read files from the bucket; nil if they can
}

// trialApp takes the place of an app id in the object keys of trials. No app has this id.
const trialApp = "doctor"

// Try stores, reads, lists and removes a few bytes, as a gateway does. Its error says what to do.
func (f *Files) Try(ctx context.Context) (t Trial, err error) {
	if err := f.Check(ctx); err != nil {
		return t, err
	}
	ctx, cancel := within(ctx, 0)
	defer cancel()
	var id [32]byte
	_, _ = rand.Read(id[:])
	object := f.pieceKey(trialApp, hex.EncodeToString(id[:]), 0, 0)
	content := id[:]
	put := func(ifNoneMatch *string) (*s3.PutObjectOutput, error) {
		sum := sha256.Sum256(content)
		return f.s3.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &f.options.Bucket, Key: &object, Body: bytes.NewReader(content), IfNoneMatch: ifNoneMatch,
		}, withDigest(sum[:]))
	}
	began := time.Now()
	out, err := put(ptr("*"))
	unknown := status(err) == http.StatusNotImplemented
	if unknown {
		began = time.Now()
		out, err = put(nil)
	}
	if err != nil {
		return t, fmt.Errorf("store an object: %w", f.explain("s3:PutObject", err))
	}
	t.RoundTrip = time.Since(began)
	t.Clock, _ = awsmiddleware.GetServerTime(out.ResultMetadata)
	t.ClockHeard, _ = awsmiddleware.GetResponseAt(out.ResultMetadata)
	defer func() {
		if removeErr := f.removeObjects(ctx, []string{object, object + "x"}); removeErr != nil && err == nil {
			err = fmt.Errorf("remove an object: %w", f.explain("s3:DeleteObject", removeErr))
		}
	}()
	if !unknown {
		_, err = put(ptr("*"))
		t.Conditional = status(err) == http.StatusPreconditionFailed
	}
	if err := f.tryRead(ctx, object, content); err != nil {
		return t, err
	}
	t.CORS = f.tryPage(ctx, object)
	return t, nil
}

// tryRead reads a range of an object and checks its bytes.
func (f *Files) tryRead(ctx context.Context, object string, content []byte) error {
	out, err := f.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &f.options.Bucket, Key: &object, Range: ptr("bytes=8-15")})
	if err != nil {
		return fmt.Errorf("read an object: %w", f.explain("s3:GetObject", err))
	}
	defer out.Body.Close()
	got, err := io.ReadAll(io.LimitReader(out.Body, int64(len(content))))
	if err == nil && !bytes.Equal(got, content[8:16]) {
		err = errors.New("the object store sends other bytes than the requested range, so parts of files cannot be downloaded: use one that supports Range")
	}
	return err
}

// exposed are the headers of an answer that the SDK in a page must be able to read.
var exposed = []string{"Content-Range"}

// tryPage reads a range in the way a page does after a redirect from a gateway of another origin. Browsers
// send the origin "null" then.
func (f *Files) tryPage(ctx context.Context, object string) error {
	link, err := f.signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &f.options.Bucket, Key: &object}, s3.WithPresignExpires(linkTime))
	if err != nil {
		return failed("sign a link", err)
	}
	ask := func(method string, header ...string) (http.Header, error) {
		r, err := http.NewRequestWithContext(ctx, method, link.URL, nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Origin", "null")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		if answer.StatusCode >= http.StatusBadRequest {
			return nil, fmt.Errorf("%s from a page gets %s", method, answer.Status)
		}
		if origin := answer.Header.Get("Access-Control-Allow-Origin"); origin != "*" && origin != "null" {
			return nil, fmt.Errorf("the response to %s has no Access-Control-Allow-Origin: *, so pages cannot read it", method)
		}
		return answer.Header, nil
	}
	if _, err := ask(http.MethodOptions, "Access-Control-Request-Method", http.MethodGet, "Access-Control-Request-Headers", "range"); err != nil {
		return err
	}
	header, err := ask(http.MethodGet, "Range", "bytes=8-15")
	if err != nil {
		return err
	}
	readable := strings.Split(strings.ToLower(strings.ReplaceAll(header.Get("Access-Control-Expose-Headers"), " ", "")), ",")
	for _, name := range exposed {
		if !slices.Contains(readable, strings.ToLower(name)) && !slices.Contains(readable, "*") {
			return fmt.Errorf("pages cannot read %s: the CORS rule does not expose it", name)
		}
	}
	return nil
}

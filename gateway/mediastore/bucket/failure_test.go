package bucket_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore/bucket"
	"rtmwasm/tests/s3"
)

func TestCheck(t *testing.T) {
	server := newBucket(t)
	for _, c := range []struct {
		name   string
		env    map[string]string
		change func(*bucket.Options)
		says   string // "" if all is well
		away   bool
	}{
		{name: "well"},
		{name: "missing bucket", change: func(o *bucket.Options) { o.Bucket = "nowhere" }, says: `there is no bucket "nowhere" here: make it, or name another`},
		{name: "no credentials", env: map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, says: "there are no credentials for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{name: "unknown key", env: map[string]string{"AWS_ACCESS_KEY_ID": "nobody"}, says: "the object store does not know the access key (InvalidAccessKeyId): see AWS_ACCESS_KEY_ID"},
		{name: "wrong secret", env: map[string]string{"AWS_SECRET_ACCESS_KEY": "guessed"}, says: "the secret key does not belong to the access key (SignatureDoesNotMatch): see AWS_SECRET_ACCESS_KEY"},
		{name: "wrong region", change: func(o *bucket.Options) { o.Region = "eu-central-1" }, says: "is in another region (AuthorizationHeaderMalformed"},
		{name: "nobody there", change: func(o *bucket.Options) { o.Endpoint = "http://127.0.0.1:1" }, says: "check that it runs, and that endpoint= is right", away: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			files := open(t, server.URL, func(o *bucket.Options) {
				if c.change != nil {
					c.change(o)
				}
			})
			err := files.Check(t.Context())
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			assert.Equal(t, c.away, errors.Is(err, bucket.ErrAway))
			assert.NotContains(t, err.Error(), s3.SecretKey)
		})
	}
}

func TestWhatTheServerRefusesIsNoMissingFile(t *testing.T) {
	server := newBucket(t)
	for name, change := range map[string]func(*bucket.Options){
		"no bucket": func(o *bucket.Options) { o.Bucket = "nowhere" },
		"nobody":    func(o *bucket.Options) { o.Endpoint = "http://127.0.0.1:1" },
	} {
		t.Run(name, func(t *testing.T) {
			files, key := open(t, server.URL, change), newKey(time.Now())
			_, _, err := files.Open(t.Context(), app, key)
			require.Error(t, err)
			require.NotErrorIs(t, err, media.ErrNotFound)
			_, err = files.Stat(t.Context(), app, key)
			require.Error(t, err)
			require.NotErrorIs(t, err, media.ErrNotFound)
			p := part(t, files, key, 0)
			write(t, p, []byte("x"))
			require.Error(t, p.Sync(t.Context()))
			err = p.Finish(t.Context(), infoOf(key, []byte("x")))
			require.Error(t, err)
			require.NotErrorIs(t, err, media.ErrConflict)
		})
	}
}

func TestTheServerIsKilledDuringAnUpload(t *testing.T) {
	server := s3.Run(t, bucketName)
	s3.SetEnvironment(t)
	files, key, content := open(t, server.URL), newKey(time.Now()), bytesOf(20, 1<<20)
	info := infoOf(key, content)
	p := part(t, files, key, 0)
	write(t, p, content[:400_000])
	require.NoError(t, p.Sync(t.Context()))
	write(t, p, content[400_000:700_000])
	server.Kill()
	require.Error(t, p.Sync(t.Context()))
	require.NoError(t, server.Start())
	require.NoError(t, p.Sync(t.Context()), "the same part goes on")
	require.NoError(t, p.Close())

	p = part(t, open(t, server.URL), key, 700_000)
	write(t, p, content[700_000:])
	server.Kill()
	require.Error(t, p.Finish(t.Context(), info))
	require.NoError(t, server.Start())
	missing(t, files, key)
	require.NoError(t, p.Finish(t.Context(), info))
	server.Kill()
	require.NoError(t, server.Start())
	holds(t, files, info, content)
}

func TestTheServerIsKilledDuringADownload(t *testing.T) {
	server := s3.Run(t, bucketName)
	s3.SetEnvironment(t)
	files, key, content := open(t, server.URL), newKey(time.Now()), bytesOf(21, 8<<20)
	info := store(t, files, key, content)
	_, r, err := files.Open(t.Context(), app, key)
	require.NoError(t, err)
	defer r.Close()
	var out bytes.Buffer
	_, err = r.WriteN(&out, 1<<20)
	require.NoError(t, err)
	server.Kill()
	require.NoError(t, server.Start())
	_, err = r.WriteN(&out, info.Size-1<<20)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(content, out.Bytes()))
}

func TestManyDownloadsAtATime(t *testing.T) {
	server := newBucket(t)
	files, key, content := open(t, server.URL), newKey(time.Now()), bytesOf(22, 16<<20)
	info := store(t, files, key, content)
	runtime.GC()
	var before, during runtime.MemStats
	runtime.ReadMemStats(&before)
	var all, reading sync.WaitGroup
	goOn := make(chan struct{})
	errs := make(chan error, 200)
	for range 200 {
		all.Add(1)
		reading.Add(1)
		go func() {
			defer all.Done()
			_, r, err := files.Open(t.Context(), app, key)
			if err == nil {
				_, err = r.WriteN(io.Discard, 1<<20)
			}
			reading.Done()
			<-goOn
			if err == nil {
				_, err = r.Seek(info.Size-1<<20, io.SeekStart)
			}
			if err == nil {
				_, err = r.WriteN(io.Discard, 1<<20)
				err = errors.Join(err, r.Close())
			}
			errs <- err
		}()
	}
	reading.Wait()
	runtime.GC()
	runtime.ReadMemStats(&during)
	close(goOn)
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	each := (int64(during.HeapInuse) - int64(before.HeapInuse)) / 200
	t.Logf("%d KiB each", each>>10)
	assert.Less(t, each, int64(512<<10), "bytes of memory for a download of 16 MiB")
}

func TestLinks(t *testing.T) {
	server := newBucket(t)
	files, key, content := open(t, server.URL), newKey(time.Now()), bytesOf(23, 5000)
	info := store(t, files, key, content)
	got, link, err := files.Link(t.Context(), app, key, func(got media.Info) http.Header {
		assert.Equal(t, info, got)
		return http.Header{"Content-Type": {"image/gif"}, "Content-Disposition": {"attachment"}, "Cache-Control": {`no-store, x="a=:/+"`}}
	})
	require.NoError(t, err)
	assert.Equal(t, info, got)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	require.NoError(t, err)
	req.Header.Set("Range", "bytes=1000-1999")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, http.StatusPartialContent, answer.StatusCode)
	assert.True(t, bytes.Equal(content[1000:2000], readAll(t, answer.Body)))
	for name, want := range map[string]string{"Content-Type": "image/gif", "Content-Disposition": "attachment", "Cache-Control": `no-store, x="a=:/+"`, "Content-Range": "bytes 1000-1999/5000"} {
		assert.Equal(t, want, answer.Header.Get(name))
	}

	_, _, err = files.Link(t.Context(), app, newKey(time.Now()), nil)
	require.ErrorIs(t, err, media.ErrNotFound)
}

// The rights that deploy/s3 names are enough, and each that is missing is named.
func TestRights(t *testing.T) {
	server := newBucket(t)
	user, secret := "rtm"+newKey(time.Now()), "the-secret-of-rtm"
	require.NoError(t, server.AddUser(t.Context(), user, secret, bucketName))
	t.Setenv("AWS_ACCESS_KEY_ID", user)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	files := open(t, server.URL)
	found, err := files.Try(t.Context())
	require.NoError(t, err)
	assert.True(t, found.Conditional)
	assert.WithinDuration(t, time.Now(), found.Clock, time.Minute)
	require.Error(t, found.CORS)
	require.NoError(t, server.AllowPages(t.Context(), bucketName))
	found, err = files.Try(t.Context())
	require.NoError(t, err)
	require.NoError(t, found.CORS)

	key, content := newKey(time.Now()), bytesOf(30, 600_000)
	p := part(t, files, key, 0)
	write(t, p, content[:300_000])
	require.NoError(t, p.Sync(t.Context()))
	p = part(t, files, key, 300_000)
	write(t, p, content[300_000:])
	info := infoOf(key, content)
	require.NoError(t, p.Finish(t.Context(), info))
	holds(t, files, info, content)
	require.NoError(t, files.Sweep(t.Context(), time.Now().Add(24*time.Hour), time.Now().Add(24*time.Hour), func(_, _ string) {}))
	missing(t, files, key)
	assert.Empty(t, objects(t, server))

	for _, right := range []string{"s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:DeleteObject"} {
		require.NoError(t, server.Allow(t.Context(), user, bucketName, right))
		_, err := files.Try(t.Context())
		require.ErrorContains(t, err, right)
		require.ErrorContains(t, err, "give them the policy of docs/operating.md")
	}
}

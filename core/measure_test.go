package core

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// picture is a PNG of the given size.
func (w *world) picture(width, height int) *testBlob {
	var b bytes.Buffer
	require.NoError(w.t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return &testBlob{h: w.host, b: b.Bytes()}
}

func (w *world) junk() *testBlob { return &testBlob{h: w.host, b: []byte("no picture")} }

// uploadedWith uploads, has the gateway take it, and returns the dimensions and the id.
func (w *world) uploadedWith(src Blob, params UploadParams) Dimensions {
	w.t.Helper()
	var got *Uploaded
	w.Upload(src, params, func(int64, int64) {}, func(u *Uploaded, err *Error) {
		require.Nil(w.t, err)
		got = u
	})
	w.host.only("POST").created(testKey, src.Size())
	require.NotNil(w.t, got)
	if params.Image {
		assert.Equal(w.t, MediaID(testKey, src.Size(), true, got.Width, got.Height), got.MediaID)
	}
	return got.Dimensions
}

func TestMeasure(t *testing.T) {
	for _, c := range []struct {
		name           string
		src, thumbnail func(w *world) *testBlob
		given, want    Dimensions
	}{
		{
			"the picture", func(w *world) *testBlob { return w.picture(64, 48) }, nil,
			Dimensions{}, Dimensions{Width: 64, Height: 48},
		},
		{
			"both", func(w *world) *testBlob { return w.picture(64, 48) }, func(w *world) *testBlob { return w.picture(6, 4) },
			Dimensions{}, Dimensions{64, 48, 6, 4},
		},
		{
			"each given value counts", func(w *world) *testBlob { return w.picture(64, 48) }, func(w *world) *testBlob { return w.picture(6, 4) },
			Dimensions{Width: 1000, ThumbnailHeight: 7}, Dimensions{1000, 48, 6, 7},
		},
		{
			"all given", func(w *world) *testBlob { return w.picture(64, 48) }, func(w *world) *testBlob { return w.picture(6, 4) },
			Dimensions{1, 2, 3, 4}, Dimensions{1, 2, 3, 4},
		},
		{
			"thumbnail's size without a thumbnail", func(w *world) *testBlob { return w.picture(64, 48) }, nil,
			Dimensions{ThumbnailWidth: 5}, Dimensions{64, 48, 5, 0},
		},
		{
			"only the thumbnail is a picture", (*world).junk, func(w *world) *testBlob { return w.picture(6, 4) },
			Dimensions{}, Dimensions{0, 0, 6, 4},
		},
		{
			"only the picture is one", func(w *world) *testBlob { return w.picture(64, 48) }, (*world).junk,
			Dimensions{}, Dimensions{64, 48, 0, 0},
		},
		{
			"an empty thumbnail", func(w *world) *testBlob { return w.picture(64, 48) }, func(w *world) *testBlob { return w.blob(0) },
			Dimensions{}, Dimensions{64, 48, 0, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSession(t, func(w *world) {
				params := UploadParams{Image: true, Dimensions: c.given}
				if c.thumbnail != nil {
					params.Thumbnail = c.thumbnail(w)
				}
				assert.Equal(t, c.want, w.uploadedWith(c.src(w), params))
			})
		})
	}
}

func TestFilesAreNotMeasured(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.picture(64, 48)
		src.err = textError("nobody may read this")
		assert.Zero(t, w.uploadedWith(src, UploadParams{}))
	})
}

// A photo's size may come after more data than one window holds.
func TestMeasureReadsOn(t *testing.T) {
	inSession(t, func(w *world) {
		segment := "\xff\xe2\xff\xff" + strings.Repeat("x", 0xfffd)
		photo := "\xff\xd8" + strings.Repeat(segment, 2) + "\xff\xc0\x00\x0b\x08\x00\x30\x00\x40\x01\x01\x11\x00" + "\xff\xda"
		src := &testBlob{h: w.host, b: []byte(photo)}
		assert.Equal(t, Dimensions{Width: 64, Height: 48}, w.uploadedWith(src, UploadParams{Image: true}))
	})
}

func TestMeasuringAnUnreadableBlob(t *testing.T) {
	for _, which := range []string{"picture", "thumbnail"} {
		inSession(t, func(w *world) {
			src, thumbnail := w.picture(64, 48), w.picture(6, 4)
			if which == "picture" {
				src.err = textError("moved")
			} else {
				thumbnail.err = textError("moved")
			}
			var got *Error
			w.Upload(src, UploadParams{Image: true, Thumbnail: thumbnail}, w.shown("up"), func(_ *Uploaded, err *Error) { got = err })
			w.host.settle()
			assert.Equal(t, "RtmUnavailableError 1", outcome(got), which)
			assert.EqualError(t, got.Cause, "moved")
			assert.Empty(t, w.taken(), "no progress")
			assert.Empty(t, w.host.requests)
		})
	}
}

func TestCancelWhileMeasuring(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.uploadWith("up", w.picture(64, 48), UploadParams{Image: true})
		w.host.AfterFunc(0, task.Cancel) // after the start, before the first bytes
		w.host.settle()
		assert.Equal(t, []string{canceled}, w.taken())
		assert.Empty(t, w.host.requests)
	})
}

func TestPauseWhileMeasuring(t *testing.T) {
	inSession(t, func(w *world) {
		w.uploadWith("up", w.picture(64, 48), UploadParams{Image: true})
		w.host.AfterFunc(0, w.interrupt)
		w.host.settle()
		assert.Empty(t, w.host.requests)
		w.redialled()
		w.resumed()
		w.host.only("POST").created(testKey, 10)
	})
}

// pictureBlob is a Blob of a host that decodes pictures.
type pictureBlob struct {
	*testBlob
	asked  int
	decode func(done func(width, height uint32)) (able bool)
}

func (b *pictureBlob) DecodedSize(done func(width, height uint32)) (able bool) {
	b.asked++
	return b.decode(done)
}

func (w *world) pictureBlob(b *testBlob, decode func(done func(width, height uint32)) bool) *pictureBlob {
	return &pictureBlob{testBlob: b, decode: decode}
}

func TestTheHostIsAskedForASize(t *testing.T) {
	later := func(w *world, after time.Duration) func(done func(width, height uint32)) bool {
		return func(done func(width, height uint32)) bool {
			w.host.AfterFunc(after, func() { done(12, 34) })
			return true
		}
	}
	for name, c := range map[string]struct {
		blob  func(w *world) *pictureBlob
		want  Dimensions
		asked int
	}{
		"knows it": {
			func(w *world) *pictureBlob { return w.pictureBlob(w.junk(), later(w, time.Second)) },
			Dimensions{Width: 12, Height: 34}, 1,
		},
		"is not asked what the header says": {
			func(w *world) *pictureBlob { return w.pictureBlob(w.picture(64, 48), later(w, 0)) },
			Dimensions{Width: 64, Height: 48}, 0,
		},
		"cannot decode": {
			func(w *world) *pictureBlob {
				return w.pictureBlob(w.junk(), func(func(width, height uint32)) bool { return false })
			}, Dimensions{}, 1,
		},
		"takes too long": {
			func(w *world) *pictureBlob { return w.pictureBlob(w.junk(), later(w, decodeTimeout+time.Second)) },
			Dimensions{}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				src := c.blob(w)
				var got *Uploaded
				w.Upload(src, UploadParams{Image: true}, func(int64, int64) {}, func(u *Uploaded, err *Error) {
					require.Nil(t, err)
					got = u
				})
				w.host.pass(decodeTimeout)
				w.host.only("POST").created(testKey, src.Size())
				require.NotNil(t, got)
				assert.Equal(t, c.want, got.Dimensions)
				assert.Equal(t, c.asked, src.asked)
				w.host.pass(time.Second) // for a late answer
			})
		})
	}
}

func TestCancelWhileTheHostDecodes(t *testing.T) {
	inSession(t, func(w *world) {
		var decoded func(width, height uint32)
		src := w.pictureBlob(w.junk(), func(done func(width, height uint32)) bool {
			decoded = done
			return true
		})
		task := w.uploadWith("up", src, UploadParams{Image: true})
		w.host.settle()
		task.Cancel()
		assert.Equal(t, []string{canceled}, w.taken())
		decoded(12, 34)
		w.host.pass(decodeTimeout)
		assert.Empty(t, w.taken())
		assert.Empty(t, w.host.requests)
	})
}

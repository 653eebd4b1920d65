package media_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResumeAfterACutConnection(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(2, 6<<20+11)
	path := c.created(len(content))

	const sent = 2<<20 + 4321 // ends within a part
	p := c.startPatch(path, 0)
	p.write(content[:sent])
	p.cut()

	offset := c.offset(path)
	require.Equal(t, sent, offset, "what had arrived is kept")
	require.Equal(t, 204, c.patch(path, offset, bytes.NewReader(content[offset:])).status)
	c.requireContent(path, content)
}

func TestResumeInSmallSteps(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(3, 2<<20+500)
	path := c.created(len(content))
	for offset := 0; offset < len(content); {
		next := min(offset+300_007, len(content))
		a := c.patch(path, offset, bytes.NewReader(content[offset:next]))
		require.Equal(t, 204, a.status, "%s", a.body)
		offset = next
		require.Equal(t, offset, c.offset(path))
	}
	c.requireContent(path, content)
}

func TestASecondRequestTakesOver(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(4, 3<<20)
	for _, method := range []string{"DELETE", "PATCH"} {
		t.Run(method, func(t *testing.T) {
			path := c.created(len(content))
			stalled := c.startPatch(path, 0)
			stalled.write(content[:1<<20+5])

			switch method {
			case "PATCH":
				offset := c.offset(path)
				assert.Equal(t, 1<<20+5, offset)
				require.Equal(t, 204, c.patch(path, offset, bytes.NewReader(content[offset:])).status)
				c.requireContent(path, content)
			case "DELETE":
				assert.Equal(t, 204, c.do("DELETE", path, nil).status)
				assert.Equal(t, 404, c.do("HEAD", path, nil).status)
			}
			stalled.body.Close()
			if a, ok := <-stalled.result; ok {
				assert.Equal(t, 409, a.status, "it may try again")
				assert.Contains(t, string(a.body), "another request for this upload has taken over")
			}
		})
	}
}

// A client whose request runs without signs of progress asks whether it gets through.
func TestHEADLeavesARunningRequestAlone(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(6, 2<<20+100)
	for _, method := range []string{"HEAD", "POST"} {
		t.Run(method, func(t *testing.T) {
			path := c.created(len(content))
			running := c.startPatch(path, 0)
			sent := 0
			for ; sent+300_000 < len(content); sent += 300_000 {
				running.write(content[sent : sent+300_000])
				a := c.do(method, path, nil, "X-HTTP-Method-Override", "HEAD")
				require.Equal(t, 200, a.status)
				require.Equal(t, strconv.Itoa(sent+300_000), a.header.Get("Upload-Offset"))
			}
			_, err := running.body.Write(content[sent:]) // which are stored when the body has ended
			require.NoError(t, err)
			running.body.Close()
			require.Equal(t, 204, (<-running.result).status)
			require.Equal(t, len(content), c.offset(path))
			c.requireContent(path, content)
		})
	}
}

// The offset belongs to the request of today, also where an earlier one came less far.
func TestHEADDuringAResumedUpload(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(1000)
	require.Equal(t, 204, c.patch(path, 0, strings.NewReader("0123456789")).status)
	running := c.startPatch(path, 10)
	running.write([]byte("abcde"))
	assert.Equal(t, 15, c.offset(path))
	assert.Equal(t, 404, c.s.as(appA, "ben", "s2").do("HEAD", path, nil).status, "not for others")
	running.cut()
	require.Eventually(t, func() bool {
		return c.patch(path, 15, strings.NewReader("f")).status == 204
	}, 20*time.Second, 10*time.Millisecond)
	assert.Equal(t, 16, c.offset(path))
}

func TestResumeAfterARestart(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	content := randomBytes(5, 9<<20+77)
	path := c.created(len(content))
	require.Equal(t, 204, c.patch(path, 0, bytes.NewReader(content[:5<<20+13])).status)
	before := c.uploaded(content[:100])

	s.stop()
	s.start()

	c.requireContent(before, content[:100])
	offset := c.offset(path)
	require.Equal(t, 5<<20+13, offset, "what was acknowledged is there")
	require.Equal(t, 204, c.patch(path, offset, bytes.NewReader(content[offset:])).status)
	c.requireContent(path, content)
}

func TestResumeInALaterSession(t *testing.T) {
	s := newServer(t)
	first, later := s.as(appA, "anna", "s1"), s.as(appA, "anna", "s2")
	path := first.created(6)
	require.Equal(t, 204, first.patch(path, 0, strings.NewReader("abc")).status)

	assert.Equal(t, 3, later.offset(path))
	require.Equal(t, 204, later.patch(path, 3, strings.NewReader("d")).status)
	s.handler.SessionEnded("s1") // it is the later session's now
	require.Equal(t, 204, later.patch(path, 4, strings.NewReader("ef")).status)
	later.requireContent(path, []byte("abcdef"))

	other := first.created(6)
	require.Equal(t, 204, later.do("DELETE", other, nil).status)
}

func TestATrickleIsKept(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(1000)
	p := c.startPatch(path, 0)
	for range 10 {
		p.write([]byte("x"))
	}
	p.body.Close()
	a := <-p.result
	require.Equal(t, 204, a.status)
	assert.Equal(t, "10", a.header.Get("Upload-Offset"))
	assert.Equal(t, 10, c.offset(path))
}

package media_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// patient waits a minute for each answer. A gateway that does not answer within a second or so is
// passed over, which on a busy machine may be one that works.
type patient struct {
	media.Gateways
	failed atomic.Int64 // how many questions had no answer
}

func (p *patient) Ask(ctx context.Context, gatewayID string, question []byte) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for {
		answer, err = p.Gateways.Ask(ctx, gatewayID, question)
		if !errors.Is(err, media.ErrGatewayGone) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		p.failed.Add(1)
	}
	return answer, err
}

// another is another gateway on the same engine and files. It is patient with the others.
func (s *server) another() *server {
	b := &server{t: s.t, engine: s.engine, files: s.files, maxAge: s.maxAge, config: media.Config{
		Auth: credentials{}, Gateways: &patient{Gateways: s.engine.MediaGateways()}, Logger: s.config.Logger,
	}}
	b.serve()
	s.t.Cleanup(func() {
		b.http.CloseClientConnections()
		b.http.Close()
		assert.NoError(s.t, b.media.Close())
	})
	return b
}

// at is the same user at another gateway.
func (c *client) at(s *server) *client { return &client{s: s, credential: c.credential} }

// An upload is under way at one gateway when a newer request comes to another.
func TestTheNewerRequestAtAnotherGatewayTakesOver(t *testing.T) {
	a := newServer(t)
	b := a.another()
	// Each test has a session of its own: a gateway may hear late that one has ended elsewhere.
	var session string
	var anna *client
	content := randomBytes(4, 3<<20)
	const sent = 1<<20 + 5
	for name, newer := range map[string]func(t *testing.T, path string){
		"PATCH": func(t *testing.T, path string) {
			require.Equal(t, 204, anna.at(b).patch(path, sent, bytes.NewReader(content[sent:])).status)
			anna.requireContent(path, content)
		},
		"PATCH of the wrong offset": func(t *testing.T, path string) {
			require.Equal(t, 409, anna.at(b).patch(path, 0, bytes.NewReader(content)).status)
			assert.Equal(t, sent, anna.offset(path))
		},
		"creation that is repeated": func(t *testing.T, path string) {
			again := anna.at(b).create(len(content), withNonce(nonceA+"creation that is repeated")...)
			assert.Equal(t, 201, again.status)
			assert.Equal(t, path, again.header.Get("Location"))
			assert.Equal(t, strconv.Itoa(sent), again.header.Get("Upload-Offset"))
		},
		"DELETE": func(t *testing.T, path string) {
			require.Equal(t, 204, anna.at(b).do("DELETE", path, nil).status)
			assert.Equal(t, 404, anna.do("HEAD", path, nil).status)
		},
		"the end of the session": func(t *testing.T, path string) {
			b.handler.SessionEnded(session)
			assert.Equal(t, 404, anna.do("HEAD", path, nil).status)
		},
	} {
		t.Run(name, func(t *testing.T) {
			session = "s." + name
			anna = a.as(appA, "anna", session)
			path := anna.create(len(content), withNonce(nonceA+name)...).header.Get("Location")
			older := anna.startPatch(path, 0)
			older.write(content[:sent])
			assert.Equal(t, sent, anna.at(b).offset(path), "HEAD tells what has arrived elsewhere")

			newer(t, path)
			assert.Zero(t, b.config.Gateways.(*patient).failed.Load(), "nobody waits for a timeout")
			older.body.Close()
			if answer, ok := <-older.result; ok {
				assert.Equal(t, 409, answer.status, "it may try again")
			}
		})
	}
}

// The request that creates an upload is not in the store's list yet.
func TestTheEndOfASessionEndsCreationsElsewhere(t *testing.T) {
	a := newServer(t)
	b := a.another()
	content := randomBytes(5, 3<<20)
	creation := a.as(appA, "anna", "s1").start("POST", "/media/", "Upload-Length", strconv.Itoa(len(content)), "Content-Type", chunkType)
	creation.write(content[:1<<20])
	b.handler.SessionEnded("s1")
	if answer, ok := <-creation.result; ok { // its body has no end: it is interrupted
		assert.Equal(t, 409, answer.status)
	}
	require.Eventually(t, func() bool {
		refs, err := a.store.Unfinished(t.Context(), "")
		require.NoError(t, err)
		return len(refs) == 0
	}, time.Minute, 10*time.Millisecond)
}

func TestHEADElsewhereFollowsARunningRequest(t *testing.T) {
	a := newServer(t)
	b := a.another()
	anna := a.as(appA, "anna", "s1")
	content := randomBytes(6, 2<<20)
	path := anna.created(len(content))
	running := anna.startPatch(path, 0)
	const step = 1<<19 - 1
	for sent := 0; sent < len(content)-step; sent += step {
		assert.Equal(t, sent, anna.at(b).offset(path))
		running.write(content[sent : sent+step])
	}
	_, err := running.body.Write(content[4*step:])
	require.NoError(t, err)
	running.body.Close()
	require.Equal(t, 204, (<-running.result).status)
	assert.Equal(t, len(content), anna.at(b).offset(path))
}

// deaf is a gateway that has lost NATS, as far as others can tell.
type deaf struct{ media.Gateways }

func (deaf) Listen(string, func([]byte, func([]byte))) error { return nil }

// A gateway that does not answer is passed over. What it still writes spoils nothing.
func TestADeafGatewayIsPassedOver(t *testing.T) {
	content, other := randomBytes(7, 2<<20), randomBytes(8, 2<<20)
	for name, kept := range map[string]int{"from the beginning": 0, "in the middle": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			b := newServer(t)
			a := b.another()
			a.config.Gateways = deaf{a.config.Gateways}
			a.serve()
			anna := a.as(appA, "anna", "s1")
			var path string
			var zombie *partial
			for unsaved := false; !unsaved; { // a gateway saves what has arrived every 5 s
				path = anna.created(len(content))
				if kept > 0 {
					require.Equal(t, 204, anna.patch(path, 0, bytes.NewReader(content[:kept])).status)
				}
				began := time.Now()
				zombie = anna.startPatch(path, kept)
				zombie.write(other[kept : kept+1000])
				unsaved = time.Since(began) < 5*time.Second
			}

			require.Equal(t, kept, anna.at(b).offset(path))
			newer := anna.at(b).startPatch(path, kept)
			newer.write(content[kept : kept+500_000])
			go func() {
				_, _ = zombie.body.Write(other[kept+1000:]) // fails if the zombie learns before its end that it has lost the upload
				_ = zombie.body.Close()
			}()
			if answer, ok := <-zombie.result; ok {
				assert.Equal(t, 409, answer.status, "%s", answer.body)
			}
			newer.write(content[kept+500_000 : len(content)-1000])
			_, err := newer.body.Write(content[len(content)-1000:])
			require.NoError(t, err)
			newer.body.Close()
			require.Equal(t, 204, (<-newer.result).status)
			anna.requireContent(path, content)
		})
	}
}

// Of creations with the same nonce at two gateways at the same time, one upload results.
func TestOneUploadPerNonceAtTwoGateways(t *testing.T) {
	a := newServer(t)
	gateways := []*server{a, a.another()}
	for round := range 20 {
		nonce := nonceA + strconv.Itoa(round)
		paths := make([]string, len(gateways))
		var all sync.WaitGroup
		for i, s := range gateways {
			all.Go(func() {
				for paths[i] == "" {
					answer := s.as(appA, "anna", "s"+strconv.Itoa(round)).create(5, withNonce(nonce)...)
					if !assert.Contains(t, []int{http.StatusCreated, http.StatusConflict}, answer.status, "%s", answer.body) {
						return
					}
					paths[i] = answer.header.Get("Location")
				}
			})
		}
		all.Wait()
		require.Equal(t, paths[0], paths[1])
	}
}

// Many go from one gateway to the other and back, as behind a proxy that balances by chance.
func TestUploadsThatChangeGatewaysAllTheTime(t *testing.T) {
	a := newServer(t)
	gateways := []*server{a, a.another()}
	var all sync.WaitGroup
	for user := range 8 {
		all.Go(func() {
			c := a.as(appA, "user"+strconv.Itoa(user), "s"+strconv.Itoa(user))
			content := randomBytes(uint64(user), 700_001)
			path := c.created(len(content))
			for i, offset := 0, 0; offset < len(content); i++ {
				c := c.at(gateways[i%2])
				end := min(len(content), offset+100_000)
				if answer := c.patch(path, offset, bytes.NewReader(content[offset:end])); answer.status != 204 {
					assert.NoError(t, errors.New(string(answer.body)))
					return
				}
				offset = c.at(gateways[(i+1)%2]).offset(path)
				assert.Equal(t, end, offset)
			}
			c.requireContent(path, content)
		})
	}
	all.Wait()
}

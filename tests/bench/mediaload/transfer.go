//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// createWithBody is up to how many bytes the SDK sends a file with the request that creates it.
const createWithBody = 256 << 10

const offsetStream = "application/offset+octet-stream"

// tally collects what files took.
type tally struct {
	mu    sync.Mutex
	took  []time.Duration
	keys  []string
	first error
	bad   int64
}

func (t *tally) add(key string, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		if t.bad++; t.first == nil {
			t.first = err
		}
		return
	}
	t.took = append(t.took, took)
	t.keys = append(t.keys, key)
}

func (t *tally) outcome(begun time.Time) outcome {
	o := outcome{Files: int64(len(t.took)), Failed: t.bad, Seconds: time.Since(begun).Seconds()}
	if t.first != nil {
		o.Failure = t.first.Error()
	}
	if n := len(t.took); n > 0 {
		slices.Sort(t.took)
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		o.P50, o.P99 = ms(t.took[n/2]), ms(t.took[n*99/100])
	}
	return o
}

// all runs one function after another for each user, while there is budget.
func all(ctx context.Context, p plan, one func(context.Context, *user) (key string, err error)) (*tally, outcome, error) {
	users, err := login(ctx, p)
	if err != nil {
		return nil, outcome{}, err
	}
	running(p)
	b, t, begun := newBudget(p), &tally{}, time.Now()
	var wait sync.WaitGroup
	for _, u := range users {
		wait.Go(func() {
			for b.take() {
				due := time.Now()
				key, err := one(ctx, u)
				t.add(key, time.Since(due), err)
				if err != nil {
					time.Sleep(10 * time.Millisecond) // the gateway may be gone
				}
			}
		})
	}
	wait.Wait()
	return t, t.outcome(begun), nil
}

// content is a file that no other is like, out of memory that all share.
type content struct {
	head [16]byte
	rest []byte
}

func (c *content) reader() io.Reader {
	return io.MultiReader(bytes.NewReader(c.head[:min(len(c.head), len(c.rest))]), bytes.NewReader(c.rest[min(len(c.head), len(c.rest)):]))
}

func upload(ctx context.Context, p plan) (outcome, error) {
	shared := make([]byte, p.size)
	for i := range shared {
		shared[i] = byte(rand.Uint32())
	}
	t, o, err := all(ctx, p, func(ctx context.Context, u *user) (string, error) {
		c := &content{rest: shared}
		binary.LittleEndian.PutUint64(c.head[:], rand.Uint64())
		return u.upload(ctx, c.reader(), int64(p.size))
	})
	if err == nil && p.keys != "" {
		err = os.WriteFile(p.keys, []byte(strings.Join(t.keys, "\n")), 0o600)
	}
	return o, err
}

func (u *user) create(ctx context.Context, body io.Reader, length, size int64) (key string, err error) {
	nonce := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, rand.Uint64()), rand.Uint64()))
	header := []string{"Upload-Length", strconv.FormatInt(size, 10), "Upload-Metadata", "nonce " + nonce}
	if body != nil {
		header = append(header, "Content-Type", offsetStream)
	}
	resp, err := u.ask(ctx, "POST", "", body, length, 201, header...)
	if err != nil {
		return "", err
	}
	if body != nil && resp.Header.Get("Upload-Offset") != strconv.FormatInt(size, 10) {
		return "", errors.New("the gateway did not take all of the body")
	}
	return keyOf(resp), nil
}

// upload is one request for a small file, and two for another.
func (u *user) upload(ctx context.Context, body io.Reader, size int64) (key string, err error) {
	if size <= createWithBody {
		return u.create(ctx, body, size, size)
	}
	if key, err = u.create(ctx, nil, 0, size); err != nil {
		return "", err
	}
	_, err = u.ask(ctx, "PATCH", key, body, size, 204, "Upload-Offset", "0", "Content-Type", offsetStream)
	return key, err
}

// read fetches files of a list, in an order of chance.
func read(ctx context.Context, p plan) (outcome, error) {
	list, err := os.Open(p.keys)
	if err != nil {
		return outcome{}, err
	}
	defer list.Close()
	var keys []string
	for lines := bufio.NewScanner(list); lines.Scan(); {
		keys = append(keys, lines.Text())
	}
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	if int64(len(keys)) < p.files {
		return outcome{}, errors.New("there are not so many files")
	}
	next := make(chan string, p.files)
	for _, key := range keys[:p.files] {
		next <- key
	}
	_, o, err := all(ctx, p, func(ctx context.Context, u *user) (string, error) {
		key := <-next
		_, err := u.ask(ctx, "GET", key, nil, 0, 206, "Range", "bytes=0-"+strconv.Itoa(p.size-1))
		return key, err
	})
	return o, err
}

// appendBytes sends a file whose last bytes come by a request for each. What the gateway refuses counts as failed.
func appendBytes(ctx context.Context, p plan) (outcome, error) {
	var key string
	offset := int64(1_000_000)
	size := offset + p.files
	p.users = 1
	patch := func(ctx context.Context, u *user, body []byte, offset int64) error {
		_, err := u.ask(ctx, "PATCH", key, bytes.NewReader(body), int64(len(body)), 204, "Upload-Offset", strconv.FormatInt(offset, 10), "Content-Type", offsetStream)
		return err
	}
	_, o, err := all(ctx, p, func(ctx context.Context, u *user) (_ string, err error) {
		if key == "" {
			if key, err = u.create(ctx, nil, 0, size); err == nil {
				err = patch(ctx, u, make([]byte, offset), 0)
			}
			if err != nil {
				return "", err
			}
		}
		if err = patch(ctx, u, []byte{1}, offset); err == nil {
			offset++
		}
		return key, err
	})
	return o, err
}

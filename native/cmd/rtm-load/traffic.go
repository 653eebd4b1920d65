package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/native"
)

// headBytes is the room for the time at the beginning of a message.
const headBytes = 24

// textDue makes a message that begins with the time at which it was due.
func textDue(due time.Time, size int) string {
	head := strconv.FormatInt(due.UnixNano(), 10) + " "
	return head + strings.Repeat("x", size-len(head))
}

func dueOf(text string) (time.Time, bool) {
	head, _, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(head, 10, 64)
	return time.Unix(0, n), err == nil
}

// traffic runs the load, waits for the messages that are under way, and reports what was lost.
func (f *fleet) traffic(ctx context.Context, rooms []room) {
	ending, cancel := context.WithTimeout(ctx, f.duration)
	defer cancel()
	begun := time.Now()
	var sentPeers, sentRooms atomic.Int64
	var all sync.WaitGroup
	for i, u := range f.users {
		to := f.users[(i+1)%len(f.users)].uid
		all.Go(func() {
			f.paced(ending, begun, i, f.peerRate/float64(len(f.users)), func(due time.Time) {
				received, err := native.Await(ctx, u.host, func(done func(bool, *core.Error)) { u.client.SendToPeer(to, f.message(due), false, done) })
				if err == nil && !received {
					err = errors.New("the peer did not get it")
				}
				if err == nil {
					sentPeers.Add(1)
				}
				f.report.done(peerAcked, due, err)
			})
		})
	}
	for i, room := range rooms {
		all.Go(func() {
			f.paced(ending, begun, i, f.channelRate/float64(len(rooms)), func(due time.Time) {
				err := native.Done(ctx, room.sender.host, func(done func(*core.Error)) { room.channel.Send(f.message(due), done) })
				if err == nil {
					sentRooms.Add(int64(f.members - 1))
				}
				f.report.done(roomTaken, due, err)
			})
		})
	}
	for _, u := range f.users[:f.uploads] {
		all.Go(func() { f.files(ending, ctx, u) })
	}
	<-ending.Done() // users that send nothing stay connected for the same time
	all.Wait()
	f.report.took = time.Since(begun)
	f.settled(ctx, func() bool {
		return f.back.Load() >= f.interrupted.Load() && f.peersCame.Load() >= sentPeers.Load() && f.roomsCame.Load() >= sentRooms.Load()
	})
	f.report.compare("clients whose connection broke", int(f.interrupted.Load()), int(f.back.Load()))
	f.report.compare("peer messages", int(sentPeers.Load()), int(f.peersCame.Load()))
	f.report.compare("channel messages", int(sentRooms.Load()), int(f.roomsCame.Load()))
}

func (f *fleet) message(due time.Time) *core.Outgoing {
	return &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: textDue(due, f.size)}}
}

// paced calls do at an even rate, each call in its own goroutine. It waits until all have
// returned. nth seeds a random delay before the first call, so that users do not start together.
func (f *fleet) paced(ctx context.Context, begun time.Time, nth int, rate float64, do func(due time.Time)) {
	if rate <= 0 {
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	interval := time.Duration(float64(time.Second) / rate)
	offset := time.Duration(float64(interval) * rand.New(rand.NewPCG(1, uint64(nth))).Float64())
	for due := begun.Add(offset); waitUntil(ctx, due); due = due.Add(interval) {
		all.Go(func() { do(due) })
	}
}

// settled waits until there returns true, for at most --settle.
func (f *fleet) settled(ctx context.Context, there func() bool) {
	end := time.Now().Add(f.settle)
	for !there() && time.Now().Before(end) && waitUntil(ctx, time.Now().Add(20*time.Millisecond)) {
	}
}

// room is a channel, and the member who sends to it.
type room struct {
	channel *core.Channel
	sender  *user
}

// join makes the members of each channel join it. It takes users in turn, so that no user joins
// more channels than a client may. It returns when all members have got the full member count,
// so that the cost of joining does not count as a cost of messages.
func (f *fleet) join(ctx context.Context) ([]room, error) {
	var rooms []room
	for n := range f.channels {
		id := fmt.Sprint(f.prefix, "-room-", n)
		var all sync.WaitGroup
		errs := make([]error, f.members)
		for m := range f.members {
			u := f.users[(n*f.members+m)%len(f.users)]
			var ch *core.Channel
			u.host.Do(func() { ch = u.client.Channel(id) })
			if m == 0 {
				rooms = append(rooms, room{ch, u})
			}
			all.Go(func() {
				due := time.Now()
				errs[m] = native.Done(ctx, u.host, ch.Join)
				if errs[m] == nil {
					f.report.done(join, due, nil)
				}
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	f.settled(ctx, func() bool { return f.toldFull.Load() >= int64(f.channels*f.members) })
	return rooms, nil
}

// files uploads and downloads one file after another until ending ends. It compares each file
// with its content.
func (f *fleet) files(ending, ctx context.Context, u *user) {
	content := make([]byte, f.uploadSize)
	for n := uint64(0); ending.Err() == nil; n++ {
		fill(content, n)
		due := time.Now()
		up, err := native.Await(ctx, u.host, func(done func(*core.Uploaded, *core.Error)) {
			u.client.Upload(u.host.Bytes(content), core.UploadParams{}, func(_, _ int64) {}, done)
		})
		f.report.done(uploading, due, err)
		if err != nil {
			continue
		}
		due = time.Now()
		file, err := native.Await(ctx, u.host, func(done func(core.Blob, *core.Error)) {
			u.client.Download(up.MediaID, func(_, _ int64) {}, done)
		})
		if err == nil {
			err = same(file.(*native.Blob).SectionReader, content)
		}
		f.report.done(downloading, due, err)
	}
}

// fill fills content with new random bytes.
func fill(content []byte, n uint64) {
	_, _ = io.ReadFull(rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(rand.Uint32())}), content) // it never fails
}

func same(file io.Reader, want []byte) error {
	got, err := io.ReadAll(file)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("the file came back changed")
	}
	return err
}

package natsengine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/retry"
)

// state is a stream in memory that tells what is true now: one record for each key, the last one
// written. A key begins with the id of the gateway that the record belongs to, so that one filter
// names all records of a gateway, and others the records of one user or channel on all gateways.
//
// Nobody watches all of a state. Each write is republished under another subject, and a gateway
// subscribes to the keys that concern its sessions. To begin, and after a gap, it subscribes
// first, then reads a snapshot of these keys, then applies the changes that the snapshot does not
// have. Republished messages may be lost like all messages without an acknowledgement. These
// show a gap: the connection was lost or a queue was full (see recovery and drops); the stream has
// another leader (see leaderElected); a change whose former revision is not the one known here.
type state struct {
	e       *Engine
	name    string // of the stream
	records string // what subjects of records begin with, the last dot included
	changes string // the same of subjects under which they are republished

	epoch string        // value of epochKey: see identify
	acked atomic.Uint64 // the highest revision that was acknowledged to this gateway
}

// record is what a state has, or had, at a key.
type record struct {
	key      string
	value    []byte
	revision uint64 // rises with each write to the stream
	former   uint64 // in a change: revision of what was at the key before; 0 for nothing
	gone     bool   // the record was removed
}

// removedLife is how long a removed record is kept as removed. Its only reader is who asks for a
// snapshot at that moment. It is the shortest time that NATS allows.
const removedLife = time.Second

// fenceLife is how long a fence is kept.
const fenceLife = time.Minute

var (
	// errOvertaken means that a key has a newer record than expected.
	errOvertaken = errors.New("natsengine: the record was written again meanwhile")

	// errTooMany means that a filter matches more records than NATS returns at once, 1024.
	errTooMany = errors.New("natsengine: more records than fit a snapshot")
)

// stateConfig is a state's stream. A direct read is answered by any replica: read deals with those
// that lag behind.
func stateConfig(name, records, changes string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              name,
		Subjects:          []string{records + ">"},
		Storage:           jetstream.MemoryStorage,
		MaxMsgsPerSubject: 1,
		AllowDirect:       true,
		AllowMsgTTL:       true,
		RePublish:         &jetstream.RePublish{Source: records + ">", Destination: changes + ">"},
	}
}

// put writes a record, and returns its revision when most replicas have it.
func (s *state) put(ctx context.Context, key string, value []byte, opts ...jetstream.PublishOpt) (revision uint64, err error) {
	ack, err := s.e.js.Publish(ctx, s.records+key, value, opts...)
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant:
			return 0, errOvertaken
		}
	}
	if err != nil {
		return 0, err
	}
	for {
		known := s.acked.Load()
		if ack.Sequence <= known || s.acked.CompareAndSwap(known, ack.Sequence) {
			return ack.Sequence, nil
		}
	}
}

// remove removes a key's record if it still has this revision. All who follow the key are told,
// also if the record was gone already: it may have been purged, which nobody hears of, or the
// answer to an earlier attempt may have been lost.
func (s *state) remove(ctx context.Context, key string, revision uint64) error {
	for expected := revision; ; {
		_, err := s.put(ctx, key, nil, jetstream.WithExpectLastSequencePerSubject(expected), jetstream.WithMsgTTL(removedLife))
		if !errors.Is(err, errOvertaken) {
			return err
		}
		last, err := s.last(ctx, key)
		if err != nil {
			return err
		}
		if !last.gone && last.revision != revision {
			return nil
		}
		expected = last.revision
	}
}

// purge removes the records that match a filter, up to a revision. Nobody is told.
func (s *state) purge(ctx context.Context, filter string, upTo uint64) error {
	stream, err := s.e.js.Stream(ctx, s.name)
	if err != nil {
		return err
	}
	return stream.Purge(ctx, jetstream.WithPurgeSubject(s.records+filter), jetstream.WithPurgeSequence(upTo+1))
}

// fence returns a revision that is higher than that of any write acknowledged before. It needs
// most replicas, so that a leader cut off from the others cannot answer.
func (s *state) fence(ctx context.Context) (revision uint64, err error) {
	return s.put(ctx, fenceKey+s.e.id, nil, jetstream.WithMsgTTL(fenceLife))
}

// fenceKey is before the engine's id in the key of its fence.
const fenceKey = "fence."

// written returns a revision that is at least that of any write acknowledged before; all changes
// of later ones reach who subscribed to them before. Only the leader knows it, so nothing is asked
// where there is one server.
//
// The question itself does not show that the leader's server knows of the subscriptions: it goes over
// the connections of the servers' own account. A write that cannot succeed goes the way of the
// subscriptions, behind them, and the leader refuses it.
func (s *state) written(ctx context.Context) (revision uint64, err error) {
	if s.e.embedded != nil {
		return 0, nil
	}
	_, err = s.put(ctx, epochKey, nil, jetstream.WithExpectLastSequencePerSubject(math.MaxInt64))
	if !errors.Is(err, errOvertaken) {
		return 0, err
	}
	stream, err := s.e.js.Stream(ctx, s.name)
	if err != nil {
		return 0, err
	}
	return stream.CachedInfo().State.LastSeq, nil
}

// follow calls apply for each change of the keys that match a filter; when it returns, changes
// from now on arrive, those of one key in order. apply must not block.
func (s *state) follow(filter string, apply func(record)) (stop func(), err error) {
	return s.e.dispatcher.subscribe(s.changes+filter, func(m *nats.Msg) {
		if r, ok := s.readRecord(strings.TrimPrefix(m.Subject, s.changes), m); ok {
			apply(r)
		}
	})
}

// readRecord reads a message that was republished, or that answers a direct read.
func (s *state) readRecord(key string, m *nats.Msg) (record, bool) {
	revision, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
	former, _ := strconv.ParseUint(m.Header.Get(jetstream.LastSequenceHeader), 10, 64)
	return record{key: key, value: m.Data, revision: revision, former: former, gone: len(m.Data) == 0}, err == nil
}

// last reads a key's record from the leader, which has all that was acknowledged.
func (s *state) last(ctx context.Context, key string) (record, error) {
	m, err := s.e.lastMessage(ctx, s.name, s.records+key)
	if err != nil {
		return record{}, err
	}
	return record{key: key, value: m.data, revision: m.sequence, gone: len(m.data) == 0}, nil
}

// read returns the records that match a filter, and up to which revision it knows all changes of
// them: at least the given one. A replica that lags behind that is asked again, or another one
// is. It returns errTooMany for more than 1024 records, the removed ones included.
func (s *state) read(ctx context.Context, filter string, atLeast uint64) (records []record, upTo uint64, err error) {
	return s.readAny(ctx, []string{filter}, atLeast)
}

// readAny does the same for records that match one of several filters.
func (s *state) readAny(ctx context.Context, filters []string, atLeast uint64) (records []record, upTo uint64, err error) {
	wait := retry.Backoff{First: 5 * time.Millisecond, Most: 500 * time.Millisecond}
	for {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		records, upTo, err = s.readOnce(once, filters)
		cancel()
		switch {
		case err == nil && upTo >= atLeast:
			return records, upTo, nil
		case err == nil:
			err = fmt.Errorf("natsengine: the replicas of %s lag behind revision %d", s.name, atLeast)
		case !unanswered(err):
			return nil, 0, err
		}
		if !wait.Wait(ctx.Done()) {
			return nil, 0, err
		}
	}
}

func (s *state) readOnce(ctx context.Context, filters []string) (records []record, upTo uint64, err error) {
	// The epoch makes sure that something is found: an answer without records does not tell how
	// far the replica is.
	subjects := []string{s.records + epochKey}
	for _, filter := range filters {
		subjects = append(subjects, s.records+filter)
	}
	messages, end, err := s.e.batchGet(ctx, s.name, lastOfEach{MultiLast: subjects})
	if err != nil {
		return nil, 0, err
	}
	known := false
	for _, m := range messages {
		key := strings.TrimPrefix(m.Header.Get(jetstream.SubjectHeader), s.records)
		r, ok := s.readRecord(key, m)
		switch {
		case !ok:
			return nil, 0, fmt.Errorf("natsengine: a record of %s without a revision", s.name)
		case key == epochKey:
			known = string(r.value) == s.epoch
		case !r.gone:
			records = append(records, r)
		}
	}
	if !known {
		return nil, 0, fmt.Errorf("%w: stream %s was created again", errStateLost, s.name)
	}
	if end.Get(pendingHeader) != "0" {
		return nil, 0, errTooMany
	}
	upTo, err = strconv.ParseUint(end.Get(upToHeader), 10, 64)
	return records, upTo, err
}

// estimate tells how many records match a filter, without reading them. Those removed in the last
// second or two count too, and the replica that answers may lag behind.
func (s *state) estimate(ctx context.Context, filter string) (n int, err error) {
	messages, _, err := s.e.batchGet(ctx, s.name, nextOf{NextFor: s.records + filter, Batch: 1, Seq: 1})
	if err != nil || len(messages) == 0 {
		return 0, err
	}
	n, err = strconv.Atoi(messages[0].Header.Get(pendingHeader))
	return n + 1, err
}

// openEpoch notes by what the stream is known: see identify.
func (s *state) openEpoch(ctx context.Context) error {
	epoch := rand.Text()
	_, err := s.put(ctx, epochKey, []byte(epoch), jetstream.WithExpectLastSequencePerSubject(0))
	if errors.Is(err, errOvertaken) {
		var r record
		r, err = s.last(ctx, epochKey)
		epoch = string(r.value)
	}
	s.epoch = epoch
	return err
}

// checkEpoch returns errStateLost when the stream was created again or emptied.
func (s *state) checkEpoch(ctx context.Context) error {
	r, err := s.last(ctx, epochKey)
	if err == nil && string(r.value) != s.epoch {
		return fmt.Errorf("%w: stream %s was created again", errStateLost, s.name)
	}
	return err
}

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

// state is a stream that has the present records of something: the last one written for each key. A
// member's key begins with the id of its gateway. So one filter finds all records of a gateway, and
// others find the records of one user or channel on all gateways.
//
// No gateway watches all of a state. Each write is republished under another subject, and a gateway
// subscribes to the keys that concern its sessions. At first, and after a gap, it subscribes, then
// reads a snapshot of these keys, then applies the changes that the snapshot does not have.
// Republished messages may be lost, because nobody acknowledges them. These events show a gap: the
// connection was lost or a queue was full (see recovery and drops); the stream has another leader
// (see leaderElected); a change whose former revision is not the known one.
type state struct {
	e       *Engine
	name    string // name of the stream
	records string // prefix of the records' subjects, including the last dot
	changes string // prefix of the subjects under which they are republished

	epoch string        // value of epochKey: see identify
	acked atomic.Uint64 // the highest revision acknowledged to this gateway
}

// record is what a state has, or had, for a key.
type record struct {
	key      string
	value    []byte
	revision uint64 // rises with each write to the stream
	former   uint64 // in a change: the key's revision before; 0 if there was no record
	gone     bool   // the record was removed
}

// removedLife is how long a removed record stays in the stream, marked as removed. Only snapshots
// that are read at that moment see it. It is the shortest time that NATS allows.
const removedLife = time.Second

// revisionMarkLife is how long a record of nextRevision is stored.
const revisionMarkLife = time.Minute

var (
	// errOvertaken means that a key has a newer record than expected.
	errOvertaken = errors.New("natsengine: the record was written again meanwhile")

	// errTooMany means that a filter matches more records than NATS returns at once, which is 1024.
	errTooMany = errors.New("natsengine: more records than fit a snapshot")
)

// stateConfig is the config of a state's stream. Any replica answers a direct read: read handles
// replicas that lag.
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

// put writes a record, and returns its revision when a majority of the replicas has it.
func (s *state) put(ctx context.Context, key string, value []byte, opts ...jetstream.PublishOpt) (revision uint64, err error) {
	ack, err := s.e.js.Publish(ctx, s.records+key, value, opts...)
	switch {
	case isConflict(err):
		return 0, errOvertaken
	case err != nil:
		return 0, err
	}
	for {
		known := s.acked.Load()
		if ack.Sequence <= known || s.acked.CompareAndSwap(known, ack.Sequence) {
			return ack.Sequence, nil
		}
	}
}

// remove removes a key's record if it still has this revision, and tells all who follow the key. It
// tells them even if the record was already gone: purge may have removed it, or an earlier attempt
// whose answer was lost.
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

// purge removes the records that match a filter, up to a revision. It does not tell those who follow
// the keys.
func (s *state) purge(ctx context.Context, filter string, upTo uint64) error {
	stream, err := s.e.js.Stream(ctx, s.name)
	if err != nil {
		return err
	}
	return stream.Purge(ctx, jetstream.WithPurgeSubject(s.records+filter), jetstream.WithPurgeSequence(upTo+1))
}

// nextRevision returns a revision that is higher than that of any write acknowledged before. It
// writes a record, which needs a majority of the replicas. So a leader that is cut off from the others
// cannot answer.
func (s *state) nextRevision(ctx context.Context) (revision uint64, err error) {
	return s.put(ctx, revisionMark+s.e.id, nil, jetstream.WithMsgTTL(revisionMarkLife))
}

// revisionMark comes before the engine's id in the key that nextRevision writes.
const revisionMark = "fence."

// written returns a revision that is at least that of any write acknowledged before. Changes of
// later revisions reach everybody who subscribed before. Only the leader knows the revision. With
// an embedded server there is only one, so nothing is asked.
//
// To ask for the revision is not enough: the question uses connections of the servers' own account,
// so it may overtake subscriptions. So written first sends a write that cannot succeed. It travels
// behind the subscriptions, and the leader refuses it.
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

// follow calls apply for each change of the keys that match a filter. When it returns, new changes
// arrive, in order for each key. apply must not block.
func (s *state) follow(filter string, apply func(record)) (stop func(), err error) {
	return s.e.dispatcher.subscribe(s.changes+filter, func(m *nats.Msg) {
		if r, ok := s.readRecord(strings.TrimPrefix(m.Subject, s.changes), m); ok {
			apply(r)
		}
	})
}

// readStored decodes the answer to a direct read.
func (s *state) readStored(m *nats.Msg) (record, error) {
	r, ok := s.readRecord(strings.TrimPrefix(m.Header.Get(jetstream.SubjectHeader), s.records), m)
	if !ok {
		return record{}, fmt.Errorf("natsengine: a record of %s without a revision", s.name)
	}
	return r, nil
}

// readRecord decodes a republished message.
func (s *state) readRecord(key string, m *nats.Msg) (record, bool) {
	revision, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
	former, _ := strconv.ParseUint(m.Header.Get(jetstream.LastSequenceHeader), 10, 64)
	return record{key: key, value: m.Data, revision: revision, former: former, gone: len(m.Data) == 0}, err == nil
}

// last reads a key's record from the leader, which has all acknowledged writes.
func (s *state) last(ctx context.Context, key string) (record, error) {
	m, err := s.e.lastMessage(ctx, s.name, s.records+key)
	if err != nil {
		return record{}, err
	}
	return record{key: key, value: m.data, revision: m.sequence, gone: len(m.data) == 0}, nil
}

// read returns the records that match a filter, and the revision up to which it knows all their
// changes, which is at least atLeast. If a replica lags, it asks again. It returns errTooMany for
// more than 1024 records, including removed ones.
func (s *state) read(ctx context.Context, filter string, atLeast uint64) (records []record, upTo uint64, err error) {
	return s.readAny(ctx, []string{filter}, atLeast)
}

// readAny does the same for records that match one of several filters.
func (s *state) readAny(ctx context.Context, filters []string, atLeast uint64) (records []record, upTo uint64, err error) {
	wait := retry.Backoff{First: 5 * time.Millisecond, Max: 500 * time.Millisecond}
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
	// The epoch is read too, so that the answer is never empty: an empty answer does not tell how
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
		r, err := s.readStored(m)
		switch {
		case err != nil:
			return nil, 0, err
		case r.key == epochKey:
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

// oldest returns the record that matches a filter and was written first, and about how many match
// it, without reading the others. n is 0 if there is none. It may include records removed in the
// last second or two, and the replica that answers may lag.
func (s *state) oldest(ctx context.Context, filter string) (r record, n int, err error) {
	messages, _, err := s.e.batchGet(ctx, s.name, nextOf{NextFor: s.records + filter, Batch: 1, Seq: 1})
	if err != nil || len(messages) == 0 {
		return record{}, 0, err
	}
	if r, err = s.readStored(messages[0]); err != nil {
		return record{}, 0, err
	}
	n, err = strconv.Atoi(messages[0].Header.Get(pendingHeader))
	return r, n + 1, err
}

// openEpoch reads the stream's epoch, or writes a new one: see identify.
func (s *state) openEpoch(ctx context.Context) error {
	s.epoch = rand.Text()
	_, err := s.put(ctx, epochKey, []byte(s.epoch), jetstream.WithExpectLastSequencePerSubject(0))
	if !errors.Is(err, errOvertaken) {
		return err
	}
	r, err := s.last(ctx, epochKey)
	if err == nil && r.gone { // another gateway is writing it at this moment
		return errOvertaken
	}
	s.epoch = string(r.value)
	return err
}

// checkEpoch returns errStateLost if the stream was created again or emptied.
func (s *state) checkEpoch(ctx context.Context) error {
	r, err := s.last(ctx, epochKey)
	if err == nil && string(r.value) != s.epoch {
		return fmt.Errorf("%w: stream %s was created again", errStateLost, s.name)
	}
	return err
}

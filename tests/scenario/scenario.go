// Package scenario has clients of the native transport live through bad networks: they
// exchange files and messages, each through a fault proxy of its own, while all that
// is promised to applications is checked.
//
// Promised is: every upload and download ends well, bytes unchanged, and its progress
// only rises; a peer message that is reported received arrives exactly once, others at
// most once, and all in order; a channel message that is reported sent arrives exactly
// once at every other member, and in order; a client that is logged in stays so.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"rtmwasm/tests/faultproxy"
)

// Options say what happens. All but Unordered are required.
type Options struct {
	Seed    uint64        // of files and faults
	Gateway string        // host:port
	Users   int           // 2 at least, 3 at most
	Files   int           // that each user uploads, and another downloads
	MaxFile int           // bytes
	Rounds  int           // of messages at least; they go on while files do
	Limit   time.Duration // of the whole

	Hang, MediaHang time.Duration // the longest stalls, of sockets and of transfers

	// Unordered says that servers of the engine are killed meanwhile: messages that were
	// under way then may be overtaken.
	Unordered bool
}

// Report is what happened.
type Report struct {
	Took     time.Duration
	Files    int
	Bytes    int64 // of files, each counted once
	Sent     int   // messages whose sending was tried
	Reported int   // of these, that were reported received, or sent to the channel
	Gaps     int   // lost connections
	Faults   map[faultproxy.Kind]int
	Log      []string // what proxies did and clients told
}

// scene is a running scenario.
type scene struct {
	Options
	users     []*user
	proxies   []*faultproxy.Proxy
	filesDone chan struct{} // closed when all files are exchanged

	mu     sync.Mutex // guards report
	report Report
}

// Run runs a scenario. The error names the first promise that was broken.
func Run(ctx context.Context, o Options) (Report, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, o.Limit, errTooLong)
	defer cancel()
	s := &scene{Options: o, filesDone: make(chan struct{})}
	defer s.close()
	err := s.open(ctx)
	if err == nil {
		err = s.play(ctx)
	}
	s.gather(began)
	return s.report, err
}

// open starts proxies and has everybody enter.
func (s *scene) open(ctx context.Context) error {
	random := rand.New(rand.NewPCG(s.Seed, 0))
	app := fmt.Sprintf("%016x%016x", s.Seed, random.Uint64())
	for i := range s.Users {
		proxy, err := faultproxy.Start(s.Gateway, faultproxy.Random{Seed: random.Uint64(), Hang: s.Hang, MediaHang: s.MediaHang})
		if err != nil {
			return err
		}
		s.proxies = append(s.proxies, proxy)
		s.users = append(s.users, newUser(app, fmt.Sprintf("user-%d", i), proxy.Addr()))
	}
	return s.together(func(i int) error { return s.users[i].enter(ctx) })
}

// play does everything at once.
func (s *scene) play(ctx context.Context) error {
	next := func(i int) *user { return s.users[(i+1)%len(s.users)] }
	errs := make([]error, 3)
	var all sync.WaitGroup
	all.Go(func() {
		defer close(s.filesDone)
		errs[0] = s.together(func(i int) error {
			random := rand.New(rand.NewPCG(s.Seed, uint64(1+i)))
			return s.exchangeFiles(ctx, s.users[i], next(i), random)
		})
	})
	all.Go(func() {
		errs[1] = s.together(func(i int) error { return s.sendToPeer(ctx, s.users[i], next(i)) })
	})
	all.Go(func() { errs[2] = s.talk(ctx) })
	all.Wait()
	for _, u := range s.users {
		u.mu.Lock()
		for _, wrong := range u.wrong {
			errs = append(errs, fmt.Errorf("%s: %s", u.uid, wrong))
		}
		u.mu.Unlock()
	}
	return errors.Join(errs...)
}

// together runs f for all users at once.
func (s *scene) together(f func(i int) error) error {
	errs := make([]error, len(s.users))
	var all sync.WaitGroup
	for i := range s.users {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (s *scene) close() {
	for _, u := range s.users {
		u.leave()
	}
	for _, p := range s.proxies {
		p.Close()
	}
}

func (s *scene) countFile(size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Files++
	s.report.Bytes += int64(size)
}

func (s *scene) countMessage(reported bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Sent++
	if reported {
		s.report.Reported++
	}
}

func (s *scene) gather(began time.Time) {
	r := &s.report
	r.Took = time.Since(began)
	r.Faults = map[faultproxy.Kind]int{}
	for i, p := range s.proxies {
		for _, e := range p.Log() {
			r.Faults[e.Fault.Kind]++
			r.Log = append(r.Log, fmt.Sprintf("%v of user-%d", e, i))
		}
	}
	for _, u := range s.users {
		u.mu.Lock()
		r.Gaps += u.gaps
		r.Log = append(r.Log, u.log...)
		u.mu.Unlock()
	}
	slices.Sort(r.Log) // by time, which comes first
}

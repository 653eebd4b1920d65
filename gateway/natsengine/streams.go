package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// replicas is how many servers keep a stream that is created now, if no stream exists yet
// that says more.
func (o Options) replicas(nc *nats.Conn) int {
	switch {
	case o.Dir != "":
		return 1
	case o.Replicas != 0:
		return o.Replicas
	case len(nc.Servers()) >= 3:
		return 3
	}
	return 1
}

// streams creates the streams and buckets that are missing. It changes no setting of one that
// exists: other gateways may have other settings, and a server that is down for a moment
// must not cost replicas. Change does that, when an operator asks for it.
type streams struct {
	jetstream.JetStream
	opts     Options
	replicas int // of a stream that is created now
}

// stock is what exists of the layout, and what is missing.
type stock struct {
	exist   []*jetstream.StreamInfo
	missing []jetstream.StreamConfig
	former  []string // names of formerStreams that exist
}

// formerStreams are buckets that earlier versions used and this one does not.
var formerStreams = []string{kvStream + "rtm_members", kvStream + "rtm_channel_attributes"}

// lookUp asks for all streams of the layout.
func (s *streams) lookUp(ctx context.Context) (st stock, err error) {
	for _, config := range s.opts.layout() {
		info, err := s.info(ctx, config.Name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			st.missing = append(st.missing, config)
		case err != nil:
			return st, fmt.Errorf("stream %s: %w", config.Name, err)
		default:
			st.exist = append(st.exist, info)
		}
	}
	for _, name := range formerStreams {
		_, err := s.info(ctx, name)
		switch {
		case err == nil:
			st.former = append(st.former, name)
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			return st, fmt.Errorf("stream %s: %w", name, err)
		}
	}
	if s.opts.Replicas == 0 { // the others tell how many servers the cluster had
		for _, info := range st.exist {
			s.replicas = max(s.replicas, info.Config.Replicas)
		}
	}
	return st, nil
}

func (s *streams) info(ctx context.Context, name string) (info *jetstream.StreamInfo, err error) {
	err = repeatWhile(ctx, timedOut, func(ctx context.Context, _ bool) error {
		stream, err := s.Stream(ctx, name)
		if err == nil {
			info = stream.CachedInfo()
		}
		return err
	})
	return info, err
}

// ensure creates what is missing, and returns how what exists differs from the settings.
func (s *streams) ensure(ctx context.Context) ([]Change, error) {
	st, err := s.lookUp(ctx)
	if err != nil {
		return nil, err
	}
	for _, config := range st.missing {
		if err := s.create(ctx, withReplicas(config, s.replicas)); err != nil {
			return nil, fmt.Errorf("stream %s: %w", config.Name, err)
		}
	}
	for _, info := range st.exist {
		if err := s.upgrade(ctx, info); err != nil {
			return nil, fmt.Errorf("stream %s: %w", info.Config.Name, err)
		}
	}
	return s.changes(st), nil
}

// upgrade changes what an earlier version created otherwise and no setting decides: the subjects,
// and whether the stream is republished.
func (s *streams) upgrade(ctx context.Context, info *jetstream.StreamInfo) error {
	have, want := &info.Config, s.wanted(info.Config)
	republished := want.RePublish == nil || have.RePublish != nil
	if republished && slices.Equal(have.Subjects, want.Subjects) {
		return nil
	}
	have.Subjects = want.Subjects
	if !republished {
		have.RePublish, have.AllowDirect = want.RePublish, want.AllowDirect
	}
	_, err := s.UpdateStream(ctx, *have)
	return err
}

// create creates a stream. That another gateway was faster, with whatever settings, is no
// error. If several ask at the same time, a cluster answers only one of them.
func (s *streams) create(ctx context.Context, config jetstream.StreamConfig) error {
	return repeatWhile(ctx, timedOut, func(ctx context.Context, _ bool) error {
		_, err := s.CreateStream(ctx, config)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil
		}
		return err
	})
}

// Change is a setting of a stream or bucket that differs from the gateway's settings.
type Change struct {
	Stream  string // the name in JetStream; that of a bucket begins with KV_
	Setting string // as JetStream calls it, such as replicas
	Have    string // what the stream has
	Want    string // what the settings say
	Default bool   // Want is a default that nobody asked for: ChangeStreams leaves what exists
}

// changes are the differences between the streams that exist and the settings.
func (s *streams) changes(st stock) (all []Change) {
	for _, info := range st.exist {
		all = append(all, differences(info.Config, s.wanted(info.Config))...)
	}
	return append(all, st.deletions()...)
}

// deletions are the changes that remove the former streams.
func (st stock) deletions() (all []Change) {
	for _, name := range st.former {
		all = append(all, Change{Stream: name, Setting: "stream", Have: "of an earlier version", Want: "deleted"})
	}
	return all
}

// wanted is a stream's config as the settings want it. Unless told how many replicas to
// have, a stream never loses one.
func (s *streams) wanted(have jetstream.StreamConfig) jetstream.StreamConfig {
	all := s.opts.layout()
	want := all[slices.IndexFunc(all, func(c jetstream.StreamConfig) bool { return c.Name == have.Name })]
	return withReplicas(want, s.replicas)
}

// differences compares what the gateway's settings decide.
func differences(have, want jetstream.StreamConfig) (all []Change) {
	compare := func(setting string, have, want any) {
		if h, w := fmt.Sprint(have), fmt.Sprint(want); h != w {
			all = append(all, Change{Setting: setting, Have: h, Want: w})
		}
	}
	compare("subjects", have.Subjects, want.Subjects)
	compare("storage", have.Storage, want.Storage)
	compare("replicas", have.Replicas, want.Replicas)
	compare("max_age", have.MaxAge, want.MaxAge)
	compare("max_msgs_per_subject", max(0, have.MaxMsgsPerSubject), want.MaxMsgsPerSubject) // the server says -1 for no limit
	if want.MaxBytes > 0 {                                                                  // the others are bounded otherwise, or by an operator
		compare("max_bytes", have.MaxBytes, want.MaxBytes)
	}
	compare("subject_delete_marker_ttl", have.SubjectDeleteMarkerTTL, want.SubjectDeleteMarkerTTL)
	compare("allow_direct", have.AllowDirect, want.AllowDirect)
	for i := range all {
		all[i].Stream = have.Name
	}
	return all
}

// merged is have with what the settings decide. Other settings stay.
func merged(have, want jetstream.StreamConfig) jetstream.StreamConfig {
	have.Subjects, have.Storage, have.Replicas = want.Subjects, want.Storage, want.Replicas
	have.MaxAge, have.MaxMsgsPerSubject, have.AllowDirect = want.MaxAge, want.MaxMsgsPerSubject, want.AllowDirect
	if want.MaxBytes > 0 {
		have.MaxBytes = want.MaxBytes
	}
	have.SubjectDeleteMarkerTTL = want.SubjectDeleteMarkerTTL
	have.Duplicates = duplicateWindow(want.MaxAge)
	return have
}

// warn logs differences, one line for each setting and pair of values.
func (e *Engine) warn(changes []Change) {
	by := map[Change][]string{}
	for _, c := range changes {
		key := c
		key.Stream = ""
		by[key] = append(by[key], c.Stream)
	}
	for c, names := range by {
		e.opts.Logger.Warn("streams differ from this gateway's settings; they stay as they are until `rtm-gateway streams --apply` is run with these settings given",
			"setting", c.Setting, "have", c.Have, "settings say", c.Want, "streams", strings.Join(names, " "))
	}
}

// ChangeStreams compares the streams and buckets that exist with opts, and calls approve with
// the differences. If approve returns true, it makes the streams what opts say, and returns an
// error if a gateway runs on them. It creates nothing. What opts leave open (Replicas,
// MediaMaxAge, UserMail and AppMail that are 0) stays as it is: see Change.Default. With
// opts.Dir no gateway may run on the folder.
func ChangeStreams(ctx context.Context, opts Options, approve func([]Change) bool) error {
	full, err := opts.withDefaults()
	if err != nil {
		return err
	}
	e := newEngine(full)
	if opts.Dir != "" {
		if e.embedded, err = startEmbedded(opts.Dir); err != nil {
			return err
		}
	}
	defer e.Close()
	if e.nc, err = e.dial("rtm-gateway streams"); err != nil {
		return err
	}
	if err := e.useJetStream(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := e.change(ctx, opts, approve); err != nil {
		return fmt.Errorf("natsengine: %w", err)
	}
	return nil
}

func (e *Engine) change(ctx context.Context, opts Options, approve func([]Change) bool) error {
	st, err := e.js.lookUp(ctx)
	if err != nil {
		return err
	}
	changes, updates := e.js.plan(st, opts)
	if !approve(changes) || len(updates)+len(st.former) == 0 {
		return nil
	}
	if err := e.refuseWhileRunning(ctx); err != nil {
		return err
	}
	var done []string
	for _, config := range updates {
		if _, err := e.js.UpdateStream(ctx, config); err != nil {
			return fmt.Errorf("stream %s: %w; changed before that: %q; run it again when the cause is gone", config.Name, err, done)
		}
		done = append(done, config.Name)
	}
	for _, name := range st.former {
		if err := e.js.DeleteStream(ctx, name); err != nil {
			return fmt.Errorf("delete stream %s: %w; run it again when the cause is gone", name, err)
		}
	}
	return nil
}

// plan returns how the streams that exist differ from the settings, and the configs that
// change what the options give.
func (s *streams) plan(st stock, opts Options) (changes []Change, updates []jetstream.StreamConfig) {
	for _, info := range st.exist {
		have, want := info.Config, s.wanted(info.Config)
		given := opts.given(have, want)
		now := differences(have, given)
		for _, c := range differences(have, want) {
			c.Default = !slices.Contains(now, c)
			changes = append(changes, c)
		}
		if len(now) > 0 {
			updates = append(updates, merged(have, given))
		}
	}
	return append(changes, st.deletions()...), updates
}

// given is want, except for what options before their defaults leave open: that is as in have.
func (o Options) given(have, want jetstream.StreamConfig) jetstream.StreamConfig {
	if o.Replicas == 0 {
		want = withReplicas(want, have.Replicas)
	}
	switch have.Name {
	case usageStream:
		if o.MediaMaxAge == 0 {
			want.MaxAge = have.MaxAge
		}
	case messageStream, messageQuotaStream:
		if o.HistoryAge == 0 {
			want.MaxAge = have.MaxAge
		}
		if o.AppHistory == 0 {
			want.MaxMsgsPerSubject = max(0, have.MaxMsgsPerSubject)
		}
	case webhookStream:
		if o.Webhook.MaxAge == 0 {
			want.MaxAge = have.MaxAge
		}
		if o.Webhook.MaxBytes == 0 {
			want.MaxBytes = have.MaxBytes
		}
	case userQuotaStream:
		if o.UserMail == 0 {
			want.MaxMsgsPerSubject = have.MaxMsgsPerSubject
		}
	case appQuotaStream:
		if o.AppMail == 0 {
			want.MaxMsgsPerSubject = have.MaxMsgsPerSubject
		}
	}
	return want
}

// refuseWhileRunning returns an error if gateways work on the streams.
func (e *Engine) refuseWhileRunning(ctx context.Context) error {
	gateways, err := e.js.KeyValue(ctx, gatewayBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	var entries []jetstream.KeyValueEntry
	if err == nil {
		entries, err = allEntries(ctx, gateways)
	}
	if err != nil {
		return fmt.Errorf("cannot tell whether gateways run: %w", err)
	}
	running := 0
	for _, entry := range entries {
		if string(entry.Value()) != stopped {
			running++
		}
	}
	if running > 0 {
		return fmt.Errorf("gateways that run on these streams: %d, where none may: stop all of them and try again; one that was killed counts for %v more",
			running, e.opts.GatewayLife+e.opts.heartbeatInterval())
	}
	return nil
}

package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// replicas is how many servers store a new stream. If existing streams have more replicas, lookUp
// increases it.
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

// streams creates missing streams and buckets. It changes no setting of an existing one: other
// gateways may have other settings, and a server that is down for a moment must not cost replicas.
// ChangeStreams changes settings when an operator asks for it.
type streams struct {
	jetstream.JetStream
	opts     Options
	replicas int // of new streams
}

// inventory lists which streams of the layout exist, and which are missing.
type inventory struct {
	exist   []*jetstream.StreamInfo
	missing []jetstream.StreamConfig
	former  []string // names of formerStreams that exist
}

// formerStreams are buckets that earlier versions used and this version does not.
var formerStreams = []string{kvStream + "rtm_members", kvStream + "rtm_channel_attributes"}

// lookUp asks NATS for all streams of the layout.
func (s *streams) lookUp(ctx context.Context) (st inventory, err error) {
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
	if s.opts.Replicas == 0 { // existing streams tell how many servers the cluster had
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

// ensure creates missing streams, and returns how the existing ones differ from the settings.
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

// upgrade changes what an earlier version created differently and no setting controls: the
// subjects, and whether the stream is republished.
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

// create creates a stream. It is no error if another gateway was faster, with any settings. If
// several gateways create it at the same time, a cluster answers only one of them.
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
	Have    any    // what the stream has: a time.Duration, or the text of any other value
	Want    any    // what the settings say, in the same form
	Default bool   // Want is a default, because the setting was not given: ChangeStreams keeps Have
}

// changes are the differences between the streams that exist and the settings.
func (s *streams) changes(st inventory) (all []Change) {
	for _, info := range st.exist {
		all = append(all, differences(info.Config, s.wanted(info.Config))...)
	}
	return append(all, st.deletions()...)
}

// deletions are the changes that remove the former streams.
func (st inventory) deletions() (all []Change) {
	for _, name := range st.former {
		all = append(all, Change{Stream: name, Setting: "stream", Have: "of an earlier version", Want: "deleted"})
	}
	return all
}

// wanted is the config that the settings ask for. Unless Options.Replicas is set, a stream never
// loses a replica.
func (s *streams) wanted(have jetstream.StreamConfig) jetstream.StreamConfig {
	all := s.opts.layout()
	want := all[slices.IndexFunc(all, func(c jetstream.StreamConfig) bool { return c.Name == have.Name })]
	return withReplicas(want, s.replicas)
}

// differences compares what the gateway's settings control.
func differences(have, want jetstream.StreamConfig) (all []Change) {
	form := func(value any) any {
		if d, ok := value.(time.Duration); ok {
			return d
		}
		return fmt.Sprint(value)
	}
	compare := func(setting string, have, want any) {
		if h, w := form(have), form(want); h != w {
			all = append(all, Change{Setting: setting, Have: h, Want: w})
		}
	}
	compare("subjects", have.Subjects, want.Subjects)
	compare("storage", have.Storage, want.Storage)
	compare("replicas", have.Replicas, want.Replicas)
	compare("max_age", have.MaxAge, want.MaxAge)
	compare("max_msgs_per_subject", max(0, have.MaxMsgsPerSubject), want.MaxMsgsPerSubject) // the server returns -1 for no limit
	if want.MaxBytes > 0 {                                                                  // other streams are limited by count or age, or by an operator
		compare("max_bytes", have.MaxBytes, want.MaxBytes)
	}
	compare("subject_delete_marker_ttl", have.SubjectDeleteMarkerTTL, want.SubjectDeleteMarkerTTL)
	compare("allow_direct", have.AllowDirect, want.AllowDirect)
	for i := range all {
		all[i].Stream = have.Name
	}
	return all
}

// merged returns have with the fields of want that the gateway's settings control.
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

// warn logs differences: one line for each setting and pair of values.
func (e *Engine) warn(changes []Change) {
	by := map[Change][]string{}
	for _, c := range changes {
		key := c
		key.Stream = ""
		by[key] = append(by[key], c.Stream)
	}
	for c, names := range by {
		e.opts.Logger.Warn("streams differ from this gateway's settings and stay unchanged: to change them, run `rtm-gateway streams --apply` with these settings",
			"setting", c.Setting, "have", fmt.Sprint(c.Have), "settings say", fmt.Sprint(c.Want), "streams", strings.Join(names, " "))
	}
}

// ChangeStreams compares existing streams and buckets with opts, and calls approve with the
// differences. If approve returns true, it changes the streams to match opts, and returns an error
// if a gateway uses them. It creates no stream. Fields of opts that are 0 (Replicas, MediaMaxAge,
// UserMail, AppMail and so on) change nothing: see Change.Default. If opts.Dir is set, no gateway
// may use that folder.
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

// plan returns how existing streams differ from the settings, and the configs of streams to update.
func (s *streams) plan(st inventory, opts Options) (changes []Change, updates []jetstream.StreamConfig) {
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

// given returns want, but with the settings of have that no field of o asks to change. o has no
// defaults yet: its fields that are 0 were not given.
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
		entries, err = allEntries(ctx, gateways, ">")
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
		return fmt.Errorf("gateways that run on these streams: %d, but none may run: stop all of them and try again; a gateway that was killed counts for %v more",
			running, e.opts.GatewayLife+e.opts.heartbeatInterval())
	}
	return nil
}

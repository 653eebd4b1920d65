package natsengine

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
)

// layout lists all streams and buckets that gateways share, as they are created. withReplicas adds
// their replicas.
func (o Options) layout() []jetstream.StreamConfig {
	all := []jetstream.StreamConfig{
		// In memory: after all servers restart, there are no sessions.
		sessionConfig(),
		stateConfig(memberStream, memberSubject, memberChanges),
		bucketConfig(gatewayBucket, jetstream.MemoryStorage, o.GatewayLife+o.heartbeatInterval(), markerLife),
		bucketConfig(userAttributeBucket, jetstream.MemoryStorage, 0, markerLife),
		// On disk: these survive a restart.
		channelAttributeConfig(o.AttributeLife),
		{
			Name:              historyStream,
			Subjects:          []string{channelSubject + ">"},
			Storage:           jetstream.FileStorage,
			MaxAge:            core.SessionTimeout,
			MaxMsgsPerSubject: core.MaxMissedChannelMessages,
			AllowDirect:       true,
		},
		{
			// Read from its leader, not directly: a reader must see what was stored a moment ago.
			Name:              mailStream,
			Subjects:          []string{mailSubject + ">"},
			Storage:           jetstream.FileStorage,
			MaxAge:            core.OfflineLifetime,
			MaxMsgsPerSubject: core.MaxOfflineMessages,
		},
		bucketConfig(banBucket, jetstream.FileStorage, 0, markerLife),
		onceConfig(),
		bucketConfig(secretBucket, jetstream.FileStorage, 0, 0),
		bucketConfig(keyBucket, jetstream.FileStorage, 0, 0),
		uploadConfig(),
		usageConfig(o.MediaMaxAge),
	}
	if o.Events {
		all = append(all, eventConfig(userEventStream, userEventSubject), eventConfig(channelEventStream, channelEventSubject))
	}
	if o.Webhook != nil {
		all = append(all, o.Webhook.configs()...)
	}
	all = append(all, o.historyConfigs()...)
	if o.UserMail > 0 {
		all = append(all, quotaConfig(userQuotaStream, userQuotaSubject, o.UserMail))
	}
	if o.AppMail > 0 {
		all = append(all, quotaConfig(appQuotaStream, appQuotaSubject, o.AppMail))
	}
	return all
}

// quotaConfig is a stream of claims, see mailbox.go.
func quotaConfig(name, subject string, most int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:                 name,
		Subjects:             []string{subject + ">"},
		Storage:              jetstream.FileStorage,
		MaxAge:               core.OfflineLifetime,
		MaxMsgsPerSubject:    int64(most),
		Discard:              jetstream.DiscardNew,
		DiscardNewPerSubject: true,
	}
}

// bucketConfig is the stream of a key-value bucket, as NATS ADR-8 defines it. The client's own call
// to create a bucket would allow direct reads at first: see withReplicas.
func bucketConfig(bucket string, storage jetstream.StorageType, life, markers time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:                   kvStream + bucket,
		Subjects:               []string{kvSubject + bucket + ".>"},
		Storage:                storage,
		MaxAge:                 life,
		MaxMsgsPerSubject:      1,
		Duplicates:             duplicateWindow(life),
		AllowRollup:            true,
		DenyDelete:             true,
		Discard:                jetstream.DiscardNew,
		AllowMsgTTL:            markers != 0,
		SubjectDeleteMarkerTTL: markers,
	}
}

// sessionConfig is the bucket of sessions. Its changes are republished as changes of presence.
func sessionConfig() jetstream.StreamConfig {
	c := bucketConfig(sessionBucket, jetstream.MemoryStorage, 0, markerLife)
	c.RePublish = &jetstream.RePublish{Source: kvSubject + sessionBucket + ".>", Destination: presenceSubject + ">"}
	return c
}

// duplicateWindow is the server's default, but no longer than a message lives.
func duplicateWindow(life time.Duration) time.Duration {
	if life == 0 {
		return 2 * time.Minute
	}
	return min(life, 2*time.Minute)
}

// withReplicas sets how many servers store a stream. A read of a bucket must see all earlier
// writes. In a bucket with replicas, a direct read may be answered by a replica that lags, so
// direct reads are off. A republished bucket allows them, because snapshots need them and detect a
// replica that lags. All other reads of such a bucket use leaderBucket.
func withReplicas(c jetstream.StreamConfig, n int) jetstream.StreamConfig {
	c.Replicas = n
	if strings.HasPrefix(c.Name, kvStream) {
		c.AllowDirect = n == 1 || c.RePublish != nil
	}
	return c
}

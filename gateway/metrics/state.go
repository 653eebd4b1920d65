package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rtmwasm/gateway"
	"rtmwasm/gateway/diskspace"
)

// State has functions and values for metrics that are read from the gateway at each request.
type State struct {
	// Ready returns the checks of /readyz. It returns within seconds.
	Ready func(context.Context) []gateway.Check

	// SessionsLimit is how many sessions the gateway accepts. MemoryLimit is how many bytes of
	// memory it may use; 0 means no limit.
	SessionsLimit int
	MemoryLimit   int64

	// Folders are the folders in which the gateway stores data, by a name that says which data.
	Folders map[string]string

	// CertificateExpiry returns when the gateway's TLS certificate expires; nil without a
	// certificate.
	CertificateExpiry func() time.Time
}

var (
	readyDesc         = prometheus.NewDesc("rtm_ready", "1 while /readyz answers 200, else 0.", nil, nil)
	checkDesc         = prometheus.NewDesc("rtm_check_failing", "1 while a check of /readyz fails, else 0.", []string{"check"}, nil)
	sessionsLimitDesc = prometheus.NewDesc("rtm_sessions_limit", "Sessions that this gateway takes.", nil, nil)
	memoryLimitDesc   = prometheus.NewDesc("rtm_memory_limit_bytes", "Memory that this gateway stays within; 0 means no limit.", nil, nil)
	diskFreeDesc      = prometheus.NewDesc("rtm_disk_free_bytes", "Space left on the disk of a folder.", []string{"folder"}, nil)
	diskSizeDesc      = prometheus.NewDesc("rtm_disk_size_bytes", "Size of the disk of a folder, without what is reserved for the root user.", []string{"folder"}, nil)
	certificateDesc   = prometheus.NewDesc("rtm_certificate_expiry_timestamp_seconds", "When the certificate of --tls-cert expires, in Unix time.", nil, nil)
)

// Watch adds the state of a gateway to the metrics. Call it only once.
func (m *Metrics) Watch(s State) { m.registry.MustRegister(s) }

// Describe implements prometheus.Collector.
func (s State) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{readyDesc, checkDesc, sessionsLimitDesc, memoryLimitDesc, diskFreeDesc, diskSizeDesc, certificateDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s State) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	ready := true
	for _, c := range s.Ready(context.Background()) {
		ready = ready && (c.Err == nil || c.Advisory)
		gauge(checkDesc, oneIf(c.Err != nil), c.Name)
	}
	gauge(readyDesc, oneIf(ready))
	gauge(sessionsLimitDesc, float64(s.SessionsLimit))
	gauge(memoryLimitDesc, float64(s.MemoryLimit))
	for name, dir := range s.Folders {
		if free, known := diskspace.Free(dir); known {
			gauge(diskFreeDesc, float64(free), name)
		}
		if size, known := diskspace.Size(dir); known {
			gauge(diskSizeDesc, float64(size), name)
		}
	}
	if s.CertificateExpiry != nil {
		gauge(certificateDesc, float64(s.CertificateExpiry().Unix()))
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

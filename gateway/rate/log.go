package rate

import (
	"log/slog"
	"sync"
	"time"
)

// A line about the same reason and sender is written once in logEvery, and of each text maxLines times:
// senders choose what is in the lines. At most maxSenders of a text are remembered.
const (
	logEvery   = time.Minute
	maxLines   = 120
	maxSenders = 4096
)

// Log logs what clients cause, such as refused logins, and not more often than an operator can read.
// Each text has its own lines, so that a flood of one hides no other. It is safe for concurrent use.
type Log struct {
	log *slog.Logger

	mu    sync.Mutex // guards the rest
	texts map[string]*lines
}

// lines are those of one text.
type lines struct {
	last    map[sender]*since
	written Counter
	missing int // because there were too many lines
}

type sender struct{ reason, from string }

type since struct {
	at time.Time // of the last line
	n  int       // how often there was no line since then
}

// NewLog returns a Log that writes to log.
func NewLog(log *slog.Logger) *Log { return &Log{log: log, texts: map[string]*lines{}} }

// Warn logs a warning, unless there was one of the same text, reason and sender a moment ago. from says
// who caused it; args are as for slog. When lines were left out because there were too many, one more
// tells how many, at the end of the minute.
func (l *Log) Warn(text, reason, from string, args ...any) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.texts[text]
	if of == nil {
		of = &lines{last: map[sender]*since{}}
		l.texts[text] = of
	}
	key := sender{reason, from}
	last := of.last[key]
	if last != nil && now.Sub(last.at) < logEvery {
		last.n++
		return
	}
	if of.written.Add(now, logEvery) > maxLines {
		if of.missing++; of.missing == 1 {
			time.AfterFunc(of.written.began.Add(logEvery).Sub(now), func() { l.warnOfMissing(text) })
		}
		return
	}
	if last != nil && last.n > 0 {
		args = append(args, "more since the last line", last.n)
	}
	if len(of.last) >= maxSenders {
		clear(of.last)
	}
	of.last[key] = &since{at: now}
	l.log.Warn(text, args...)
}

// warnOfMissing logs how often a text has no line.
func (l *Log) warnOfMissing(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.texts[text]
	l.log.Warn("more refusals were not logged: there were too many within a minute", "refusal", text, "count", of.missing)
	of.missing = 0
}

package rate

import (
	"log/slog"
	"sync"
	"time"
)

// Clients choose what is in the lines, so lines are limited. A line with the same text, reason and
// sender is written once in logEvery. A text is written at most maxLines times in logEvery. At most
// maxSenders of a text are remembered.
const (
	logEvery   = time.Minute
	maxLines   = 120
	maxSenders = 4096
)

// Log logs what clients cause, such as refused logins, at most as often as an operator can read.
// Each text has its own limit, so a flood of one text does not hide another. It is safe for
// concurrent use.
type Log struct {
	log *slog.Logger

	mu    sync.Mutex // guards the rest
	texts map[string]*lines
}

// lines is the state of one text.
type lines struct {
	last    map[sender]*lastLine
	written Counter
	missing int // not written because there were too many
}

type sender struct{ reason, from string }

type lastLine struct {
	at time.Time // time of the last line
	n  int       // how many were not written since then
}

// NewLog returns a Log that writes to log.
func NewLog(log *slog.Logger) *Log { return &Log{log: log, texts: map[string]*lines{}} }

// Warn logs a warning, unless the same text, reason and sender were logged a moment ago. from is
// who caused it; args are as for slog. If too many lines were left out, one more line at the end of
// the minute tells how many.
func (l *Log) Warn(text, reason, from string, args ...any) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.texts[text]
	if of == nil {
		of = &lines{last: map[sender]*lastLine{}}
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
	of.last[key] = &lastLine{at: now}
	l.log.Warn(text, args...)
}

// warnOfMissing logs how many lines of a text were not written.
func (l *Log) warnOfMissing(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.texts[text]
	l.log.Warn("more refusals were not logged: there were too many within a minute", "refusal", text, "count", of.missing)
	of.missing = 0
}

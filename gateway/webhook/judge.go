package webhook

import (
	"fmt"
	"net/http"
	"time"
)

// attempt is the outcome of posting a batch once.
type attempt struct {
	status     int           // of the answer; 0: there was none
	retryAfter time.Duration // from the answer's Retry-After; 0: it has none
	events     int           // in the batch
}

// verdict says what to do with the batch.
type verdict int

const (
	taken   verdict = iota // the hook accepted it
	dropped                // the hook will never accept it
	again                  // post it again after a wait
	smaller                // post fewer events at a time
)

// judge decides only by the status. A batch that is neither accepted nor finally refused is posted
// again, until its events are too old: meanwhile somebody may repair the hook or the proxy in front of
// it. A single event that is too large is dropped: users choose the size of their messages, and one
// large message must not block all other events.
func judge(a attempt) verdict {
	switch {
	case a.status >= 200 && a.status < 300:
		return taken
	case a.status == http.StatusGone:
		return dropped
	case a.status == http.StatusRequestEntityTooLarge && a.events > 1:
		return smaller
	case a.status == http.StatusRequestEntityTooLarge:
		return dropped
	}
	return again
}

// maxRetryAfter is the longest wait that an answer can ask for.
const maxRetryAfter = 5 * time.Minute

// waitFor returns how long to wait before the next attempt. backoff is the Sender's own wait.
func waitFor(a attempt, backoff time.Duration) time.Duration {
	return max(backoff, min(a.retryAfter, maxRetryAfter))
}

// explain says what is wrong with an answer, and what to do.
func explain(status int) error {
	switch {
	case status == http.StatusGone:
		return fmt.Errorf("the hook answered with status %d: it does not want these events", status)
	case status == http.StatusRequestEntityTooLarge:
		return fmt.Errorf("the hook, or a proxy in front of it, answered with status %d: make it accept larger requests", status)
	case status >= 300 && status < 400:
		return fmt.Errorf("the hook answered with status %d: redirects are not followed: give the final URL", status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("the hook answered with status %d: check that it has the secret, and that its clock is right", status)
	}
	return fmt.Errorf("the hook answered with status %d: it must answer with 2xx when it has accepted the events", status)
}

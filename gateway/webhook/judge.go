package webhook

import (
	"fmt"
	"net/http"
	"time"
)

// attempt is what came of posting a batch once.
type attempt struct {
	status     int           // of the answer; 0: there was none
	retryAfter time.Duration // what the answer asks for; 0: nothing
	events     int           // in the batch
}

// verdict says what becomes of the batch.
type verdict int

const (
	taken   verdict = iota // the hook has it
	dropped                // the hook does not want it, or can never take it
	again                  // the same once more, after a wait
	smaller                // fewer events at a time
)

// judge decides by the status alone: whatever is neither a success nor a refusal for good is tried
// again, as the hook, or a proxy in front of it, may be mended meanwhile. How long is bounded by the
// age of the events. A single event that is too large is refused for good: users choose how large
// their messages are, and one must not keep the others' events waiting.
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

// maxRetryAfter bounds how long an answer may have the Sender wait.
const maxRetryAfter = 5 * time.Minute

// waitFor is how long to wait before the next attempt, where backoff is the Sender's own wait.
func waitFor(a attempt, backoff time.Duration) time.Duration {
	return max(backoff, min(a.retryAfter, maxRetryAfter))
}

// explain says what is wrong with an answer, and what to do.
func explain(status int) error {
	switch {
	case status == http.StatusGone:
		return fmt.Errorf("the hook answered with status %d: it does not want these events", status)
	case status == http.StatusRequestEntityTooLarge:
		return fmt.Errorf("the hook, or a proxy in front of it, answered with status %d: let it take larger requests", status)
	case status >= 300 && status < 400:
		return fmt.Errorf("the hook answered with status %d: redirects are not followed, so name the final URL", status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("the hook answered with status %d: see that it knows the secret, and that its clock is right", status)
	}
	return fmt.Errorf("the hook answered with status %d, where 2xx means that it took the events", status)
}

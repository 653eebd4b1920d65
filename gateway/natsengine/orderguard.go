package natsengine

import (
	"strings"
	"sync"
	"time"
)

// behindMark ends the receipt of a frame that was sent while an earlier frame to the same user was
// not answered.
const behindMark = "-"

// guardTime is longer than a frame can be on its way to a user.
const guardTime = 12 * time.Second

// orderGuard keeps a new listener for a user from receiving frames ahead of earlier ones that went
// to the former listener. As long as it has accepted no frame from a gateway, it refuses that gateway's
// frames with a behindMark. The gateway then sends all its frames to the user again, oldest first.
type orderGuard struct {
	mu    sync.Mutex      // guards the rest
	until time.Time       // all frames that were sent before the listener began are answered by then
	taken map[string]bool // gateways that a frame was accepted from, by the prefix of their receipts
}

func (g *orderGuard) takes(receipt string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until.IsZero() {
		return true
	}
	if !time.Now().Before(g.until) {
		g.until, g.taken = time.Time{}, nil
		return true
	}
	sender := receipt[:strings.LastIndexByte(receipt, '.')+1]
	if strings.HasSuffix(receipt, behindMark) && !g.taken[sender] {
		return false
	}
	if g.taken == nil {
		g.taken = map[string]bool{}
	}
	g.taken[sender] = true
	return true
}

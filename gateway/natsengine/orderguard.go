package natsengine

import (
	"strings"
	"sync"
	"time"
)

// behindMark ends the receipt of a frame that was sent while an earlier one to the same user was not
// answered.
const behindMark = "-"

// guardTime is for longer than any frame is under way to a user.
const guardTime = 12 * time.Second

// orderGuard keeps frames that come to a new listener for a user from overtaking those that went
// to the one before. It refuses a marked frame of a gateway of which it has taken none:
// that gateway sends it again, behind those before it.
type orderGuard struct {
	mu    sync.Mutex      // guards the rest
	until time.Time       // all that was under way when the listener began is answered then
	taken map[string]bool // gateways of which a frame was taken, by the prefix of their receipts
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

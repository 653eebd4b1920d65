package gateway_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// lockGuard is an engine, and keeps events. It fails a test where it is called with a lock held. Each test of this
// package runs with it.
type lockGuard struct {
	*natsengine.Engine
	t testing.TB
}

// lockedLines are the lines, by file, at which the function that they are in holds a lock: a field or variable
// that is named mu.
var lockedLines = sync.OnceValues(func() (map[string]map[int]bool, error) {
	lines := map[string]map[int]bool{}
	for _, folder := range []string{".", "session", "channel", "mailbox", "presence"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				return nil, err
			}
			absolute, err := filepath.Abs(name)
			if err != nil {
				return nil, err
			}
			found := map[int]bool{}
			ast.Inspect(file, func(n ast.Node) bool {
				if block, ok := n.(*ast.BlockStmt); ok {
					noteLocked(set, block, found)
				}
				return true
			})
			lines[filepath.ToSlash(absolute)] = found
		}
	}
	return lines, nil
})

// noteLocked notes the lines of a block from a lock on until it is unlocked in the same block, or until the block
// ends. A block within that unlocks is left out from there on: it ends by a return, or takes the lock again.
func noteLocked(set *token.FileSet, block *ast.BlockStmt, lines map[int]bool) {
	held := false
	for _, statement := range block.List {
		switch {
		case isLockCall(statement, "Lock", "RLock"):
			held = true
		case isLockCall(statement, "Unlock", "RUnlock"):
			held = false
		case held:
			from, to := set.Position(statement.Pos()).Line, set.Position(statement.End()).Line
			for line := from; line <= to; line++ {
				lines[line] = true
			}
			ast.Inspect(statement, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncLit: // runs later, or has blocks of its own
					noteFree(set, n.Pos(), n.End(), lines)
					return false
				case *ast.BlockStmt:
					for _, inner := range n.List {
						if isLockCall(inner, "Unlock", "RUnlock") {
							noteFree(set, inner.Pos(), n.End(), lines)
						}
					}
				}
				return true
			})
		}
	}
}

func noteFree(set *token.FileSet, from, to token.Pos, lines map[int]bool) {
	for line := set.Position(from).Line; line <= set.Position(to).Line; line++ {
		delete(lines, line)
	}
}

// isLockCall tells a statement such as s.mu.Lock().
func isLockCall(s ast.Stmt, names ...string) bool {
	expression, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := expression.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	on := ""
	switch x := method.X.(type) {
	case *ast.SelectorExpr:
		on = x.Sel.Name
	case *ast.Ident:
		on = x.Name
	}
	for _, name := range names {
		if on == "mu" && method.Sel.Name == name {
			return true
		}
	}
	return false
}

// heldLock is where a caller of its caller holds a lock, "" for nowhere.
func heldLock() string {
	lines, err := lockedLines()
	if err != nil {
		return err.Error()
	}
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		if lines[frame.File][frame.Line] {
			return frame.Function
		}
		if !more {
			return ""
		}
	}
}

func (g lockGuard) check(call string) {
	assert.Empty(g.t, heldLock(), "holds a lock while it calls %s", call)
}

func (g lockGuard) Report(event.Event) { g.check("Report") }

func (g lockGuard) Receipt(receipt string, o session.Outcome) {
	g.check("Receipt")
	g.Engine.Receipt(receipt, o)
}

func (g lockGuard) SendToPeer(user id.User, frame []byte, timeout time.Duration, done func(bool)) error {
	g.check("SendToPeer")
	return g.Engine.SendToPeer(user, frame, timeout, done)
}

func (g lockGuard) ListenPeer(user id.User, h func([]byte, string), notified func()) (func(), error) {
	g.check("ListenPeer")
	stop, err := g.Engine.ListenPeer(user, h, notified)
	return func() {
		g.check("what ListenPeer returns")
		stop()
	}, err
}

func (g lockGuard) ListenChannel(id channel.ID, h func([]byte)) (func(), error) {
	g.check("ListenChannel")
	stop, err := g.Engine.ListenChannel(id, h)
	return func() {
		g.check("what ListenChannel returns")
		stop()
	}, err
}

func (g lockGuard) FollowMembers(id channel.ID, h func(channel.Event)) (func(), error) {
	g.check("FollowMembers")
	return g.Engine.FollowMembers(id, h)
}

func (g lockGuard) Redeliver(user id.User) error {
	g.check("Redeliver")
	return g.Engine.Redeliver(user)
}

func (g lockGuard) Evict(ctx context.Context, id string, e session.Eviction) error {
	g.check("Evict")
	return g.Engine.Evict(ctx, id, e)
}

func (g lockGuard) Claim(ctx context.Context, user id.User, next func(*session.Record) (session.Record, error)) (*session.Record, error) {
	g.check("Claim")
	return g.Engine.Claim(ctx, user, next)
}

func (g lockGuard) Lookup(ctx context.Context, user id.User) (session.Record, error) {
	g.check("Lookup")
	return g.Engine.Lookup(ctx, user)
}

func (g lockGuard) Release(ctx context.Context, user id.User, r session.Record) (*session.Record, error) {
	g.check("Release")
	return g.Engine.Release(ctx, user, r)
}

func (g lockGuard) LookUpPresence(ctx context.Context, users []id.User) ([]presence.Event, error) {
	g.check("LookUpPresence")
	return g.Engine.LookUpPresence(ctx, users)
}

func (g lockGuard) Enter(ctx context.Context, m channel.Member) (uint64, error) {
	g.check("Enter")
	return g.Engine.Enter(ctx, m)
}

func (g lockGuard) Leave(ctx context.Context, m channel.Member) error {
	g.check("Leave")
	return g.Engine.Leave(ctx, m)
}

func (g lockGuard) Members(ctx context.Context, id channel.ID, atLeast uint64) (channel.Snapshot, error) {
	g.check("Members")
	return g.Engine.Members(ctx, id, atLeast)
}

func (g lockGuard) PublishChannel(id channel.ID, frame []byte, done func(error)) error {
	g.check("PublishChannel")
	return g.Engine.PublishChannel(id, frame, done)
}

func (g lockGuard) RecentFrames(ctx context.Context, id channel.ID, since time.Time) ([][]byte, error) {
	g.check("RecentFrames")
	return g.Engine.RecentFrames(ctx, id, since)
}

func (g lockGuard) AppendMail(user id.User, from string, frame []byte, done func(error)) error {
	g.check("AppendMail")
	return g.Engine.AppendMail(user, from, frame, done)
}

func (g lockGuard) NotifyMail(user id.User) error {
	g.check("NotifyMail")
	return g.Engine.NotifyMail(user)
}

func (g lockGuard) ReadMail(ctx context.Context, user id.User, after uint64, most int) ([]mailbox.Mail, error) {
	g.check("ReadMail")
	return g.Engine.ReadMail(ctx, user, after, most)
}

func (g lockGuard) TruncateMail(ctx context.Context, user id.User, upTo uint64) error {
	g.check("TruncateMail")
	return g.Engine.TruncateMail(ctx, user, upTo)
}

// The guard notices what it is for.
func TestLockGuard(t *testing.T) {
	var mu sync.Mutex
	early := func(leave bool) (inside, after string) {
		mu.Lock()
		inside = heldLock()
		if leave {
			mu.Unlock()
			return inside, heldLock()
		}
		mu.Unlock()
		return inside, heldLock()
	}
	deferred := func() string {
		mu.Lock()
		defer mu.Unlock()
		return heldLock()
	}
	called := func() (inside, later string) {
		mu.Lock()
		defer mu.Unlock()
		inside = func() string {
			return heldLock()
		}()
		return inside, ""
	}
	assert.Empty(t, heldLock())
	for _, leave := range []bool{false, true} {
		inside, after := early(leave)
		assert.Contains(t, inside, "TestLockGuard")
		assert.Empty(t, after)
	}
	assert.Contains(t, deferred(), "TestLockGuard")
	inside, _ := called()
	assert.Empty(t, inside, "a function literal may run later: it counts only for its own locks")
	lines, err := lockedLines()
	require.NoError(t, err)
	total := 0
	for name, locked := range lines {
		if !strings.HasSuffix(name, "_test.go") {
			total += len(locked)
		}
	}
	assert.Greater(t, total, 200, "lines of the gateway at which a lock is held")
}

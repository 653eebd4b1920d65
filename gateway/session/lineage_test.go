package session

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

func TestNextRecord(t *testing.T) {
	user := User{App: "0123456789abcdef0123456789abcdef", ID: "ada"}
	old := credential{user: user, session: "s1", secret: "secret of s1"}
	other := credential{user: user, session: "s1", secret: "a guess"}
	earlier := credential{user: user, session: "s0", secret: "secret of s0"}
	former := &Record{Session: "s1", Gateway: "near", Secret: sha256.Sum256([]byte(old.secret)), LineageID: "s0",
		ResumeCredentialHash: sha256.Sum256([]byte(earlier.String()))}
	resume := func(c credential) *wire.Hello {
		return &wire.Hello{Reconnect: true, Resume: &wire.Resume{SessionId: c.session, Credential: c.String()}}
	}
	own := Record{Session: "s2", Gateway: "far"}
	for name, c := range map[string]struct {
		former  *Record
		hello   *wire.Hello
		lineage string
		hash    bool // of the credential is kept
		err     error
	}{
		"a login":                            {nil, &wire.Hello{}, "s2", false, nil},
		"a login displaces":                  {former, &wire.Hello{}, "s2", false, nil},
		"comes back, session lives":          {former, resume(old), "s0", true, nil},
		"comes back, Welcome was lost":       {former, resume(earlier), "s0", true, nil},
		"comes back, session is over":        {nil, resume(old), "s2", true, nil},
		"comes back, another login is there": {former, resume(other), "", false, ErrTaken},
		"comes back with nothing":            {former, &wire.Hello{Reconnect: true}, "", false, ErrTaken},
		"comes back with nothing to nothing": {nil, &wire.Hello{Reconnect: true}, "s2", false, nil},
		"comes back with nonsense":           {former, &wire.Hello{Reconnect: true, Resume: &wire.Resume{Credential: "x"}}, "", false, ErrTaken},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := nextRecord(c.former, c.hello, own)
			assert.ErrorIs(t, err, c.err)
			if err != nil {
				return
			}
			want := Record{Session: "s2", Gateway: "far", LineageID: c.lineage}
			if c.hash {
				want.ResumeCredentialHash = sha256.Sum256([]byte(c.hello.Resume.Credential))
			}
			assert.Equal(t, want, got)
		})
	}
}

// What the client handled is known of the session that it names, which may not be the former one.
func TestMoveOf(t *testing.T) {
	r := &wire.Resume{SessionId: "s1", LastSeq: 7}
	assert.Equal(t, Eviction{Session: "s1", Moved: true, LastSeq: 7}, moveOf(Record{Session: "s1"}, r))
	assert.Equal(t, Eviction{Session: "s2", Moved: true}, moveOf(Record{Session: "s2"}, r))
}

package natsengine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// FuzzDecodeRecord: whatever is accepted can be relied on, and encodes to the same.
func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte(`{"uid":"a","session":"s","size":5,"offset":0,"parts":null}`))
	f.Add([]byte(`{"size":3,"offset":3,"parts":[7],"digest":"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}`))
	f.Add([]byte(`{"size":31457280,"offset":1048577,"parts":[1,2],"hash":"c2hhAw=="}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeRecord(data)
		if err != nil {
			return
		}
		total := 0
		for n := range r.Parts {
			length := r.partLength(n)
			require.Positive(t, length)
			require.LessOrEqual(t, length, partBytes)
			total += length
		}
		require.EqualValues(t, r.Offset, total)
		again, err := decodeRecord(r.encode())
		require.NoError(t, err)
		require.Equal(t, r.encode(), again.encode())
	})
}

// FuzzTaskKey: a key that parses is the one its parts make.
func FuzzTaskKey(f *testing.F) {
	f.Add(taskKey(media.Ref{Session: "s/1 *", App: "app", Key: strings.Repeat("0", 64)}))
	f.Add("t..YQ." + strings.Repeat("a", 64))
	f.Add("t.YQ\n.YQ." + strings.Repeat("a", 64))
	f.Fuzz(func(t *testing.T, key string) {
		if ref, ok := parseTaskKey(key); ok {
			require.Equal(t, key, taskKey(ref))
		}
	})
}

// FuzzSubjects: no id can reach beyond its own place in a subject.
func FuzzSubjects(f *testing.F) {
	f.Add("app", "a.b", "s.>")
	f.Fuzz(func(t *testing.T, app, key, session string) {
		if validRef(app, key) != nil || session == "" {
			return
		}
		for subject, tokens := range map[string]int{
			partSubject(app, key, "7"): 4,
			recordKey(app, key):        3,
			taskKey(media.Ref{App: app, Key: key, Session: session}): 4,
		} {
			parts := strings.Split(subject, ".")
			require.Len(t, parts, tokens)
			require.NotContains(t, parts, "")
			require.False(t, strings.ContainsAny(subject, "*> \t\r\n"), subject)
		}
	})
}

// FuzzUsageKey: no key counts what no file can take.
func FuzzUsageKey(f *testing.F) {
	f.Add(usageKey(media.Info{Ref: media.Ref{App: "app", Key: strings.Repeat("0", 64)}, UID: "a.b", Size: 5 << 20}))
	f.Add("u.a.b.c.-5")
	f.Add("9223372036854775808")
	f.Fuzz(func(t *testing.T, key string) {
		n := usageOf(key)
		require.True(t, n == 0 || n >= leastUsage && n <= core.MaxMediaBytes)
	})
}

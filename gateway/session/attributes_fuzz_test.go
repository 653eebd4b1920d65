package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// FuzzRewrite: whatever is kept and whatever is written, what is kept then is within the
// limits and can be changed again.
func FuzzRewrite(f *testing.F) {
	list := &wire.AttributeList{Attribute: []*wire.Attribute{{Key: "a", Value: "1"}, {Key: "b", Value: "2", Writer: "bob", WrittenMs: 7}}}
	kept, err := list.MarshalVT()
	require.NoError(f, err)
	for op := range wire.AttributeWrite_CLEAR + 1 {
		w, err := (&wire.AttributeWrite{Op: op, Attribute: list.Attribute}).MarshalVT()
		require.NoError(f, err)
		f.Add(kept, w)
		f.Add([]byte{}, w)
	}
	f.Fuzz(func(t *testing.T, former, write []byte) {
		var w wire.AttributeWrite
		if w.UnmarshalVT(write) != nil || checkWrite(&w) != nil {
			return
		}
		list, value, refusal, err := rewrite(former, &w, stamp{"ada", time.Unix(1, 0)}, core.MaxUserAttributesBytes)
		if err != nil {
			return // what is kept can't be read, or too much would be
		}
		require.Nil(t, refusal)
		require.Nil(t, checkAttributes(list.Attribute, core.MaxUserAttributesBytes))
		for _, a := range w.Attribute {
			here := chosen(list.Attribute, []string{a.Key})
			if w.Op == wire.AttributeWrite_DELETE {
				require.Empty(t, here)
			} else if w.Op != wire.AttributeWrite_CLEAR {
				require.NotEmpty(t, here)
			}
		}
		again, _, _, err := rewrite(value, &wire.AttributeWrite{Op: wire.AttributeWrite_DELETE, Attribute: []*wire.Attribute{{Key: "none such, as it is far too long"}}}, stamp{}, core.MaxUserAttributesBytes)
		require.NoError(t, err)
		require.Len(t, again.Attribute, len(list.Attribute))
	})
}

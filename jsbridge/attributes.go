//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

func (c *client) writeAttributes(args []value) {
	w := &wire.AttributeWrite{Op: wire.AttributeWrite_Op(toNumber(args[0])), Channel: toString(args[1])}
	flat := toStrings(args[2])
	for i := 0; i+1 < len(flat); i += 2 {
		w.Attribute = append(w.Attribute, &core.Attribute{Key: flat[i], Value: flat[i+1]})
	}
	w.Notify = toBool(args[3])
	c.WriteAttributes(w, errorOnly(args[4]))
}

func (c *client) readAttributes(args []value) {
	r := &wire.AttributeRead{Uid: toString(args[0]), Channel: toString(args[1]), Key: toStrings(args[2])}
	c.ReadAttributes(r, func(list []*core.Attribute, err *core.Error) { settle(args[3], err, fromAttributes(list)) })
}

// fromAttributes returns attributes as a FlatAttributes (bridge.ts).
func fromAttributes(list []*core.Attribute) []any {
	var flat []any
	for _, a := range list {
		flat = append(flat, a.Key, a.Value, a.Writer, float64(a.WrittenMs))
	}
	return flat
}

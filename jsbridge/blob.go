//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// blob is a page's Blob. The bytes stay with the browser.
type blob struct{ v value }

var _ core.Blob = blob{}

// Size implements core.Blob.
func (b blob) Size() int64 { return int64(getNumber(b.v, "size")) }

// Slice implements core.Blob.
func (b blob) Slice(from, to int64) core.Blob {
	v, err := b.v.Call("slice", float64(from), float64(to))
	if err != nil {
		panic(err) // a Blob has no reason to refuse
	}
	return blob{v}
}

// Read implements core.Blob.
func (b blob) Read(from, to int64, done func([]byte, error)) {
	buffer, err := b.Slice(from, to).(blob).v.Call("arrayBuffer")
	if err != nil {
		panic(err)
	}
	await(buffer, func(buffer value, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		done(toBytes(construct("Uint8Array", buffer)), nil)
	})
}

// await calls then with the outcome of a promise.
func await(promise value, then func(value, error)) {
	var c callbacks
	settled := func(v value, err error) {
		c.release()
		then(v, err)
	}
	fulfilled := c.add(func(v value) { settled(v, nil) })
	rejected := c.add(func(reason value) { settled(value{}, thrown{reason}) })
	if _, err := promise.Call("then", fulfilled, rejected); err != nil {
		panic(err)
	}
}

// thrown is a value that JavaScript threw or rejected with. It crosses back as it is.
type thrown struct{ v value }

func (t thrown) Error() string { return getString(t.v, "message") }

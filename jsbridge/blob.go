//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// blob is a Blob of the page. Its bytes stay in the browser.
type blob struct {
	v   value
	err error // why the page could not make the Blob; each use of the blob returns it
}

var _ core.Blob = blob{}

// newBlob makes a Blob of parts, which are Blobs or Uint8Arrays.
func newBlob(parts []any, mime string) blob {
	v, err := construct("Blob", parts, map[string]any{"type": mime})
	return blob{v, err}
}

// Size implements core.Blob.
func (b blob) Size() int64 { return int64(getNumber(b.v, "size")) }

// Slice implements core.Blob.
func (b blob) Slice(from, to int64) core.Blob {
	if b.err != nil {
		return b
	}
	v, err := call(b.v, "slice", float64(from), float64(to))
	return blob{v, err}
}

// Read implements core.Blob. It calls readBlob of blob.ts.
func (b blob) Read(from, to int64, done func([]byte, error)) {
	part := b.Slice(from, to).(blob)
	buffer, err := part.v, part.err
	if err == nil {
		buffer, err = callGlobal("readBlob", part.v)
	}
	await(buffer, err, func(buffer value, err error) {
		var bytes []byte
		if err == nil {
			bytes, err = bufferBytes(buffer)
		}
		done(bytes, err)
	})
}

// await calls then with the outcome of promise when it settles. If err is not nil, there is
// no promise: await calls then with err in a later task.
func await(promise value, err error, then func(value, error)) {
	var c callbacks
	settled := func(v value, err error) {
		c.release()
		then(v, err)
	}
	if err == nil {
		fulfilled := c.add(func(v value) { settled(v, nil) })
		rejected := c.add(func(reason value) { settled(value{}, thrown{reason}) })
		_, err = call(promise, "then", fulfilled, rejected)
	}
	if err != nil {
		c.release()
		later(func() { then(value{}, err) })
	}
}

// later calls f in a task of its own. If setTimeout fails, it calls f at once.
func later(f func()) {
	var c callbacks
	run := func() {
		c.release()
		f()
	}
	if _, err := callGlobal("setTimeout", c.add(func(value) { run() })); err != nil {
		run()
	}
}

// thrown is a value that JavaScript threw, or with which it rejected a promise. An error of
// the façade gets the same value as its cause.
type thrown struct{ v value }

func (t thrown) Error() string { return getString(t.v, "message") }

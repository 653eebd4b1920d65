//go:build js && wasm

package jsbridge

import (
	"cmp"
	"time"

	"github.com/hack-pad/safejs"

	"rtmwasm/core"
)

// prepareLimit is how long the preparation of a picture may take. It ends the preparation on
// pages that never answer.
const prepareLimit = 30 * time.Second

// maxPreparing is how many pictures are prepared at a time. A decoded photo takes about 50 MB.
const maxPreparing = 2

// preparer prepares pictures. JavaScript draws the thumbnail and the placeholder
// (entry-pictures.ts), and the core removes the metadata.
type preparer struct {
	h       *host
	url     value // of the script that draws
	running int
	waiting []*preparation
}

// preparation is the preparation of one picture.
type preparation struct {
	callbacks
	p      *preparer
	file   blob
	wishes []any // for JavaScript: Wishes of prepare.ts
	strip  bool
	done   value // of the façade
	signal value // of the application, or undefined
	heard  callbacks
	stop   func() // of the time limit
	over   bool

	worker  value  // undefined while there is none
	why     string // the browser's reason why the worker does not draw
	onAbort value  // the listener of signal
}

// prepare implements prepare of Core in bridge.ts.
func (p *preparer) prepare(file, options, textBytes, done value) {
	strip, thumbnail, signal := get(options, "stripMetadata"), get(options, "thumbnail"), get(options, "signal")
	r := &preparation{p: p, file: blob{v: file}, strip: !isSet(strip) || toBool(strip), done: done, signal: signal}
	r.wishes = []any{file, get(options, "maxSide"), get(options, "quality"), r.strip, !isSet(thumbnail) || toBool(thumbnail), textBytes}
	if isSet(signal) {
		canceled := func(value) {
			r.fail(core.Interrupted, core.UploadMediaErrInterrupted, "preparing the picture was canceled")
		}
		onAbort := r.heard.add(canceled)
		if _, err := call(signal, "addEventListener", "abort", onAbort); err != nil {
			r.fail(core.InvalidArgument, core.UploadMediaErrInvalidArgument, "signal must be an AbortSignal")
			return
		}
		r.onAbort = onAbort
		if toBool(get(signal, "aborted")) {
			canceled(value{})
		}
	}
	p.waiting = append(p.waiting, r)
	p.next()
}

// next starts waiting preparations, up to maxPreparing at a time.
func (p *preparer) next() {
	for p.running < maxPreparing && len(p.waiting) > 0 {
		r := p.waiting[0]
		p.waiting = p.waiting[1:]
		if r.over {
			continue
		}
		p.running++
		r.stop = p.h.AfterFunc(prepareLimit, func() {
			r.fail(core.Timeout, core.UploadMediaErrTimeout, "the picture could not be prepared within 30 s")
		})
		if err := r.inWorker(); err != nil {
			r.why = err.Error()
			r.onPage()
		}
	}
}

// end frees the resources of the preparation and reports its outcome.
func (r *preparation) end(err *core.Error, out any) {
	if r.over {
		return
	}
	r.over = true
	r.endWorker()
	if isSet(r.onAbort) {
		_, err := call(r.signal, "removeEventListener", "abort", r.onAbort)
		report(err)
	}
	r.heard.release()
	if r.stop != nil { // the preparation had started
		r.stop()
		r.p.running--
	}
	settle(r.done, err, out)
	r.p.next()
}

func (r *preparation) fail(class core.Class, code int, text string) {
	r.end(&core.Error{Class: class, Code: code, Text: text}, nil)
}

func (r *preparation) unable(text string) {
	r.fail(core.Unavailable, core.UploadMediaErrFailure, "the picture can't be prepared here: "+text)
}

// inWorker draws in a worker, so that the page is not blocked. That fails, now or later, if the
// page may not start a worker, or if workers have no canvas. Then the page itself draws.
func (r *preparation) inWorker() error {
	if err := r.p.makeURL(); err != nil {
		return err
	}
	worker, err := construct("Worker", r.p.url)
	if err != nil {
		return err
	}
	r.worker = worker
	err = set(worker,
		"onmessage", r.add(func(event value) { r.drawn(get(event, "data")) }),
		"onerror", r.add(func(event value) {
			_, err := call(event, "preventDefault") // keeps it from the error handlers of the page
			report(err)
			r.why = cmp.Or(toString(get(event, "message")), "it did not start")
			r.endWorker()
			r.onPage()
		}))
	if err == nil {
		_, err = call(worker, "postMessage", r.wishes)
	}
	if err != nil {
		r.endWorker()
	}
	return err
}

// makeURL makes the address of the script that draws, if there is none yet.
func (p *preparer) makeURL() error {
	if isSet(p.url) {
		return nil
	}
	program, err := construct("Blob", get(safejs.Global(), "pictures"), map[string]any{"type": "text/javascript"})
	if err == nil {
		p.url, err = call(get(safejs.Global(), "URL"), "createObjectURL", program)
	}
	return err
}

// endWorker ends the worker and frees its memory.
func (r *preparation) endWorker() {
	if isSet(r.worker) {
		report(set(r.worker, "onmessage", nil, "onerror", nil))
		_, err := call(r.worker, "terminate")
		report(err)
	}
	r.worker = value{}
	r.release()
}

// onPage draws in the page itself.
func (r *preparation) onPage() {
	if r.over {
		return
	}
	if err := r.p.makeURL(); err != nil {
		r.unable(err.Error())
		return
	}
	r.addScript(func() {
		r.unable("there is no worker with a canvas (" + r.why + "), and the Content-Security-Policy forbids the program of prepareImage: add blob: to its worker-src")
	})
}

// addScript runs the script on the page. The script sets `prepare` of its own element.
func (r *preparation) addScript(failed func()) {
	document := get(safejs.Global(), "document")
	script, err := call(document, "createElement", "script")
	if err == nil {
		err = set(script, "onerror", r.add(func(value) { failed() }), "onload", r.add(func(value) {
			answer, err := call(script, "prepare", r.wishes...)
			await(answer, err, func(answer value, err error) {
				if err != nil {
					r.unable(err.Error())
					return
				}
				r.drawn(answer)
			})
		}), "src", r.p.url)
	}
	if err == nil {
		_, err = call(get(document, "head"), "append", script)
	}
	if err == nil {
		_, err = call(script, "remove") // the script still runs
	}
	if err != nil {
		later(failed)
	}
}

// drawn handles the answer of entry-pictures.ts.
func (r *preparation) drawn(answer value) {
	out, err := answer.Index(0)
	if err != nil || !isSet(out) {
		text, _ := answer.Index(1)
		if code, _ := answer.Index(2); toNumber(code) == core.UploadMediaErrInvalidArgument {
			r.fail(core.InvalidArgument, core.UploadMediaErrInvalidArgument, toString(text))
		} else {
			r.unable(toString(text))
		}
		return
	}
	switch {
	case isSet(get(out, "payload")):
		r.end(nil, out)
	case !r.strip:
		r.finish(out, r.file)
	default:
		core.StripMetadata(r.p.h, r.file, func(b core.Blob, err error) {
			if err != nil {
				r.end(&core.Error{Class: core.Unavailable, Code: core.UploadMediaErrFailure, Text: "the file can't be read; was it moved or changed?", Cause: err}, nil)
				return
			}
			r.finish(out, b.(blob))
		})
	}
}

// finish sets the payload of the result, and ends the preparation.
func (r *preparation) finish(out value, payload blob) {
	err := payload.err
	if err == nil {
		err = set(out, "payload", payload.v)
	}
	if err != nil {
		r.unable(err.Error())
		return
	}
	r.end(nil, out)
}

package native

import (
	"context"

	"rtmwasm/core"
)

// Await makes a call of a client inside Do, waits until the call's completion function runs, and
// returns the arguments of that function:
//
//	up, err := native.Await(ctx, h, func(done func(*core.Uploaded, *core.Error)) {
//		c.Upload(h.Bytes(picture), core.UploadParams{Image: true}, progress, done)
//	})
//
// The error is a *core.Error. If ctx ends first, Await returns the error of ctx, and the call
// goes on. Do not call Await inside Do.
func Await[T any](ctx context.Context, h *Host, begin func(done func(T, *core.Error))) (T, error) {
	type result struct {
		value T
		err   *core.Error
	}
	came := make(chan result, 1)
	h.Do(func() {
		begin(func(value T, err *core.Error) { came <- result{value, err} })
	})
	var none T
	select {
	case r := <-came:
		if r.err != nil { // a nil *core.Error would be an error
			return none, r.err
		}
		return r.value, nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// Done is Await for calls whose only result is an error:
//
//	err := native.Done(ctx, h, func(done func(*core.Error)) { c.Login("bot", "", done) })
func Done(ctx context.Context, h *Host, begin func(done func(*core.Error))) error {
	_, err := Await(ctx, h, func(done func(struct{}, *core.Error)) {
		begin(func(err *core.Error) { done(struct{}{}, err) })
	})
	return err
}

package media

import (
	"context"
	"errors"
	"time"
)

// Run calls Sweep every SweepInterval until ctx ends. Several gateways may do so at the same time.
func (h *Handler) Run(ctx context.Context) {
	tick := time.NewTicker(h.config.SweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := h.Sweep(ctx); err != nil && ctx.Err() == nil {
				h.config.Logger.ErrorContext(ctx, "media: sweep", "error", err)
			}
		}
	}
}

// Sweep removes unfinished uploads that did not change for IdleLimit, and the rest of uploads that a gateway could
// not remove before it died. It returns how many it removed. It also removes expired files.
func (h *Handler) Sweep(ctx context.Context) (removed int, err error) {
	refs, err := h.store.Unfinished(ctx, "")
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, ref := range refs {
		info, err := h.store.Info(ctx, ref.App, ref.Key)
		if err == nil && !info.Finished() && info.Session == ref.Session && time.Since(info.Touched) < h.config.IdleLimit {
			continue
		}
		if err == nil || errors.Is(err, ErrNotFound) {
			err = h.abandon(ctx, ref)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		removed++
	}
	errs = append(errs, h.store.Sweep(ctx, time.Now().Add(-h.config.IdleLimit)))
	return removed, errors.Join(errs...)
}

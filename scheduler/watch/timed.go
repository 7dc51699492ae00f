package watch

import (
	"context"
	"log/slog"
	"time"
)

// Timed is what waits for an instant: a release that takes effect, an approval
// that was not given in time.
type Timed interface {
	// Elapse does all that is due at now, and says when there is something again;
	// zero for nothing.
	Elapse(ctx context.Context, now time.Time) (next time.Time, err error)
	// Timed is closed when that may have changed. It is asked for before Elapse.
	Timed() <-chan struct{}
}

const (
	// looksAgain is how long it trusts its timer: the clock may be set.
	looksAgain = 30 * time.Second
	// triesAgain is when it tries again after a failure.
	triesAgain = time.Second
)

// RunTimed lets everything come when its time has come, until ctx ends. What became
// due while nobody ran is done first.
func RunTimed(ctx context.Context, t Timed, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("component", "watch")
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := t.Timed()
		now := time.Now()
		next, err := t.Elapse(ctx, now)
		wait := looksAgain
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("let what is due take effect", "error", err)
			wait = triesAgain
		case !next.IsZero():
			wait = min(wait, max(0, next.Round(0).Sub(now.Round(0))))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-timer.C:
		}
	}
}

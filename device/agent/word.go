package agent

import (
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
)

// word remembers when the centre last spoke. What was signed says when that
// was, not when it came: whoever holds the broker can send old words again, and
// cannot make them young.
type word struct {
	air *airtime.Clock
	at  atomic.Int64 // unix ns, 0 for never
}

// signed notes something that the centre signed at an instant of its own clock,
// which may be ahead.
func (w *word) signed(at time.Time) {
	if now := w.air.Now(); w.air.Trusted() && at.After(now) {
		at = now
	}
	w.note(at)
}

// answered notes an answer to a nonce, signed at an instant of the centre's clock:
// it is of now, whatever that clock shows.
func (w *word) answered(at time.Time) {
	if w.air.Trusted() {
		at = w.air.Now()
	}
	w.note(at)
}

func (w *word) note(at time.Time) {
	for ns := at.UnixNano(); ; {
		old := w.at.Load()
		if ns <= old || w.at.CompareAndSwap(old, ns) {
			return
		}
	}
}

// latest is when the centre last spoke as it is known at now; 0 for never.
func (w *word) latest(now time.Time) int64 { return min(w.at.Load(), now.UnixNano()) }

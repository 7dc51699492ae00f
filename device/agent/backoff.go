package agent

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before attempt n, counted from 0, between nothing
// and a bound that doubles from first up to most ("full jitter"): when a
// valley's power returns its units do not come all at once. chance is 0 to 1.
func backoff(n int, first, most time.Duration, chance float64) time.Duration {
	bound := most
	if n < 30 && first<<n < most {
		bound = first << n
	}
	return time.Duration(chance * float64(bound))
}

func jitter(n int, first, most time.Duration) time.Duration {
	return backoff(n, first, most, rand.Float64())
}

// sleep waits; it is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// poke puts a value into a channel of one place, or leaves the one there.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

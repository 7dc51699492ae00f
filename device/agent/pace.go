package agent

import (
	"context"
	"time"
)

const (
	// spreadShare is how many bytes a second one unit asks of the centre while a
	// file is spread over a county: a thousand of them fill 130 Mbit/s.
	spreadShare = 16 << 10
	// spreadMost is the longest that a file waits for its turn, spreadNow the
	// longest when it is needed already.
	spreadMost = time.Hour
	spreadNow  = 10 * time.Second
)

// spread is over how long the units of a county begin to fetch a file of so many
// bytes that is needed in until: the longer the bigger it is, but never more
// than a quarter of the time that is left. Of a file that is needed now it is a
// small part of the time that its transfer takes anyway.
func spread(size int64, until time.Duration) time.Duration {
	whole := time.Duration(float64(size) / spreadShare * float64(time.Second))
	return min(whole, spreadMost, max(until/4, min(whole/20, spreadNow)))
}

// turn is when a file's turn comes, drawn when it was first wanted.
type turn struct {
	from   time.Time
	chance float64
}

// at is the instant of the turn for a file that is needed in until, from now.
func (t turn) at(size int64, now time.Time, until time.Duration) time.Time {
	return t.from.Add(time.Duration(t.chance * float64(spread(size, until+now.Sub(t.from)))))
}

// pace keeps a download to a rate.
type pace struct{ next time.Time }

// wait waits until n more bytes are within kbit/s. What was not used is not
// saved up.
func (p *pace) wait(ctx context.Context, n, kbit int) error {
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	pause := p.next.Sub(now)
	p.next = p.next.Add(time.Duration(n) * 8 * time.Millisecond / time.Duration(kbit))
	if pause > 0 && !sleep(ctx, pause) {
		return context.Cause(ctx)
	}
	return nil
}

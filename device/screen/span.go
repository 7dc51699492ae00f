package screen

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Span is one text of the plan, on the screen from At until before Until.
type Span struct {
	// ID names the span in Shown. Two spans of one plan may have the same ID.
	ID string
	// At and Until are instants of air time. A span whose Until is not after
	// its At is never shown.
	At, Until time.Time
	Text      wire.Text
	// Level colours warnings; it may be empty.
	Level wire.Level
}

// holds tells whether the span is on at the instant.
func (s Span) holds(at time.Time) bool { return !at.Before(s.At) && at.Before(s.Until) }

// same tells whether two spans are one and the same showing, perhaps with
// another end: what is on the panel goes on without a jump.
func (s Span) same(o Span) bool {
	return s.ID == o.ID && s.At.Equal(o.At) && s.Text == o.Text && s.Level == o.Level
}

// Shown is one contiguous stretch in which a span really was on the panel.
type Shown struct {
	ID string
	// From is when its first frame was handed to the panel, To when the panel
	// got something else; both air time.
	From, To time.Time
	// Err is why the panel took nothing in this stretch; nil if it was shown.
	Err error
}

// plan is a list of spans in the order of their starts.
type plan []Span

func newPlan(spans []Span) plan {
	p := make(plan, 0, len(spans))
	for _, s := range spans {
		if s.Until.After(s.At) {
			p = append(p, s)
		}
	}
	slices.SortStableFunc(p, func(a, b Span) int { return a.At.Compare(b.At) })
	return p
}

// at finds the span that is on at the instant, the latest started where several
// overlap, and the next instant after it at which that may change. The zero
// time means that nothing more is planned.
func (p plan) at(now time.Time) (on Span, ok bool, next time.Time) {
	for _, s := range p {
		if s.At.After(now) {
			if next.IsZero() || s.At.Before(next) {
				next = s.At
			}
			break
		}
		if s.holds(now) {
			on, ok = s, true
			if next.IsZero() || s.Until.Before(next) {
				next = s.Until
			}
		}
	}
	return on, ok, next
}

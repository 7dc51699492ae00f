package scheduler

import (
	"slices"
	"time"
)

// Span is a stretch of time, from From until before To.
type Span struct{ From, To time.Time }

// Uptime is what is known of a unit's time in a period. Each moment counts once.
type Uptime struct {
	Span
	// Up is time in which the centre heard it, and it had no outage.
	Up time.Duration
	// Proven is time in which it was not heard, or nobody listened, and of which
	// it has proved since that it played.
	Proven time.Duration
	// Off is time in which the unit itself says that it was off.
	Off time.Duration
	// Unreachable and Silent are outages.
	Unreachable, Silent time.Duration
	// NotWatched is time of which nobody knows: the centre was off, asleep or
	// cut off. Paused is time under work. Neither counts for or against the unit.
	NotWatched, Paused time.Duration
	// Before is time in which the unit was not installed.
	Before time.Duration
}

// Known is the time of which something is known that counts.
func (u Uptime) Known() time.Duration {
	return u.Up + u.Proven + u.Off + u.Unreachable + u.Silent
}

// Percent is how much of the known time the unit was up, rounded down; −1 if
// nothing is known.
func (u Uptime) Percent() int {
	if u.Known() <= 0 {
		return -1
	}
	return int(100 * (u.Up + u.Proven) / u.Known())
}

// Record is what is on record of a unit for a period.
type Record struct {
	Installed  time.Time
	Paused     []Span
	Silent     []Span
	Off        []Span // said by the unit
	Played     []Span // proved by the unit
	Lost       []Span // unreachable
	NotWatched []Span
}

// UptimeOf sorts a period by what is known of it. What the unit itself proved
// goes before what the centre concluded from silence.
func UptimeOf(period Span, r Record) Uptime {
	u := Uptime{Span: period}
	layers := []struct {
		spans []Span
		sum   *time.Duration
	}{
		{[]Span{{period.From, r.Installed}}, &u.Before},
		{r.Paused, &u.Paused}, {r.Silent, &u.Silent}, {r.Off, &u.Off}, {r.Played, &u.Proven},
		{r.Lost, &u.Unreachable}, {r.NotWatched, &u.NotWatched},
	}
	left := []Span{period}
	for i, l := range layers {
		if i == 4 { // what was played while it was heard is simply up
			unheard := join(append(slices.Clone(r.Lost), r.NotWatched...))
			l.spans = common(l.spans, unheard)
		}
		before := length(left)
		left = without(left, join(l.spans))
		*l.sum = before - length(left)
	}
	u.Up = length(left)
	return u
}

// join sorts spans and puts those together that touch.
func join(spans []Span) []Span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	var out []Span
	for _, s := range spans {
		switch n := len(out); {
		case !s.To.After(s.From):
		case n > 0 && !s.From.After(out[n-1].To):
			out[n-1].To = latest(out[n-1].To, s.To)
		default:
			out = append(out, s)
		}
	}
	return out
}

// without is what is left of spans when others are taken out; both are joined.
func without(spans, others []Span) (out []Span) {
	for _, s := range spans {
		for _, o := range others {
			if !o.To.After(s.From) || !o.From.Before(s.To) {
				continue
			}
			if o.From.After(s.From) {
				out = append(out, Span{s.From, o.From})
			}
			s.From = o.To
		}
		if s.To.After(s.From) {
			out = append(out, s)
		}
	}
	return out
}

// common is what two lists of spans have in common.
func common(a, b []Span) []Span {
	a = join(a)
	return without(a, without(a, join(b)))
}

func length(spans []Span) (d time.Duration) {
	for _, s := range spans {
		d += s.To.Sub(s.From)
	}
	return d
}

// Between are the gaps that spans leave in a period.
func Between(period Span, spans []Span) []Span { return without([]Span{period}, join(spans)) }

package timetable

import (
	"cmp"
	"slices"
	"sync"

	"github.com/villagecast/villagecast/device/wire"
)

// arrival is an occurrence of a programme.
type arrival struct {
	p *prog
	occurrence
}

// stepDays is how many civil days a step of a unit asks for: it looks minutes
// ahead, and back for windows that are still open.
const stepDays = 4

// calendar remembers what begins in the days that were asked for last. A unit
// asks for the same ones at every step, all day.
type calendar struct {
	mu          sync.Mutex
	first, last int64
	list        []arrival // by their start
}

// arrivals lists everything that begins before end and may matter from start on.
func (t *Table) arrivals(z *zone, start, end int64) []arrival {
	first := floorDiv(z.civil(start), daySeconds) - 2
	last := floorDiv(z.civil(end), daySeconds)
	var out []arrival
	for _, a := range t.begin(z, first, last) {
		if a.start < end && (a.start >= start || a.p.loop() && a.end > start) && a.end > a.start {
			out = append(out, a)
		}
	}
	return out
}

// begin is all that begins in some civil days. The list must not be changed.
func (t *Table) begin(z *zone, first, last int64) []arrival {
	if last-first >= stepDays {
		return t.all(z, first, last)
	}
	c := &t.days
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil || c.first != first || c.last != last {
		c.first, c.last, c.list = first, last, t.all(z, first, last)
	}
	return c.list
}

func (t *Table) all(z *zone, first, last int64) []arrival {
	out := []arrival{}
	var list []occurrence
	for _, p := range t.progs {
		if p.rule == nil {
			continue
		}
		list = list[:0]
		lo, hi := first, last
		if p.rule.kind == wire.RuleOnce {
			day := floorDiv(p.rule.once, daySeconds)
			lo, hi = max(lo, day), min(hi, day)
		}
		for day := lo; day <= hi; day++ {
			list = p.rule.occurrences(z, day, list)
		}
		for _, o := range list {
			out = append(out, arrival{p, o})
		}
	}
	slices.SortStableFunc(out, func(a, b arrival) int { return cmp.Compare(a.start, b.start) })
	return out
}

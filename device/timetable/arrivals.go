package timetable

import (
	"cmp"
	"slices"

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

// calendar is what begins in some civil days, by its start.
type calendar struct {
	first, last int64
	list        []arrival
}

// arrivals lists everything that begins before end and may matter from start on.
func (t *Table) arrivals(z *zone, start, end int64) []arrival {
	list := t.begin(z, start, end)
	at := func(instant int64) int {
		i, _ := slices.BinarySearchFunc(list, instant, func(a arrival, t int64) int { return cmp.Compare(a.start, t) })
		return i
	}
	var out []arrival
	for _, a := range list[:at(start)] {
		if a.p.loop() && a.end > start {
			out = append(out, a)
		}
	}
	return append(out, list[at(start):at(end)]...)
}

// begin is all that begins in the days from start to end, and perhaps more. The list
// must not be changed. What a step asks for is remembered: a unit asks for the same
// days all day.
func (t *Table) begin(z *zone, start, end int64) []arrival {
	first, last := daysOf(z, start, end)
	if c := t.days.Load(); c != nil && c.first <= first && last <= c.last {
		return c.list
	}
	c := t.calendar(z, start, end)
	if last-first < stepDays {
		t.days.Store(c)
	}
	return c.list
}

// daysOf are the civil days in which begins what may matter from start to end.
func daysOf(z *zone, start, end int64) (first, last int64) {
	return floorDiv(z.civil(start), daySeconds) - 2, floorDiv(z.civil(end), daySeconds)
}

func (t *Table) calendar(z *zone, start, end int64) *calendar {
	first, last := daysOf(z, start, end)
	var found []arrival
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
			if o.end > o.start {
				found = append(found, arrival{p, o})
			}
		}
	}
	return &calendar{first, last, byStart(found)}
}

// byStart sorts arrivals, those of one instant as they stand. Their places are
// sorted instead of them: these are small, and nothing for the garbage collector.
func byStart(list []arrival) []arrival {
	type place struct {
		start int64
		i     int
	}
	places := make([]place, len(list))
	for i, a := range list {
		places[i] = place{a.start, i}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.start, b.start), a.i-b.i) })
	out := make([]arrival, len(list))
	for i, p := range places {
		out[i] = list[p.i]
	}
	return out
}

package timetable

import (
	"math"

	"github.com/villagecast/villagecast/device/wire"
)

// closing is one reason for silence by the clock: quiet hours, dark hours, or an
// exception.
type closing struct {
	window window // of each day, in civil seconds
	daily  bool   // the window counts; else life alone
	life   span   // instants outside which it does not hold
	loud   map[wire.Level]bool
	why    Reason
}

var always = span{math.MinInt64, never}

// class tells which closings bind a content: 0 for routine, 1 to 4 for warnings of
// blue to red.
func class(l wire.Level) int {
	if !l.Warning() {
		return 0
	}
	return l.Rank() - wire.LevelBlue.Rank() + 1
}

const classes = 5

// closings are those of an output by class. Of screens a warning heeds none:
// it shows at once.
func closings(o wire.Output, list []closing) (by [classes][]closing) {
	by[0] = list
	if o != wire.OutputSound {
		return by
	}
	for _, l := range []wire.Level{wire.LevelBlue, wire.LevelYellow, wire.LevelOrange, wire.LevelRed} {
		for _, c := range list {
			if !c.loud[l] {
				by[class(l)] = append(by[class(l)], c)
			}
		}
	}
	return by
}

// hours are the closings of one output and class, as instants. It remembers
// its last answer, so it belongs to one goroutine.
type hours struct {
	z       *zone
	list    []closing
	asked   int64
	current quiet
}

// quiet is one interval of silence, and why.
type quiet struct {
	span
	why *Reason
}

func newHours(z *zone, list []closing) *hours {
	return &hours{z: z, list: list, asked: never, current: quiet{span: span{never, never}}}
}

// next is, among the intervals that end after x, the one that begins first; it
// holds x if it began before. Its reason is nil where there is none to come.
func (h *hours) next(x int64) quiet {
	if len(h.list) == 0 {
		return quiet{span: span{never, never}}
	}
	if x >= h.asked && x < h.current.to {
		return h.current
	}
	h.asked, h.current = x, quiet{span: span{never, never}}
	note := func(s span, c *closing) {
		s.from, s.to = max(s.from, c.life.from), min(s.to, c.life.to)
		if s.to > x && s.to > s.from && s.from < h.current.from {
			h.current = quiet{s, &c.why}
		}
	}
	day := floorDiv(h.z.civil(x), daySeconds)
	for i := range h.list {
		c := &h.list[i]
		if !c.daily {
			note(c.life, c)
			continue
		}
		first, last := day-2, day+2
		if c.life.from > x && c.life.from < never { // it has yet to begin
			first = max(first, floorDiv(h.z.civil(c.life.from), daySeconds)-2)
			last = first + 4
		}
		for d := first; d <= last; d++ {
			note(span{h.z.instant(d*daySeconds + c.window.from), h.z.instant(d*daySeconds + c.window.to)}, c)
		}
	}
	return h.current
}

// mutedUntil tells whether x is inside a mute and where that ends.
func (t *Table) mutedUntil(x int64) (int64, bool) {
	until := int64(0)
	for _, m := range t.mutes {
		if m.from <= x && x < m.to {
			until = max(until, m.to)
		}
	}
	return until, until > 0
}

// nextMute is the first beginning of a mute after x.
func (t *Table) nextMute(x int64) int64 {
	for _, m := range t.mutes { // sorted by from
		if m.from > x {
			return m.from
		}
	}
	return never
}

// quiet is the closing of the content's class that holds now or comes next.
func (s *sim) quiet(p *prog) quiet { return s.hours[p.class].next(s.now) }

// silentAt is the instant from which a programme is silent if the centre says
// nothing more.
func (s *sim) silentAt(p *prog) int64 {
	if p.silent == 0 || s.heard == 0 {
		return never
	}
	return s.heard + p.silent
}

// suppressed is what silences a job now, other than the order. It ends never where
// only the centre can end it; its reason is nil where there is none.
func (s *sim) suppressed(p *prog) quiet {
	if !p.interrupt {
		if u, ok := s.t.mutedUntil(s.now); ok {
			return quiet{span{s.now, u}, &Reason{Code: EndMute}}
		}
		if s.silentAt(p) <= s.now {
			return quiet{span{s.now, never}, &Reason{Code: EndSilent, Hours: int(p.silent / hour)}}
		}
	}
	if q := s.quiet(p); q.from <= s.now {
		return q
	}
	return quiet{}
}

// hush puts a loop aside that only the centre's next word can begin again.
func (s *sim) hush(j *job, why Reason) {
	if j.Phase == phaseClock && j.Due == never && j.Miss.Code == why.Code {
		return
	}
	s.flush(j)
	s.fresh(j, s.now)
	j.Phase, j.Due, j.MissFrom, j.Miss = phaseClock, never, s.now, why
}

// unhush lets a loop begin again once the centre has spoken.
func (s *sim) unhush(j *job) {
	if j.Miss.Code == EndSilent && j.Phase == phaseClock && j.Due == never && s.silentAt(j.p) > s.now {
		s.fresh(j, s.now)
	}
}

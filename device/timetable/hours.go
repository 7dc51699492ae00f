package timetable

// hours are the quiet or dark hours of one output, as instants. It remembers
// its last answer, so it belongs to one goroutine.
type hours struct {
	z       *zone
	list    []window
	asked   int64
	current span
}

func newHours(z *zone, list []window) *hours {
	return &hours{z: z, list: list, asked: never, current: span{never, never}}
}

// next is, among the intervals that end after x, the one that begins first; it
// holds x if it began before. There is always a next one, or none at all.
func (h *hours) next(x int64) span {
	if len(h.list) == 0 {
		return span{never, never}
	}
	if x >= h.asked && x < h.current.to {
		return h.current
	}
	h.asked, h.current = x, span{never, never}
	day := floorDiv(h.z.civil(x), daySeconds)
	for d := day - 2; d <= day+2; d++ {
		for _, w := range h.list {
			s := span{h.z.instant(d*daySeconds + w.from), h.z.instant(d*daySeconds + w.to)}
			if s.to > x && s.to > s.from && s.from < h.current.from {
				h.current = s
			}
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

// suppressed tells whether something other than the order silences the job now,
// why, and until when.
func (s *sim) suppressed(p *prog) (code string, until int64, yes bool) {
	if !p.interrupt {
		if u, ok := s.t.mutedUntil(s.now); ok {
			return EndMute, u, true
		}
	}
	if p.loud {
		return "", 0, false
	}
	if q := s.hours.next(s.now); q.from <= s.now {
		return s.quietCode(), q.to, true
	}
	return "", 0, false
}

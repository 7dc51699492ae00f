package timetabletest

import "github.com/villagecast/villagecast/device/wire"

// loop is one opening of a loop's window.
type loop struct {
	sim  *sim
	c    *content
	open window
	tp   tape
	done bool
	// lost are the rounds of the grid that play no further.
	lost map[int64]bool

	// For a loop that resumes: the round it is in, −1 for none, where position
	// 0 of that round was, and where it waits.
	round   int64
	due     int64 // when that round was due: on the grid, or after the one before
	zero    int64
	waiting bool
	stopped int64
	held    int64 // the last second in which it had the output
	aired   int64 // how many seconds of that round it had it
	later   int64 // before which no round begins
}

func newLoop(s *sim, c *content, w window) *loop {
	return &loop{sim: s, c: c, open: window{w.from, min(w.to, c.sched.valid.to)}, tp: tapeOf(c), lost: map[int64]bool{}, round: -1}
}

func (l *loop) of() *content { return l.c }
func (l *loop) over() bool   { return l.done }

func (l *loop) cycle() int64 { return l.tp.length + l.tp.pause }

// now is the round of the grid at t and the position in it.
func (l *loop) now(t int64) (round, x int64) {
	return (t - l.open.from) / l.cycle(), (t - l.open.from) % l.cycle()
}

func (l *loop) scheduled() int64 { return l.due }

// begins tells whether a round may begin at t.
func (l *loop) begins(t int64) bool {
	return t >= l.c.sched.valid.from && l.sim.fits(l.c, t, l.tp.length, l.tp.length, l.open.to) == ""
}

func (l *loop) wants(t int64) bool {
	if t >= l.open.to {
		l.done = true
	}
	if l.done {
		return false
	}
	if l.sim.closed(l.c, t) != "" {
		n, _ := l.now(t)
		l.lost[n] = true
		l.round, l.waiting = -1, false
		return false
	}
	if l.c.programme.OnCut == wire.CutResume {
		return l.wantsFromWhereItStopped(t)
	}
	n, x := l.now(t)
	l.round = n
	start := l.open.from + n*l.cycle()
	l.due = start
	if start < l.sim.w.from || l.lost[n] || !l.begins(start) {
		return false
	}
	if x >= l.tp.length && (l.held != t-1 || !l.begins(start+l.cycle())) {
		return false
	}
	return l.tp.holds(l.sim.out, x)
}

func (l *loop) wantsFromWhereItStopped(t int64) bool {
	if l.round < 0 {
		n, x := l.now(t)
		if x != 0 || t < l.later || l.lost[n] || !l.begins(t) {
			return false
		}
		l.round, l.zero, l.due, l.aired = n, t, t, 0
	}
	x := t - l.zero
	if l.waiting {
		x = l.stopped
	}
	if x == l.cycle() {
		l.round, l.zero, l.due, l.aired, x = l.round+1, t, t, 0, 0
	}
	// What is played twice counts twice.
	if most := int64(l.c.programme.MaxPlay); most > 0 && l.aired >= most && x < l.tp.length && !l.waiting {
		l.round, l.later = -1, l.zero+l.cycle()
		return false
	}
	// What was cut within its first two seconds, or blocked at its first item for
	// this output, begins again.
	from := x
	if l.waiting {
		from = l.tp.back(l.sim.out, x)
	}
	if (from == 0 || l.waiting && from <= l.tp.lead(l.sim.out)) && !l.begins(t-from) {
		l.round, l.waiting = -1, false
		return false
	}
	if x >= l.tp.length && (l.held != t-1 || !l.begins(l.zero+l.cycle())) {
		return false
	}
	return l.tp.holds(l.sim.out, x)
}

func (l *loop) takes(t int64) Slot {
	p := &l.c.programme
	_, x := l.now(t)
	if p.OnCut == wire.CutResume {
		if l.waiting {
			l.zero, l.waiting = t-l.tp.back(l.sim.out, l.stopped), false
		}
		x = t - l.zero
	}
	l.held = t
	l.aired++
	_, item, offset := l.tp.at(x)
	return Slot{Programme: p.ID, Version: p.Version, Round: l.scheduled(), Item: item, Offset: offset}
}

func (l *loop) loses(t int64) {
	switch l.c.programme.OnCut {
	case wire.CutSkip:
		l.lost[l.round] = true
	case wire.CutResume:
		if !l.waiting && t-l.zero < l.tp.length {
			l.waiting, l.stopped = true, t-l.zero
		}
	}
}

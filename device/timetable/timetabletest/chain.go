package timetabletest

import "github.com/villagecast/villagecast/device/wire"

// chain is a chain of rounds of an at, once or every rule, or an interrupt's.
type chain struct {
	sim    *sim
	c      *content
	start  int64 // scheduled
	end    int64 // what ends it: the window, the validity, the interrupt's own end
	due    int64 // when the wait that is going on began
	rounds int   // 0: without end (interrupts only)

	begun   bool  // something of it has played
	running bool  // its tape moves: position = t − zero
	zero    int64 // when position 0 was, or would have been
	stopped int64 // position at which it waits, when not running
	cut     bool  // it waits after a cut, not at the start of a round
	done    bool
	held    int64 // the last second in which it had the output
	aired   int64
}

func (c *chain) of() *content { return c.c }
func (c *chain) over() bool   { return c.done }

func (c *chain) scheduled() int64 {
	x := c.stopped
	if c.running {
		x = 0 // who runs is compared as a chain, not by its rounds
	}
	t := tapeOf(c.c)
	if t.pause > 60 {
		return c.start + x/(t.length+t.pause)*(t.length+t.pause)
	}
	return c.start
}

func (c *chain) drop(t int64, why string) {
	if c.done {
		return
	}
	c.done = true
	if !c.begun && !c.c.interrupt {
		c.sim.skips = append(c.sim.skips, Skip{c.sim.out, c.c.programme.ID, c.c.programme.Version, c.start, t, why})
	}
}

func (c *chain) position(t int64) int64 {
	if c.running {
		return t - c.zero
	}
	return c.stopped
}

func (c *chain) wants(t int64) bool {
	if c.done {
		return false
	}
	tp, p := tapeOf(c.c), &c.c.programme
	if !c.begun && !c.running { // the tape runs from its scheduled start where nothing has to be waited for
		if t == c.due {
			c.running, c.zero = true, t
		}
	}
	if why := c.ended(t); why != "" {
		c.drop(t, why)
		return false
	}
	if c.cut && p.OnCut == wire.CutRejoin {
		c.stopped = t - c.zero
	}
	x := c.position(t)
	if c.rounds > 0 && x >= tp.total(c.rounds) {
		c.done = true
		return false
	}
	if c.c.interrupt && c.sim.closed(c.c, t) != "" {
		c.holdBack(tp, t)
		return false
	}
	if (!c.running || c.cut) && !c.c.interrupt && t > c.due+int64(p.Grace) {
		c.drop(t, "waited too long")
		return false
	}
	_, item, _ := tp.at(x)
	if !tp.holds(c.sim.out, x) || item < 0 && c.held != t-1 {
		if c.cut && (item >= 0 || tp.pause > 60) { // rejoin: the clock has come to free time
			c.cut, c.running = false, true
		}
		return false
	}
	if !c.c.interrupt && c.atStart(t) {
		if why := c.cannotBegin(tp, t, x); why != "" {
			c.drop(t, why)
			return false
		}
	}
	return true
}

// atStart tells whether it asks for a round's first item at t, not cut but coming
// from time in which it did not have the output.
func (c *chain) atStart(t int64) bool {
	tp := tapeOf(c.c)
	return !c.begun || !c.cut && c.held != t-1 && c.position(t)%(tp.length+tp.pause) == tp.lead(c.sim.out)
}

func (c *chain) cannotBegin(tp tape, t, x int64) string {
	rest := tp.length - x%(tp.length+tp.pause)
	length, kept := rest, rest
	if !c.begun {
		length, kept = tp.total(c.rounds)-x, tp.kept(c.rounds)
	}
	return c.sim.fits(c.c, t, length, kept, c.end)
}

func (c *chain) ended(t int64) string {
	if t >= c.end {
		return "its end"
	}
	p := &c.c.programme
	if !c.c.interrupt {
		if c.begun && p.MaxPlay > 0 && c.aired >= int64(p.MaxPlay) {
			return "maximum play time"
		}
		if c.running && !c.cut && c.free(t) {
			return "" // on this output it is not there yet
		}
		return c.sim.closed(c.c, t)
	}
	return ""
}

// free tells whether it leaves the output to others at t, being on its way.
func (c *chain) free(t int64) bool {
	tp, x := tapeOf(c.c), t-c.zero
	_, item, _ := tp.at(x)
	return !tp.holds(c.sim.out, x) || item < 0 && c.held != t-1
}

// holdBack stops a warning that must not sound at t: the round that it is in
// begins again afterwards, after a pause the next.
func (c *chain) holdBack(tp tape, t int64) {
	x := c.position(t)
	if !c.running || !tp.holds(c.sim.out, x) {
		return
	}
	round, item, _ := tp.at(x)
	if item < 0 {
		round++
	}
	c.running, c.stopped = false, round*(tp.length+tp.pause)+tp.lead(c.sim.out)
}

func (c *chain) takes(t int64) Slot {
	p, tp := &c.c.programme, tapeOf(c.c)
	if !c.running || c.cut {
		x := c.stopped
		if c.cut && p.OnCut == wire.CutResume {
			x = tp.back(c.sim.out, x)
		}
		c.zero, c.running, c.cut = t-x, true, false
	}
	c.begun = true
	c.held = t
	round, item, offset := tp.at(t - c.zero)
	c.aired++
	s := Slot{Programme: p.ID, Version: p.Version, Round: c.start + round*(tp.length+tp.pause), Item: item, Offset: offset}
	if c.c.interrupt {
		s.Interrupt, s.Programme = p.ID, ""
		s.Round = c.zero + round*(tp.length+tp.pause)
	}
	return s
}

func (c *chain) loses(t int64) {
	p, tp := &c.c.programme, tapeOf(c.c)
	x := c.position(t)
	if c.cut || !c.running {
		return // it goes on waiting
	}
	if _, item, _ := tp.at(x); item < 0 {
		return // the pause is lost, not the next round
	}
	c.due, c.stopped = t, x
	if c.atStart(t) {
		c.running = false
		if p.OnBlock == wire.BlockSkip {
			c.drop(t, "blocked at its start")
		}
		return
	}
	if p.OnCut == wire.CutSkip {
		c.done = true
		return
	}
	c.cut, c.running = true, false
}

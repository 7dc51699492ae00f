package timetable

import (
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

// resumeBack is how much earlier a resumed programme goes on.
const resumeBack = 2 * wire.Rate

// job is a JobState with its programme and its content on one output.
type job struct {
	JobState
	p *prog
	b *body
}

// at is the instant of a position, posAt the position at an instant.
func (j *job) at(pos int64) int64 {
	if pos == never {
		return never
	}
	return j.Zero + nsOf(pos)
}

func (j *job) posAt(ns int64) int64 { return framesIn(ns - j.Zero) }

// posFrom is the first position not before the instant.
func (j *job) posFrom(ns int64) int64 {
	pos := max(j.posAt(ns), 0)
	if j.at(pos) < ns {
		pos++
	}
	return pos
}

// roundID is the scheduled start of a round.
func (j *job) roundID(round int64) int64 { return j.plan(nil).roundID(round) }

func (j *job) plan(t *Table) plan {
	return plan{t: t, p: j.p, b: j.b, zero: j.Zero, start: j.Start, first: j.First, firstID: j.FirstID, index: -1}
}

// current is the round in question: that on air, or the one that it would begin
// or go on with at now.
func (j *job) current(now int64) int64 {
	pos := j.Pos
	switch j.Phase {
	case phaseAir:
		pos = j.posAt(now)
	case phaseGap, phaseClock:
		pos = j.posAt(max(now, j.Due))
	}
	round, _ := j.b.at(pos)
	return round
}

// before tells whether a goes before b in the order; b may be on air.
func (s *sim) before(a, b *job) bool {
	if b == s.hold && b.p.tail && a.p.id == b.p.id {
		return false // the new version takes over after the item
	}
	if a.p.rank != b.p.rank {
		return a.p.rank > b.p.rank
	}
	if b == s.hold {
		return false
	}
	if x, y := a.roundID(a.current(s.now)), b.roundID(b.current(s.now)); x != y {
		return x < y
	}
	if c := strings.Compare(a.p.id, b.p.id); c != 0 {
		return c < 0
	}
	return a.Start < b.Start
}

// wants tells whether the job would take the output now.
func (s *sim) wants(j *job) bool {
	if j.Phase == phaseAir || j.Phase == phaseDone || j.Due > s.now || len(j.b.runs) == 0 {
		return false
	}
	if j.p.interrupt && j.End <= s.now {
		return false // its end is not part of its life
	}
	if j.Phase == phaseClock && j.Due < s.now {
		s.clock(j)
	}
	return j.Due <= s.now
}

// clock finds when a job that goes by the clock next wants the output.
func (s *sim) clock(j *job) {
	if j.p.loop() {
		j.Zero = j.Start
		j.Due, _ = s.grid(j, s.now, j.p.onCut == wire.CutRejoin)
		return
	}
	pos := j.posFrom(s.now)
	from, _, ok := j.b.occupied(pos)
	if !ok {
		j.Due, j.Deadline = never, s.now
		return
	}
	j.Due = j.at(max(from, pos))
}

// rounding is how far two ways to compute one instant may differ, in ns.
const rounding = 2

// grid finds the first instant from t on at which an undisturbed loop would
// be on air, at the start of a round unless mid is set, and its position.
func (s *sim) grid(j *job, t int64, mid bool) (int64, int64) {
	b := j.b
	if len(b.runs) == 0 || j.p.maxPlay > 0 && b.length > j.p.maxPlay {
		return never, 0
	}
	on := job{JobState: JobState{Zero: j.Start}}
	for pos := on.posFrom(t - rounding); ; {
		from, _, _ := b.occupied(pos)
		join := max(from, pos)
		round, _ := b.at(join)
		start := on.at(round * b.period)
		end := on.at(round*b.period + b.length)
		q := s.hours[0].next(start)
		switch {
		case end > j.End:
			return never, 0
		case start < j.Min:
			pos = roundFrom(&on, b, j.Min)
		case q.from < end:
			pos = roundFrom(&on, b, q.to)
		case !mid && join > round*b.period+b.runs[0].from:
			pos = (round + 1) * b.period
		default:
			return on.at(join), join
		}
	}
}

// roundFrom is the position of the first round that starts at t or later.
func roundFrom(on *job, b *body, t int64) int64 {
	return (on.posFrom(t) + b.period - 1) / b.period * b.period
}

// fresh puts a loop back on its grid, taking no round that starts before from.
func (s *sim) fresh(j *job, from int64) {
	j.Min = max(j.Min, from)
	j.Zero, j.Played, j.Began, j.Deadline = j.Start, 0, false, never
	resume := j.p.onCut == wire.CutResume
	due, pos := s.grid(j, s.now, j.p.onCut != wire.CutSkip)
	j.Phase, j.Due = phaseClock, due
	if j.MissFrom == 0 && due < never {
		j.MissFrom, j.Miss = due, Reason{} // what keeps it off the air then is not known yet
	}
	if resume && due < never {
		round, _ := j.b.at(pos)
		j.Phase, j.Pos = phaseCut, round*j.b.period+j.b.runs[0].from
		j.First, j.FirstID = round, j.Start+nsOf(round*j.b.period)
	}
}

// lastRound is the last round of the loop, as it runs now, that ends by limit.
func (j *job) lastRound(limit int64) int64 {
	if limit >= never {
		return never
	}
	r := floorDiv(j.posAt(limit)-j.b.length, j.b.period)
	for j.at(r*j.b.period+j.b.length) > limit {
		r--
	}
	return r
}

// setEnds computes when the job on air will end.
func (s *sim) setEnds(j *job) {
	pos := j.posAt(s.now)
	if j.at(pos) > s.now { // half a frame before its end it has not ended
		pos--
	}
	round, _ := j.b.at(pos)
	_, to, _ := j.b.occupied(pos)
	if j.p.loop() {
		last := max(j.lastRound(s.limit(j)), round)
		if j.adrift() {
			last = round
		}
		if last < never {
			to = min(to, last*j.b.period+j.b.length)
		}
	}
	j.NatEnd, j.Hard, j.HardWhy = j.at(to), j.End, j.EndWhy
	if j.p.maxPlay == 0 {
		return
	}
	if most := j.AirPos + j.p.maxPlay - j.Played; !j.p.loop() || j.Played > 0 && most < j.First*j.b.period+j.b.length {
		if m := j.at(most); m < j.Hard {
			j.Hard, j.HardWhy = m, EndMaxPlay
		}
	}
}

// adrift tells whether a loop is off its grid, where it should not be: an item
// came or went while it was on air. It goes back after the round.
func (j *job) adrift() bool {
	return j.p.loop() && j.p.onCut != wire.CutResume && j.Zero != j.Start
}

// limit is when window, validity or quiet hours next end what runs.
func (s *sim) limit(j *job) int64 {
	return min(j.End, s.quiet(j.p).from)
}

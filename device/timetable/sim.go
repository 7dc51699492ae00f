package timetable

import (
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// sim runs one output from event to event.
type sim struct {
	t        *Table
	out      wire.Output
	hours    [classes]*hours
	now, end int64
	heard    int64 // when the centre last spoke, 0 if that does not matter
	on       int64 // the instant before which the unit was off
	seen     int64 // rounds due before it are known
	doubt    int64 // the instant from which the unit was on without knowing the time, 0 for never
	arrivals []arrival
	jobs     []*job
	spare    []*job // those that are over, for the next to come
	next     int64  // when something happens again
	hold     *job   // on air
	open     int    // the place in tl of what hold is on air as
	tl       *Timeline
	record   bool
}

func (s *sim) off() bool { return s.now < s.on }

// offReason is why nothing could play before the Run.
func (s *sim) offReason() Reason {
	code := EndOff
	if s.doubt != 0 && s.now >= s.doubt {
		code = EndClock
	}
	return Reason{Code: code, By: code}
}

// turn does what is to be done now, and finds when that is next.
func (s *sim) turn() {
	s.finish()
	s.arrive()
	s.suppress()
	s.replace()
	s.settle()
	s.expire()
	s.next = s.nextEvent()
}

// leave is the end of the Run.
func (s *sim) leave() {
	s.now = s.end
	if s.hold != nil {
		s.closeStretch(wire.OutcomeGoesOn, Reason{Code: EndGoesOn}, "")
	}
}

// each is a walk over the jobs, during which that at hand may go.
func (s *sim) each(yield func(*job) bool) {
	for i := 0; i < len(s.jobs); {
		j := s.jobs[i]
		if !yield(j) {
			return
		}
		if i < len(s.jobs) && s.jobs[i] == j {
			i++
		}
	}
}

// finish ends what is on air at its own end or at its limit.
func (s *sim) finish() {
	j := s.hold
	if j == nil {
		return
	}
	if s.off() {
		s.cut(nil)
		return
	}
	if j.NatEnd <= s.now {
		s.finished(j)
	} else if j.Hard <= s.now {
		s.stop(j, j.HardWhy)
	}
}

// finished is the natural end of what is on air.
func (s *sim) finished(j *job) {
	pos := j.posAt(j.NatEnd)
	next, _, ok := j.b.occupied(pos)
	round, _ := j.b.at(next)
	switch {
	case len(j.b.runs) == 0 && !j.p.tail: // its last recording was lost while it played
		s.closeStretch(wire.OutcomeStopped, Reason{Code: EndMissing}, "")
		s.interrupted(j, pos, Reason{Code: EndMissing})
	case !ok || j.p.tail:
		s.closeStretch(wire.OutcomeEnded, Reason{Code: EndDone}, "")
		s.over(j)
	case j.p.loop() && round > j.lastRound(s.limit(j)):
		why, limit := Reason{Code: j.EndWhy, To: j.p.why.To}, j.End
		if q := s.quiet(j.p); q.from < limit {
			why, limit = *q.why, q.from
		}
		s.closeStretch(wire.OutcomeEnded, why, "")
		s.fresh(j, limit)
	case j.adrift():
		s.closeStretch(wire.OutcomeEnded, Reason{Code: EndPause}, "")
		s.fresh(j, j.Min)
	default:
		s.closeStretch(wire.OutcomeEnded, Reason{Code: EndPause}, "")
		j.Phase, j.Due = phaseGap, j.at(next)
	}
}

// stop ends what is on air at a limit.
func (s *sim) stop(j *job, why string) {
	s.closeStretch(wire.OutcomeStopped, Reason{Code: why, To: j.p.why.To}, "")
	switch {
	case j.p.loop() && why == EndMaxPlay:
		round, _ := j.b.at(j.posAt(s.now))
		s.fresh(j, min(j.End, j.at((round+1)*j.b.period)))
	case j.p.interrupt, j.p.loop(), j.p.tail:
		s.over(j)
	default:
		j.Pos = j.posAt(s.now)
		s.drop(j, Reason{Code: why, To: j.p.why.To})
	}
}

// over removes a job; an interrupt is remembered while it lives.
func (s *sim) over(j *job) {
	if j.p.interrupt && s.now < j.End {
		j.Phase, j.Due, j.Deadline = phaseDone, never, never
		return
	}
	if i := slices.Index(s.jobs, j); i >= 0 {
		s.jobs = slices.Delete(s.jobs, i, i+1)
		s.spare = append(s.spare, j)
	}
}

func (s *sim) add(p *prog, b *body, o occurrence) *job {
	if len(s.spare) == 0 {
		s.spare = append(s.spare, new(job))
	}
	last := len(s.spare) - 1
	j := s.spare[last]
	s.spare = s.spare[:last]
	*j = job{p: p, b: b, JobState: JobState{ID: p.id, Version: p.version, Interrupt: p.interrupt,
		Start: o.start, End: o.end, EndWhy: o.why, Phase: phaseGap, Zero: o.start, Deadline: never}}
	s.jobs = append(s.jobs, j)
	return j
}

// arrive makes jobs of what begins now.
func (s *sim) arrive() {
	for ; len(s.arrivals) > 0 && s.arrivals[0].start <= s.now; s.arrivals = s.arrivals[1:] {
		a := s.arrivals[0]
		b := a.p.bodies[s.out]
		if b == nil || a.end <= s.now {
			continue
		}
		if a.p.loop() {
			if !s.has(a.p, a.start) {
				j := s.add(a.p, b, a.occurrence)
				j.MissFrom, j.Miss = max(s.now, a.p.since), Reason{Code: EndBlocked}
				if len(b.runs) == 0 {
					j.Miss.Code = EndMissing
				}
				s.fresh(j, max(a.start, a.p.since))
			}
			continue
		}
		if a.start < s.seen {
			continue
		}
		j := s.add(a.p, b, a.occurrence)
		j.Due = j.at(b.lead())
	}
}

// suppress applies quiet hours, dark hours and mutes.
func (s *sim) suppress() {
	for j := range s.each {
		q := s.suppressed(j.p)
		if q.why == nil || j.Phase == phaseDone {
			continue
		}
		why, until := *q.why, q.to
		air := j.Phase == phaseAir
		if air {
			j.Pos = j.posAt(s.now)
			s.closeStretch(wire.OutcomeStopped, why, why.By)
		}
		switch {
		case j.p.tail:
			s.over(j)
		case j.p.interrupt:
			if j.Due < until || air {
				if air || j.Due <= s.now {
					s.skip(j, j.Start, j.Start, 1, why)
					s.restart(j, until)
				}
			}
		case j.p.loop() && until == never:
			s.hush(j, why)
		case j.p.loop():
			if air || j.Min < until {
				s.flush(j)
				s.fresh(j, until)
				j.MissFrom, j.Miss = s.now, why
			}
		case air || j.Phase != phaseGap || j.Due <= s.now:
			if j.Phase == phaseGap || j.Phase == phaseClock {
				j.Pos = j.posAt(j.Due)
			}
			s.drop(j, why)
		}
	}
}

// restart makes an interrupt begin its round again at due; one that is in a pause
// begins the next.
func (s *sim) restart(j *job, due int64) {
	round := j.current(s.now)
	if j.Phase == phaseAir {
		if next, _, ok := j.b.occupied(j.posAt(s.now)); ok {
			round, _ = j.b.at(next)
		}
	}
	j.Pos = round*j.b.period + j.b.lead()
	j.Phase, j.Due, j.Deadline = phaseCut, due, never
}

// replace drops waiting rounds whose programme's next is due.
func (s *sim) replace() {
	for i := 0; i < len(s.jobs); i++ {
		j := s.jobs[i]
		if j.Phase != phaseGap || j.Due > s.now || j.p.interrupt || j.p.loop() || !j.b.first(j.posAt(j.Due)) {
			continue
		}
		for old := s.waiting(j.p); old != nil; old = s.waiting(j.p) {
			why := Reason{Code: EndReplaced}
			if off := s.offReason(); s.off() && off.Code == EndClock {
				why = off // that is why it waited
			}
			s.drop(old, why)
		}
		i = slices.Index(s.jobs, j)
	}
}

// waiting is a round of the programme that waits to begin, nil if none does.
func (s *sim) waiting(p *prog) *job {
	i := slices.IndexFunc(s.jobs, func(j *job) bool { return j.p == p && j.Phase == phaseWait })
	if i < 0 {
		return nil
	}
	return s.jobs[i]
}

// settle gives the output to the highest that wants it.
func (s *sim) settle() {
	for !s.off() {
		best := s.hold
		for _, j := range s.jobs {
			if j == s.hold || s.hold != nil && j.p.rank <= s.hold.p.rank || !s.wants(j) {
				continue
			}
			if best == nil || s.before(j, best) {
				best = j
			}
		}
		if best == s.hold {
			break
		}
		if !s.admit(best) {
			continue
		}
		if s.hold != nil {
			s.cut(best)
		}
		s.begin(best)
		break
	}
	for j := range s.each {
		if j.Phase != phaseAir && j.Phase != phaseDone {
			s.kept(j)
		}
	}
}

// admit looks whether a round or chain may begin now; if not, it is skipped.
func (s *sim) admit(j *job) bool {
	if j.p.interrupt || j.p.tail || j.Phase == phaseClock {
		return true
	}
	pos, zero := j.Pos, s.now-nsOf(j.Pos)
	if j.Phase == phaseGap {
		pos, zero = j.posAt(j.Due), j.Zero
	}
	if !j.b.first(pos) || j.Phase == phaseCut && !j.p.loop() {
		return true
	}
	round, _ := j.b.at(pos)
	last := round*j.b.period + j.b.length
	if !j.p.loop() && round == 0 {
		last = j.b.total()
		if j.p.maxPlay > 0 && j.b.sounding() > j.p.maxPlay {
			return s.refuse(j, pos, Reason{Code: EndMaxPlay, To: j.p.why.To}, never)
		}
	}
	end := zero + nsOf(last)
	if end > j.End {
		return s.refuse(j, pos, Reason{Code: j.EndWhy, To: j.p.why.To}, j.End)
	}
	if q := s.quiet(j.p); q.from < end {
		return s.refuse(j, pos, *q.why, q.from)
	}
	return true
}

func (s *sim) refuse(j *job, pos int64, why Reason, limit int64) bool {
	if j.p.loop() {
		s.fresh(j, limit)
		return false
	}
	j.Pos = pos
	s.drop(j, why)
	return false
}

// nextEvent is the next instant at which anything can change.
func (s *sim) nextEvent() int64 {
	next := never
	note := func(t int64) {
		if t > s.now && t < next {
			next = t
		}
	}
	if s.off() {
		note(s.on)
		note(s.doubt) // what is missed from then on is missed for another reason
	}
	if len(s.arrivals) > 0 {
		note(s.arrivals[0].start)
	}
	for i, h := range s.hours {
		if i == 0 || s.t.warned[i] {
			q := h.next(s.now)
			note(q.from)
			note(q.to)
		}
	}
	if len(s.t.mutes) > 0 {
		note(s.t.nextMute(s.now))
		if u, ok := s.t.mutedUntil(s.now); ok {
			note(u)
		}
	}
	for _, j := range s.jobs {
		note(j.End)
		note(s.silentAt(j.p))
		if j.Phase == phaseAir {
			note(j.NatEnd)
			note(j.Hard)
			continue
		}
		note(j.Deadline)
		if j.Phase == phaseGap || j.MissFrom != 0 || s.hold == nil || j.p.rank > s.hold.p.rank {
			note(j.Due)
		}
	}
	return next
}

package timetable

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// begin puts a job on air.
func (s *sim) begin(j *job) {
	why := j.p.why
	by := Reason{By: j.Miss.By, ByTitle: j.Miss.ByTitle}
	switch j.Phase {
	case phaseGap:
	case phaseClock:
		if j.p.loop() {
			j.Zero = j.Start
		}
		if by.By != "" && j.Began && j.p.onCut != wire.CutSkip {
			why = Reason{Code: WhyRejoined, By: by.By, ByTitle: by.ByTitle}
		}
	default:
		j.Zero = s.now - nsOf(j.Pos)
		round, _ := j.b.at(j.Pos)
		switch {
		case j.p.interrupt:
			j.First, j.FirstID = round, j.at(round*j.b.period)
		case by.By != "" && j.Phase == phaseCut && j.Began:
			why = Reason{Code: WhyResumed, By: by.By, ByTitle: by.ByTitle}
		case j.Miss.Code == EndMissing && j.Phase == phaseWait:
			why = Reason{Code: WhyArrived, Late: time.Duration(s.now - j.roundID(round))}
		case by.By != "" && j.Phase == phaseWait:
			why = Reason{Code: WhyLate, By: by.By, ByTitle: by.ByTitle, Late: time.Duration(s.now - j.roundID(round))}
		}
	}
	if j.p.onCut == wire.CutResume && delays(j.Miss.Code) {
		j.MissFrom = 0 // its rounds begin later, none is lost
	}
	s.flush(j)
	j.AirPos = j.posAt(s.now)
	if j.p.loop() && j.b.first(j.AirPos) {
		j.Played = 0 // the maximum play time counts each round of a loop
	}
	if round, _ := j.b.at(j.AirPos); j.Phase == phaseClock && j.p.loop() {
		j.First, j.FirstID, j.Played = round, j.at(round*j.b.period), 0
	}
	j.Phase, j.Began, j.Deadline, j.Why, j.Miss = phaseAir, true, never, why, Reason{}
	s.hold = j
	s.setEnds(j)
	s.openStretch(j, false)
	if !j.p.tail {
		s.lacks(j, j.current(s.now), 0)
	}
}

func (s *sim) openStretch(j *job, continues bool) {
	if !s.record {
		return
	}
	st := Stretch{Output: s.out, From: s.t.time(s.now), Title: j.p.title, Level: j.p.level, Reason: j.Why, Continues: continues}
	if j.p.interrupt {
		st.Interrupt = j.p.id
	} else {
		st.Programme, st.Version = j.p.id, j.p.version
	}
	st.plan = j.plan(s.t)
	if j.p.tail {
		st.plan.index = j.Item
	}
	s.open = len(s.tl.Stretches)
	s.tl.Stretches = append(s.tl.Stretches, st)
}

// closeStretch ends what is on air; except when it goes on in the next Run,
// the output is free then.
func (s *sim) closeStretch(outcome string, why Reason, by string) {
	j := s.hold
	if s.record {
		st := &s.tl.Stretches[s.open]
		st.To, st.End, st.EndReason, st.By = s.t.time(s.now), outcome, why, by
	}
	if outcome == wire.OutcomeGoesOn {
		return
	}
	s.hold = nil
	if j.b == nil || j.p.tail {
		return
	}
	pos := j.posAt(s.now)
	begun := j.AirPos
	round, in := j.b.at(pos)
	s.lacked(j, round, in)
	j.Lack = ""
	if j.p.loop() {
		if round != j.First {
			j.Played, begun = 0, pos-in
		}
	}
	j.Played += max(pos-begun, 0)
}

// cut takes the output from what is on air, for by, or because the unit was
// off (nil). In a pause nothing is lost: the next round is on schedule.
func (s *sim) cut(by *job) {
	j := s.hold
	why, outcome := s.offReason(), wire.OutcomeUnknown
	if why.Code == EndClock {
		outcome = wire.OutcomeStopped
	}
	if by != nil {
		why, outcome = Reason{Code: EndCut, By: by.p.id, ByTitle: by.p.title}, wire.OutcomeCut
	}
	id := why.By
	if by == nil {
		id = ""
	}
	pos := j.posAt(s.now)
	s.closeStretch(outcome, why, id)
	if j.p.tail {
		s.over(j)
		return
	}
	next, _, ok := j.b.occupied(pos)
	if !ok {
		if len(j.b.runs) == 0 { // its last recording was lost as well
			s.interrupted(j, pos, why)
			return
		}
		s.over(j)
		return
	}
	if next > pos {
		if j.Phase, j.Due = phaseGap, j.at(next); j.adrift() {
			s.fresh(j, j.Min)
		}
		return
	}
	s.interrupted(j, pos, why)
}

// interrupted decides what becomes of a job that loses the output, or does not
// get it, in the middle of a round; of a loop at a round's start too.
func (s *sim) interrupted(j *job, pos int64, why Reason) {
	round, _ := j.b.at(pos)
	if j.p.interrupt {
		j.Pos = round*j.b.period + j.b.lead()
		j.Phase, j.Due, j.Deadline, j.Miss = phaseCut, s.now, never, why
		return
	}
	id := j.roundID(round)
	j.Miss = why
	j.Deadline = never
	if !j.p.loop() {
		j.Deadline = s.now + j.p.grace
	}
	switch j.p.onCut {
	case wire.CutResume:
		j.Pos = pos
		if j.Began {
			j.Pos = max(pos-resumeBack, j.b.runStart(pos))
		}
		j.First, j.FirstID = round, id
		j.Phase, j.Due = phaseCut, s.now
	case wire.CutSkip:
		j.Pos = pos
		if !j.p.loop() {
			s.drop(j, why)
			return
		}
		j.MissFrom = s.now
		j.Phase, j.Due = phaseClock, s.now
		s.clock(j)
	default:
		j.MissFrom = s.now
		j.Phase, j.Due = phaseClock, s.now
		if j.p.loop() {
			return
		}
		j.Deadline = min(j.Deadline, j.at(j.b.total()))
	}
}

// blocked handles a job that wants the output and does not get it.
func (s *sim) blocked(j *job) {
	why := s.offReason()
	switch {
	case len(j.b.runs) == 0:
		why = Reason{Code: EndMissing}
	case s.hold != nil:
		why = Reason{Code: EndBlocked, By: s.hold.p.id, ByTitle: s.hold.p.title}
	}
	if j.Phase != phaseGap {
		s.still(j, why)
		return
	}
	pos := j.posAt(j.Due)
	if from, _, ok := j.b.occupied(pos); ok {
		pos = max(pos, from)
	}
	if len(j.b.runs) > 0 { // what is not on the unit may have been due before now
		s.lacks(j, j.current(s.now), 0)
	}
	switch {
	case j.p.interrupt || j.p.loop() || !j.b.first(pos):
		if why.Code == EndBlocked {
			why.Code = EndCut
		}
		s.interrupted(j, pos, why)
	case j.p.skipIfIn:
		j.Pos = pos
		s.drop(j, why)
	default:
		j.Phase, j.Pos, j.Miss = phaseWait, pos, why
		j.Deadline = s.now + j.p.grace
	}
}

// expire ends what has waited too long, or past its end.
func (s *sim) expire() {
	for j := range s.each {
		switch {
		case j.Phase == phaseAir:
		case j.Phase == phaseDone:
			if j.End <= s.now {
				s.over(j)
			}
		case j.p.loop():
			if j.End <= s.now {
				s.endLoop(j)
			}
		case j.p.interrupt:
			if j.End <= s.now {
				if !j.Began {
					s.skip(j, j.Start, j.Start, 1, Reason{Code: EndExpired})
				}
				s.over(j)
			}
		case j.Deadline <= s.now:
			why := j.Miss
			if j.Phase == phaseClock {
				j.Pos = max(j.posAt(j.MissFrom), 0)
			}
			s.drop(j, why)
		case j.End <= s.now:
			if j.Phase == phaseClock {
				j.Pos = max(j.posAt(j.MissFrom), 0)
			} else if j.Phase == phaseGap {
				j.Pos = j.posAt(j.Due)
			}
			s.drop(j, Reason{Code: j.EndWhy, To: j.p.why.To})
		}
	}
}

package timetable

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Run tells what happens in [from, to) if nothing else changes, and the State
// at to. It is deterministic, and splitting it changes nothing:
// Join(Run(a, b), Run(b, c)) is Run(a, c).
//
// Normally from is s.Time(). If it is later, the unit was off in between, or
// did not know the time (s.Doubt): what was on air counts as cut, what was due
// as blocked. If it is earlier, the
// clock was set back: what is on air goes on, and nothing that was due before
// s.Time() comes again.
func (t *Table) Run(s State, from, to time.Time) (Timeline, State) {
	return t.run(s, from, to, true)
}

// run is Run; without record it only moves the State.
func (t *Table) run(s State, from, to time.Time, record bool) (Timeline, State) {
	begin, end := from.UnixNano(), to.UnixNano()
	next := State{At: max(begin, end), Seen: max(s.Seen, s.At, begin, end), Heard: s.Heard}
	var tl Timeline
	if wasOff := s.At != 0 && s.At < begin; end < begin || end == begin && !wasOff {
		next.Outputs = s.Outputs
		next.At = begin
		return tl, next
	}
	start := begin
	if s.At != 0 && s.At < begin {
		start = s.At
	}
	z := newZone(t.loc)
	arrivals := t.arrivals(z, start, end)
	if record {
		tl.Stretches = make([]Stretch, 0, len(t.outputs)*(2*len(arrivals)+4))
	}
	sims := make([]*sim, 0, len(t.outputs))
	for _, o := range t.outputs {
		m := &sim{t: t, out: o, heard: s.Heard, now: start, on: begin, end: end,
			seen: max(s.Seen, s.At), doubt: s.Doubt, arrivals: arrivals, tl: &tl, record: record}
		for i, list := range t.quiet[o] {
			m.hours[i] = newHours(z, list)
		}
		m.load(s, begin)
		m.turn()
		sims = append(sims, m)
	}
	sideBySide(sims, end)
	for _, m := range sims {
		m.leave()
		next.Outputs = append(next.Outputs, m.save())
	}
	return tl, next
}

// sideBySide runs outputs from event to event until end, so that what they do
// comes in the order of time.
func sideBySide(sims []*sim, end int64) {
	for {
		now := end
		for _, m := range sims {
			now = min(now, m.next)
		}
		if now >= end {
			return
		}
		for _, m := range sims {
			if m.next == now {
				m.now = now
				m.turn()
			}
		}
	}
}

// Plan is Run without the State: what the next seconds will bring, as spans in
// the order of their instants.
func (t *Table) Plan(s State, from, to time.Time) []Span {
	tl, _ := t.Run(s, from, to)
	var out []Span
	for _, st := range tl.Stretches {
		out = append(out, st.Spans(from, to)...)
	}
	slices.SortStableFunc(out, func(a, b Span) int { return a.From.Compare(b.From) })
	return out
}

// load takes the jobs over from the State, and finds what is new.
func (s *sim) load(st State, begin int64) {
	for _, o := range st.Outputs {
		if o.Output != s.out {
			continue
		}
		for _, js := range o.Jobs {
			if back := begin - st.At; back < 0 {
				js = turnBack(js, back, s.t.byKey[key{js.ID, js.Version, js.Interrupt}], begin)
			}
			s.adopt(js)
		}
	}
	for _, p := range s.t.progs {
		// A warning whose audio is not here yet is no job: the Table that has it begins it.
		if b := p.bodies[s.out]; p.interrupt && b != nil && len(b.runs) > 0 && p.until > s.now && !s.has(p, p.from) {
			j := s.add(p, b, occurrence{p.from, p.until, EndExpired})
			j.Phase, j.Zero = phaseGap, max(p.from, s.now)
			j.Due = j.Zero + nsOf(b.runs[0].from)
		}
	}
}

func (s *sim) has(p *prog, start int64) bool {
	return slices.ContainsFunc(s.jobs, func(j *job) bool { return j.p == p && j.Start == start })
}

// turnBack moves a job with a clock that was set back, so that it goes on. A
// loop on its grid stays where the clock is.
func turnBack(js JobState, by int64, p *prog, now int64) JobState {
	if p != nil && p.loop() && js.Zero == js.Start {
		js.Due = min(js.Due, now)
		return js
	}
	js.Zero += by
	for _, v := range []*int64{&js.Due, &js.Deadline, &js.NatEnd, &js.MissFrom} {
		if *v != never && *v != 0 {
			*v += by
		}
	}
	return js
}

// adopt takes one job over, or ends it if its programme is gone.
func (s *sim) adopt(js JobState) {
	k := key{js.ID, js.Version, js.Interrupt}
	p := s.t.byKey[k]
	j := &job{JobState: js, p: p}
	if p != nil && p.bodies[s.out] != nil {
		j.b = p.bodies[s.out]
		switch {
		case js.Phase == phaseDone || js.Shape == j.b.shape:
		case js.Due == never && js.Phase != phaseAir && len(j.b.runs) > 0:
			s.revive(j)
		default:
			s.rebase(j)
		}
		s.jobs = append(s.jobs, j)
		s.unhush(j)
		if j.Phase == phaseAir {
			s.hold = j
			if j.NatEnd > s.now {
				s.setEnds(j)
			}
			s.openStretch(j, true)
		}
		return
	}
	s.orphan(j, k)
}

// revive puts a job on its way of which nothing was ready so far: a loop goes
// by its grid, a warning begins now.
func (s *sim) revive(j *job) {
	switch {
	case j.p.loop():
		s.fresh(j, j.Min)
	case j.p.interrupt:
		j.Phase, j.Zero = phaseGap, max(j.p.from, s.now)
		j.Due = j.at(j.b.runs[0].from)
	}
}

// rebase finds the job's place in content that is laid out anew.
func (s *sim) rebase(j *job) {
	pos := j.b.position(j.Round, j.Item, j.Offset)
	played := j.posAt(s.now) - j.AirPos
	switch j.Phase {
	case phaseAir:
		round, in := j.b.at(pos)
		s.lacked(j, round, in)
		if moved := j.posAt(s.now) - pos; moved != 0 { // not by the rounding of an instant
			j.Zero += nsOf(moved)
		}
		j.AirPos = pos - played
		s.keepName(j)
		s.lacks(j, j.Round, j.Item)
		j.NatEnd = never
		if from, _, ok := j.b.occupied(pos); !ok || from > pos && !j.b.wrap {
			j.NatEnd = s.now
		}
	case phaseWait, phaseCut:
		j.Pos = pos
		if j.Phase == phaseWait && j.Miss.Code == EndMissing {
			s.arrived(j, pos)
		}
	case phaseClock:
		if j.p.loop() {
			s.fresh(j, j.Min)
		}
	case phaseGap:
		due, in := j.b.at(j.posAt(j.Due))
		if now := j.posAt(s.now); now < due*j.b.period {
			in = 0 // its round is yet to come
		} else if due == j.Round { // between two items of a round
			if id := j.roundID(due); j.Lack != "" {
				s.note(s.lackOf(j, id, id, 1))
			}
			s.lacks(j, due, 0)
		}
		if from, _, ok := j.b.occupied(due*j.b.period + in); ok {
			j.Due = j.at(max(from, due*j.b.period+in))
		}
	}
}

// keepName lets the round on air keep its scheduled start when its content is
// laid out anew.
func (s *sim) keepName(j *job) {
	if j.Tail == nil || j.First == j.Round && j.FirstID != 0 {
		return
	}
	j.First, j.FirstID = j.Round, j.Tail.Round
	if j.p.loop() {
		j.Played, j.AirPos = 0, max(j.AirPos, j.Round*j.b.period)
	}
}

// arrived begins a chain that waited for its audio: at once, or when its first
// item for this output is due.
func (s *sim) arrived(j *job, pos int64) {
	round, _ := j.b.at(pos)
	j.Pos = round*j.b.period + j.b.lead()
	j.Zero = j.roundID(round) - nsOf(round*j.b.period)
	if due := j.at(j.Pos); due > s.now {
		j.Phase, j.Due, j.Deadline, j.Miss = phaseGap, due, never, Reason{}
	}
}

// orphan ends a job whose version is no longer in force. A superseded one on
// air finishes its item.
func (s *sim) orphan(j *job, k key) {
	code := EndWithdrawn
	newest, known := s.t.versions[k.id]
	switch {
	case s.t.barred[k]:
		code = EndBarred
	case s.t.locked[k]:
		code = EndLocked
	case k.interrupt:
		code = EndLifted
	case known && newest > k.version:
		code = EndSuperseded
	}
	t := j.Tail
	p := &prog{key: k, tail: true, grace: 0, onCut: wire.CutSkip, why: Reason{Code: WhyTail}, since: 0}
	if t != nil {
		p.title, p.level, p.rank, p.volume = t.Title, t.Level, t.Rank, t.Volume
	}
	j.p = p
	switch {
	case j.Phase == phaseDone, j.Phase == phaseGap && !j.Began && j.Due > s.now, j.Phase == phaseClock && !j.Began:
	case j.Phase == phaseAir && t != nil:
		j.b = newBody(s.out, []wire.Item{t.Item}, 1, 0, false, func(string) bool { return true })
		j.Zero, j.First, j.FirstID, j.Start = t.Began, 0, t.Round, t.Round
		j.AirPos, j.Played, j.Item = j.posAt(s.now), 0, t.Index
		s.hold = j
		if code == EndSuperseded {
			j.Why = p.why
		}
		if j.Lack != "" && j.Round > j.Told {
			s.note(s.lackOf(j, j.ToldNext, t.Round, j.Round-j.Told))
		}
		j.Lack = ""
		s.openStretch(j, true)
		if code == EndSuperseded && t.Index >= 0 && len(j.b.runs) > 0 {
			j.NatEnd, j.Hard, j.HardWhy = j.at(j.b.length), j.End, j.EndWhy
			s.jobs = append(s.jobs, j)
			return
		}
		s.closeStretch(wire.OutcomeStopped, Reason{Code: code}, "")
	default:
		s.note(s.skipOf(j, j.Start, j.Start, 1, Reason{Code: code}))
	}
}

// save turns the jobs into State.
func (s *sim) save() OutState {
	out := OutState{Output: s.out}
	for _, j := range s.jobs {
		js := j.JobState
		js.Tail = nil
		if !j.p.tail {
			pos := j.Pos
			if j.Phase == phaseAir || j.Phase == phaseGap || j.Phase == phaseClock {
				pos = max(j.posAt(s.end), 0)
			}
			js.Shape = j.b.shape
			js.Round, js.Item, js.Offset = j.b.itemAt(pos)
		}
		if !j.p.tail && j.Phase == phaseGap && len(j.b.missing) > 0 {
			js.Lack = j.lack(j.b.missing[0])
		}
		if js.ToldNext = 0; !j.p.tail && j.Lack != "" {
			js.ToldNext = j.roundID(j.Told + 1)
		}
		if j.Phase == phaseAir {
			js.Tail = s.tailOf(j)
		}
		out.Jobs = append(out.Jobs, js)
	}
	return out
}

func (s *sim) tailOf(j *job) *Tail {
	pos := j.posAt(s.end)
	round, item, offset := j.b.itemAt(pos)
	t := &Tail{Title: j.p.title, Level: j.p.level, Rank: j.p.rank, Volume: j.p.volume, Index: item,
		Began: j.at(pos - offset), Round: j.roundID(round)}
	if item >= 0 {
		t.Item = j.b.items[item]
	}
	if j.p.tail {
		t.Index = j.Item
	}
	return t
}

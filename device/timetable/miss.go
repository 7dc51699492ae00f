package timetable

import (
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// kindOf puts the reasons why something does not play together that are one for
// the account of what is missed.
func kindOf(code string) string {
	if code == EndBlocked {
		return EndCut
	}
	return code
}

// delays tells whether what resumes loses nothing by a reason: it only comes later.
func delays(code string) bool {
	switch code {
	case EndCut, EndBlocked, EndOff, EndClock:
		return true
	}
	return false
}

// kept accounts for a job that is not on air after all is settled.
func (s *sim) kept(j *job) {
	if code := j.Miss.Code; !s.off() && (code == EndOff || code == EndClock) {
		s.still(j, Reason{Code: EndCut, By: code}) // that is over
	}
	switch {
	case j.Due <= s.now:
		s.blocked(j)
	case len(j.b.runs) == 0 && j.Due == never && !s.off() && s.suppressed(j.p).why == nil:
		s.still(j, Reason{Code: EndMissing})
	}
}

// still notes why a job is kept off the air now. What it has missed so far for a
// reason of another kind is told by that one: rounds due while the unit was off
// are one thing, those due while it did not know the time another.
func (s *sim) still(j *job, why Reason) {
	same := kindOf(j.Miss.Code) == kindOf(why.Code) || j.p.onCut == wire.CutResume && delays(j.Miss.Code) && delays(why.Code)
	if j.MissFrom == 0 || same {
		if why.By != "" && (j.Miss.By == "" || j.MissFrom == s.now) {
			j.Miss.By, j.Miss.ByTitle = why.By, why.ByTitle
		}
		return
	}
	s.flush(j)
	why.Code = kindOf(why.Code)
	j.MissFrom, j.Miss = s.now, why
}

// lack is how an item that is not on the unit is called.
func (j *job) lack(item int) string {
	if title := j.b.items[item].Title; title != "" {
		return title
	}
	return j.p.title
}

// lacks tells of a job on air which item of round is not on the unit, of those
// from item on; those before have played, and all have where it is in a pause
// (−1). The rounds after that go without it as well, and lacked tells of them.
func (s *sim) lacks(j *job, round int64, item int) {
	before, gone := j.Lack, j.b.missing
	if j.Lack, j.Told = "", round; len(gone) == 0 {
		return
	}
	i := slices.IndexFunc(gone, func(n int) bool { return item >= 0 && n >= item })
	j.Lack = j.lack(gone[max(i, 0)])
	j.LackNew = j.Lack != before || j.LackNew
	if i >= 0 {
		id := j.roundID(round)
		s.note(s.lackOf(j, id, id, 1))
	}
}

// lacked tells of the rounds up to position in of round which item they went
// without, as far as that is not told.
func (s *sim) lacked(j *job, round, in int64) {
	if in <= j.b.lead() {
		round-- // nothing of it was on air
	}
	if j.Lack != "" && round > j.Told {
		s.note(s.lackOf(j, j.roundID(j.Told+1), j.roundID(round), round-j.Told))
	}
}

func (s *sim) lackOf(j *job, start, until, rounds int64) Skip {
	sk := s.skipOf(j, start, until, int(rounds), Reason{Code: EndItem, Item: j.Lack})
	sk.Known, j.LackNew = !j.LackNew, false
	return sk
}

// endLoop closes the accounts of a loop whose window is over.
func (s *sim) endLoop(j *job) {
	if j.Phase == phaseCut && j.Began {
		s.note(s.partOf(s.skipOf(j, j.FirstID, j.FirstID, 1, j.Miss)))
		j.MissFrom = 0
	}
	s.flush(j)
	s.over(j)
}

// drop skips what is left of a chain from Pos on and removes it.
func (s *sim) drop(j *job, why Reason) {
	round, _ := j.b.at(j.Pos)
	last := j.roundID(j.b.rounds - 1)
	sk := s.skipOf(j, j.roundID(round), last, int(j.b.rounds-round), why)
	rest := nsOf((j.b.rounds-1-round)*j.b.nominal + j.b.over)
	sk.To = s.t.time(max(last+nsOf(j.b.over), s.now+rest) + j.p.grace) // so late it would have been in time
	if !j.b.first(j.Pos) && j.Began {
		sk = s.partOf(sk)
	}
	s.note(sk)
	s.over(j)
}

// flush tells what a job has missed, by the clock, since MissFrom.
func (s *sim) flush(j *job) {
	from := j.MissFrom
	j.MissFrom = 0
	if from == 0 || from >= s.now {
		return
	}
	on := *j
	if j.p.loop() {
		on.Zero = j.Start
	}
	head, tail := j.b.lead(), j.b.over
	first := max(0, floorDiv(on.posAt(from)-tail, j.b.period)+1)
	last := floorDiv(on.posAt(s.now)-head-1, j.b.period)
	if j.p.loop() {
		last = min(last, on.lastRound(j.End))
		first = max(first, (on.posFrom(max(j.p.since, j.Start))+j.b.period-1)/j.b.period)
	} else {
		last = min(last, j.b.rounds-1)
	}
	if last < first {
		return
	}
	id := func(r int64) int64 {
		if j.p.loop() {
			return on.at(r * j.b.period)
		}
		return j.roundID(r)
	}
	sk := s.skipOf(j, id(first), id(last), int(last-first+1), j.Miss)
	sk.To = s.t.time(min(id(last)+nsOf(tail), s.now))
	if j.Began && on.at(first*j.b.period+head) < from {
		sk = s.partOf(sk)
	}
	s.note(sk)
}

func (s *sim) skip(j *job, start, until int64, rounds int, why Reason) {
	s.note(s.skipOf(j, start, until, rounds, why))
}

func (s *sim) note(sk Skip) {
	if !s.record {
		return
	}
	if s.tl.Skips == nil { // they are large: most rounds to come may cost one
		s.tl.Skips = make([]Skip, 0, 1+len(s.t.outputs)*len(s.arrivals))
	}
	s.tl.Skips = append(s.tl.Skips, sk)
}

func (s *sim) partOf(sk Skip) Skip { sk.Part = true; return sk }

func (s *sim) skipOf(j *job, start, until int64, rounds int, why Reason) Skip {
	sk := Skip{At: s.t.time(s.now), Output: s.out, Title: j.p.title, Start: s.t.time(start), Until: s.t.time(until), To: s.t.time(until),
		Rounds: rounds, Reason: why}
	if j.p.interrupt {
		sk.Interrupt = j.p.id
	} else {
		sk.Programme, sk.Version = j.p.id, j.p.version
	}
	return sk
}

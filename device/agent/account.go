package agent

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

const (
	// closeAfter is how long an as-run entry stays open at most, closeSoon how
	// long where the card takes no alive marks: the centre has what the mark
	// would have said.
	closeAfter = 15 * time.Minute
	closeSoon  = markEvery
	// settle is how long the output has for its last word on what has ended.
	settle = time.Second
	// screenSlack is how far a text may be off its instants and still be whole:
	// a panel shows pictures, not frames of sound.
	screenSlack = 100 * time.Millisecond
)

// entry is an as-run entry that is not written yet. The timetable says when it
// begins, ends and why; what it holds is only what the output took.
type entry struct {
	key   key
	from  time.Time // when the timetable put it on air
	run   wire.AsRun
	parts map[int64]*wire.RoundPart
	// first: nothing was taken yet, so run.From is not known.
	first bool
	ended bool
	endAt time.Time
	// bare: nothing played or was missed in it.
	bare bool
}

// account turns what the timetable said and what the outputs took into proof.
type account struct {
	lang    string
	planner *planner
	absent  bool // there is no sound output: nothing that it takes is heard
	soon    bool // no mark is on the card: close after closeSoon
	entries []*entry
	cues    []wire.CueRun
	done    []wire.AsRun
}

// stretch takes the timetable's word that something held an output.
func (a *account) stretch(s timetable.Stretch) {
	k := key{s.Output, s.Programme, s.Version, s.Interrupt}
	e := a.open(k)
	if e != nil && !s.Continues {
		e.ended, e.endAt, e.run.Outcome = true, s.From, wire.OutcomeEnded
		e = nil
	}
	if e == nil {
		if !s.To.After(s.From) {
			return // it only says how something ended that is closed already
		}
		e = a.begin(k, s.Title, s.Level, s.From)
		e.run.Why = words(s.Why(a.lang), wire.MaxWords)
	}
	if s.End == wire.OutcomeGoesOn {
		return
	}
	e.ended, e.endAt, e.run.Outcome, e.run.By = true, s.To, s.End, s.By
	if s.End != wire.OutcomeEnded {
		e.run.Why = words(s.EndReason.Text(a.lang), wire.MaxWords)
	}
}

func (a *account) begin(k key, title string, level wire.Level, from time.Time) *entry {
	e := &entry{key: k, from: from, first: true, bare: true, parts: map[int64]*wire.RoundPart{}}
	e.run = wire.AsRun{
		Output: k.output, Programme: k.programme, Version: k.version, Interrupt: k.interrupt,
		Title: words(title, wire.MaxTitle), Level: level, From: from.UnixMilli(), To: from.UnixMilli(), Grade: wire.GradePlayed,
	}
	a.entries = append(a.entries, e)
	return e
}

// open is the entry of what holds the output, nil when there is none.
func (a *account) open(k key) *entry {
	for _, e := range a.entries {
		if e.key == k && !e.ended {
			return e
		}
	}
	return nil
}

// at is the entry to which something that began at an instant belongs.
func (a *account) at(s *span, at time.Time) *entry {
	var found *entry
	for _, e := range a.entries {
		if e.key != s.key || found != nil && e.from.After(at.Add(50*time.Millisecond)) {
			continue
		}
		found = e
	}
	if found == nil { // its entry is written already: the proof must not be lost
		found = a.begin(s.key, s.title, s.level, at)
		found.ended, found.endAt, found.run.Outcome = true, at, wire.OutcomeEnded
	}
	return found
}

func (e *entry) part(round int64) *wire.RoundPart {
	p := e.parts[round]
	if p == nil {
		p = &wire.RoundPart{Start: round}
		e.parts[round] = p
	}
	e.bare = false
	return p
}

// took accounts for a stretch that the output took, as far as it is new. final
// says that no more of this stretch will come.
func (a *account) took(p player.Played, final bool) {
	s := a.planner.spans[p.ID]
	if s == nil {
		return
	}
	if p.Frames > 0 {
		a.frames(s, p)
	}
	if !final {
		return
	}
	if sounded := p.Frames - p.Silent; sounded > 0 {
		a.cues = append(a.cues, wire.CueRun{
			Output: s.key.output, Programme: s.key.programme, Version: s.key.version, Interrupt: s.key.interrupt,
			Round: s.round, Item: s.item, From: p.At.UnixMilli(), To: p.At.Add(duration(p.Frames)).UnixMilli(),
			Offset: p.Offset, Frames: sounded,
		})
	}
	if p.Cut {
		s.end = min(s.end, s.next)
	}
	s.over = s.over || p.Err == nil
}

func (a *account) frames(s *span, p player.Played) {
	before, known := s.seen[p.Offset]
	// A stretch that goes on over the close of an entry: what is new of it
	// belongs to the entry that is open now.
	at := p.At.Add(duration(before.frames))
	e := a.at(s, at)
	part := e.part(s.round)
	if !known {
		if !s.begun && s.offset == 0 {
			part.Cues++
		}
		part.Missed += max(0, p.Offset-s.next)
	}
	if e.first {
		e.first = false
		e.run.From = at.UnixMilli()
		e.run.Late = max(0, p.Late.Microseconds())
		if known { // it goes on from the entry before, which ends where this one was opened
			e.run.From, e.run.Late = max(e.run.From, e.from.UnixMilli()), 0
		}
	}
	s.begun = true
	silent := p.Silent - before.silent
	part.Missed += silent
	part.Frames += p.Frames - before.frames - silent
	s.seen[p.Offset] = taken{p.Frames, p.Silent}
	s.next = max(s.next, p.Offset+p.Frames)
	e.run.To = max(e.run.To, p.At.Add(duration(p.Frames)).UnixMilli())
}

// shown accounts for a text on the panel.
func (a *account) shown(x screen.Shown, final bool) {
	s := a.planner.spans[x.ID]
	if s == nil || x.Err != nil || !x.To.After(x.From) {
		return
	}
	slack := frames(screenSlack)
	about := func(a, b int64) bool { return a-b <= slack && b-a <= slack }
	from := s.offset + frames(x.From.Sub(s.at))
	to := from + frames(x.To.Sub(x.From))
	// The same stretch as before, of which more is known now, comes before what
	// only goes on from it: a stretch can be as short as the slack.
	same := int64(-1)
	for first := range s.seen {
		if about(from, first) && (same < 0 || first < same) {
			same = first
		}
	}
	switch {
	case same >= 0:
		from = same
	case about(from, s.next):
		from = s.next
	}
	if _, known := s.seen[from]; !known && from < s.next { // a moment of a text is its time, and comes once
		x.From, from = x.From.Add(duration(s.next-from)), s.next
	}
	if to > s.end || final && about(to, s.end) {
		to = s.end
	}
	if to <= from {
		return
	}
	a.took(player.Played{ID: x.ID, Offset: from, Frames: to - from, At: x.From, Late: x.From.Sub(s.instant(from)), Cut: final}, final)
}

// expire accounts for what was planned, is over, and did not play.
func (a *account) expire(now time.Time, all bool) {
	for id, s := range a.planner.spans {
		late := now.Sub(s.instant(s.end)) > settle
		if !s.over && !late && !all {
			continue
		}
		if missed := s.end - s.next; missed > 0 && (late || s.begun) {
			at := s.instant(s.next)
			if e := a.at(s, at); !all || e.from.Before(now) {
				e.part(s.round).Missed += missed
			}
		}
		if late || all {
			delete(a.planner.spans, id)
		}
		s.next = max(s.next, s.end)
	}
}

// finish closes what has ended or is old; with all, everything, as stopped.
func (a *account) finish(now time.Time, all bool) {
	var still []*entry
	for _, e := range a.entries {
		switch {
		case all && !e.ended:
			e.run.Outcome, e.ended = wire.OutcomeStopped, true
			a.write(e)
		case all, e.ended && now.Sub(e.endAt) >= settle:
			a.write(e)
		case !e.ended && now.Sub(e.from) >= a.longest():
			e.run.Outcome, e.run.To = wire.OutcomeGoesOn, max(e.run.To, now.UnixMilli())
			a.write(e)
			next := &entry{key: e.key, from: now, first: true, bare: true, parts: map[int64]*wire.RoundPart{}, run: e.run}
			next.run.From, next.run.To, next.run.Late, next.run.Outcome = now.UnixMilli(), now.UnixMilli(), 0, ""
			still = append(still, next)
		default:
			still = append(still, e)
		}
	}
	a.entries = still
}

// longest is how long an entry stays open.
func (a *account) longest() time.Duration {
	if a.soon {
		return closeSoon
	}
	return closeAfter
}

func (a *account) write(e *entry) {
	if run, ok := a.proof(e); ok {
		a.done = append(a.done, run)
	}
}

// proof is the entry as it stands, with the cause where nothing was heard.
func (a *account) proof(e *entry) (wire.AsRun, bool) {
	run, ok := e.proof()
	if a.absent && run.Output == wire.OutputSound && run.Grade == wire.GradeFailed {
		if run.Why = "there is no sound device"; a.lang == "zh" {
			run.Why = "没有声音设备"
		}
	}
	return run, ok
}

// proof is the entry as it stands; false when there is nothing to prove.
func (e *entry) proof() (wire.AsRun, bool) {
	run := e.run
	run.Rounds = make([]wire.RoundPart, 0, len(e.parts))
	var played int64
	for _, p := range slices.SortedFunc(maps.Values(e.parts), func(a, b *wire.RoundPart) int { return cmp.Compare(a.Start, b.Start) }) {
		played += p.Frames
		run.Rounds = append(run.Rounds, *p)
	}
	if n := len(run.Rounds); n > wire.MaxRounds { // items of less than a second
		run.Rounds = run.Rounds[n-wire.MaxRounds:]
	}
	if played == 0 {
		run.Grade, run.Outcome = wire.GradeFailed, wire.OutcomeFailed
		if e.ended {
			run.To = max(run.To, e.endAt.UnixMilli())
		}
	}
	run.To = max(run.To, run.From)
	return run, !e.bare
}

// running are the open entries as they would be if the power failed at an instant.
func (a *account) running(at time.Time) []wire.AsRun {
	var list []wire.AsRun
	for _, e := range a.entries {
		run, ok := a.proof(e)
		if !ok {
			continue
		}
		if run.Outcome == "" {
			run.Outcome = wire.OutcomeUnknown
			run.To = max(run.To, at.UnixMilli())
		}
		list = append(list, run)
	}
	return list
}

// due is when something is to be closed at the latest.
func (a *account) due() (time.Time, bool) {
	var first time.Time
	for _, e := range a.entries {
		at := e.from.Add(a.longest())
		if e.ended {
			at = e.endAt.Add(settle)
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first, !first.IsZero()
}

// leaving tells whether an entry is open whose stretch is over: the timetable
// says so when it is asked again, and the entry must not wait for the next edge.
func (a *account) leaving(ahead []timetable.Stretch, now time.Time) bool {
	return slices.ContainsFunc(a.entries, func(e *entry) bool {
		return !e.ended && !slices.ContainsFunc(ahead, func(s timetable.Stretch) bool {
			return e.key == key{s.Output, s.Programme, s.Version, s.Interrupt} && !s.From.After(now) && s.To.After(now)
		})
	})
}

// harvest hands over what is to be written.
func (a *account) harvest() ([]wire.AsRun, []wire.CueRun) {
	done, cues := a.done, a.cues
	a.done, a.cues = nil, nil
	return done, cues
}

package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

const (
	// proofUnits is for how many units proof may be asked at once.
	proofUnits = 1000
	// lookback is how long before a span a window may have begun that reaches into it.
	lookback = 50 * time.Hour
)

// Proof joins what should have played with what was proved: a line for each
// expected stretch of a programme version or warning on an output of a unit,
// and for each stretch proved though not expected. What was expected is made
// from what was released at each moment; what was submitted and not approved in
// time stands there as skipped. At most 1,000 units and 31 days at once.
func (s *Store) Proof(ctx context.Context, f AsRunFilter, now time.Time) (out []scheduler.Proof, err error) {
	if err := checkSpan(f.From, f.To); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(t *tx) error {
		units, err := t.unitsOf(f.Unit, f.Area)
		if err != nil {
			return err
		}
		if len(units) > proofUnits {
			return &scheduler.Error{Kind: scheduler.TooLarge, Field: "area", Value: f.Area,
				Message: scheduler.Words{ZH: "一次的终端太多", EN: "too many units at once"},
				Remedy:  scheduler.Words{ZH: "查它下面的一个区域", EN: "ask for one area below it"}}
		}
		sets, plans, err := t.history(units, f.From.Add(-lookback), f.To)
		if err != nil {
			return err
		}
		for _, set := range sets {
			expected, err := plans.expect(set[0], f.From, f.To)
			if err != nil {
				return err
			}
			for _, u := range set {
				lines, err := t.proofOf(u, f, expected, now)
				if err != nil {
					return err
				}
				out = append(out, lines...)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		missed, err := t.notInTime(f, units, now)
		out = append(out, missed...)
		return err
	})
	slices.SortStableFunc(out, func(a, b scheduler.Proof) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Output, b.Output))
	})
	return out, err
}

// plans are planners for moments that follow each other: between two of them
// nothing that decides about timetables was changed.
type plans struct {
	starts   []time.Time
	planners []*planner
	end      time.Time
}

// history makes the plans of a span and sorts the units into sets.
func (t *tx) history(units []scheduler.Unit, from, to time.Time) ([][]scheduler.Unit, *plans, error) {
	var moments []int64
	err := t.each(func(scan func(...any) error) error {
		var m int64
		err := scan(&m)
		moments = append(moments, m)
		return err
	}, `SELECT released_at FROM programme UNION SELECT ended_at FROM programme UNION SELECT issued FROM warning UNION SELECT ended FROM warning
		UNION SELECT at FROM bar UNION SELECT start FROM mute UNION SELECT ended FROM mute
		UNION SELECT made FROM exception UNION SELECT ended FROM exception ORDER BY 1`)
	if err != nil {
		return nil, nil, err
	}
	h := &plans{end: to}
	add := func(when time.Time) error {
		pl := t.planner(when)
		h.starts, h.planners = append(h.starts, when), append(h.planners, pl)
		return pl.distinguish()
	}
	if err := add(from); err != nil {
		return nil, nil, err
	}
	for _, m := range moments {
		if when := at(m); when.After(from) && when.Before(to) {
			if err := add(when); err != nil {
				return nil, nil, err
			}
		}
	}
	sets, err := h.planners[0].sets(units)
	return sets, h, err
}

// expect is what a unit should have done in [from, to).
func (h *plans) expect(u scheduler.Unit, from, to time.Time) (timetable.Timeline, error) {
	var state timetable.State
	var whole timetable.Timeline
	for i, start := range h.starts {
		end := h.end
		if i+1 < len(h.starts) {
			end = h.starts[i+1]
		}
		in, err := h.planners[i].input(u)
		if err != nil {
			return whole, err
		}
		table, _ := timetable.Compile(in)
		var part timetable.Timeline
		part, state = table.Run(state, start, end)
		whole = timetable.Join(whole, part)
	}
	whole.Stretches = slices.DeleteFunc(whole.Stretches, func(s timetable.Stretch) bool { return !s.To.After(from) || !s.From.Before(to) })
	return whole, nil
}

// proofOf grades what was expected of one unit.
func (t *tx) proofOf(u scheduler.Unit, f AsRunFilter, expected timetable.Timeline, now time.Time) ([]scheduler.Proof, error) {
	f.Unit, f.Area = u.ID, ""
	facts, err := t.facts(f)
	if err != nil {
		return nil, err
	}
	holds, ready := t.s.presence.holds(u, t.tree())
	from, to := u.InService(f.From, f.To)
	var out []scheduler.Proof
	for _, s := range expected.Stretches {
		p := scheduler.Proof{Unit: u.ID, Output: s.Output, Programme: s.Programme, Version: s.Version, Interrupt: s.Interrupt, Title: s.Title, Level: s.Level,
			From: later(s.From, from), To: sooner(s.To, to)}
		if !p.To.After(p.From) || !wantsOf(f, s.Output, s.Programme, s.Version, s.Interrupt) {
			continue
		}
		p.Expected = contentIn(s, p.From, sooner(p.To, now))
		e := facts.of(&p)
		e.Holds, e.Ready, e.OnAir = holds, ready, t.s.presence.plays(u.ID, p)
		p.GradeBy(e, now)
		out = append(out, p)
	}
	return append(out, facts.rest(u.ID, now)...), nil
}

// wants tells whether a filter keeps what plays.
func wantsOf(f AsRunFilter, o wire.Output, programme string, version int, interrupt string) bool {
	if f.Output != "" && f.Output != o || f.Version > 0 && f.Version != version {
		return false
	}
	return f.Programme == "" && f.Interrupt == "" || f.Programme == programme && f.Interrupt == interrupt
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// contentIn is how long a stretch has content, pauses not counted.
func contentIn(s timetable.Stretch, from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	var frames int64
	for _, span := range s.Spans(from, to) {
		if !span.Pause {
			frames += span.Frames
		}
	}
	return time.Duration(float64(frames) / wire.Rate * float64(time.Second))
}

// entryKey is the id of an entry of one unit.
type entryKey struct {
	spool string
	seq   uint64
}

// facts are what one unit said of a span of time.
type facts struct {
	from, to time.Time
	asruns   []scheduler.AsRun
	skips    []scheduler.Skip
	offs     []scheduler.Off
	used     map[entryKey]bool // entries that prove something expected
}

func (t *tx) facts(f AsRunFilter) (*facts, error) {
	out := &facts{from: f.From, to: f.To, used: map[entryKey]bool{}}
	f.Page = Page{Limit: 1000}
	for {
		list, next, err := t.asruns(f)
		if err != nil {
			return nil, err
		}
		out.asruns = append(out.asruns, list...)
		if f.After = next; next == "" {
			break
		}
	}
	f.Page = Page{Limit: 1000}
	var err error
	if out.skips, _, err = t.skips(f); err != nil {
		return nil, err
	}
	out.offs, err = t.offs(f)
	return out, err
}

// inside is the part of an entry that lies in the span: one of up to 15 minutes
// may reach into it from before, or out of it.
func (fs *facts) inside(a scheduler.AsRun) (from, to time.Time) {
	return later(at(a.From), fs.from), sooner(at(a.To), fs.to)
}

// of are the facts about one expected stretch. An entry belongs to the stretch
// in which the middle of it lies, as far as it is in the span: the two differ by
// a moment where one cut the other.
func (fs *facts) of(p *scheduler.Proof) scheduler.Evidence {
	e := scheduler.Evidence{Offs: fs.offs}
	from, to := ms(p.From), ms(p.To)
	for _, a := range fs.asruns {
		begin, end := fs.inside(a)
		middle := ms(begin) + (ms(end)-ms(begin))/2
		if a.Output == p.Output && a.Programme == p.Programme && a.Version == p.Version && a.Interrupt == p.Interrupt && middle >= from && middle <= to {
			fs.used[entryKey{a.Spool, a.Seq}] = true
			e.AsRuns = append(e.AsRuns, a)
		}
	}
	for _, k := range fs.skips {
		if k.Output == p.Output && k.Programme == p.Programme && k.Version == p.Version && k.Start < to && k.Until >= from-1 {
			e.Skips = append(e.Skips, k)
		}
	}
	return e
}

// rest are the stretches that were proved though nobody expected them.
func (fs *facts) rest(unit string, now time.Time) (out []scheduler.Proof) {
	for _, a := range fs.asruns {
		if fs.used[entryKey{a.Spool, a.Seq}] {
			continue
		}
		p := scheduler.Proof{Unit: unit, Output: a.Output, Programme: a.Programme, Version: a.Version, Interrupt: a.Interrupt, Title: a.Title, Level: a.Level}
		p.From, p.To = fs.inside(a)
		p.GradeBy(scheduler.Evidence{AsRuns: []scheduler.AsRun{a}}, now)
		out = append(out, p)
	}
	return out
}

// holds tells whether a unit holds the newest snapshots, and their assets.
func (ps *presences) holds(u scheduler.Unit, tree *scheduler.Tree) (holds, ready bool) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e := ps.entries[u.ID]
	if e == nil || e.p.Have == nil {
		return false, false
	}
	agreed := scheduler.Agree(e.p.Have, ps.wanted(u, tree, nil, nil))
	holds = !slices.ContainsFunc(agreed, func(a scheduler.Agreement) bool { return a.Held < a.Revision || a.Composing })
	return holds, e.p.Have.Ready >= e.p.Have.Assets
}

// plays tells whether the unit says that it plays this now.
func (ps *presences) plays(unit string, p scheduler.Proof) bool {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e := ps.entries[unit]
	return e != nil && e.p.Online && slices.ContainsFunc(e.p.OnAir, func(o wire.OnAir) bool {
		return o.Output == p.Output && o.Programme == p.Programme && o.Version == p.Version && o.Interrupt == p.Interrupt
	})
}

package store

import (
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/scheduler"
)

// notInTime are the stretches that units would have played of versions that
// nobody had approved yet. They stand in the record beside what played instead.
func (t *tx) notInTime(f scheduler.AsRunFilter, units []scheduler.Unit, now time.Time) (out []scheduler.Proof, err error) {
	if f.Interrupt != "" {
		return nil, nil
	}
	all, err := t.ways("s.late > 0 AND s.late < ? AND (s.ended = 0 OR s.ended > ? OR s.outcome = ?) AND (? = '' OR s.programme = ?) ORDER BY s.id",
		ms(f.To), ms(f.From), scheduler.OutcomeLate, f.Programme, f.Programme)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		from, to := later(f.From, w.Late), f.To
		switch {
		case w.Ended.IsZero():
			to = sooner(to, now)
		case w.Outcome != scheduler.OutcomeLate: // it ended at its last cue, which may last
			to = sooner(to, w.Ended)
		}
		if !to.After(from) {
			continue
		}
		lines, err := t.missed(w, f, units, from, to)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

// missed are the lines of one submission, as if it had been released when it was
// submitted.
func (t *tx) missed(w way, f scheduler.AsRunFilter, units []scheduler.Unit, from, to time.Time) (out []scheduler.Proof, err error) {
	pl := t.planner(w.At)
	pl.draft = &placed{w.programme, w.addresses}
	sets, err := pl.sets(units)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		in, err := pl.input(set[0])
		if err != nil {
			return nil, err
		}
		tl, _ := timetable.Preview(in, from, to)
		for _, s := range tl.Stretches {
			if s.Programme != w.Programme || s.Version != w.Version || !wantsOf(f, s.Output, s.Programme, s.Version, "") {
				continue
			}
			for _, u := range set {
				out = append(out, scheduler.Proof{Unit: u.ID, Output: s.Output, Programme: s.Programme, Version: s.Version, Title: s.Title, Level: s.Level,
					From: s.From, To: sooner(s.To, to), Expected: contentIn(s, s.From, sooner(s.To, to)), Grade: scheduler.GradeSkipped, Why: scheduler.Words{ZH: "未按时审核", EN: scheduler.NotInTime}})
			}
		}
		if err := t.ctx.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

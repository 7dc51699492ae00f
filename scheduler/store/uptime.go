package store

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Uptime is what is known of a unit's time in [from, to), at most 31 days. What
// the centre did not see is filled from what the unit has proved since.
func (s *Store) Uptime(ctx context.Context, unit string, from, to, now time.Time) (out scheduler.Uptime, err error) {
	if err := checkSpan(from, to); err != nil {
		return out, err
	}
	period := scheduler.Span{From: from, To: sooner(to, now)}
	if !period.To.After(period.From) {
		return scheduler.Uptime{Span: scheduler.Span{From: from, To: from}}, nil
	}
	err = s.read(ctx, func(t *tx) error {
		u, _, err := t.unit(unit)
		if err != nil {
			return err
		}
		r := scheduler.Record{Installed: u.StateSince}
		switch u.State {
		case scheduler.UnitPlanned, scheduler.UnitUnplaced:
			r.Installed = period.To
		case scheduler.UnitRemoved: // since when it was installed is not kept
			r.Installed, period.To = time.Time{}, later(period.From, sooner(period.To, u.StateSince))
		}
		if err := t.record(&r, u.ID, period, now); err != nil {
			return err
		}
		out = scheduler.UptimeOf(period, r)
		return nil
	})
	return out, err
}

// record collects what is on record of a unit.
func (t *tx) record(r *scheduler.Record, unit string, period scheduler.Span, now time.Time) error {
	if err := t.pausedSpans(r, unit, period); err != nil {
		return err
	}
	num, _ := t.s.presence.number(unit)
	outages, err := t.outages("o.unit = ? AND o.start < ? AND (o.finish = 0 OR o.finish > ?)", num, ms(period.To), ms(period.From))
	if err != nil {
		return err
	}
	for _, o := range outages {
		span := scheduler.Span{From: o.From, To: o.To}
		if o.To.IsZero() {
			span.To = now
		}
		if o.Kind == scheduler.Silent {
			r.Silent = append(r.Silent, span)
		} else {
			r.Lost = append(r.Lost, span)
		}
	}
	if err := t.notWatchedSpans(r, unit, period, now); err != nil {
		return err
	}
	facts, err := t.facts(AsRunFilter{Unit: unit, From: period.From, To: period.To})
	if err != nil {
		return err
	}
	for _, a := range facts.asruns {
		if a.Grade != wire.GradeFailed {
			r.Played = append(r.Played, scheduler.Span{From: at(a.From), To: at(a.To)})
		}
	}
	for _, o := range facts.offs {
		r.Off = append(r.Off, scheduler.Span{From: at(o.From), To: at(o.To)})
	}
	return nil
}

func (t *tx) pausedSpans(r *scheduler.Record, unit string, period scheduler.Span) error {
	pauses, err := t.mutes("pause = 1 AND address = ? AND start < ?", string(wire.UnitAddress(unit)), ms(period.To))
	for _, m := range pauses {
		end := m.Until
		if !m.Ended.IsZero() {
			end = m.Ended
		}
		r.Paused = append(r.Paused, scheduler.Span{From: m.From, To: end})
	}
	return err
}

func (t *tx) notWatchedSpans(r *scheduler.Record, unit string, period scheduler.Span, now time.Time) error {
	watched, _, err := t.watched(period, now)
	if err != nil {
		return err
	}
	r.NotWatched = scheduler.Between(period, watched)
	incidents, err := t.incidents("start < ? AND (finish = 0 OR finish > ?)", ms(period.To), ms(period.From))
	for _, i := range incidents {
		if a, fell := i.Gone[unit]; fell {
			r.NotWatched = append(r.NotWatched, scheduler.Span{From: a.From, To: firstOf(now, a.To, i.To)})
		}
	}
	return err
}

// firstOf is the earliest of some instants; a zero one is none.
func firstOf(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if !o.IsZero() && o.Before(t) {
			t = o
		}
	}
	return t
}

// watched are the spans of a period in which the centre listened, and why each
// of them ended.
func (t *tx) watched(period scheduler.Span, now time.Time) (spans []scheduler.Span, why []string, err error) {
	ps := &t.s.presence
	ps.mu.RLock()
	since := ps.watch.Since
	ps.mu.RUnlock()
	err = t.each(func(scan func(...any) error) error {
		var start, finish int64
		var because string
		err := scan(&start, &finish, &because)
		span := scheduler.Span{From: at(start), To: at(finish)}
		if !since.IsZero() && start == ms(since) {
			span.To = now
		}
		spans, why = append(spans, span), append(why, because)
		return err
	}, "SELECT start, finish, why FROM watched WHERE start < ? AND start >= coalesce((SELECT max(start) FROM watched WHERE start <= ?), 0) ORDER BY start", ms(period.To), ms(period.From))
	return spans, why, err
}

// NotWatched lists the gaps in [from, to) in which nobody watched, oldest first;
// the time before the centre first listened is none.
func (s *Store) NotWatched(ctx context.Context, from, to, now time.Time) ([]scheduler.Gap, error) {
	if err := checkSpan(from, to); err != nil {
		return nil, err
	}
	out := []scheduler.Gap{}
	err := s.read(ctx, func(t *tx) error {
		period := scheduler.Span{From: from, To: sooner(to, now)}
		spans, why, err := t.watched(period, now)
		for i, s := range spans {
			g := scheduler.Gap{Span: scheduler.Span{From: later(s.To, period.From), To: period.To}, Why: why[i]}
			if i+1 < len(spans) {
				g.To = sooner(spans[i+1].From, period.To)
			}
			if g.Why == "" {
				g.Why = "the centre stopped without a word"
			}
			if g.To.After(g.From) {
				out = append(out, g)
			}
		}
		return err
	})
	return out, err
}

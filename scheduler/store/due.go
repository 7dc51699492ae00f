package store

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// What units should sound is worked out ahead, and only for those that do not
// sound: at night that is all of them, so it is done once for units that do the
// same, and a little in each sweep.
const (
	dueAhead   = 30 * time.Minute
	dueASweep  = 20 // distinct sets of units
	dueHushed  = 45 * time.Second
	dueMargin  = 5 * time.Second       // at both ends of a stretch
	dueWorking = 50 * time.Millisecond // in one sweep
)

// agenda is what units that do the same will sound until its end. It holds as
// long as nothing is decided.
type agenda struct {
	decided uint64
	until   time.Time
	list    []stretch
}

// stretch is a time in which something has to sound.
type stretch struct {
	from, to time.Time
	title    string
	// joins says that a unit that comes in the middle plays it too.
	joins bool
}

// lookDue brings up what should sound now on units that say that nothing does.
// Only a unit that is ready is expected to.
func (s *Store) lookDue(ctx context.Context, now time.Time) error {
	ask := s.presence.lookHushed(s.core.tree.Load(), now)
	if len(ask) == 0 {
		return nil
	}
	return s.read(ctx, func(t *tx) error {
		ps := &t.s.presence
		ps.mu.RLock()
		decided := ps.decided
		ps.mu.RUnlock()
		pl := t.planner(now)
		sets, err := pl.sets(ask)
		if err != nil {
			return err
		}
		began := time.Now()
		for n, set := range sets {
			if n == dueASweep || time.Since(began) > dueWorking {
				return nil // the others at the next sweep
			}
			in, err := pl.input(set[0])
			if err != nil {
				return err
			}
			tl, _ := timetable.Preview(in, now, now.Add(dueAhead))
			ps.setAgenda(set, newAgenda(tl, decided, now.Add(dueAhead)))
		}
		return ctx.Err()
	})
}

func newAgenda(tl timetable.Timeline, decided uint64, until time.Time) *agenda {
	a := &agenda{decided: decided, until: until}
	for _, s := range tl.Stretches {
		joins := s.Level == wire.LevelBackground || s.Interrupt != ""
		if s.Output == wire.OutputSound && (joins || !s.Continues) {
			a.list = append(a.list, stretch{s.From, s.To, s.Title, joins})
		}
	}
	return a
}

// lookHushed notes what is due on each unit on which nothing sounds, and gives
// those of which that is not known.
func (ps *presences) lookHushed(tree *scheduler.Tree, now time.Time) (ask []scheduler.Unit) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	known := wants{}
	for _, e := range ps.entries {
		e.due = nil
		if e.unit.State != scheduler.UnitInstalled || !e.p.Online || e.p.Hushed.IsZero() || now.Sub(e.p.Hushed) < dueHushed || !e.unit.Has(wire.OutputSound) {
			continue
		}
		if e.agenda == nil || e.agenda.decided != ps.decided || !now.Before(e.agenda.until) {
			ask = append(ask, e.unit)
			continue
		}
		if e.due = e.agenda.at(now, e.p.Since); e.due != nil && ps.delivered(e, tree, nil, known).State != scheduler.DeliveryReady {
			e.due = nil
		}
	}
	return ask
}

func (ps *presences) setAgenda(units []scheduler.Unit, a *agenda) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, u := range units {
		if e := ps.entries[u.ID]; e != nil {
			e.agenda = a
		}
	}
}

// at is what should sound now on a unit that is there since an instant; nil for
// nothing.
func (a *agenda) at(now, since time.Time) *scheduler.Due {
	for _, s := range a.list {
		if now.After(s.from.Add(dueMargin)) && now.Before(s.to.Add(-dueMargin)) && (s.joins || s.from.After(since)) {
			return &scheduler.Due{From: s.from, Title: s.title}
		}
	}
	return nil
}

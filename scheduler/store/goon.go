package store

import (
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

const (
	// goOnAhead is how far it is looked what a unit goes on with that was not
	// reached; afterwards its days are alike.
	goOnAhead = 50 * time.Hour
	// goOnGap is what belongs to one sitting: a notice that cuts in ends none.
	goOnGap = 30 * time.Minute
)

// goOn fills in what the units go on with that have not said that they hold the
// halt: by the timetable of what each of them holds. It is worked out once for
// units that hold the same.
func (t *tx) goOn(v scheduler.HaltView) error {
	if !v.Closed.IsZero() {
		return nil
	}
	pl := &heldPlanner{planner: t.planner(t.now), inputs: map[string]*scheduler.GoesOn{}}
	if err := pl.distinguish(); err != nil {
		return err
	}
	for i := range v.List {
		u := &v.List[i]
		if u.State == scheduler.HaltSilent || u.State == scheduler.HaltHolds {
			continue
		}
		e, have := t.s.presence.held(u.Unit)
		if have == nil {
			continue // nothing is known of what it holds
		}
		var err error
		if u.GoesOn, err = pl.goesOn(v.Halt, e, *have); err != nil {
			return err
		}
		if err := t.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// held is a unit with what it says that it holds.
func (ps *presences) held(unit string) (scheduler.Unit, *wire.Have) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e := ps.entries[unit]
	if e == nil {
		return scheduler.Unit{}, nil
	}
	return e.unit, e.p.Have
}

// heldPlanner composes snapshots as units hold them. A revision is the instant at
// which it was made, so what stood in it then is known.
type heldPlanner struct {
	*planner
	inputs map[string]*scheduler.GoesOn
}

func (pl *heldPlanner) goesOn(h scheduler.Halt, u scheduler.Unit, have wire.Have) (*scheduler.GoesOn, error) {
	held := map[wire.Address]wire.Held{}
	key := fmt.Sprint(u.Area, u.Outputs, u.Volume, u.Quiet)
	for _, a := range u.Hears(pl.tree()) {
		for _, x := range have.Held {
			if x.Address == a {
				held[a] = x
			}
		}
		kind, _ := a.Split()
		if kind == "area" || pl.own[u.ID] {
			key += fmt.Sprint(" ", a, held[a].Bulletin, held[a].Orders)
		}
	}
	if pl.own[u.ID] || pl.excepted[u.ID] {
		key += " " + u.ID
	}
	if g, ok := pl.inputs[key]; ok {
		return g, nil
	}
	in, err := pl.input(h, u, held)
	if err != nil {
		return nil, err
	}
	tl, _ := timetable.Preview(in, pl.now, pl.now.Add(goOnAhead))
	g := remains(h, tl)
	if g != nil {
		g.Last = h.Over
	}
	pl.inputs[key] = g
	return g, nil
}

// input is what the unit holds, as far as that can be made again: the programmes
// and orders of then, under the settings of now.
func (pl *heldPlanner) input(h scheduler.Halt, u scheduler.Unit, held map[wire.Address]wire.Held) (in timetable.Input, err error) {
	for _, a := range u.Hears(pl.tree()) {
		b, err := pl.bulletin(a, madeAt(h, a, wire.KindBulletin, held[a].Bulletin), nil)
		if err != nil {
			return in, err
		}
		if a == wire.UnitAddress(u.ID) {
			s := scheduler.ComposeSettings(u, pl.tree(), func(a wire.Address) wire.Held { return wire.Held{Address: a} })
			b.Settings = &s
		}
		b.Revision = 1
		in.Bulletins = append(in.Bulletins, b)
		if held[a].Orders == 0 {
			continue
		}
		o, err := pl.tx.orders(a, madeAt(h, a, wire.KindOrders, held[a].Orders))
		if err != nil {
			return in, err
		}
		o.Revision = 1
		in.Orders = append(in.Orders, o)
	}
	return in, nil
}

// madeAt is when a revision was made; of one that does not show the halt, not
// after it.
func madeAt(h scheduler.Halt, a wire.Address, kind wire.Kind, revision uint64) time.Time {
	when := at(int64(revision))
	for _, w := range h.Wanted {
		if w.Address == a && w.Kind == kind && revision < w.Revision {
			when = sooner(when, h.At.Add(-time.Millisecond))
		}
	}
	if revision == 0 {
		return time.UnixMilli(1) // before anything was decided
	}
	return when
}

// remains finds what of the halt a timeline still has.
func remains(h scheduler.Halt, tl timetable.Timeline) (g *scheduler.GoesOn) {
	for _, s := range tl.Stretches {
		if !h.Sounds([]wire.OnAir{{Programme: s.Programme, Version: s.Version, Interrupt: s.Interrupt}}) {
			continue
		}
		switch {
		case g == nil:
			g = &scheduler.GoesOn{From: s.From, Until: s.To,
				Content: scheduler.Content{Programme: s.Programme, Version: s.Version, Warning: s.Interrupt, Title: s.Title}}
		case !s.From.After(g.Until.Add(goOnGap)):
			g.Until = later(g.Until, s.To)
		case g.Again.IsZero():
			g.Again = s.From
		}
	}
	return g
}

package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// longestQuery is how much time a timetable or a proof may be asked for.
const longestQuery = 31 * 24 * time.Hour

// Timetable says what will play and why, once for each distinct set of
// snapshots. It is made from what the centre would publish now.
func (s *Store) Timetable(ctx context.Context, q TimetableQuery) (out []scheduler.Timetable, err error) {
	if err := checkSpan(q.From, q.To); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(t *tx) error {
		pl := t.planner(t.now)
		if q.Draft != "" {
			if pl.draft, err = t.draft(q.Draft); err != nil {
				return err
			}
		}
		units, err := t.unitsOf(q.Unit, q.Area)
		if err != nil {
			return err
		}
		sets, err := pl.sets(units)
		if err != nil {
			return err
		}
		c, err := t.county()
		if err != nil {
			return err
		}
		for _, set := range sets {
			in, err := pl.input(set[0])
			if err != nil {
				return err
			}
			tl, problems := timetable.Preview(in, q.From, q.To)
			out = append(out, say(set, c.Zone, tl, problems))
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func checkSpan(from, to time.Time) error {
	switch {
	case from.IsZero(), !to.After(from):
		return &scheduler.Error{Kind: scheduler.Invalid, Field: "to", Value: to.Format(time.RFC3339),
			Message: scheduler.Words{ZH: "时间段是空的", EN: "the span of time is empty"},
			Remedy:  scheduler.Words{ZH: "结束要晚于开始", EN: "give an end after the start"}}
	case to.Sub(from) > longestQuery:
		return &scheduler.Error{Kind: scheduler.Invalid, Field: "to", Value: to.Format(time.RFC3339),
			Message: scheduler.Words{ZH: "时间段太长", EN: "the span of time is too long"},
			Remedy:  scheduler.Words{ZH: "最多查 31 天", EN: "ask for at most 31 days"}}
	}
	return nil
}

// draft is a programme's version that is not on air yet, as it would go out; a released one as it is.
func (t *tx) draft(id string) (*placed, error) {
	p, _, err := t.version(id, 0)
	if err != nil || !p.State.Open() {
		return nil, err
	}
	r, err := t.prepare(p)
	if err != nil {
		return nil, err
	}
	return &placed{r.programme, r.addresses}, nil
}

// unitsOf are the units with a place: one, or those below an area.
func (t *tx) unitsOf(unit, area string) (out []scheduler.Unit, err error) {
	if unit != "" {
		u, _, err := t.unit(unit)
		if err != nil || u.State == scheduler.UnitUnplaced { // nothing is for it
			return nil, err
		}
		return []scheduler.Unit{u}, nil
	}
	tree := t.tree()
	if _, ok := tree.Area(area); !ok && area != "" {
		return nil, scheduler.Missing("area", area, tree.IDs)
	}
	for _, e := range t.s.presence.list() {
		if e.unit.Placed() && (area == "" || tree.Within(e.unit.Area, area)) {
			out = append(out, e.unit)
		}
	}
	return out, nil
}

// planner composes snapshots for timetables, each once.
type planner struct {
	*tx
	when      time.Time
	draft     *placed
	bulletins map[wire.Address]wire.Bulletin
	orders    map[wire.Address]wire.Orders
	own       map[string]bool // units with a programme, bar, mute or exception of their own
	excepted  map[string]bool
}

func (t *tx) planner(when time.Time) *planner {
	return &planner{tx: t, when: when, bulletins: map[wire.Address]wire.Bulletin{}, orders: map[wire.Address]wire.Orders{}}
}

// sets sorts units into those that do the same: of one area, with the same
// settings, with nothing of their own.
func (pl *planner) sets(units []scheduler.Unit) ([][]scheduler.Unit, error) {
	if err := pl.distinguish(); err != nil {
		return nil, err
	}
	at := map[string]int{}
	var out [][]scheduler.Unit
	for _, u := range units {
		key := fmt.Sprint(u.Area, u.Outputs, u.Volume, u.Quiet)
		if pl.own[u.ID] || pl.excepted[u.ID] {
			key = "unit " + u.ID
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], u)
	}
	return out, nil
}

// alike puts sets together that differ by their areas alone, where nothing stands
// in those areas' own snapshots.
func (pl *planner) alike(sets [][]scheduler.Unit) ([][]scheduler.Unit, error) {
	list, err := pl.addresses(`SELECT DISTINCT address FROM programme_address a JOIN programme p ON p.id = a.programme AND p.version = a.version WHERE p.state = 'released'
		UNION SELECT address FROM bar UNION SELECT address FROM mute WHERE until > ? UNION SELECT 'area/' || area FROM warning WHERE until > ?`, ms(pl.when), ms(pl.when))
	if err != nil {
		return nil, err
	}
	says := map[wire.Address]bool{}
	for _, a := range list {
		says[a] = true
	}
	if pl.draft != nil {
		for _, a := range pl.draft.addresses {
			says[a] = true
		}
	}
	at, out := map[string]int{}, [][]scheduler.Unit{}
	for _, set := range sets {
		u := set[0]
		chain := slices.DeleteFunc(pl.tree().Chain(u.Area), func(id string) bool { return !says[wire.AreaAddress(id)] && !pl.excepted[id] })
		key := fmt.Sprint(chain, u.Outputs, u.Volume, u.Quiet)
		if pl.own[u.ID] || pl.excepted[u.ID] {
			key = "unit " + u.ID
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], set...)
	}
	return out, nil
}

// distinguish finds the units that something names.
func (pl *planner) distinguish() error {
	pl.own, pl.excepted = map[string]bool{}, map[string]bool{}
	own, err := pl.strings(`SELECT DISTINCT address FROM programme_address WHERE address >= 'unit/' AND address < 'unit0'
		UNION SELECT address FROM bar WHERE address >= 'unit/' AND address < 'unit0' UNION SELECT address FROM mute WHERE address >= 'unit/' AND address < 'unit0'
		UNION SELECT address FROM exception WHERE address >= 'unit/' AND address < 'unit0'`)
	if err != nil {
		return err
	}
	excepted, err := pl.strings("SELECT DISTINCT name FROM programme_names WHERE kind = 'except'")
	if err != nil {
		return err
	}
	if pl.draft != nil {
		excepted = append(excepted, pl.draft.programme.Targets.Except...)
		for _, a := range pl.draft.addresses {
			own = append(own, string(a))
		}
	}
	for _, a := range own {
		if id, ok := strings.CutPrefix(a, "unit/"); ok {
			pl.own[id] = true
		}
	}
	for _, id := range excepted {
		pl.excepted[id] = true
	}
	return nil
}

// input is everything that decides what a unit does.
func (pl *planner) input(u scheduler.Unit) (timetable.Input, error) {
	var in timetable.Input
	for _, a := range scheduler.Above(pl.tree(), u.Area) {
		b, ok := pl.bulletins[a]
		if !ok {
			var err error
			if b, err = pl.bulletin(a, pl.when, pl.draft); err != nil {
				return in, err
			}
			o, err := pl.tx.orders(a, pl.when)
			if err != nil {
				return in, err
			}
			b.Revision, o.Revision = 1, 1
			pl.bulletins[a], pl.orders[a] = b, o
		}
		in.Bulletins, in.Orders = append(in.Bulletins, b), append(in.Orders, pl.orders[a])
	}
	a := wire.UnitAddress(u.ID)
	b := wire.Bulletin{Address: a}
	if pl.own[u.ID] {
		var err error
		if b, err = pl.bulletin(a, pl.when, pl.draft); err != nil {
			return in, err
		}
		o, err := pl.tx.orders(a, pl.when)
		if err != nil {
			return in, err
		}
		o.Revision = 1
		in.Orders = append(in.Orders, o)
	}
	s := scheduler.ComposeSettings(u, pl.tree(), func(a wire.Address) wire.Held { return wire.Held{Address: a} })
	b.Settings, b.Revision = &s, 1
	in.Bulletins = append(in.Bulletins, b)
	return in, nil
}

// say is a timeline as people ask for it.
func say(set []scheduler.Unit, zone string, tl timetable.Timeline, problems []timetable.Problem) scheduler.Timetable {
	out := scheduler.Timetable{Zone: zone, Stretches: make([]scheduler.Stretch, 0, len(tl.Stretches)), Skips: tl.Skips, Problems: []string{}}
	for _, u := range set {
		out.Units = append(out.Units, u.ID)
	}
	for _, s := range tl.Stretches {
		out.Stretches = append(out.Stretches, scheduler.Stretch{Output: s.Output, From: s.From, To: s.To, Programme: s.Programme, Version: s.Version, Interrupt: s.Interrupt,
			Title: s.Title, Level: s.Level, Reason: s.Reason, EndReason: s.EndReason, End: s.End, By: s.By})
	}
	for _, p := range problems {
		if p.Code != timetable.ProblemExcept {
			out.Problems = append(out.Problems, p.Text)
		}
	}
	slices.Sort(out.Units)
	return out
}

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// DryRun says what a release of a version (0: the newest) would do, or what a
// released one does, by the timetable that units follow. It changes nothing. What
// a release would refuse is its error.
func (s *Store) DryRun(ctx context.Context, id string, version int) (d scheduler.DryRun, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, _, err := t.version(id, version)
		if err != nil {
			return err
		}
		var addresses []wire.Address
		state := p.State
		if state == scheduler.ProgrammeReleased {
			addresses, err = t.addresses(addressesOf, p.ID, p.Version)
		} else {
			var r ready
			r, err = t.prepare(p)
			p, addresses = r.programme, r.addresses
		}
		if err != nil {
			return err
		}
		r := &dry{tx: t, p: p, addresses: addresses}
		r.State = state
		err = r.run()
		d = r.DryRun
		return err
	})
	return d, err
}

// dry is one dry run.
type dry struct {
	*tx
	scheduler.DryRun
	p         scheduler.Programme
	addresses []wire.Address
	zone      *time.Location
	share     float64 // of a stretch that is content, not pause
}

func (r *dry) run() error {
	var err error
	if r.zone, err = r.tx.zone(); err != nil {
		return err
	}
	r.Programme, r.Version, r.Title, r.Ends = r.p.ID, r.p.Version, r.p.Title, r.p.Ends(r.zone)
	r.Needs = append([]string{}, r.p.Wire().Needs...)
	r.Sounds = slices.ContainsFunc(r.p.Items, func(it wire.Item) bool { return it.Sound != nil })
	r.Unreachable, r.TooOld, r.Cuts, r.Calendars, r.Problems = []scheduler.Unit{}, []string{}, []scheduler.DryCut{}, []scheduler.CalendarGap{}, []scheduler.Words{}
	units := r.units()
	if err := r.span(); err != nil || r.From.IsZero() {
		return err
	}
	if err := r.alone(); err != nil {
		return err
	}
	return r.among(units)
}

// units counts those that it is for.
func (r *dry) units() (out []scheduler.Unit) {
	reach := newReacher(r.tree(), r.addresses, r.p.Targets.Except)
	villages := map[string]bool{}
	for _, e := range r.s.presence.list() {
		u := e.unit
		if !u.Placed() || !reach.hits(u) {
			continue
		}
		out = append(out, u)
		if len(r.tree().Children(u.Area)) == 0 {
			villages[u.Area] = true
		}
		switch {
		case u.State == scheduler.UnitPlanned:
			r.Planned++
		case !e.p.Online:
			r.Unreachable = append(r.Unreachable, u)
		}
		lacks := func(need string) bool { return !slices.Contains(e.p.Features, need) }
		held := r.State == scheduler.ProgrammeReleased && e.p.Have != nil && slices.Contains(e.p.Have.TooOld, r.p.ID)
		if held || len(e.p.Features) > 0 && slices.ContainsFunc(r.Needs, lacks) {
			r.TooOld = append(r.TooOld, u.ID)
		}
	}
	slices.SortFunc(r.Unreachable, func(a, b scheduler.Unit) int { return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.ID, b.ID)) })
	slices.Sort(r.TooOld)
	r.Villages, r.Units = len(villages), len(out)
	return out
}

// span finds the days that are looked at, from the first on which it starts, and
// the years for which a calendar has no date.
func (r *dry) span() error {
	calendars, err := r.calendars()
	if err != nil {
		return err
	}
	dates := map[string][]wire.Date{}
	for _, id := range slices.Concat(r.p.Rule.On, r.p.Rule.Off) {
		c, known := calendars[id]
		if dates[id] = c.Dates; !known || len(c.Dates) == 0 {
			r.Calendars = append(r.Calendars, scheduler.CalendarGap{ID: id})
			continue
		}
		for year := r.now.In(r.zone).Year(); year <= r.Ends.In(r.zone).Year(); year++ {
			in := func(d wire.Date) bool { return strings.HasPrefix(string(d), fmt.Sprint(year, "-")) }
			if !slices.ContainsFunc(c.Dates, in) {
				r.Calendars = append(r.Calendars, scheduler.CalendarGap{ID: id, Year: year})
			}
		}
	}
	county, err := r.county()
	if err != nil {
		return err
	}
	// A window that is open now began earlier.
	next, err := scheduler.NextStarts(r.p.Rule, county.Zone, dates, r.now.Add(-24*time.Hour), 1)
	if err != nil || len(next) == 0 {
		r.Problems = append(r.Problems, scheduler.Words{ZH: "没有将来的开始时间：永远不会播", EN: "it has no start to come: it will never play"})
		return nil
	}
	r.From = r.now
	if first := next[0].In(r.zone); first.After(r.now) {
		r.From = time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, r.zone)
		r.From = later(r.From, r.now)
	}
	r.To = r.From.Add(scheduler.DryRunSpan)
	if !r.Ends.IsZero() {
		r.To = sooner(r.To, r.Ends)
	}
	return nil
}

// alone works out what it asks of one horn, as if there were nothing else: all of
// it, and what of it is left in quiet hours.
func (r *dry) alone() error {
	county, err := r.county()
	if err != nil {
		return err
	}
	open := county.County
	open.Quiet = nil
	asked, err := r.only(open, r.From, r.To)
	if err != nil {
		return err
	}
	kept, err := r.only(county.County, r.From, r.To)
	if err != nil {
		return err
	}
	r.share = share(asked)
	for from := r.From; from.Before(r.To); {
		y, m, d := from.In(r.zone).Date()
		to := sooner(time.Date(y, m, d+1, 0, 0, 0, 0, r.zone), r.To)
		day := scheduler.DryDay{Date: wire.Date(from.In(r.zone).Format("2006-01-02")), Asked: r.content(asked, from, to)}
		day.Quiet = max(day.Asked-r.content(kept, from, to), 0)
		for _, night := range [][2]time.Time{{time.Date(y, m, d, 0, 0, 0, 0, r.zone), time.Date(y, m, d, 6, 0, 0, 0, r.zone)},
			{time.Date(y, m, d, 22, 0, 0, 0, r.zone), time.Date(y, m, d+1, 0, 0, 0, 0, r.zone)}} {
			a, b := later(from, night[0]), sooner(to, night[1])
			day.Night += r.content(asked, a, b)
			day.NightSounds += r.content(kept, a, b)
		}
		r.Days = append(r.Days, day)
		r.Week.Add(day)
		from = to
	}
	r.Whole = r.Week.Asked
	if r.Ends.After(r.To) {
		all, err := r.only(open, r.From, sooner(r.Ends, r.From.AddDate(1, 0, 0)))
		if err != nil {
			return err
		}
		r.Whole = r.content(all, r.From, r.Ends)
	}
	return nil
}

// only is the programme's sound alone, under settings of the county.
func (r *dry) only(county wire.County, from, to time.Time) ([]timetable.Stretch, error) {
	in, err := r.tx.alone(r.p, county)
	if err != nil {
		return nil, err
	}
	tl, problems := timetable.Preview(in, from, to)
	for _, p := range problems {
		if said := scheduler.Quoted(p.Text); !slices.Contains(r.Problems, said) {
			r.Problems = append(r.Problems, said)
		}
	}
	return slices.DeleteFunc(tl.Stretches, func(s timetable.Stretch) bool { return s.Output != wire.OutputSound }), nil
}

// share is how much of the first stretches is content: the rest are the pauses
// between rounds that belong to them.
func share(list []timetable.Stretch) float64 {
	var content, whole time.Duration
	for _, s := range list {
		if to := sooner(s.To, s.From.Add(time.Hour)); whole < time.Hour {
			content += contentIn(s, s.From, to)
			whole += to.Sub(s.From)
		}
	}
	if whole == 0 {
		return 1
	}
	return float64(content) / float64(whole)
}

// content is the time of content in a span.
func (r *dry) content(list []timetable.Stretch, from, to time.Time) time.Duration {
	var sum time.Duration
	for _, s := range list {
		sum += max(sooner(s.To, to).Sub(later(s.From, from)), 0)
	}
	return time.Duration(float64(sum) * r.share)
}

// among works out what is left of it on the units, and what cuts it: by the
// timetables that they would follow, each once.
func (r *dry) among(units []scheduler.Unit) error {
	pl := r.planner(r.now)
	if r.State != scheduler.ProgrammeReleased {
		pl.draft = &placed{r.p, r.addresses}
	}
	for i := range units {
		units[i].Outputs = []wire.Output{r.output()} // the other is not asked
	}
	sets, err := pl.sets(units)
	if err != nil {
		return err
	}
	if sets, err = pl.alike(sets); err != nil {
		return err
	}
	cuts := map[string]*scheduler.DryCut{}
	for i, set := range sets {
		in, err := pl.input(set[0])
		if err != nil {
			return err
		}
		tl, _ := timetable.Preview(in, r.From, r.To)
		mine := slices.DeleteFunc(slices.Clone(tl.Stretches), func(s timetable.Stretch) bool {
			return s.Output != wire.OutputSound || s.Programme != r.p.ID || s.Version != r.p.Version
		})
		plays := r.content(mine, r.From, r.To)
		r.Plays = max(r.Plays, plays)
		if r.Least = min(r.Least, plays); i == 0 {
			r.Least = plays
		}
		r.count(cuts, tl, len(set))
		if err := r.ctx.Err(); err != nil {
			return err
		}
	}
	r.Sets = len(sets)
	for _, c := range cuts {
		r.Cuts = append(r.Cuts, *c)
	}
	slices.SortFunc(r.Cuts, func(a, b scheduler.DryCut) int {
		return cmp.Or(cmp.Compare(b.Units, a.Units), cmp.Compare(b.Times, a.Times), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

// output is the one that counts: sound, where there is any.
func (r *dry) output() wire.Output {
	if r.Sounds {
		return wire.OutputSound
	}
	return wire.OutputScreen
}

// count adds what cuts it or holds it up on the units of one timetable.
func (r *dry) count(cuts map[string]*scheduler.DryCut, tl timetable.Timeline, units int) {
	times, titles := map[string]int{}, map[string]string{}
	output := r.output()
	note := func(reason timetable.Reason, by string) {
		if by = cmp.Or(by, reason.By); by != "" && by != r.p.ID {
			times[by]++
			titles[by] = cmp.Or(titles[by], reason.ByTitle)
		}
	}
	for _, s := range tl.Stretches {
		if s.Output == output && s.Programme == r.p.ID && s.Version == r.p.Version && s.End == wire.OutcomeCut {
			note(s.EndReason, s.By)
		}
	}
	for _, k := range tl.Skips {
		if k.Output == output && k.Programme == r.p.ID && k.Version == r.p.Version && k.Reason.Code == timetable.EndBlocked {
			note(k.Reason, "")
		}
	}
	for by, n := range times {
		c := cuts[by]
		if c == nil {
			c = &scheduler.DryCut{ID: by, Title: titles[by]}
			cuts[by] = c
		}
		c.Units += units
		c.Times = max(c.Times, n)
	}
}

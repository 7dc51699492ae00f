package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// dryRuns adds the route of what a release would do.
func (s *server) dryRuns() {
	route(s, methodGet, "/programmes/{id}/check", "check-programme", "Dry run: what a release would do, in numbers", scheduler.ActRead,
		at(func(ctx context.Context, in *ProgrammeByID) ([]need, error) { return s.heard(ctx, in.ID, in.Version) }),
		func(ctx context.Context, in *ProgrammeByID) (*answer[client.DryRun], error) {
			d, err := s.Store.DryRun(ctx, in.ID, in.Version)
			return reply(dryRunOut(d, in.Language)), err
		})
}

func dryRunOut(d scheduler.DryRun, lang string) client.DryRun {
	out := client.DryRun{Programme: d.Programme, Version: d.Version, Title: d.Title, State: string(d.State), Villages: d.Villages, Units: d.Units, Planned: d.Planned,
		Unreachable: []client.DryUnit{}, Needs: d.Needs, TooOld: append([]string{}, d.TooOld...), From: when(d.From), To: when(d.To), Ends: when(d.Ends), Sounds: d.Sounds,
		Days: []client.DryDay{}, Week: dryDayOut(d.Week), Whole: d.Whole.Seconds(), Plays: d.Plays.Seconds(), Least: d.Least.Seconds(),
		Cuts: []client.DryCut{}, Calendars: []client.CalendarGap{}, Problems: []string{}, Timetables: d.Sets}
	for _, u := range d.Unreachable {
		out.Unreachable = append(out.Unreachable, client.DryUnit{Unit: u.ID, Area: u.Area})
	}
	for _, day := range d.Days {
		out.Days = append(out.Days, dryDayOut(day))
	}
	for _, c := range d.Cuts {
		out.Cuts = append(out.Cuts, client.DryCut(c))
	}
	for _, c := range d.Calendars {
		out.Calendars = append(out.Calendars, client.CalendarGap(c))
	}
	for _, p := range d.Problems {
		out.Problems = append(out.Problems, p.In(lang))
	}
	return out
}

func dryDayOut(d scheduler.DryDay) client.DryDay {
	return client.DryDay{Date: d.Date, Asked: d.Asked.Seconds(), Quiet: d.Quiet.Seconds(), Night: d.Night.Seconds(), NightSounds: d.NightSounds.Seconds()}
}

package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// records adds the route of the record of a programme.
func (s *server) records() {
	route(s, methodGet, "/programmes/{id}/record", "get-record", "Who did what with a version, and where it played from when to when; by what units proved", scheduler.ActRead,
		at(func(ctx context.Context, in *ProgrammeByID) ([]need, error) { return s.heard(ctx, in.ID, in.Version) }),
		func(ctx context.Context, in *ProgrammeByID) (*answer[client.Record], error) {
			d, err := s.Store.Dossier(ctx, in.ID, in.Version)
			if err != nil {
				return nil, err
			}
			return reply(recordOut(d, s.programmeOut(ctx, in.Language)(d.Programme))), nil
		})
}

func recordOut(d scheduler.Dossier, p client.Programme) client.Record {
	out := client.Record{Programme: p.ID, Version: p.Version, Title: p.Title, State: p.State, Says: p.Says, Targets: p.Targets, Author: d.Author,
		Approvers: append([]string{}, d.Approvers...), Acts: []client.RecordAct{}, Targeted: d.Targeted, Villages: []client.RecordVillage{}, Units: []client.RecordUnit{}}
	for _, a := range d.Acts {
		out.Acts = append(out.Acts, client.RecordAct(a))
	}
	for _, v := range d.Villages {
		out.Villages = append(out.Villages, client.RecordVillage{Area: v.Area.ID, AreaName: v.Area.Name, Town: v.Town.ID, TownName: v.Town.Name,
			From: when(v.From), To: when(v.To), Units: v.Units, Played: v.Played})
	}
	for _, u := range d.Units {
		out.Units = append(out.Units, client.RecordUnit{Unit: u.Unit, Area: u.Area, Output: u.Output, From: u.From, To: u.To, Seconds: u.Content.Seconds(),
			Stretches: u.Stretches, Outcome: u.Outcome, Why: u.Why})
	}
	return out
}

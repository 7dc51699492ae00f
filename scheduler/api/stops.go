package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// stops adds the routes of what ended sound and who obeys.
func (s *server) stops() {
	type query struct {
		Language string `header:"Accept-Language"`
		Area     string `query:"area" doc:"The county if absent"`
		All      bool   `query:"all" doc:"Every one, not only the open ones and those of the last day"`
	}
	route(s, methodGet, "/stops", "list-stops", "STOPs, mutes and withdrawals with the units that have not said that they obey, newest first", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *query) *string { return &in.Area }),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Stop]], error) {
			all, err := s.Store.Halts(ctx, in.Area, in.All)
			return list(all, "", func(v scheduler.HaltView) client.Stop { return stopOut(v, in.Language) }), err
		})
	type stop struct {
		Language string `header:"Accept-Language"`
		ID       string `path:"id" maxLength:"80"`
	}
	route(s, methodGet, "/stops/{id}", "get-stop", "One of them with every unit, and when each fell silent", scheduler.ActRead,
		at(func(ctx context.Context, in *stop) ([]need, error) {
			v, err := s.Store.Halt(ctx, in.ID)
			return []need{{area: v.Area}}, err
		}),
		func(ctx context.Context, in *stop) (*answer[client.Stop], error) {
			v, err := s.Store.Halt(ctx, in.ID)
			return reply(stopOut(v, in.Language)), err
		})
}

func stopOut(v scheduler.HaltView, lang string) client.Stop {
	out := client.Stop{ID: v.ID, Kind: string(v.Kind), Area: v.Area, Ref: v.Ref, At: v.At, From: v.From, By: v.By, Name: v.Name, Why: v.Why,
		Ended: []client.Content{}, Units: v.Units, Silent: v.Silent, Last: when(v.Last), Closed: when(v.Closed), List: []client.StopUnit{}}
	for _, c := range v.Contents {
		out.Ended = append(out.Ended, client.Content(c))
	}
	for _, u := range v.List {
		out.List = append(out.List, stopUnitOut(u, lang))
	}
	return out
}

func stopUnitOut(u scheduler.HaltUnit, lang string) client.StopUnit {
	out := client.StopUnit{Unit: u.Unit, Name: u.Name, Area: u.Area.ID, AreaName: u.Area.Name, Town: u.Town.ID, TownName: u.Town.Name, Contact: u.Contact,
		State: string(u.State), Why: u.Why.In(lang), Online: u.Online, LastSeen: when(u.LastSeen), Said: when(u.Said), Silent: when(u.Silent)}
	if g := u.GoesOn; g != nil {
		out.GoesOn = &client.GoesOn{Content: client.Content(g.Content), From: g.From, Until: g.Until, Again: when(g.Again), Last: g.Last}
	}
	return out
}

func inForceOut(f scheduler.InForce) client.InForce {
	out := client.InForce{Kind: f.Kind, ID: f.ID, Area: f.Area, Unit: f.Unit, What: f.What, Why: f.Why, Since: f.Since, By: f.By, Name: f.Name,
		Until: when(f.Until), MayLift: []string{}, Units: f.Units, Obey: f.Obey}
	for _, r := range f.MayLift() {
		out.MayLift = append(out.MayLift, string(r))
	}
	return out
}

func inForceList(all []scheduler.InForce) []client.InForce {
	out := []client.InForce{}
	for _, f := range all {
		out = append(out, inForceOut(f))
	}
	return out
}

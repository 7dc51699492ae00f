package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

type unitQuery struct {
	Paged
	Area  string `query:"area" doc:"Only units in this area and below"`
	Shows string `query:"shows" enum:"on-air,idle,silent,offline,unknown,unplaced,planned,paused,removed"`
	Text  string `query:"text" doc:"Only units whose id or name contains this"`
}

// units adds the routes of units.
func (s *server) units() {
	route(s, methodGet, "/units", "list-units", "Units with what the centre knows of them", scheduler.ActRead, narrowed(s, scheduler.ActRead, func(in *unitQuery) *string { return &in.Area }),
		func(ctx context.Context, in *unitQuery) (*answer[client.Page[client.Unit]], error) {
			f := scheduler.UnitFilter{Area: in.Area, Shows: scheduler.Shows(in.Shows), Text: in.Text, Page: in.page()}
			if f.Shows == scheduler.ShowsRemoved {
				f.State = scheduler.UnitRemoved
			}
			all, next, err := s.Store.Units(ctx, f)
			return list(all, next, unitOut), err
		})
	route(s, methodGet, "/units/{id}", "get-unit", "One unit", scheduler.ActRead, at(s.readUnit),
		func(ctx context.Context, in *byID) (*answer[client.Unit], error) {
			v, err := s.Store.Unit(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			out := unitOut(v)
			all, err := s.Store.InForceOf(ctx, in.ID)
			out.Presence.InForce = inForceList(all)
			return versioned(out, v.Rev), err
		})
	type add struct{ Body client.UnitAdd }
	route(s, methodPost, "/units", "add-unit", "Adds a unit; the settings file of its device is in the answer and nowhere else", scheduler.ActPlace,
		inArea(func(in *add) string { return in.Body.Area }),
		func(ctx context.Context, in *add) (*answer[client.UnitAdded], error) { return s.addUnit(ctx, in.Body) })
	route(s, methodPut, "/units/{id}", "put-unit", "Changes a unit", scheduler.ActPlace, at(s.placesOfUnit), s.putUnit)
	route(s, methodDelete, "/units/{id}", "remove-unit", "Takes a unit out of service; what it proved stays", scheduler.ActPlace, s.thisUnit(),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RemoveUnit(ctx, in.ID) })
}

// readUnit needs to see where the unit stands. One without a place may be seen by
// whoever could give it one: it is in their hands.
func (s *server) readUnit(ctx context.Context, in *byID) ([]need, error) {
	u, err := s.Store.Unit(ctx, in.ID)
	if err != nil || u.State != scheduler.UnitUnplaced {
		return []need{{area: u.Area}}, err
	}
	tree, err := s.Store.Tree(ctx)
	if err == nil && actor(ctx).May(tree, scheduler.ActRead, u.Area) != nil {
		return s.somewhere(ctx, scheduler.ActEnrol)
	}
	return []need{{area: u.Area}}, err
}

func (s *server) addUnit(ctx context.Context, spec client.UnitAdd) (*answer[client.UnitAdded], error) {
	var code, settings string
	var claim scheduler.IssuedClaim
	var err error
	file, u := s.ClaimFile, unitIn(spec.UnitSpec)
	if s.Certifies && !spec.Secret {
		u, claim, err = s.Store.AddClaimed(ctx, u)
		code = claim.Code
	} else {
		file = s.Enrol
		u, code, err = s.Store.AddUnit(ctx, u)
	}
	if err == nil {
		settings, err = file(u.ID, code)
	}
	if err != nil {
		return nil, err
	}
	v, err := s.Store.Unit(ctx, u.ID)
	return reply(client.UnitAdded{Unit: unitOut(v), Settings: settings}), err
}

func (s *server) putUnit(ctx context.Context, in *change[client.UnitSpec]) (*answer[client.Unit], error) {
	rev, err := replaced(in.Match, in.ID, &in.Body.ID)
	if err != nil {
		return nil, err
	}
	old, err := s.Store.Unit(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	u := unitIn(in.Body)
	u.Rev = rev
	if in.Body.State == "" {
		u.State = old.State // a unit that was born stays installed
	}
	if _, _, err := s.Store.UpdateUnit(ctx, u); err != nil {
		return nil, err
	}
	v, err := s.Store.Unit(ctx, in.ID)
	return versioned(unitOut(v), v.Rev), err
}

package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// county adds the routes of what holds for the whole county.
func (s *server) county() {
	route(s, methodGet, "/county", "get-county", "What holds for every unit of the county", scheduler.ActRead, anywhere[none](),
		func(ctx context.Context, _ *none) (*answer[client.County], error) {
			c, err := s.Store.County(ctx)
			return versioned(countyOut(c), c.Rev), err
		})
	type put struct {
		Match string `header:"If-Match"`
		Body  client.County
	}
	route(s, methodPut, "/county", "put-county", "Changes it", scheduler.ActSettings, county[put](),
		func(ctx context.Context, in *put) (*answer[client.County], error) {
			rev, err := revision(in.Match)
			if err != nil {
				return nil, err
			}
			c := countyIn(in.Body)
			c.Rev = rev
			c, _, err = s.Store.SetCounty(ctx, c)
			return versioned(countyOut(c), c.Rev), err
		})
}

// areas adds the routes of areas, groups and calendars.
func (s *server) areas() {
	route(s, methodGet, "/areas", "list-areas", "All areas, parents before children", scheduler.ActRead, anywhere[none](),
		func(ctx context.Context, _ *none) (*answer[client.Page[client.Area]], error) {
			all, err := s.Store.Areas(ctx)
			return list(all, "", s.areaSeen(ctx)), err
		})
	route(s, methodGet, "/areas/{id}", "get-area", "One area", scheduler.ActRead, anywhere[byID](),
		func(ctx context.Context, in *byID) (*answer[client.Area], error) {
			a, err := s.Store.Area(ctx, in.ID)
			return versioned(s.areaSeen(ctx)(a), a.Rev), err
		})
	route(s, methodPut, "/areas/{id}", "put-area", "Makes or changes an area", scheduler.ActPlace, at(s.placesOfArea),
		func(ctx context.Context, in *change[client.Area]) (*answer[client.Area], error) {
			rev, err := replaced(in.Match, in.ID, &in.Body.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			a, _, err := s.Store.PutArea(ctx, scheduler.Area{ID: b.ID, Parent: b.Parent, Name: b.Name, Code: b.Code, Contact: b.Contact, Rev: rev})
			return versioned(areaOut(a), a.Rev), err
		})
	route(s, methodDelete, "/areas/{id}", "remove-area", "Removes an area that holds nothing", scheduler.ActPlace, thisArea(),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RemoveArea(ctx, in.ID) })
	s.groups()
	s.calendars()
}

func (s *server) groups() {
	route(s, methodGet, "/groups", "list-groups", "All groups", scheduler.ActRead, anywhere[none](),
		func(ctx context.Context, _ *none) (*answer[client.Page[client.Group]], error) {
			all, err := s.Store.Groups(ctx)
			return list(all, "", groupOut), err
		})
	route(s, methodPut, "/groups/{id}", "put-group", "Makes or changes a group", scheduler.ActDraft,
		at(func(ctx context.Context, in *change[client.Group]) ([]need, error) {
			return s.placesOfGroup(ctx, scheduler.Group{ID: in.ID, Areas: in.Body.Areas, Units: in.Body.Units})
		}),
		func(ctx context.Context, in *change[client.Group]) (*answer[client.Group], error) {
			rev, err := replaced(in.Match, in.ID, &in.Body.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			g, _, err := s.Store.PutGroup(ctx, scheduler.Group{ID: b.ID, Name: b.Name, Areas: b.Areas, Units: b.Units, Rev: rev})
			return versioned(groupOut(g), g.Rev), err
		})
	route(s, methodDelete, "/groups/{id}", "remove-group", "Removes a group that no programme targets", scheduler.ActDraft,
		at(func(ctx context.Context, in *byID) ([]need, error) {
			return s.placesOfGroup(ctx, scheduler.Group{ID: in.ID})
		}),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RemoveGroup(ctx, in.ID) })
}

func (s *server) calendars() {
	route(s, methodGet, "/calendars", "list-calendars", "All calendars", scheduler.ActRead, anywhere[none](),
		func(ctx context.Context, _ *none) (*answer[client.Page[client.Calendar]], error) {
			all, err := s.Store.Calendars(ctx)
			return list(all, "", calendarOut), err
		})
	route(s, methodPut, "/calendars/{id}", "put-calendar", "Makes or changes a calendar", scheduler.ActSettings, county[change[client.Calendar]](),
		func(ctx context.Context, in *change[client.Calendar]) (*answer[client.Calendar], error) {
			rev, err := replaced(in.Match, in.ID, &in.Body.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			c, _, err := s.Store.PutCalendar(ctx, scheduler.Calendar{ID: b.ID, Name: b.Name, Dates: b.Dates, Rev: rev})
			return versioned(calendarOut(c), c.Rev), err
		})
	route(s, methodDelete, "/calendars/{id}", "remove-calendar", "Removes a calendar that no programme names", scheduler.ActSettings, county[byID](),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RemoveCalendar(ctx, in.ID) })
}

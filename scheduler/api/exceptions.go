package api

import (
	"context"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// exceptions adds the routes of quiet times with an end.
func (s *server) exceptions() {
	type query struct {
		Area string `query:"area" doc:"One's own if absent"`
	}
	route(s, methodGet, "/exceptions", "list-exceptions", "Quiet times with an end, in force or to come, that concern an area", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *query) *string { return &in.Area }),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Exception]], error) {
			all, err := s.Store.Exceptions(ctx, in.Area)
			return list(all, "", exceptionOut), err
		})
	type add struct{ Body client.ExceptionSpec }
	route(s, methodPost, "/exceptions", "add-exception", "Keeps the sound of an area or a unit silent for a while, for a reason", scheduler.ActMute,
		at(func(ctx context.Context, in *add) ([]need, error) {
			return s.placesOfMute(ctx, client.MuteSpec{Area: in.Body.Area, Unit: in.Body.Unit})
		}),
		func(ctx context.Context, in *add) (*answer[client.ExceptionAdded], error) {
			b := in.Body
			e := scheduler.Exception{Address: wire.AreaAddress(b.Area), Until: b.Until, Daily: b.Daily, Why: b.Why, Loud: b.Loud}
			if b.Unit != "" {
				e.Address = wire.UnitAddress(b.Unit)
			}
			if b.From != nil {
				e.From = *b.From
			}
			e, reach, tooOld, err := s.Store.AddException(ctx, e)
			return reply(client.ExceptionAdded{Exception: exceptionOut(e), Units: reach.Units, Offline: append([]string{}, reach.Offline...), TooOld: append([]string{}, tooOld...)}), err
		})
	route(s, methodPost, "/exceptions/{id}/end", "end-exception", "Ends an exception before its time", scheduler.ActMute,
		at(func(ctx context.Context, in *byID) ([]need, error) {
			e, err := s.Store.Exception(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return s.ofAddress(ctx, scheduler.ActMute, e.Address)
		}),
		func(ctx context.Context, in *byID) (*answer[client.Exception], error) {
			e, err := s.Store.EndException(ctx, in.ID)
			return reply(exceptionOut(e)), err
		})
}

func exceptionOut(e scheduler.Exception) client.Exception {
	out := client.Exception{ID: e.ID, ExceptionSpec: client.ExceptionSpec{From: when(e.From), Until: e.Until, Daily: e.Daily, Why: e.Why, Loud: e.Loud},
		By: e.By, Ended: when(e.Ended), MayLift: []string{}}
	for _, r := range (scheduler.InForce{Lift: scheduler.ActMute}).MayLift() {
		out.MayLift = append(out.MayLift, string(r))
	}
	switch kind, id := e.Address.Split(); kind {
	case "area":
		out.Area = id
	case "unit":
		out.Unit = id
	}
	return out
}

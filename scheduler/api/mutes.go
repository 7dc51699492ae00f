package api

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

func versionName(id string, version int) string { return fmt.Sprintf("%s@%d", id, version) }

// mutes adds the routes of mutes and pauses.
func (s *server) mutes() {
	route(s, methodGet, "/mutes", "list-mutes", "Mutes and pauses in force or to come", scheduler.ActRead, anywhere[none](),
		func(ctx context.Context, _ *none) (*answer[client.Page[client.Mute]], error) {
			all, err := s.Store.Mutes(ctx)
			return list(all, "", muteOut), err
		})
	type mute struct{ Body client.MuteSpec }
	route(s, methodPost, "/mutes", "mute", "Silences an area or a unit, but for warnings, until a stated end", scheduler.ActMute,
		at(func(ctx context.Context, in *mute) ([]need, error) { return s.placesOfMute(ctx, in.Body) }),
		func(ctx context.Context, in *mute) (*answer[client.Mute], error) {
			b := in.Body
			m := scheduler.Mute{Address: wire.AreaAddress(b.Area), Until: b.Until, Why: b.Why, Pause: b.Pause}
			if b.Unit != "" {
				m.Address = wire.UnitAddress(b.Unit)
			}
			m, err := s.Store.Mute(ctx, m)
			return reply(muteOut(m)), err
		})
	route(s, methodPost, "/mutes/{id}/end", "unmute", "Ends a mute or pause before its time", scheduler.ActMute, at(s.unmuting),
		func(ctx context.Context, in *byID) (*answer[client.Mute], error) {
			m, err := s.Store.Unmute(ctx, in.ID)
			return reply(muteOut(m)), err
		})
}

func muteOut(m scheduler.Mute) client.Mute {
	out := client.Mute{ID: m.ID, MuteSpec: client.MuteSpec{Until: m.Until, Why: m.Why, Pause: m.Pause}, From: m.From, Ended: when(m.Ended), By: m.By}
	switch kind, id := m.Address.Split(); kind {
	case "area":
		out.Area = id
	case "unit":
		out.Unit = id
	}
	return out
}

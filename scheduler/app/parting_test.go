package app_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// soundedUntil is the end of the last stretch that a station knows of, which it may
// have had no way to tell. The station is off.
func soundedUntil(s *station) (last time.Time) {
	card := spool.Open(s.disk)
	defer card.Close()
	for _, e := range card.Batch(1000, 1<<20).Entries {
		if e.AsRun != nil && e.AsRun.To > last.UnixMilli() {
			last = time.UnixMilli(e.AsRun.To)
		}
	}
	return last
}

// TestADeviceThatIsLetGoFallsSilent: a unit that is removed, and a device that is
// revoked, are told so before their connection ends. They would play what they hold
// for days else, where no STOP reaches them. One that is not there then is named.
func TestADeviceThatIsLetGoFallsSilent(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op, ctx := c.secured(), context.Background()
		stations := map[string]*station{}
		for _, id := range []string{"removed", "revoked", "dark", "stays"} {
			if _, err := op.AddUnit(ctx, client.UnitSpec{ID: id, Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}); err != nil {
				t.Fatal(err)
			}
			stations[id] = c.benched(c.claim(op, id), nil)
			c.switchOn(stations[id])
		}
		song := upload(t, op, tone(t, c.dir, "song", 440, 60), "song")
		playlist(t, op, "music", [2]string{song.ID, ""})
		release(t, op, client.ProgrammeSpec{ID: "music", Playlist: "music", Targets: client.Targets{Areas: []string{"county"}}, Rule: wire.Rule{
			Kind: wire.RuleLoop, Window: &wire.Window{From: "08:00", To: "21:00"}, Until: "2027-01-01T00:00:00"}})
		time.Sleep(10 * time.Minute)
		stations["dark"].off(t)
		time.Sleep(time.Minute)

		gone := time.Now()
		for _, id := range []string{"removed", "dark"} {
			if err := op.RemoveUnit(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := op.RevokeUnit(ctx, "revoked", "stolen"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(gone); took > 8*time.Second {
			t.Errorf("it took %v to let them go", took)
		}
		synctest.Wait() // the broker has told of the ends of connections
		for id, told := range map[string]bool{"removed": true, "dark": false} {
			if u, err := op.Unit(ctx, id); err != nil || (len(u.Presence.Pending) == 0) != told || u.Presence.Online || len(u.Presence.OnAir) > 0 {
				t.Errorf("%s: %+v, %v", id, u.Presence, err)
			}
		}
		time.Sleep(time.Hour)
		for _, id := range []string{"removed", "revoked"} {
			if c.online(id) {
				t.Errorf("%s is online", id)
			}
			stations[id].off(t)
			if last := soundedUntil(stations[id]); last.Sub(gone) > 8*time.Second {
				t.Errorf("%s sounded for %v after it was let go", id, last.Sub(gone))
			}
		}
		if runs := c.asruns("stays"); len(runs) == 0 || time.Since(time.UnixMilli(runs[len(runs)-1].To)) > 20*time.Minute {
			t.Errorf("the unit that stays proves %+v", runs)
		}
	})
}

package app_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// TestDarkForThirteenMonths: a unit comes back after thirteen months without power.
// Its board says 1970, its certificate has ended, the centre's own was made anew,
// and the signing keys were changed twice. Without a visit it learns the time,
// proves itself, renews its certificate, follows the keys, and plays what is released
// today and nothing else.
func TestDarkForThirteenMonths(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op, ctx := c.secured(), context.Background()
		if _, err := op.AddUnit(ctx, client.UnitSpec{ID: "horn", Area: "liushu"}); err != nil {
			t.Fatal(err)
		}
		sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 20), "news")
		playlist(t, op, "news", [2]string{sound.ID, ""})
		daily := func(id string) {
			release(t, op, client.ProgrammeSpec{ID: id, Playlist: "news", Targets: client.Targets{Areas: []string{"liushu"}},
				Rule: wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "08:00", To: "20:00"}, Every: 60, Until: "2030-01-01T00:00:00"}})
		}
		daily("then")
		board := agenttest.NewBoard(0, false, time.Now())
		s := c.benched(c.claim(op, "horn"), func(o *agent.Options) { o.Board = board.System() })
		c.switchOn(s)
		time.Sleep(3 * time.Hour)
		first, err := op.Certificates(ctx, "")
		if err != nil || len(first) != 1 || !c.online("horn") || len(c.asruns("horn")) == 0 {
			t.Fatalf("before the dark: certificates %+v, %v, online %v, %d entries", first, err, c.online("horn"), len(c.asruns("horn")))
		}
		s.powerCut(t)
		if _, err := op.Withdraw(ctx, "then"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			c.stop()
			time.Sleep(205 * 24 * time.Hour)
			c.start()
			op = c.trusted()
			if _, err := op.RotateKeys(ctx, client.RotateSpec{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if time.Now().Before(first[0].Ends) {
			t.Fatalf("the certificate holds until %v: this test proves nothing", first[0].Ends)
		}
		daily("now")
		time.Sleep(30 * time.Minute) // nothing is due when it comes back
		back := time.Now()
		board.Boot(time.Unix(0, 0))
		c.switchOn(s)
		time.Sleep(2 * time.Minute)
		u, err := op.Unit(ctx, "horn")
		if err != nil || !u.Presence.Online || u.Presence.Delivery != "ready" || len(u.Presence.Refused) > 0 || len(u.Presence.Conditions) > 0 {
			t.Errorf("two minutes after it came back: %+v, %v", u.Presence, err)
		}
		now, err := op.Certificates(ctx, "")
		if err != nil || len(now) != 1 || now[0].Serial == first[0].Serial || now[0].Ends.Before(back.Add(390*24*time.Hour)) {
			t.Errorf("its certificates are %+v, %v", now, err)
		}
		time.Sleep(12 * time.Hour)
		since := store.AsRunFilter{Unit: "horn", From: back, To: time.Now()}
		runs, _, err := c.app.Store().AsRuns(ctx, since)
		if err != nil || len(runs) == 0 || slices.ContainsFunc(runs, func(r scheduler.AsRun) bool { return r.Programme != "now" }) {
			t.Errorf("since then it played %+v, %v", runs, err)
		}
		keys, err := op.SigningKeys(ctx)
		if err != nil || len(keys) != 3 || keys[1].Removed == nil || keys[2].Removed != nil {
			t.Errorf("the signing keys are %+v, %v", keys, err)
		}
	})
}

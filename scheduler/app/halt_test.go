package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// stopOf asks for a stop by its id.
func stopOf(t *testing.T, op *client.Client, id string) client.Stop {
	t.Helper()
	h, err := op.StopByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// unitIn finds a unit in a stop's list.
func unitIn(t *testing.T, h client.Stop, unit string) client.StopUnit {
	t.Helper()
	for _, u := range h.List {
		if u.Unit == unit {
			return u
		}
	}
	t.Fatalf("%s is not in the list of %s: %+v", unit, h.ID, h.List)
	return client.StopUnit{}
}

// TestWhoObeys stops, mutes and withdraws with one unit cut off: only a unit's own
// word counts, the one that did not get it is listed with whom to call and what it
// goes on with, and the list is empty as soon as it is back; a centre that was
// restarted meanwhile knows all this.
func TestWhoObeys(t *testing.T) {
	t.Setenv("PATH", "")
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		if _, err := op.PutPerson(t.Context(), client.PersonSpec{ID: "wang", Name: "王", Phone: "139 0000 0001", Grants: []client.Grant{{Role: "village", Area: "liushu"}}}); err != nil {
			t.Fatal(err)
		}
		near, far := c.settle("near"), c.settle("far")
		c.place(client.UnitSpec{ID: "wall", Area: "liushu", Outputs: []wire.Output{wire.OutputScreen}, Panel: &wire.Panel{Width: 64, Height: 16}})
		sound := upload(t, op, tone(t, t.TempDir(), "water", 440, 20), "water off")
		playlist(t, op, "water", [2]string{sound.ID, ""})
		spec := client.ProgrammeSpec{ID: "water", Title: "water off", Playlist: "water", Targets: client.Targets{Areas: []string{"liushu"}},
			Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "21:00"}, Until: "2026-11-30T00:00:00"}}
		release(t, op, spec)
		time.Sleep(2 * time.Minute)
		far.line.Dead(true) // a radio link that dies without a word
		time.Sleep(time.Second)

		began := time.Now()
		stopped, err := op.StopWhy(t.Context(), "liushu", "wrong villages")
		if err != nil || stopped.Stop == "" {
			t.Fatalf("%+v (%v)", stopped, err)
		}
		time.Sleep(2 * time.Second)
		h := stopOf(t, op, stopped.Stop)
		if h.Silent != 2 || h.Units != 3 || h.Last == nil || h.Last.Sub(began) > 2*time.Second || h.By != "admin" || h.Why != "wrong villages" {
			t.Fatalf("after 2 s: %+v", h)
		}
		if u := unitIn(t, h, "near"); u.State != "silent" || u.Silent == nil || u.Silent.Before(began) || u.Silent.Sub(began) > time.Second {
			t.Errorf("near: %+v, stopped at %v", u, began)
		}
		if u := unitIn(t, h, "wall"); u.State != "silent" || u.Silent != nil {
			t.Errorf("a screen that had nothing of it: %+v", u)
		}
		u := unitIn(t, h, "far")
		end := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC) // 21:00 there
		if u.State != "waiting" || u.Contact != "王 139 0000 0001" || u.AreaName != "liushu" || u.GoesOn == nil || u.GoesOn.Title != "water off" ||
			!u.GoesOn.Until.Equal(end) || u.GoesOn.Again == nil || !u.GoesOn.Again.Equal(end.Add(10*time.Hour)) {
			t.Errorf("far: %+v, goes on %+v", u, u.GoesOn)
		}
		st, err := op.Status(t.Context())
		if err != nil || len(st.InForce) != 1 || st.InForce[0].Kind != "stop" || st.InForce[0].Units != 3 || st.InForce[0].Obey != 2 || st.InForce[0].What != "water off" || len(st.InForce[0].MayLift) != 0 {
			t.Errorf("in force: %+v (%v)", st.InForce, err)
		}

		time.Sleep(30 * time.Second) // the words of the two are on disk by then
		c.stop()
		c.start()
		op = c.operator()
		time.Sleep(time.Minute)
		if h = stopOf(t, op, stopped.Stop); h.Silent != 2 || h.Closed != nil {
			t.Errorf("after a restart of the centre: %+v", h)
		}
		near.powerCut(t)
		near.page = memnet.Listen("127.0.0.1:80") // that of before went with it
		c.switchOn(near.station)
		time.Sleep(time.Minute)
		if u, err := op.Unit(t.Context(), "near"); err != nil || len(u.Presence.OnAir) > 0 || !u.Presence.Online {
			t.Errorf("what was stopped plays after a restart of the unit: %+v (%v)", u.Presence, err)
		}
		far.line.Cut()
		far.line.Dead(false)
		back := time.Now()
		for h = stopOf(t, op, stopped.Stop); h.Silent < 3 && time.Since(back) < 2*time.Minute; h = stopOf(t, op, stopped.Stop) {
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		if h = stopOf(t, op, stopped.Stop); h.Closed == nil || h.Silent != 3 {
			t.Errorf("the list is not empty %v after the line is back: %+v", time.Since(back), h)
		}

		// The correction is a new version; it is withdrawn, and everybody obeys.
		spec.Title = "water on"
		release(t, op, spec)
		time.Sleep(time.Minute)
		p, err := op.Withdraw(t.Context(), "water")
		if err != nil || p.Version != 2 {
			t.Fatal(p, err)
		}
		time.Sleep(5 * time.Second)
		all, err := op.Stops(t.Context(), "", false)
		if err != nil || len(all) != 2 || all[0].Kind != "withdraw" || all[0].Silent != 3 || all[0].Ended[0].Title != "water on" {
			t.Errorf("stops: %+v (%v)", all, err)
		}

		m, err := op.Mute(t.Context(), client.MuteSpec{Area: "liushu", Until: time.Now().Add(time.Hour), Why: "exam"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		unit, err := op.Unit(t.Context(), "near")
		if err != nil || unit.Presence.Muted == nil || len(unit.Presence.InForce) != 2 || unit.Presence.InForce[0].ID != m.ID || unit.Presence.InForce[0].Obey != 3 ||
			!strings.Contains(strings.Join(unit.Presence.InForce[0].MayLift, " "), "town") {
			t.Errorf("in force for a unit: %+v (%v)", unit.Presence.InForce, err)
		}
	})
}

// stop makes one in an area.
func (f *fixture) stop(area string) string {
	mute := f.mute(area)
	all, err := f.app.Store().Halts(f.t.Context(), area, false)
	f.must(err)
	for _, h := range all {
		if h.Ref == mute {
			return h.ID
		}
	}
	f.t.Fatalf("no stop of mute %s", mute)
	return ""
}

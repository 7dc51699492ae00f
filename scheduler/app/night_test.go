package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestTheCentreIsAnOfficePC is switched off at 18:00 and on at 08:00. The night is
// neither uptime nor outage; what units prove of it fills it afterwards; and a
// unit that went in the night is shown as gone, but only from when somebody
// listens again.
func TestTheCentreIsAnOfficePC(t *testing.T) {
	t.Setenv("PATH", "")
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		for _, id := range []string{"fine", "dark", "dead"} {
			// With a clock chip: a unit that was off at night knows the time in the morning.
			c.placeOn(client.UnitSpec{ID: id, Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}, func(o *agent.Options) { o.Board.Chip = true })
		}
		fine, dark, dead := c.stations[0], c.stations[1], c.stations[2]
		sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 50), "news")
		playlist(t, op, "news", [2]string{sound.ID, ""})
		release(t, op, client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"liushu"}},
			Rule: wire.Rule{Kind: wire.RuleLoop, Pause: 10, Window: &wire.Window{From: "07:00", To: "21:00"}, Until: "2027-01-01T00:00:00"}})
		until := func(hours time.Duration) { time.Sleep(time.Until(dawn.Add(hours * time.Hour))) } // dawn is 8:00 there
		until(10)
		c.stop()
		until(14)
		dead.powerCut(t)
		until(15)
		dark.powerCut(t)
		until(22)
		c.switchOn(dark)
		until(24)
		c.start()
		morning := time.Now()
		time.Sleep(5 * time.Minute)
		op = c.operator()
		list := c.outages()
		if len(list) != 1 || list[0].Unit != "dead" || list[0].Kind != scheduler.Unreachable || list[0].From.Before(dawn.Add(24*time.Hour)) || list[0].From.After(morning) {
			t.Fatalf("outages in the morning: %+v", list)
		}
		if !strings.Contains(list[0].Says(time.UTC).EN, "last heard 2026-11-24 ") {
			t.Errorf("it does not say when the unit was last heard: %q", list[0].Says(time.UTC).EN)
		}
		if !c.online("fine") || !c.online("dark") {
			t.Error("a unit is not back")
		}
		gaps, err := op.Gaps(t.Context(), dawn, time.Time{})
		if err != nil || len(gaps) != 1 || !near(gaps[0].From, dawn.Add(10*time.Hour), 2*time.Second) || !near(gaps[0].To, dawn.Add(24*time.Hour), 5*time.Second) || gaps[0].Why != "the centre stops" {
			t.Errorf("not watched: %+v (%v)", gaps, err)
		}

		until(26)
		c.switchOn(dead)
		time.Sleep(5 * time.Minute)
		from, to := dawn.Add(10*time.Hour), dawn.Add(26*time.Hour)
		for _, x := range []struct {
			s                                   *station
			proven, off, unreachable, unwatched time.Duration
		}{
			// On the air from 18:00 to 21:00 and from 7:00, when nobody watched.
			{fine, 4 * time.Hour, 0, 0, 10 * time.Hour},
			{dark, 4 * time.Hour, 7 * time.Hour, 0, 3 * time.Hour},
			// Off until 10:00: two hours of it were an outage, and it says why.
			{dead, 3 * time.Hour, 12 * time.Hour, 0, time.Hour},
		} {
			u, err := op.Uptime(t.Context(), x.s.unit, from, to)
			if err != nil {
				t.Fatal(err)
			}
			const slack = 3 * time.Minute // the last minute before a power cut is not known; nor is the grace
			for _, v := range []struct {
				what string
				got  float64
				want time.Duration
			}{{"proven", u.Proven, x.proven}, {"off", u.Off, x.off}, {"unreachable", u.Unreachable, x.unreachable}, {"not watched", u.NotWatched, x.unwatched}} {
				if d := time.Duration(v.got*float64(time.Second)) - v.want; d < -slack || d > slack {
					t.Errorf("%s: %s %v, want %v", x.s.unit, v.what, time.Duration(v.got)*time.Second, v.want)
				}
			}
			if sum := u.Up + u.Proven + u.Off + u.Unreachable + u.Silent + u.NotWatched + u.Paused + u.Before; sum != to.Sub(from).Seconds() {
				t.Errorf("%s: %v seconds of %v", x.s.unit, sum, to.Sub(from).Seconds())
			}
		}
		if list = c.outages(); len(list) != 1 || list[0].To.IsZero() {
			t.Errorf("outages at last %+v", list)
		}
	})
}

func near(got, want time.Time, d time.Duration) bool {
	return got.Sub(want) <= d && want.Sub(got) <= d
}

// TestAPauseIsNoOutage switches a unit off under work: no outage, seen with its
// end and reason; it ends by itself, and from then on the unit is missed.
func TestAPauseIsNoOutage(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		c.add("u1")
		d := c.device("u1")
		time.Sleep(settle)
		end := time.Now().Add(time.Hour)
		if _, err := op.Mute(t.Context(), client.MuteSpec{Unit: "u1", Pause: true, Until: end, Why: "roof"}); err != nil {
			t.Fatal(err)
		}
		d.off()
		time.Sleep(30 * time.Minute)
		u, err := op.Unit(t.Context(), "u1")
		if err != nil || u.Presence.Shows != "paused" || u.Presence.Paused == nil || u.Presence.Paused.Why != "roof" || !u.Presence.Paused.Until.Equal(end) {
			t.Errorf("a paused unit is %+v (%v)", u.Presence, err)
		}
		st, err := op.Status(t.Context())
		if err != nil || len(st.Paused) != 1 || st.Units.Paused != 1 || st.Units.Offline != 0 {
			t.Errorf("the status says %+v, %+v (%v)", st.Paused, st.Units, err)
		}
		if list := c.outages(); len(list) != 0 {
			t.Errorf("outages of a unit under work: %+v", list)
		}
		time.Sleep(32 * time.Minute)
		list := c.outages()
		if len(list) != 1 || !near(list[0].From, end, 6*time.Second) {
			t.Fatalf("the pause ended at %v: %+v", end, list)
		}
		if st, _ = op.Status(t.Context()); len(st.Paused) != 0 || st.Units.Offline != 1 {
			t.Errorf("after the pause: %+v, %+v", st.Paused, st.Units)
		}
		up, err := op.Uptime(context.Background(), "u1", end.Add(-time.Hour), end)
		if err != nil || up.Paused != 3600 {
			t.Errorf("uptime %+v (%v)", up, err)
		}
	})
}

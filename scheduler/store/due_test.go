package store

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestWhatIsDueAndDoesNotPlayIsSilence: a unit that is there, holds everything,
// and says for a while that nothing is on air although the timetable has a loop.
func TestWhatIsDueAndDoesNotPlayIsSilence(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	must(t)(s.Born(ctx, birth("liu1-2", 1), now))
	must(t)(s.Born(ctx, birth("shi1-1", 1), now))
	release(t, s, loop("a", "liu1"))
	publish(t, s)
	confirm(t, s, "liu1-1", "shi1-1") // liu1-2 does not hold it: that is no outage
	playing := []wire.OnAir{{Output: wire.OutputSound, Programme: "a", Version: 1, Title: "A"}}
	run := func(d time.Duration, on []wire.OnAir) {
		for end := now.Add(d); now.Before(end); now = now.Add(5 * time.Second) {
			for _, u := range []string{"liu1-1", "liu1-2", "shi1-1"} {
				h := wire.Heartbeat{Unit: u, Session: 1, Boot: "b1"}
				if u == "liu1-1" {
					h.OnAir = on
				}
				must(t)(s.Beat(ctx, h, now))
			}
			must(t)(s.Sweep(ctx, now))
		}
	}
	of := func() (out []scheduler.Outage) {
		for _, u := range []string{"liu1-1", "liu1-2", "shi1-1"} {
			out = append(out, outages(t, s, u)...)
		}
		return out
	}
	run(5*time.Minute, playing)
	if got := of(); len(got) != 0 {
		t.Fatalf("all is well: %+v", got)
	}
	hushed := now
	run(3*time.Minute, nil)
	got := of()
	if len(got) != 1 || got[0].Unit != "liu1-1" || got[0].Kind != scheduler.Silent || got[0].Cause != scheduler.CauseNotPlayed ||
		got[0].From.Before(hushed.Add(-5*time.Second)) || got[0].From.After(hushed.Add(dueHushed+2*dueMargin)) {
		t.Fatalf("hushed at %v: %+v", hushed, got)
	}
	if u, _ := s.Unit(ctx, "liu1-1"); u.Shows != scheduler.ShowsSilent {
		t.Errorf("it shows %s", u.Shows)
	}
	again := now
	run(time.Minute, playing)
	if got = of(); len(got) != 1 || got[0].To.Before(again) || got[0].To.After(again.Add(5*time.Second)) {
		t.Errorf("plays again at %v: %+v", again, got)
	}
	must(t)(s.Withdraw(ctx, "a"))
	publish(t, s)
	confirm(t, s, "liu1-1")
	run(5*time.Minute, nil)
	if got = of(); len(got) != 1 {
		t.Errorf("nothing is due, and it is silent: %+v", got)
	}
}

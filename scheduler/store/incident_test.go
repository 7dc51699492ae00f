package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestFlappingIsToldOnce lets a unit come and go for an hour: one note when it
// begins, one with the count when it is over, and it stands in the status.
func TestFlappingIsToldOnce(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	codes := func() (out []string) {
		notes, _, err := s.Notables(ctx, "liu1-1", Page{})
		must(t)(err)
		for _, n := range notes {
			out = append(out, n.Code+": "+n.Text)
		}
		return out
	}
	session := uint64(1)
	for range 30 {
		now = now.Add(time.Minute)
		must(t)(s.Gone(ctx, wire.Will{Unit: "liu1-1", Session: session}, now))
		session++
		now = now.Add(time.Minute)
		must(t)(s.Sweep(ctx, now))
		must(t)(s.Born(ctx, birth("liu1-1", session), now))
		must(t)(s.Sweep(ctx, now.Add(time.Second)))
	}
	st, err := s.Status(ctx, "", now)
	if err != nil || len(st.Troubled) != 1 || st.Troubled[0].Code != scheduler.ConditionFlapping || st.Troubled[0].Count != 30 {
		t.Errorf("status %+v (%v)", st.Troubled, err)
	}
	if got := codes(); len(got) != 1 || got[0] != "flapping: offline 4 times" {
		t.Errorf("told %q", got)
	}
	if got := outages(t, s, "liu1-1"); len(got) > scheduler.FlapFalls {
		t.Errorf("%d outages", len(got))
	}
	for end := now.Add(scheduler.FlapWindow); now.Before(end); {
		now = now.Add(15 * time.Second)
		must(t)(s.Beat(ctx, wire.Heartbeat{Unit: "liu1-1", Session: session, Boot: "b1"}, now))
		must(t)(s.Sweep(ctx, now))
	}
	if got := codes(); len(got) != 2 || got[0][:len("flapping-over: offline 30 times")] != "flapping-over: offline 30 times" {
		t.Errorf("told at its end %q", got)
	}
}

// TestAnIncidentOutlivesTheCentre: the centre is killed while most units are
// gone. Started again it still says so, and no unit gets an outage of its own.
func TestAnIncidentOutlivesTheCentre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "incident.db")
	s := countyAt(t, path)
	ctx := t.Context()
	now := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	must(t)(s.Watch(ctx, now.Add(-time.Hour)))
	units := []string{"liu1-1", "liu1-2", "liu2-1", "liu2-2", "shi1-1", "shi1-2", "shi2-1", "shi2-2"}
	born := func(session uint64) {
		for _, u := range units {
			must(t)(s.Born(ctx, birth(u, session), now))
		}
	}
	born(1)
	must(t)(s.Sweep(ctx, now))
	heard := now
	now = now.Add(time.Minute)
	must(t)(s.Sweep(ctx, now))
	st, err := s.Status(ctx, "", now)
	if err != nil || st.Incident == nil || st.Incident.Left() != 8 || !st.Incident.From.Equal(heard) || len(st.Outages) != 0 {
		t.Fatalf("incident %+v, outages %+v (%v)", st.Incident, st.Outages, err)
	}
	must(t)(s.Close()) // without a word: nobody ended the watch
	s = open(t, path)
	if st, err = s.Status(ctx, "", now); err != nil || st.Incident == nil || !slices.Equal(st.Incident.Units(), units) {
		t.Fatalf("after the restart: %+v (%v)", st.Incident, err)
	}
	now = now.Add(5 * time.Minute)
	must(t)(s.Watch(ctx, now))
	now = now.Add(scheduler.WatchGrace + time.Second)
	must(t)(s.Sweep(ctx, now))
	born(2)
	for range 20 {
		now = now.Add(5 * time.Second)
		for _, u := range units {
			must(t)(s.Beat(ctx, wire.Heartbeat{Unit: u, Session: 2, Boot: "b1"}, now))
		}
		must(t)(s.Sweep(ctx, now))
	}
	if st, err = s.Status(ctx, "", now); err != nil || st.Incident != nil {
		t.Errorf("all are back: %+v (%v)", st.Incident, err)
	}
	if got := outages(t, s, ""); len(got) != 0 {
		t.Errorf("outages %+v", got)
	}
	up, err := s.Uptime(ctx, "liu1-1", heard, heard.Add(time.Minute), now)
	if err != nil || up.NotWatched != time.Minute {
		t.Errorf("a minute in the incident: %+v (%v)", up, err)
	}
}

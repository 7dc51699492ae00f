package store

import (
	"context"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// watched is a county whose centre has listened for an hour, with one unit
// liu1-1 born at the instant given back.
func watched(t *testing.T) (*Store, time.Time) {
	t.Helper()
	s := county(t)
	now := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	must(t)(s.Watch(t.Context(), now.Add(-time.Hour)))
	must(t)(s.Born(t.Context(), birth("liu1-1", 1), now))
	return s, now
}

func birth(unit string, session uint64) wire.Birth {
	return wire.Birth{Unit: unit, Session: session, Spool: "sp", Boot: "b1"}
}

// outages are those of a unit, as written.
func outages(t *testing.T, s *Store, unit string) []scheduler.Outage {
	t.Helper()
	out, _, err := s.Outages(t.Context(), OutageFilter{Unit: unit})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSilenceIsAnOutageFromTheLastSignOfLife(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	must(t)(s.Beat(ctx, wire.Heartbeat{Unit: "liu1-1", Session: 1, Boot: "b1", Volume: 70}, now.Add(15*time.Second)))
	must(t)(s.Sweep(ctx, now.Add(50*time.Second)))
	if u, _ := s.Unit(ctx, "liu1-1"); !u.Presence.Online {
		t.Error("offline 35 s after its last heartbeat")
	}
	must(t)(s.Sweep(ctx, now.Add(56*time.Second)))
	if u, _ := s.Unit(ctx, "liu1-1"); u.Presence.Online || u.Presence.Cause != scheduler.CauseHeartbeat {
		t.Errorf("41 s after its last heartbeat: %+v", u.Presence)
	}
	got := outages(t, s, "liu1-1")
	if len(got) != 1 || !got[0].From.Equal(now.Add(15*time.Second)) || !got[0].To.IsZero() || got[0].Kind != scheduler.Unreachable {
		t.Fatalf("outages %+v", got)
	}
	back := now.Add(10 * time.Minute)
	must(t)(s.Born(ctx, birth("liu1-1", 2), back))
	must(t)(s.Sweep(ctx, back.Add(time.Second)))
	if got = outages(t, s, "liu1-1"); len(got) != 1 || !got[0].To.Equal(back) {
		t.Errorf("after its return: %+v", got)
	}
}

func TestWillsAndReturns(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	must(t)(s.Born(ctx, birth("liu1-1", 2), now.Add(time.Second)))
	must(t)(s.Gone(ctx, wire.Will{Unit: "liu1-1", Session: 1}, now.Add(2*time.Second)))
	if u, _ := s.Unit(ctx, "liu1-1"); !u.Presence.Online {
		t.Fatal("the late will of an older session killed a live unit")
	}
	must(t)(s.Gone(ctx, wire.Will{Unit: "liu1-1", Session: 2}, now.Add(3*time.Second)))
	must(t)(s.Beat(ctx, wire.Heartbeat{Unit: "liu1-1", Session: 2}, now.Add(4*time.Second)))
	if u, _ := s.Unit(ctx, "liu1-1"); u.Presence.Online || u.Presence.Cause != scheduler.CauseWill {
		t.Errorf("after its will and a straggler: %+v", u.Presence)
	}
	must(t)(s.Sweep(ctx, now.Add(5*time.Second)))
	must(t)(s.Born(ctx, birth("liu1-1", 3), now.Add(30*time.Second)))
	must(t)(s.Sweep(ctx, now.Add(31*time.Second)))
	if got := outages(t, s, "liu1-1"); len(got) != 0 {
		t.Errorf("a return within 40 s is an outage: %+v", got)
	}
}

func TestOnlyInstalledAndWatchedUnitsHaveOutages(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	must(t)(s.AddUnit(ctx, scheduler.Unit{ID: "planned", Area: "liu1"}))
	must(t)(s.Mute(ctx, scheduler.Mute{Address: "unit/liu2-1", Until: time.Now().Add(48 * time.Hour), Why: "roof", Pause: true}))
	now := time.Now().Add(time.Hour)
	must(t)(s.Sweep(ctx, now))
	if got := outages(t, s, ""); len(got) != 0 {
		t.Fatalf("outages while nobody listens: %+v", got)
	}
	must(t)(s.Watch(ctx, now))
	must(t)(s.Sweep(ctx, now.Add(scheduler.WatchGrace-time.Second)))
	if got := outages(t, s, ""); len(got) != 0 {
		t.Fatalf("outages before the grace of the start: %+v", got)
	}
	must(t)(s.Sweep(ctx, now.Add(scheduler.WatchGrace+time.Second)))
	got := outages(t, s, "")
	if len(got) != 7 { // 8 installed, one paused
		t.Errorf("%d outages, want 7: %+v", len(got), got)
	}
	for _, o := range got {
		if o.Unit == "planned" || o.Unit == "liu2-1" || o.Cause != scheduler.CauseNeverSeen || !o.From.Equal(now.Truncate(time.Millisecond)) {
			t.Errorf("outage %+v", o)
		}
	}
	must(t)(s.RemoveUnit(ctx, "liu1-1"))
	if o := outages(t, s, "liu1-1"); len(o) != 1 || o[0].To.IsZero() {
		t.Errorf("the outage of a removed unit lasts: %+v", o)
	}
	must(t)(s.Born(ctx, birth("planned", 1), now.Add(time.Minute)))
	if u, _ := s.Unit(ctx, "planned"); u.State != scheduler.UnitInstalled {
		t.Errorf("a born unit is %s", u.State)
	}
}

// TestTheEndOfTheWatchIsWrittenAtTheSecondTry: the first one fails while the centre
// goes down, and must not be taken for done.
func TestTheEndOfTheWatchIsWrittenAtTheSecondTry(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	over, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Unwatch(over, now.Add(time.Second), "the link is gone"); err == nil {
		t.Fatal("written although its time was over")
	}
	must(t)(s.Unwatch(ctx, now.Add(2*time.Second), "the centre stops"))
	gaps, err := s.NotWatched(ctx, now, now.Add(time.Minute), now.Add(time.Minute))
	if err != nil || len(gaps) != 1 || !gaps[0].From.Equal(now.Add(2*time.Second)) || gaps[0].Why != "the centre stops" {
		t.Errorf("not watched: %+v (%v)", gaps, err)
	}
}

func TestRestartOfTheCentreIsNoOutage(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	must(t)(s.Unwatch(ctx, now.Add(time.Second), "the broker is away"))
	must(t)(s.Sweep(ctx, now.Add(10*time.Minute)))
	if u, _ := s.Unit(ctx, "liu1-1"); u.Shows != scheduler.ShowsUnknown {
		t.Errorf("shows %s while nobody listens", u.Shows)
	}
	must(t)(s.Watch(ctx, now.Add(20*time.Minute)))
	must(t)(s.Born(ctx, birth("liu1-1", 2), now.Add(20*time.Minute+scheduler.WatchGrace-10*time.Second)))
	must(t)(s.Sweep(ctx, now.Add(20*time.Minute+scheduler.WatchGrace+time.Second)))
	if got := outages(t, s, "liu1-1"); len(got) != 0 {
		t.Errorf("outages %+v", got)
	}
	if got := outages(t, s, "liu1-2"); len(got) != 1 || got[0].From.Before(now.Add(20*time.Minute)) {
		t.Errorf("a unit that did not come back: %+v", got)
	}
}

func TestStatusCountsWhatPeopleSee(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	release(t, s, loop("a", "liushu"))
	publish(t, s)
	must(t)(s.OnAir(ctx, "liu1-1", 1, []wire.OnAir{{Output: wire.OutputSound, Programme: "a", Version: 1, Title: "A", Level: wire.LevelTimed}, {Output: wire.OutputScreen, Programme: "a", Version: 1}}, now))
	must(t)(s.Born(ctx, birth("liu1-2", 1), now))
	must(t)(s.Beat(ctx, wire.Heartbeat{Unit: "liu1-2", Session: 1, Issues: []wire.Condition{{Code: "output-lost", Since: now.UnixMilli()}}}, now))
	must(t)(s.Sweep(ctx, now))
	st, err := s.Status(ctx, "", now)
	if err != nil {
		t.Fatal(err)
	}
	want := scheduler.Counts{All: 8, OnAir: 1, Silent: 1, Offline: 6}
	if st.Units != want || st.County != "青禾县" || st.NotWatched.EN != "" {
		t.Errorf("status %+v", st)
	}
	if len(st.OnAir) != 1 || st.OnAir[0].Units != 1 || st.OnAir[0].Title != "A" {
		t.Errorf("on air %+v", st.OnAir)
	}
	if len(st.Below) != 2 || st.Below[0].Area.ID != "liushu" || st.Below[0].Units.All != 4 {
		t.Errorf("below %+v", st.Below)
	}
	if len(st.Missing) != 3 || st.Pending != 8 {
		t.Errorf("missing %v, pending %d", st.Missing, st.Pending)
	}
	var silent int
	for _, o := range st.Outages {
		if o.Kind == scheduler.Silent && o.Unit == "liu1-2" {
			silent++
		}
	}
	if silent != 1 || len(st.Outages) != 7 {
		t.Errorf("%d outages, %d silent", len(st.Outages), silent)
	}
}

func TestHavingEverythingIsNotPending(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	u, _ := s.Unit(ctx, "liu1-1")
	if len(u.Pending) != 2 {
		t.Errorf("pending %v, want the county's and its own", u.Pending)
	}
	all, _ := s.Envelopes(ctx, false)
	var held []wire.Held
	for _, e := range all {
		held = append(held, wire.Held{Address: e.Address, Bulletin: e.Revision})
	}
	must(t)(s.Have(ctx, wire.Have{Unit: "liu1-1", Session: 1, Held: held}, now))
	if u, _ = s.Unit(ctx, "liu1-1"); len(u.Pending) != 0 {
		t.Errorf("pending %v", u.Pending)
	}
	release(t, s, loop("a", "liu1"))
	publish(t, s)
	if u, _ = s.Unit(ctx, "liu1-1"); len(u.Pending) != 1 || u.Pending[0] != "area/liu1" {
		t.Errorf("after a release pending %v", u.Pending)
	}
}

func TestEventsGoOnFromAnId(t *testing.T) {
	s, _ := watched(t)
	ctx := t.Context()
	from, _ := s.LastEvent(ctx)
	wake := s.Wake()
	must(t)(s.Note(ctx, "liu1-1", "refused", "older"))
	<-wake
	es, last, reset, err := s.Events(ctx, from, 10)
	if err != nil || reset || len(es) != 1 || es[0].Code != "refused" || es[0].ID != last {
		t.Errorf("events %+v last %d reset %t %v", es, last, reset, err)
	}
	if _, _, reset, _ = s.Events(ctx, 5, 10); !reset {
		t.Error("an id from before is not answered by a reset")
	}
	if ns, _, _ := s.Notables(ctx, "liu1-1", Page{}); len(ns) != 1 {
		t.Errorf("notables %+v", ns)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	if r, err := s.Recall(ctx, "k", "f"); r != nil || err != nil {
		t.Fatalf("a new key: %+v, %v", r, err)
	}
	_, err := s.Recall(ctx, "k", "f")
	wantKind(t, err, scheduler.Conflict, "under way")
	must(t)(s.Remember(ctx, "k", Remembered{Status: 201, Body: []byte("x"), Header: map[string]string{"ETag": "1"}}))
	if r, err := s.Recall(ctx, "k", "f"); err != nil || r == nil || r.Status != 201 || string(r.Body) != "x" || r.Header["ETag"] != "1" {
		t.Errorf("recalled %+v, %v", r, err)
	}
	_, err = s.Recall(ctx, "k", "other")
	wantKind(t, err, scheduler.Conflict, "another request")
	must(t)(s.Tidy(ctx, time.Now().Add(8*24*time.Hour)))
	if r, err := s.Recall(ctx, "k", "other"); r != nil || err != nil {
		t.Errorf("after 8 days: %+v, %v", r, err)
	}
}

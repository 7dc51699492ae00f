package store

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestDryRunInNumbers: what a release would do is told before it, and the numbers
// are the timetable's.
func TestDryRunInNumbers(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	check := must(t)
	now := time.Now()
	c := must1(t)(s.County(ctx))
	c.Quiet = []wire.Window{{From: "21:30", To: "06:30"}}
	check(s.SetCounty(ctx, c))
	old := birth("liu1-1", 1)
	old.Features = []string{"at"}
	check(s.Born(ctx, old, now))
	check(s.Gone(ctx, wire.Will{Unit: "liu1-1", Session: 1}, now))
	check(s.PutCalendar(ctx, scheduler.Calendar{ID: "rest", Dates: []wire.Date{"2027-03-03"}}))

	// The county's own speaks in the middle of the village's, each morning.
	higher := loop("higher", "qinghe")
	higher.Title = "county news"
	higher.Rule = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:01"}, From: "2027-03-01T00:00:00", Until: "2027-04-01T00:00:00"}
	release(t, s, higher)
	p := loop("lower", "liu1")
	p.Issuer, p.Title, p.OnCut = "liu1", "water off", wire.CutSkip
	p.Rule = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00", "22:30"}, Rounds: 2, Off: []string{"rest"}, From: "2027-03-01T00:00:00", Until: "2027-03-05T00:00:00"}
	if _, _, err := s.PutDraft(ctx, p); err != nil {
		t.Fatal(err)
	}
	before := publish(t, s)
	d, err := s.DryRun(ctx, "lower", 0)
	if err != nil {
		t.Fatal(err)
	}
	if again := publish(t, s); len(again) > 0 {
		t.Errorf("a dry run published %v, after %v", again, before)
	}
	round := time.Minute
	if d.Villages != 1 || d.Units != 2 || d.Planned != 0 || len(d.Unreachable) != 2 || d.Unreachable[0].ID != "liu1-1" || d.State != scheduler.ProgrammeDraft {
		t.Errorf("reach: %+v", d)
	}
	if len(d.Days) != 4 || d.Days[0].Date != "2027-03-01" || d.Days[2].Asked != 0 || d.Days[0].Asked != 4*round ||
		d.Days[0].Quiet != 2*round || d.Days[0].Night != 2*round || d.Days[0].NightSounds != 0 {
		t.Errorf("days: %+v", d.Days)
	}
	if d.Week.Asked != 12*round || d.Whole != 12*round || d.Plays != d.Least || d.Plays != 3*round {
		t.Errorf("week %+v, whole %v, plays %v, least %v", d.Week, d.Whole, d.Plays, d.Least)
	}
	if len(d.Cuts) != 1 || d.Cuts[0] != (scheduler.DryCut{ID: "higher", Title: "county news", Units: 2, Times: 3}) || d.Sets != 1 {
		t.Errorf("cuts: %+v in %d sets", d.Cuts, d.Sets)
	}
	if len(d.Calendars) != 1 || d.Calendars[0] != (scheduler.CalendarGap{ID: "rest", Year: now.In(time.FixedZone("", 8*3600)).Year()}) && now.Year() < 2027 {
		t.Errorf("calendars: %+v", d.Calendars)
	}

	// A loop over the night sounds at night where the quiet hours do not cover it.
	c = must1(t)(s.County(ctx))
	c.Quiet = []wire.Window{{From: "23:00", To: "05:00"}}
	check(s.SetCounty(ctx, c))
	night := loop("night", "qinghe")
	night.Rule.Pause = 0
	night.Rule.From, night.Rule.Until = "2027-03-01T00:00:00", "2027-12-01T00:00:00"
	release(t, s, night)
	if d, err = s.DryRun(ctx, "night", 1); err != nil {
		t.Fatal(err)
	}
	near := func(a, b time.Duration) bool { return (a - b).Abs() < 5*time.Minute }
	if day := d.Days[1]; len(d.Days) != 7 || !near(day.Asked, 24*time.Hour) || !near(day.Quiet, 6*time.Hour) || !near(day.Night, 8*time.Hour) || !near(day.NightSounds, 2*time.Hour) {
		t.Errorf("a night: %+v", d.Days)
	}
	if !near(d.Whole, 275*24*time.Hour) || !near(d.Plays, 7*18*time.Hour) && d.Plays > 7*18*time.Hour {
		t.Errorf("whole %v, plays %v", d.Whole, d.Plays)
	}
	if d.Villages != 4 || d.Units != 8 {
		t.Errorf("a county's: %d villages, %d units", d.Villages, d.Units)
	}

	p.Playlist = "empty"
	check(s.PutPlaylist(ctx, scheduler.Playlist{ID: "empty"}))
	check(s.PutDraft(ctx, p))
	_, err = s.DryRun(ctx, "lower", 0)
	wantKind(t, err, scheduler.Invalid, "playlist")
	if !strings.Contains(err.Error(), "empty") {
		t.Error(err)
	}
}

// must1 wants no error.
func must1(t *testing.T) func(scheduler.County, error) scheduler.County {
	return func(c scheduler.County, err error) scheduler.County {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

package scheduler

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestEachMomentOfUptimeCountsOnce(t *testing.T) {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	span := func(from, to int) Span { return Span{at(from), at(to)} }
	for _, c := range []struct {
		name string
		r    Record
		want Uptime // in minutes
	}{
		{"nothing on record", Record{}, Uptime{Up: 100}},
		{"lost", Record{Lost: []Span{span(10, 20)}}, Uptime{Up: 90, Unreachable: 10}},
		{"cut off, and playing on", Record{Lost: []Span{span(10, 20)}, Played: []Span{span(0, 18)}}, Uptime{Up: 90, Proven: 8, Unreachable: 2}},
		{"lost, because it was off", Record{Lost: []Span{span(10, 20)}, Off: []Span{span(11, 20)}}, Uptime{Up: 90, Off: 9, Unreachable: 1}},
		{"silent, though it says that it played", Record{Silent: []Span{span(10, 20)}, Played: []Span{span(0, 100)}}, Uptime{Up: 90, Silent: 10}},
		{"the centre was off", Record{NotWatched: []Span{span(40, 100)}}, Uptime{Up: 40, NotWatched: 60}},
		{"the centre was off, the unit proves", Record{NotWatched: []Span{span(40, 100)}, Played: []Span{span(50, 60)}, Off: []Span{span(70, 75)}},
			Uptime{Up: 40, Proven: 10, Off: 5, NotWatched: 45}},
		{"under work", Record{Paused: []Span{span(0, 30)}, Lost: []Span{span(10, 50)}, NotWatched: []Span{span(0, 5)}}, Uptime{Up: 50, Unreachable: 20, Paused: 30}},
		{"installed in the middle", Record{Installed: at(60), NotWatched: []Span{span(0, 70)}}, Uptime{Up: 30, NotWatched: 10, Before: 60}},
		{"overlapping records", Record{Lost: []Span{span(10, 30), span(20, 40), span(40, 45)}}, Uptime{Up: 65, Unreachable: 35}},
		{"outside the period", Record{Lost: []Span{span(-50, -10), span(90, 200)}}, Uptime{Up: 90, Unreachable: 10}},
	} {
		got := UptimeOf(span(0, 100), c.r)
		want := Uptime{Span: span(0, 100), Up: c.want.Up * time.Minute, Proven: c.want.Proven * time.Minute, Off: c.want.Off * time.Minute,
			Unreachable: c.want.Unreachable * time.Minute, Silent: c.want.Silent * time.Minute, NotWatched: c.want.NotWatched * time.Minute,
			Paused: c.want.Paused * time.Minute, Before: c.want.Before * time.Minute}
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, want)
		}
	}
	if p := (Uptime{Up: 999 * time.Minute, Unreachable: time.Minute}).Percent(); p != 99 {
		t.Errorf("99.9 %% is said to be %d", p)
	}
	if p := (Uptime{NotWatched: time.Hour}).Percent(); p != -1 {
		t.Errorf("of nothing known %d %% are said to be up", p)
	}
}

// TestUptimeAddsUp holds the sum against a minute-by-minute count.
func TestUptimeAddsUp(t *testing.T) {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		some := func() (out []Span) {
			for range r.IntN(5) {
				from := noon.Add(time.Duration(r.IntN(140)-20) * time.Minute)
				out = append(out, Span{from, from.Add(time.Duration(r.IntN(40)) * time.Minute)})
			}
			return out
		}
		rec := Record{Paused: some(), Silent: some(), Off: some(), Played: some(), Lost: some(), NotWatched: some()}
		if r.IntN(3) == 0 {
			rec.Installed = noon.Add(time.Duration(r.IntN(100)) * time.Minute)
		}
		period := Span{noon, noon.Add(100 * time.Minute)}
		want := Uptime{Span: period}
		for m := range 100 {
			now := noon.Add(time.Duration(m) * time.Minute)
			in := func(spans []Span) bool {
				for _, s := range spans {
					if !now.Before(s.From) && now.Before(s.To) {
						return true
					}
				}
				return false
			}
			switch {
			case now.Before(rec.Installed):
				want.Before += time.Minute
			case in(rec.Paused):
				want.Paused += time.Minute
			case in(rec.Silent):
				want.Silent += time.Minute
			case in(rec.Off):
				want.Off += time.Minute
			case in(rec.Played) && (in(rec.Lost) || in(rec.NotWatched)):
				want.Proven += time.Minute
			case in(rec.Lost):
				want.Unreachable += time.Minute
			case in(rec.NotWatched):
				want.NotWatched += time.Minute
			default:
				want.Up += time.Minute
			}
		}
		if got := UptimeOf(period, rec); got != want {
			t.Fatalf("seed %d: %+v\n got %+v\nwant %+v", seed, rec, got, want)
		}
	}
}

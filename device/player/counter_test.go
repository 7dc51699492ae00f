package player

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// countingStage runs test in a bubble with a counting player.
func countingStage(t *testing.T, opts Options, test func(t *testing.T, p *Player, start time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := New(NewCounting(), opts)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		test(t, p, start)
	})
}

// loop is a day's plan: n spans of 50 s with pauses of 10 s.
func loop(start time.Time, n int) []Span {
	var plan []Span
	for i := range n {
		plan = append(plan, Span{ID: fmt.Sprint(i), At: start.Add(time.Duration(i) * time.Minute), Frames: 50 * Rate, Gain: 1})
	}
	return plan
}

func TestCountingPlaysADay(t *testing.T) {
	countingStage(t, Options{}, func(t *testing.T, p *Player, start time.Time) {
		plan := loop(start.Add(time.Hour), 14*60)
		p.SetPlan(plan)
		var got []Played
		for time.Since(start) < 24*time.Hour {
			select {
			case <-p.Notify():
				got = append(got, p.Drain()...)
			case <-time.After(2 * time.Hour):
			}
		}
		if len(got) != len(plan) {
			t.Fatalf("played %d spans, want %d", len(got), len(plan))
		}
		for i, r := range got {
			if r.ID != plan[i].ID || r.Frames != 50*Rate || r.Err != nil || r.At.Sub(plan[i].At).Abs() > 21*time.Microsecond || r.Late.Abs() > 21*time.Microsecond {
				t.Fatalf("played %+v, want %+v", r, plan[i])
			}
		}
		if s := p.Status(); s.Reanchors != 0 || s.Fault != nil {
			t.Errorf("status is %+v", s)
		}
	})
}

func TestCountingReportsAtTheEndOfTheSpan(t *testing.T) {
	countingStage(t, Options{}, func(t *testing.T, p *Player, start time.Time) {
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Frames: 2 * Rate, Gain: 1}})
		time.Sleep(2500 * time.Millisecond)
		if r, ok := p.Running(); !ok || r.ID != "a" || r.Frames != 3*Rate/2 {
			t.Errorf("running is %+v %v, want 1.5 s of a", r, ok)
		}
		<-p.Notify()
		if d := time.Since(start); d < 3*time.Second || d > 3*time.Second+time.Millisecond {
			t.Errorf("told of the end after %v, want 3 s", d)
		}
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 2 * Rate, At: start.Add(time.Second)})
	})
}

func TestCountingCutsInAndFades(t *testing.T) {
	countingStage(t, Options{}, func(t *testing.T, p *Player, start time.Time) {
		p.SetPlan([]Span{{ID: "a", At: start, Frames: 100 * Rate, Gain: 1}})
		time.Sleep(10 * time.Second)
		if d := time.Until(p.Soonest()).Abs(); d > time.Millisecond {
			t.Errorf("soonest is %v from now, want now", d)
		}
		p.SetPlan([]Span{{ID: "w", At: time.Now(), Frames: 20 * Rate, Gain: 1},
			{ID: "a/2", At: start.Add(30 * time.Second), Offset: 30 * Rate, Frames: 70 * Rate, Gain: 1}})
		time.Sleep(100 * time.Second)
		wantPlayed(t, p.Drain(),
			Played{ID: "a", Frames: 10*Rate + fadeFrames, At: start, Cut: true},
			Played{ID: "w", Frames: 20 * Rate, At: start.Add(10 * time.Second)},
			Played{ID: "a/2", Offset: 30 * Rate, Frames: 70 * Rate, At: start.Add(30 * time.Second)})
	})
}

func TestCountingFollowsAirTime(t *testing.T) {
	var offset atomic.Int64
	opts := Options{Now: func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }}
	countingStage(t, opts, func(t *testing.T, p *Player, start time.Time) {
		p.SetPlan([]Span{{ID: "a", At: start.Add(2 * time.Hour), Frames: Rate, Gain: 1}})
		time.Sleep(30 * time.Minute)
		offset.Store(int64(time.Hour)) // the clock was learned
		time.Sleep(30*time.Minute + 2*time.Second)
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: Rate, At: start.Add(2 * time.Hour)})
	})
}

func TestAmplifierIsOnBeforeTheSoundAndOffAfter(t *testing.T) {
	type change struct {
		on bool
		at time.Duration
	}
	type turn struct {
		on bool
		at time.Time
	}
	var got []turn
	var start time.Time
	opts := Options{
		Amp:     func(on bool) { got = append(got, turn{on, time.Now()}) },
		AmpLead: 800 * time.Millisecond,
	}
	countingStage(t, opts, func(t *testing.T, p *Player, s time.Time) {
		start = s
		plan := []Span{
			{ID: "a", At: s.Add(10 * time.Second), Frames: Rate, Gain: 1},
			{ID: "b", At: s.Add(13 * time.Second), Frames: Rate, Gain: 1},
			{ID: "c", At: s.Add(60 * time.Second), Frames: Rate, Gain: 1},
		}
		p.SetPlan(plan)
		time.Sleep(100 * time.Second)
		p.SetPlan([]Span{{ID: "w", At: time.Now(), Frames: Rate, Gain: 1}})
		time.Sleep(20 * time.Second)
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: Rate, At: plan[0].At}, Played{ID: "b", Frames: Rate, At: plan[1].At},
			Played{ID: "c", Frames: Rate, At: plan[2].At},
			// Whole: it waits for the amplifier.
			Played{ID: "w", Frames: Rate, At: s.Add(100800 * time.Millisecond), Late: opts.AmpLead})
	})
	want := []change{{false, 0}, {true, 9200 * time.Millisecond}, {false, 19 * time.Second}, {true, 59200 * time.Millisecond}, {false, 66 * time.Second},
		{true, 100 * time.Second}, {false, 106800 * time.Millisecond}}
	if len(got) != len(want) {
		t.Fatalf("amplifier changed %v, want %v", got, want)
	}
	for i := range want {
		if at := got[i].at.Sub(start); got[i].on != want[i].on || (at-want[i].at).Abs() > time.Millisecond {
			t.Errorf("amplifier changed to %v at %v, want %v", got[i].on, at, want[i])
		}
	}
}

// BenchmarkCountedDay counts a day of 840 items.
func BenchmarkCountedDay(b *testing.B) {
	clock := time.Now()
	c := frameClock{base: clock, now: func() time.Time { return clock }}
	for b.Loop() {
		played := 0
		d := deck{clock: &c, grace: Rate / 4, report: func(Played) { played++ }, ended: -1}
		c.skew = clock.UnixNano()
		d.set(loop(clock, 840))
		for edge, _ := d.edge(); edge != never; edge, _ = d.edge() {
			d.run(edge-d.pos, nil)
		}
		if played != 840 {
			b.Fatalf("played %d", played)
		}
	}
}

// A counting output that is lost takes nothing until it is back; then the rest
// comes from where the clock is.
func TestCountingIsLostAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, out, lost := time.Now(), NewCounting(), errors.New("no such device")
		p := New(out, Options{})
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		p.SetPlan(loop(start, 5))
		time.Sleep(20 * time.Second)
		out.Fail(lost)
		if s := p.Status(); !errors.Is(s.Fault, lost) || s.Taken != 20*Rate {
			t.Errorf("when it is lost: %+v", s)
		}
		time.Sleep(2 * time.Minute) // over the second and into the third
		if r, on := p.Running(); on {
			t.Errorf("%+v sounds on an output that is lost", r)
		}
		out.Fail(nil)
		time.Sleep(3 * time.Minute)
		frames := map[string]int64{}
		for _, r := range p.Drain() {
			frames[r.ID] += r.Frames
			if r.ID == "2" && (r.Offset != 20*Rate || r.Late.Abs() > time.Millisecond) {
				t.Errorf("it came back with %+v, want the third from its 20th second", r)
			}
		}
		if frames["0"] != 20*Rate || frames["1"] != 0 || frames["2"] != 30*Rate || frames["3"] != 50*Rate || frames["4"] != 50*Rate {
			t.Errorf("frames of each span: %v", frames)
		}
	})
}

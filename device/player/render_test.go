package player

import (
	"errors"
	"testing"
	"time"
)

func TestSpanSoundsExactlyAtItsInstant(t *testing.T) {
	for _, gain := range []float64{1, 0.5, 0.1234} {
		stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
			s := sweep(100_000, 0)
			at := start.Add(duration(150_001))
			p.SetPlan([]Span{{ID: "a", At: at, Clip: s, Frames: 100_000, Gain: gain}})
			out.run(6 * time.Second)
			wantSilence(t, out.got, 0, 150_001)
			wantSound(t, out.got, 150_001, s.frames, float32(gain))
			wantSilence(t, out.got, 250_001, len(out.got))
			wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 100_000, At: at})
			if s.opened != 1 || s.closed != 1 {
				t.Errorf("clip opened %d and closed %d times", s.opened, s.closed)
			}
		})
	}
}

func TestSpansThatMeetAreJoinedWithoutAGap(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		var plan []Span
		var want []float32
		at := start.Add(time.Second)
		for i, n := range []int{40_001, 7, 2400, 65_432} {
			s := sweep(n, float64(i))
			plan = append(plan, Span{ID: string(rune('a' + i)), At: at, Clip: s, Frames: int64(n), Gain: 1})
			want = append(want, s.frames...)
			// The plan's times are rounded to whole milliseconds.
			at = at.Add(duration(int64(n))).Round(time.Millisecond)
		}
		p.SetPlan(plan)
		out.run(5 * time.Second)
		wantSilence(t, out.got, 0, Rate)
		wantSound(t, out.got, Rate, want, 1)
		wantSilence(t, out.got, Rate+len(want), len(out.got))
	})
}

func TestPauseBetweenSpansIsKept(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a, b := sweep(30_000, 1), sweep(30_000, 2)
		p.SetPlan([]Span{
			{ID: "b", At: start.Add(duration(33_333 + Rate)), Clip: b, Frames: 30_000, Gain: 1},
			{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 30_000, Gain: 1},
		})
		out.run(3 * time.Second)
		wantSound(t, out.got, Rate, a.frames, 1)
		wantSilence(t, out.got, Rate+30_000, Rate+33_333)
		wantSound(t, out.got, Rate+33_333, b.frames, 1)
	})
}

func TestStartInTheMiddleOfAClip(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		s := sweep(400_000, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: s, Offset: 300_000, Frames: 50_000, Gain: 1}})
		out.run(3 * time.Second)
		wantSilence(t, out.got, 0, Rate)
		for i := range edgeFrames { // no click
			if got, most := abs(out.got[Rate+i]), abs(s.frames[300_000+i])*float32(i+1)/edgeFrames; got > most {
				t.Fatalf("frame %d of the edge is %v, want at most %v", i, got, most)
			}
		}
		wantSound(t, out.got, Rate+edgeFrames, s.frames[300_000+edgeFrames:350_000], 1)
		wantSilence(t, out.got, Rate+50_000, len(out.got))
		wantPlayed(t, p.Drain(), Played{ID: "a", Offset: 300_000, Frames: 50_000, At: start.Add(time.Second)})
	})
}

func TestNewPlanLeavesWhatSoundsAlone(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a, b, c := sweep(200_000, 0), sweep(20_000, 1), sweep(20_000, 2)
		at := start.Add(time.Second)
		p.SetPlan([]Span{
			{ID: "a", At: at, Clip: a, Frames: 200_000, Gain: 0.8},
			{ID: "b", At: at.Add(duration(200_000)), Clip: b, Frames: 20_000, Gain: 1},
		})
		out.run(2 * time.Second)
		for i := range 20 { // as an agent does: from now on, in other words
			off := int64(40_000 + i*2_400)
			p.SetPlan([]Span{
				{ID: "a", At: at.Add(duration(off)), Clip: a, Offset: off, Frames: 200_000 - off, Gain: 0.8},
				{ID: "c", At: at.Add(duration(200_000)), Clip: c, Frames: 20_000, Gain: 1},
			})
			out.run(50 * time.Millisecond)
		}
		out.run(3 * time.Second)
		wantSilence(t, out.got, 0, Rate)
		wantSound(t, out.got, Rate, a.frames, 0.8)
		wantSound(t, out.got, Rate+200_000, c.frames, 1)
		wantSilence(t, out.got, Rate+220_000, len(out.got))
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 200_000, At: at}, Played{ID: "c", Frames: 20_000})
		if a.opened != 1 || b.closed != b.opened {
			t.Errorf("a opened %d times, b opened %d and closed %d times", a.opened, b.opened, b.closed)
		}
	})
}

func TestPlanThatStillHoldsTheLastFramesDoesNotRepeatThem(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(48_000, 0)
		span := Span{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 48_000, Gain: 1}
		p.SetPlan([]Span{span})
		out.run(2050 * time.Millisecond) // all taken, and 200 ms of it yet to sound
		p.SetPlan([]Span{span})
		p.SetPlan([]Span{{ID: "a", At: span.At.Add(duration(40_000)), Clip: a, Offset: 40_000, Frames: 8_000, Gain: 1}})
		out.run(2 * time.Second)
		wantSound(t, out.got, Rate, a.frames, 1)
		wantSilence(t, out.got, 2*Rate, len(out.got))
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 48_000})
	})
}

func TestWhatIsGoneFadesOutWithin300Milliseconds(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(300_000, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 300_000, Gain: 1}})
		out.run(2 * time.Second)
		p.SetPlan(nil)
		cut := len(out.got) - Rate
		out.run(time.Second)
		wantSound(t, out.got, Rate, a.frames[:cut], 1)
		wantFade(t, out.got[Rate+cut:], a.frames[cut:], 14_400)
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: int64(cut) + 14_400, Cut: true})
	})
}

// wantFade fails the test unless got is want with a gain that falls evenly
// from 1 to 0 within n frames, and silence after.
func wantFade(t *testing.T, got, want []float32, n int) {
	t.Helper()
	for i := range n {
		g := 1 - float64(i)/float64(n)
		if d := float64(got[i]) - float64(want[i])*g; d > 1e-6 || d < -1e-6 {
			t.Fatalf("frame %d of the fade is %v, want %v", i, got[i], float64(want[i])*g)
		}
	}
	wantSilence(t, got, n, len(got))
}

func TestPlannedCutFadesBeforeItsEnd(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a, b := sweep(300_000, 0), sweep(10_000, 1)
		p.SetPlan([]Span{
			{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 100_001, Gain: 1, Cut: true},
			{ID: "b", At: start.Add(time.Second + duration(100_001)), Clip: b, Frames: 10_000, Gain: 1},
		})
		out.run(5 * time.Second)
		wantSound(t, out.got, Rate, a.frames[:100_001-14_400], 1)
		wantFade(t, out.got[Rate+100_001-14_400:Rate+100_001], a.frames[100_001-14_400:], 14_400)
		wantSound(t, out.got, Rate+100_001, b.frames, 1)
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 100_001}, Played{ID: "b", Frames: 10_000})
	})
}

func TestCutInBeginsAtOnceAndWhole(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a, w := sweep(500_000, 0), sweep(60_000, 1)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 500_000, Gain: 1}})
		out.run(3 * time.Second)
		at := p.Soonest()
		p.SetPlan([]Span{{ID: "w", At: at, Clip: w, Frames: 60_000, Gain: 1}})
		now := len(out.got)
		out.run(3 * time.Second)
		from := now + 2400 // a chunk for opening it
		wantSound(t, out.got, from+12_000, w.frames[12_000:], 1)
		wantPlayed(t, p.Drain(),
			Played{ID: "a", Frames: int64(now-Rate) + 14_400, Cut: true},
			Played{ID: "w", Frames: 60_000, At: at})
		if wait := at.Sub(start.Add(duration(int64(now)))); wait > 100*time.Millisecond {
			t.Errorf("begins %v after the frames already taken, want at most 100 ms", wait)
		}
	})
}

func TestLateSpan(t *testing.T) {
	tests := []struct {
		name string
		late time.Duration // before the first frame that can be had
		want Played
	}{
		{"a little is played whole", 100 * time.Millisecond, Played{ID: "a", Frames: 96_000, Late: 100 * time.Millisecond}},
		{"more begins where the clock is", 900 * time.Millisecond, Played{ID: "a", Offset: 43_200, Frames: 52_800}},
		{"all of it is missed", 5 * time.Second, Played{ID: "a", Err: ErrMissed}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
				a := sweep(96_000, 0)
				out.run(6 * time.Second)
				next := start.Add(duration(int64(len(out.got))))
				p.SetPlan([]Span{{ID: "a", At: next.Add(-test.late), Clip: a, Frames: 96_000, Gain: 1}})
				from := len(out.got)
				out.run(4 * time.Second)
				if test.want.Err == nil {
					test.want.At = next
					edge := 0
					if test.want.Offset > 0 {
						edge = edgeFrames
					}
					wantSound(t, out.got, from+edge, a.frames[int(test.want.Offset)+edge:], 1)
				}
				wantPlayed(t, p.Drain(), test.want)
			})
		})
	}
}

func TestClipThatFailsIsReportedAndTheNextPlays(t *testing.T) {
	missing := errors.New("file is missing")
	short, damaged := sweep(20_000, 0), sweep(40_000, 1)
	damaged.failAt = 30_000
	tests := []struct {
		name string
		clip Clip
		want Played
	}{
		{"cannot be opened", &sound{openErr: missing}, Played{ID: "a", Err: missing}},
		{"no clip", nil, Played{ID: "a", Err: errNoClip}},
		{"empty", &sound{}, Played{ID: "a", Err: ErrShort}},
		{"ends early", short, Played{ID: "a", Frames: 20_000, Err: ErrShort}},
		{"damaged in the middle", damaged, Played{ID: "a", Frames: 28_800 + 1_200, Err: errDamaged}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
				b := sweep(10_000, 2)
				p.SetPlan([]Span{
					{ID: "a", At: start.Add(4 * time.Second), Clip: test.clip, Frames: 48_000, Gain: 1},
					{ID: "b", At: start.Add(5 * time.Second), Clip: b, Frames: 10_000, Gain: 1},
				})
				out.run(2 * time.Second)
				early := p.Drain()
				if test.want.Frames == 0 && len(early) != 1 {
					t.Errorf("two seconds ahead reported %v, want the error", early)
				}
				out.run(4 * time.Second)
				wantSound(t, out.got, 5*Rate, b.frames, 1)
				got := append(early, p.Drain()...)
				wantPlayed(t, got, test.want, Played{ID: "b", Frames: 10_000})
			})
		})
	}
}

// What rejoins at once, as after a warning, must not stay late for the rest of
// its window: only what begins at its beginning is played whole.
func TestLateStartInMidItemIsWhereTheClockIs(t *testing.T) {
	for _, test := range []struct{ offset, late int64 }{{0, 4800}, {10_000, 4800}} {
		stage(t, Options{Grace: 400 * time.Millisecond}, func(p *Player, out *tape, start time.Time) {
			out.run(time.Second)
			a := sweep(96_000, 0)
			at := p.Soonest().Add(-duration(test.late))
			p.SetPlan([]Span{{ID: "a", At: at, Clip: a, Offset: test.offset, Frames: 50_000, Gain: 1}})
			out.run(3 * time.Second)
			got := p.Drain()
			if len(got) != 1 || got[0].Err != nil || got[0].Silent != 0 {
				t.Fatalf("played %+v", got)
			}
			r := got[0]
			switch {
			case test.offset == 0 && (r.Offset != 0 || r.Frames != 50_000):
				t.Errorf("played %+v, want it whole", r)
			case test.offset > 0 && (r.Offset <= test.offset || r.Late.Abs() > time.Millisecond || r.Offset+r.Frames != test.offset+50_000):
				t.Errorf("played %+v, want it on time from where the clock is", r)
			}
		})
	}
}

func TestSlowClipNeverDelaysTheOutput(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(96_000, 0)
		a.wait = 3700 * time.Millisecond // opened 3 s ahead, so 500 ms late with the grace over
		p.SetPlan([]Span{{ID: "a", At: start.Add(3 * time.Second), Clip: a, Frames: 96_000, Gain: 1}})
		out.run(6 * time.Second)
		got := p.Drain()
		if len(got) != 1 || got[0].Offset == 0 || got[0].Err != nil || got[0].Late.Abs() > time.Millisecond {
			t.Fatalf("played %+v, want a start in the middle, where the clock is", got)
		}
		from := 3*Rate + int(got[0].Offset)
		wantSound(t, out.got, from+edgeFrames, a.frames[from-3*Rate+edgeFrames:], 1)
	})
}

func TestGainChangesWithoutAClick(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		s := &sound{frames: make([]float32, 200_000)}
		for i := range s.frames {
			s.frames[i] = 1
		}
		span := Span{ID: "a", At: start.Add(time.Second), Clip: s, Frames: 200_000, Gain: 1}
		p.SetPlan([]Span{span})
		out.run(2 * time.Second)
		span.Gain = 0.25
		p.SetPlan([]Span{span})
		from := len(out.got)
		out.run(time.Second)
		p.SetMute(true)
		mute := len(out.got)
		out.run(time.Second)
		for i := from; i < from+edgeFrames; i++ {
			if d := out.got[i-1] - out.got[i]; d < 0 || d > 0.01 {
				t.Fatalf("gain jumps by %v at frame %d", d, i)
			}
		}
		if g := out.got[from+edgeFrames]; g != 0.25 {
			t.Errorf("gain is %v after the change, want 0.25", g)
		}
		wantSilence(t, out.got, mute+1000, mute+40_000)
		if r, ok := p.Running(); !ok || r.Silent == 0 {
			t.Errorf("running is %+v, want its muted frames counted", r)
		}
		if !p.Status().Muted {
			t.Error("status does not tell of the mute")
		}
	})
}

func abs(v float32) float32 { return max(v, -v) }

func TestWhatBeganLateEndsWhole(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		out.run(2 * time.Second)
		a := sweep(Rate, 0)
		a.wait = 150 * time.Millisecond
		at := time.Now()
		p.SetPlan([]Span{{ID: "a", At: at, Clip: a, Frames: Rate, Gain: 1}})
		out.run(time.Second)
		p.SetPlan(nil) // by the plan it is over
		out.run(time.Second)
		got := p.Drain()
		if len(got) != 1 || got[0].Frames != Rate || got[0].Cut || got[0].Late < 300*time.Millisecond {
			t.Errorf("played %+v, want all of it, late", got)
		}
		wantSound(t, out.got, int(nearest(got[0].At.Sub(start))), a.frames, 1)
	})
}

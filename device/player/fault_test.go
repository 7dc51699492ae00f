package player

import (
	"bytes"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutputThatStopsIsReportedAndTheRestPlaysWhereTheClockIs(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(10*Rate, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 10 * Rate, Gain: 1}})
		out.run(3 * time.Second)
		lost := errors.New("no such device")
		out.fault(lost)
		time.Sleep(4 * time.Second)
		if f := p.Status().Fault; !errors.Is(f, lost) {
			t.Errorf("fault is %v, want %v", f, lost)
		}
		out.fault(nil)
		from := len(out.got)
		out.run(5 * time.Second)
		// Two chunks pass in silence, until the output keeps pace.
		place := 6*Rate + 4800
		wantSound(t, out.got, from+4800+edgeFrames, a.frames[place+edgeFrames:], 1)
		wantPlayed(t, p.Drain(),
			// What stood in its buffers, 200 ms, did not sound.
			Played{ID: "a", Frames: 2 * Rate, Silent: Rate / 5, At: start.Add(time.Second), Err: ErrGap},
			Played{ID: "a", Offset: int64(place), Frames: int64(10*Rate - place), At: start.Add(7*time.Second + 100*time.Millisecond)})
		if s := p.Status(); s.Fault != nil || s.Reanchors != 1 || (s.Slipped-4*time.Second).Abs() > time.Millisecond {
			t.Errorf("status is %+v, want one slip of 4 s and no fault", s)
		}
	})
}

func TestUnderrunMovesTheAnchor(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		out.run(2 * time.Second)
		time.Sleep(120 * time.Millisecond) // the card ran dry
		out.run(time.Second)
		a := sweep(20_000, 0)
		at := start.Add(5 * time.Second)
		p.SetPlan([]Span{{ID: "a", At: at, Clip: a, Frames: 20_000, Gain: 1}})
		out.run(4 * time.Second)
		wantSound(t, out.got, 5*Rate-120*Rate/1000, a.frames, 1) // that many fewer were taken
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 20_000, At: at})
		if s := p.Status(); s.Reanchors != 1 || (s.Slipped-120*time.Millisecond).Abs() > time.Millisecond {
			t.Errorf("status is %+v, want one slip of 120 ms", s)
		}
	})
}

// A board that is always a little late does not fill its log with that; the lines add
// up to all of it.
func TestFallingBehindIsLoggedOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	stage(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(p *Player, out *tape, start time.Time) {
		for range 150 {
			out.run(time.Second)
			time.Sleep(80 * time.Millisecond) // the card ran dry
		}
		out.run(time.Minute)
		time.Sleep(80 * time.Millisecond)
		out.run(time.Second)
		synctest.Wait()
		times := 0
		for line := range strings.Lines(log.String()) {
			if _, text, found := strings.Cut(line, " times="); found {
				n, err := strconv.Atoi(text[:strings.Index(text, " ")])
				if err != nil {
					t.Fatal(err)
				}
				times += n
			}
		}
		if n := strings.Count(log.String(), "fell behind"); n != 4 || times != 151 || p.Status().Reanchors != 151 {
			t.Errorf("%d lines tell of %d times, want 4 of 151; %d are counted", n, times, p.Status().Reanchors)
		}
	})
}

func TestLateAsksAreNoUnderrun(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(20_000, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(3 * time.Second), Clip: a, Frames: 20_000, Gain: 1}})
		due := time.Now()
		for i := range 100 { // three of four asks come late, but none is lost
			time.Sleep(time.Until(due) + time.Duration(i%4)*7*time.Millisecond)
			out.take()
			due = due.Add(50 * time.Millisecond)
		}
		wantSound(t, out.got, 3*Rate, a.frames, 1)
		if n := p.Status().Reanchors; n != 0 {
			t.Errorf("re-anchored %d times by late asks", n)
		}
	})
}

func TestStallIsReportedAndThenGivenUp(t *testing.T) {
	for name, played := range map[string]time.Duration{"after it has played": 12 * time.Second, "from the start": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
				out.run(played)
				if f := p.Status().Fault; f != nil {
					t.Errorf("fault is %v while frames are taken", f)
				}
				time.Sleep(3 * time.Second)
				if f := p.Status().Fault; !errors.Is(f, ErrStalled) || errors.Is(f, ErrGivenUp) {
					t.Errorf("fault is %v after 3 s, want a stall", f)
				}
				time.Sleep(4 * time.Second)
				if f := p.Status().Fault; errors.Is(f, ErrGivenUp) != (played > 10*time.Second) {
					t.Errorf("fault is %v after 7 s", f)
				}
				time.Sleep(time.Minute)
				if f := p.Status().Fault; !errors.Is(f, ErrGivenUp) {
					t.Errorf("fault is %v after a minute, want given up", f)
				}
				out.run(2 * time.Second)
				if f := p.Status().Fault; f != nil {
					t.Errorf("fault is %v when frames are taken again", f)
				}
			})
		})
	}
}

// An output that swallows everything at once sounds nothing, and nothing that it
// swallowed is proof; it is told, given up, and heard again when it keeps time.
func TestOutputThatRacesHasPlayedNothing(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(60*Rate, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 60 * Rate, Gain: 1}})
		out.run(12 * time.Second)
		race := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
				out.take()
			}
		}
		race(3 * time.Second)
		if f := p.Status().Fault; !errors.Is(f, ErrRacing) || errors.Is(f, ErrGivenUp) {
			t.Errorf("fault is %v after 3 s of racing, want that told", f)
		}
		race(5 * time.Second)
		if f := p.Status().Fault; !errors.Is(f, ErrGivenUp) {
			t.Errorf("fault is %v after 8 s of racing, want given up", f)
		}
		taken := p.Status().Taken
		out.run(4 * time.Second)
		if f := p.Status().Fault; f != nil {
			t.Errorf("fault is %v when it keeps time again", f)
		}
		if n := p.Status().Taken - taken; n > 4*Rate || n < Rate {
			t.Errorf("took %d frames in 4 s, after up to 2 s of watching", n)
		}
		got := p.Drain()
		if len(got) != 1 || !errors.Is(got[0].Err, ErrGap) {
			t.Fatalf("played %+v, want one stretch that ended when it raced", got)
		}
		if sounded := duration(got[0].Frames - got[0].Silent); (sounded - 11*time.Second).Abs() > 300*time.Millisecond {
			t.Errorf("%v sounded before it raced, want 11 s: %+v", sounded, got[0])
		}
		if r, ok := p.Running(); !ok || r.Offset < 19*Rate || r.Offset > 21*Rate || r.Late.Abs() > 60*time.Millisecond {
			t.Errorf("running is %+v %v, want a rest where the clock is", r, ok)
		}
	})
}

func TestCardThatIsBackSoonStillSplitsTheStretch(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a := sweep(4*Rate, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 4 * Rate, Gain: 1}})
		out.run(2 * time.Second)
		out.fault(errors.New("no such device"))
		time.Sleep(600 * time.Millisecond)
		from := len(out.got)
		out.run(time.Second)
		out.fault(nil)
		out.run(4 * time.Second)
		got := p.Drain()
		if len(got) != 2 || !errors.Is(got[0].Err, ErrGap) || got[1].Err != nil || got[1].Late.Abs() > time.Millisecond {
			t.Fatalf("played %+v, want two stretches, the second on time", got)
		}
		place := from + 600*Rate/1000 - Rate // of the clip, in the first frame after the loss
		for got[1].Offset > int64(place) {
			from, place = from+2400, place+2400
		}
		wantSound(t, out.got, from+edgeFrames, a.frames[place+edgeFrames:], 1)
	})
}

func TestCloseReportsWhatSounded(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		a, b := sweep(9*Rate, 0), sweep(Rate, 1)
		p.SetPlan([]Span{
			{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 9 * Rate, Gain: 1},
			{ID: "b", At: start.Add(10 * time.Second), Clip: b, Frames: Rate, Gain: 1},
		})
		out.run(9 * time.Second)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 8 * Rate, Cut: true})
		if a.opened != a.closed || b.opened != b.closed {
			t.Errorf("clips opened %d, %d and closed %d, %d times", a.opened, b.opened, a.closed, b.closed)
		}
		p.SetPlan([]Span{{ID: "c", At: start.Add(20 * time.Second), Clip: b, Frames: Rate, Gain: 1}})
		if _, ok := <-p.Tap(t.Context()); ok {
			t.Error("a closed player can be listened to")
		}
	})
}

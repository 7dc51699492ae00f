package agent_test

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// twoHundred is a rule of 200 rounds a day.
var twoHundred = wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "07:00", To: "20:20"}, Every: 4}

const graceOfTests = 600 * time.Second // agenttest.Programme

// playedRound is what became of a round.
type playedRound struct {
	begun  int // how often
	frames int64
	late   time.Duration
}

func playedRounds(c *agenttest.Centre) map[int64]playedRound {
	out := map[int64]playedRound{}
	for _, r := range c.AsRuns() {
		if r.Output != wire.OutputSound {
			continue
		}
		for _, p := range r.Rounds {
			x := out[p.Start]
			x.begun += p.Cues
			x.frames += p.Frames
			x.late = max(x.late, time.Duration(r.From-p.Start)*time.Millisecond)
			out[p.Start] = x
		}
	}
	return out
}

var stepsOfR2 = []time.Duration{time.Second, -time.Second, 5 * time.Minute, -5 * time.Minute, 2 * time.Hour, -2 * time.Hour, 24 * time.Hour, -24 * time.Hour}

// Whoever sets the system's clock does not move a unit that knows the time: all
// 200 items of the day play once, whole, at their instants.
func TestStepsOfTheSystemClockChangeNothing(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", twoHundred, c.Sound("one", 20)))
		b := agenttest.NewBoard(0, false, epoch)
		u := c.Unit(horn, spool.Memory(), on(b))
		for i, step := range stepsOfR2 {
			agenttest.SleepUntil(at(7, 0, 10).Add(time.Duration(i) * 97 * time.Minute)) // some while it sounds
			b.Step(step)
		}
		agenttest.SleepUntil(at(21, 0, 0))
		stop(t, u)
		got := playedRounds(c)
		if len(got) != 200 {
			t.Errorf("%d rounds played", len(got))
		}
		for i := range 200 {
			due := at(7, 0, 0).Add(time.Duration(i) * 4 * time.Minute)
			if x := got[due.UnixMilli()]; x.begun != 1 || x.frames != 20*wire.Rate || x.late > time.Millisecond {
				t.Errorf("round of %v: %+v", due, x)
			}
		}
	})
}

// Where the steps are those of the time itself (a time service was wrong, and is
// set right later) each item plays once or not at all, none later than its grace,
// and each that did not play is recorded with its reason.
func TestStepsOfTheTimeItself(t *testing.T) {
	steps := stepsOfR2
	if !agenttest.Soak() {
		steps = []time.Duration{-time.Second, 5 * time.Minute, -2 * time.Hour, 24 * time.Hour}
	}
	for _, step := range steps {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			c.Timing(agenttest.Timing{None: true})
			c.County(horn, agenttest.Programme("news", "county", twoHundred, c.Sound("one", 20)))
			b := agenttest.NewBoard(0, false, epoch)
			b.Sync(0, time.Millisecond)
			u := c.Unit(horn, spool.Memory(), on(b))
			agenttest.SleepUntil(at(11, 0, 10)) // while it sounds
			b.Sync(step, time.Millisecond)
			agenttest.SleepUntil(at(15, 1, 50)) // while it does not
			b.Sync(0, time.Millisecond)
			agenttest.SleepUntil(at(21, 0, 0))
			stop(t, u)
			got, skips := playedRounds(c), skipped(c, wire.OutputSound, 4*time.Minute)
			played, accounted := 0, 0
			for i := range 200 {
				due := at(7, 0, 0).Add(time.Duration(i) * 4 * time.Minute)
				x, why := got[due.UnixMilli()], skips[due.UnixMilli()]
				switch {
				case x.begun > 1 || x.frames > 20*wire.Rate:
					t.Errorf("step of %v: the round of %v played twice: %+v", step, due, x)
				case x.late > graceOfTests+time.Second:
					t.Errorf("step of %v: the round of %v began %v late", step, due, x.late)
				case x.frames == 20*wire.Rate:
					played++
				case why == "":
					t.Errorf("step of %v: the round of %v has no record: %+v", step, due, x)
				default:
					accounted++
				}
			}
			if len(c.Events("clock-set")) != 2 {
				t.Errorf("step of %v: events %q", step, c.Events("clock-set"))
			}
			if least := max(0, 198-int(step.Abs()/(4*time.Minute))); played < least {
				t.Errorf("step of %v: only %d rounds played", step, played)
			}
			t.Logf("step of %v: %d played, %d skipped with a reason", step, played, accounted)
		})
	}
}

// Corrections of a clock that drifts are not heard: each item of a loop of a
// day plays in one piece.
func TestCorrectionsAreNotHeard(t *testing.T) {
	for _, ppm := range []float64{100, -100} {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			c.Features(wire.FeatureClock)
			loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "19:00"}}, c.Sound("one", 100), c.Sound("two", 80))
			loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
			c.County(horn, loop)
			u := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(ppm, false, epoch)))
			agenttest.SleepUntil(at(19, 5, 0))
			a := air(c)
			stop(t, u)
			if a.Uncertainty > 400 || a.State != wire.ClockTrusted {
				t.Errorf("%v ppm: %+v", ppm, a)
			}
			var missed int64
			cues := 0
			for _, r := range c.AsRuns() {
				if r.Outcome != wire.OutcomeGoesOn && r.Outcome != wire.OutcomeEnded {
					t.Errorf("%v ppm: %+v", ppm, r)
				}
				for _, p := range r.Rounds {
					missed += p.Missed
					cues += p.Cues
				}
			}
			if cues != 480 || missed > 30*wire.Rate/5 {
				t.Errorf("%v ppm: %d items began, %.2f s missing", ppm, cues, float64(missed)/wire.Rate)
			}
			t.Logf("%v ppm: %d items, %.3f s of 12 h did not sound", ppm, cues, float64(missed)/wire.Rate)
		})
	}
}

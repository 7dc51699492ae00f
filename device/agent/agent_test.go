package agent_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

const horn = "horn-1"

// county runs a test in a bubble on the morning of the tests' day.
func county(t *testing.T, test func(t *testing.T, c *agenttest.Centre)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		agenttest.SleepUntil(agenttest.Start)
		test(t, agenttest.New(t))
	})
}

func at(hour, minute, second int) time.Time {
	return time.Date(2026, 11, 24, hour-8, minute, second, 0, time.UTC)
}

// chain is a rule: two rounds at 07:00, five seconds apart.
var chain = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00"}, Rounds: 2, Pause: 5}

func stop(t *testing.T, u *agenttest.Unit) {
	t.Helper()
	if err := u.Stop(); err != nil {
		t.Errorf("agent ended with %v", err)
	}
	synctest.Wait() // until its last words have been heard
}

func TestPlaysAtItsTimeAndProvesIt(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", chain, c.Sound("one", 10), c.Sound("two", 5)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 5, 0))

		runs := c.AsRuns()
		if len(runs) != 1 {
			t.Fatalf("%d as-run entries: %+v", len(runs), runs)
		}
		run := runs[0]
		if run.From != at(7, 0, 0).UnixMilli() || run.To != at(7, 0, 35).UnixMilli() || run.Outcome != wire.OutcomeEnded || run.Grade != wire.GradePlayed {
			t.Errorf("from %v to %v, %s, %s", time.UnixMilli(run.From).UTC(), time.UnixMilli(run.To).UTC(), run.Outcome, run.Grade)
		}
		want := []wire.RoundPart{
			{Start: at(7, 0, 0).UnixMilli(), Cues: 2, Frames: 15 * wire.Rate},
			{Start: at(7, 0, 20).UnixMilli(), Cues: 2, Frames: 15 * wire.Rate},
		}
		if len(run.Rounds) != 2 || run.Rounds[0] != want[0] || run.Rounds[1] != want[1] {
			t.Errorf("rounds are %+v, want %+v", run.Rounds, want)
		}
		have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave)
		if have.Assets != 2 || have.Ready != 2 || len(have.Held) != 2 || len(have.Refused) != 0 {
			t.Errorf("have is %+v", have)
		}

		ask, err := wire.Encode(wire.DetailRequest{ID: "q1", From: at(7, 0, 0).UnixMilli(), To: at(8, 0, 0).UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		c.Send(wire.AskTopic(horn), ask)
		time.Sleep(time.Second)
		detail := agenttest.Last[wire.Detail](c, horn, wire.ChannelDetail)
		if detail.ID != "q1" || len(detail.Cues) != 4 || detail.Next != "" {
			t.Fatalf("detail is %+v", detail)
		}
		if q := detail.Cues[3]; q.Round != at(7, 0, 20).UnixMilli() || q.Item != 1 || q.Frames != 5*wire.Rate || q.From != at(7, 0, 30).UnixMilli() {
			t.Errorf("last cue is %+v", q)
		}
		stop(t, u)
		if gone := agenttest.Last[wire.Will](c, horn, wire.ChannelGone); !gone.Clean {
			t.Errorf("no farewell: %+v", gone)
		}
	})
}

func TestEntriesStayUntilTheCentreHasStoredThem(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Acknowledge(false)
		c.County(horn, agenttest.Programme("news", "county", chain, c.Sound("one", 10)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 10, 0))
		if len(c.AsRuns()) != 1 {
			t.Fatalf("the centre heard %d entries", len(c.AsRuns()))
		}
		if beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat); beat.Outbox == 0 {
			t.Error("the outbox is empty although nothing was acknowledged")
		}
		c.Acknowledge(true)
		time.Sleep(3 * time.Minute)
		if beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat); beat.Outbox != 0 {
			t.Errorf("%d entries stay although all were acknowledged", beat.Outbox)
		}
		stop(t, u)
	})
}

func TestLoopIsClosedEachQuarterOfAnHour(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "09:00"}, Pause: 10}, c.Sound("one", 47), c.Sound("two", 33))
		loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
		c.County(horn, loop)
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(9, 5, 0))
		stop(t, u)
		runs := c.AsRuns()
		if len(runs) != 8 {
			t.Errorf("%d entries for two hours, want 8", len(runs))
		}
		rounds := map[int64]wire.RoundPart{}
		for i, r := range runs {
			if i > 0 && r.From < runs[i-1].To {
				t.Errorf("entry %d begins at %d, before the one before it ended at %d", i, r.From, runs[i-1].To)
			}
			for _, p := range r.Rounds {
				sum := rounds[p.Start]
				sum.Cues, sum.Frames, sum.Missed = sum.Cues+p.Cues, sum.Frames+p.Frames, sum.Missed+p.Missed
				rounds[p.Start] = sum
			}
		}
		if len(rounds) != 80 {
			t.Errorf("%d rounds, want 80", len(rounds))
		}
		for start, p := range rounds {
			if p.Cues != 2 || p.Frames != 80*wire.Rate || p.Missed != 0 {
				t.Errorf("round %v: %d cues, %d frames, %d missed", time.UnixMilli(start).UTC(), p.Cues, p.Frames, p.Missed)
			}
		}
	})
}

func TestWarningCutsInAndTheLoopRejoins(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "09:00"}}, c.Sound("long", 600))
		loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
		c.County(horn, loop)
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 4, 0))
		now := time.Now().UnixMilli()
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
			ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: []wire.Item{c.Sound("flood", 20)},
			Issued: now, Until: now + 600_000, Repeat: 1, Volume: 100,
		}}})
		agenttest.SleepUntil(at(7, 20, 0))
		stop(t, u)
		runs := c.AsRuns()
		var loops, warnings int64
		var cut bool
		for _, r := range runs {
			for _, p := range r.Rounds {
				if r.Interrupt == "w1" {
					warnings += p.Frames
				} else if p.Start == at(7, 0, 0).UnixMilli() {
					loops += p.Frames
				}
			}
			cut = cut || r.Outcome == wire.OutcomeCut && r.By == "w1"
		}
		if warnings != 20*wire.Rate {
			t.Errorf("the warning played %d frames", warnings)
		}
		// 20 s of the loop's ten minutes were the warning's.
		if d := loops - 580*wire.Rate; d > wire.Rate || d < -wire.Rate {
			t.Errorf("the round of the loop played %.2f s", float64(loops)/wire.Rate)
		}
		if !cut {
			t.Errorf("no entry says that w1 cut the loop: %+v", runs)
		}
	})
}

func TestOnAirAndHeartbeats(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		item := c.Sound("one", 60)
		item.Text = &wire.Text{Body: "今天下午停水", Stay: 5000}
		c.County(horn, agenttest.Programme("news", "county", chain, item))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 37))
		beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat)
		if len(beat.OnAir) != 2 || beat.OnAir[0].Programme != "news" || beat.Volume != 80 {
			t.Fatalf("heartbeat is %+v", beat)
		}
		if o := beat.OnAir[1]; o.Output != wire.OutputScreen || !strings.Contains(o.Text, "停水") || o.Since != at(7, 0, 0).UnixMilli() {
			t.Errorf("screen is %+v", o)
		}
		n := len(agenttest.Heard[wire.Heartbeat](c, horn, wire.ChannelHeartbeat))
		time.Sleep(10 * time.Minute)
		if more := len(agenttest.Heard[wire.Heartbeat](c, horn, wire.ChannelHeartbeat)) - n; more != 40 {
			t.Errorf("%d heartbeats in ten minutes", more)
		}
		for _, r := range c.AsRuns() {
			var frames int64
			for _, p := range r.Rounds {
				frames += p.Frames
			}
			if frames != 120*wire.Rate {
				t.Errorf("%s proves %.3f s, want 120", r.Output, float64(frames)/wire.Rate)
			}
		}
		stop(t, u)
	})
}

package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// TestTheCardIsBackAndKnowsAll: a unit that was started without its card puts
// onto it, once it is back, what happened meanwhile. What was shown is not shown
// again, what was open when the power went is told once, and only the time
// without power is called off.
func TestTheCardIsBackAndKnowsAll(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "00:00", To: "24:00"}}, c.Sound("one", 40))
		c.County(horn, loop)
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 3, 20))
		disk := u.PowerCut(c)
		cut := time.Now()
		disk.Unplug(true)
		agenttest.SleepUntil(at(7, 5, 0))
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 6, 0))
		now := time.Now().UnixMilli()
		c.Orders(wire.Orders{Address: "area/county", Barred: []wire.Bar{{ID: "loop", Version: 1, At: now}}, Interrupts: []wire.Interrupt{{
			ID: "flood", Issuer: "county", Level: wire.LevelRed, Title: "flood", Issued: now, Until: now + 3600_000, Repeat: 2, Volume: 100,
			Items: []wire.Item{{Title: "flood", Text: &wire.Text{Body: "water", Stay: 10_000}}},
		}}})
		agenttest.SleepUntil(at(7, 10, 0))
		disk.Unplug(false)
		if err := u.Wait(); !errors.Is(err, agent.ErrRestart) {
			t.Errorf("the card is back: %v", err)
		}
		c.Orders(wire.Orders{Address: "area/county"}) // it is barred all the same
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 20, 0))
		stop(t, u)
		shown, open := time.Duration(0), 0
		for _, r := range c.AsRuns() {
			if r.Interrupt == "flood" {
				shown += time.Duration(r.To-r.From) * time.Millisecond
			}
			if r.Outcome == wire.OutcomeUnknown {
				open++
			}
			if r.Programme == "loop" && r.To > at(7, 4, 0).UnixMilli() {
				t.Errorf("what was stopped sounds: %+v", r)
			}
		}
		if shown.Round(time.Second) != 20*time.Second || open != 1 {
			t.Errorf("the warning was shown for %v, %d entries end at a mark", shown, open)
		}
		var off []time.Duration
		for _, e := range c.Entries() {
			if e.Off != nil {
				off = append(off, time.Duration(e.Off.To-e.Off.From)*time.Millisecond)
				if e.Off.From > cut.UnixMilli() && !e.Off.Clean {
					t.Errorf("off without a power cut: %+v", e.Off)
				}
			}
		}
		if len(off) != 2 || off[0] < 100*time.Second || off[0] > 100*time.Second+time.Minute || off[1] > time.Second {
			t.Errorf("off for %v, want the time without power, and a moment", off)
		}
	})
}

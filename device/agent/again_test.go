package agent_test

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// What has played to its end does not play again because the power was cut
// before the next minute's mark; what was cut off by it goes on where it was.
func TestNothingPlaysTwiceAfterAPowerCut(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		once := wire.Rule{Kind: wire.RuleOnce, Once: "2026-11-24T07:00:05"}
		c.County(horn, agenttest.Programme("notice", "county", once, c.Sound("notice", 10)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 20))
		now := time.Now().UnixMilli()
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
			ID: "warning", Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: []wire.Item{c.Sound("flood", 10)},
			Issued: now, Until: now + 3600_000, Repeat: 1, Volume: 100,
		}}})
		agenttest.SleepUntil(at(7, 0, 35))
		disk := u.PowerCut(c)
		agenttest.SleepUntil(at(7, 1, 5))
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 5, 0))
		stop(t, u)
		played := map[string]int64{}
		for _, r := range c.AsRuns() {
			for _, p := range r.Rounds {
				played[r.Programme+r.Interrupt] += p.Frames
			}
		}
		for _, id := range []string{"notice", "warning"} {
			if d := played[id] - 10*wire.Rate; d > 10 || d < -10 {
				t.Errorf("%d frames of the %s are proved, want the %d of once", played[id], id, 10*wire.Rate)
			}
		}
	})
}

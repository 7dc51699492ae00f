package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// A programme that may go one hour without the centre is silent one hour
// after its last word, over a power cut and with old words sent again, and plays
// the next round after the first new one.
func TestSilentWithoutTheCentre(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Features(wire.FeatureClock, wire.FeatureTime)
		news := agenttest.Programme("news", "county", every, c.Sound("one", 10))
		news.SilentAfter, news.Needs = 1, []string{wire.NeedSilentAfter}
		c.County(horn, news, agenttest.Programme("weather", "county", wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "00:00:30", To: "24:00"}, Every: 1}, c.Sound("two", 5)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 15))
		c.Network(false)
		c.Timing(agenttest.Timing{None: true})
		agenttest.SleepUntil(at(7, 20, 15))
		disk := u.PowerCut(c)
		c.Network(true) // a broker that holds the centre's old words and none of its new ones
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(9, 0, 15))
		c.Timing(agenttest.Timing{})
		agenttest.SleepUntil(at(9, 10, 15))
		stop(t, u)
		news1, weather := rounds(c, "news"), rounds(c, "weather")
		var last, next time.Time
		for minute := at(7, 1, 0); minute.Before(at(9, 10, 0)); minute = minute.Add(time.Minute) {
			played := news1[minute.UnixMilli()] == 10*wire.Rate
			switch {
			case played && next.IsZero() && minute.Before(at(8, 10, 0)):
				last = minute
			case played && next.IsZero():
				next = minute
			case !played && !next.IsZero():
				t.Errorf("the round of %v did not play after the centre's word", minute)
			}
			if weather[minute.Add(30*time.Second).UnixMilli()] == 0 && minute != at(7, 20, 0) {
				t.Errorf("another programme kept silent at %v", minute)
			}
		}
		// The last word was an answer to a question for the time that is asked every half hour, and then the next one.
		if last.Before(at(7, 29, 0)) || last.After(at(8, 0, 0)) || next.Before(at(9, 0, 0)) || next.After(at(9, 7, 0)) {
			t.Errorf("silent after the round of %v until that of %v", last, next)
		}
		skips := skipped(c, wire.OutputSound, time.Minute)
		if got := skips[at(8, 30, 0).UnixMilli()]; got != "silent" {
			t.Errorf("at 8:30 the reason is %q", got)
		}
	})
}

// An exception that is given in mid-item ends it at once, and the proof names it.
// What an area may not warn is refused, and the centre is told.
func TestExceptionAndLevelAtTheUnit(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", chain, c.Sound("one", 60)))
		c.Bulletin(wire.Bulletin{Address: "area/county", Programmes: []wire.Programme{agenttest.Programme("news", "county", chain, c.Sound("one", 60))},
			County: &wire.County{Name: "c", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}, Highest: []wire.Level{wire.LevelOrange}}})
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 20))
		warning := wire.Interrupt{ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "w1", Items: []wire.Item{c.Sound("two", 5)},
			Issued: time.Now().UnixMilli(), Until: at(8, 0, 0).UnixMilli(), Repeat: 1, Volume: 100}
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{warning},
			Exceptions: []wire.Exception{{ID: "x1", From: time.Now().UnixMilli(), Until: at(9, 0, 0).UnixMilli(), Why: "高考"}}})
		agenttest.SleepUntil(at(7, 10, 0))
		stop(t, u)
		runs := c.AsRuns()
		if len(runs) != 1 || runs[0].Outcome != wire.OutcomeStopped || runs[0].By != "x1" || !strings.Contains(runs[0].Why, "高考") {
			t.Fatalf("played %+v; want the first 20 s, stopped by x1", runs)
		}
		if took := time.UnixMilli(runs[0].To).Sub(at(7, 0, 20)); took < 0 || took > time.Second {
			t.Errorf("it ended %v after the order", took)
		}
		if events := c.Events(agent.CodeRefused); len(events) != 1 || !strings.Contains(events[0], `w1`) || !strings.Contains(events[0], `may warn up to "orange"`) {
			t.Errorf("the centre was told %q", events)
		}
	})
}

package agent_test

import (
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

type night struct {
	name, zone string
	eve        [3]int // its first day
}

// A night's loop without pauses crosses midnight, the year's end, a leap day and
// a change of the clocks without a gap or a jump, and its proof stands in the
// right day.
func TestNights(t *testing.T) {
	nights := []night{
		{"end of the year", "Asia/Shanghai", [3]int{2027, 12, 31}},
		{"into the leap day", "Asia/Shanghai", [3]int{2028, 2, 28}},
		{"out of the leap day", "Asia/Shanghai", [3]int{2028, 2, 29}},
		{"end of a month", "Asia/Shanghai", [3]int{2027, 4, 30}},
		{"clocks go forward", "Europe/London", [3]int{2027, 3, 27}},
		{"clocks go back", "Europe/London", [3]int{2027, 10, 30}},
		{"clocks go forward at midnight", "America/Havana", [3]int{2027, 3, 13}},
	}
	if os.Getenv("VILLAGECAST_SOAK") == "" {
		nights = []night{nights[0], nights[1], nights[5], nights[6]}
	}
	for _, n := range nights {
		synctest.Test(t, func(t *testing.T) {
			loc, err := time.LoadLocation(n.zone)
			if err != nil {
				t.Fatal(err)
			}
			from := time.Date(n.eve[0], time.Month(n.eve[1]), n.eve[2], 22, 0, 0, 0, loc)
			to := time.Date(n.eve[0], time.Month(n.eve[1]), n.eve[2]+1, 4, 0, 0, 0, loc)
			agenttest.SleepUntil(from.Add(-10 * time.Minute))
			c := agenttest.New(t) // whose broker counts every second
			loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "22:00", To: "04:00"}}, c.Sound("one", 100), c.Sound("two", 20))
			loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
			c.County(horn)
			c.Bulletin(wire.Bulletin{Address: "area/county", Programmes: []wire.Programme{loop}, County: &wire.County{Name: "County", Zone: n.zone}})
			u := c.Unit(horn, spool.Memory(), nil)
			agenttest.SleepUntil(to.Add(10 * time.Minute))
			stop(t, u)

			runs := slices.DeleteFunc(c.AsRuns(), func(r wire.AsRun) bool { return r.Output != wire.OutputSound })
			edge, days := from.UnixMilli(), map[string]int64{}
			for _, r := range runs {
				if gap := r.From - edge; gap < -1 || gap > 1000 {
					t.Errorf("%s: a gap of %d ms at %v", n.name, gap, time.UnixMilli(edge).In(loc))
				}
				edge = r.To
				for _, p := range r.Rounds {
					days[time.UnixMilli(p.Start).In(loc).Format(time.DateOnly)] += p.Frames
					if p.Missed != 0 {
						t.Errorf("%s: %d frames missing in the round of %v", n.name, p.Missed, time.UnixMilli(p.Start).In(loc))
					}
				}
			}
			if end := edge - to.UnixMilli(); end < -1000 || end > 1000 {
				t.Errorf("%s: ends %d ms after the window", n.name, end)
			}
			midnight := time.Date(n.eve[0], time.Month(n.eve[1]), n.eve[2]+1, 0, 0, 0, 0, loc)
			if midnight.Day() == n.eve[2] { // there is none: the day begins after the gap
				_, midnight = midnight.ZoneBounds()
			}
			for day, want := range map[string]time.Duration{from.Format(time.DateOnly): midnight.Sub(from), to.Format(time.DateOnly): to.Sub(midnight)} {
				if got := time.Duration(days[day]) * time.Second / wire.Rate; got != want {
					t.Errorf("%s: %v proved for %s, want %v", n.name, got, day, want)
				}
			}
			if len(days) != 2 {
				t.Errorf("%s: days are %v", n.name, days)
			}
		})
	}
}

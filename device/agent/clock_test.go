package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// epoch is where the system's clock of a board without a clock chip begins.
var epoch = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// on runs an agent on a board.
func on(b *agenttest.Board) func(*agent.Options) {
	return func(o *agent.Options) { o.Board = b.System() }
}

// conditions are the codes of the last heartbeat.
func conditions(c *agenttest.Centre) (codes []string) {
	for _, x := range agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Issues {
		codes = append(codes, x.Code)
	}
	return codes
}

func air(c *agenttest.Centre) wire.AirTime {
	if a := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Air; a != nil {
		return *a
	}
	return wire.AirTime{}
}

// skipped are the scheduled starts that were skipped, with the code of the reason.
func skipped(c *agenttest.Centre, output wire.Output, step time.Duration) map[int64]string {
	out := map[int64]string{}
	for _, e := range c.Entries() {
		if s := e.Skip; s != nil && s.Output == output {
			for at := s.Start; at <= s.Until; at += step.Milliseconds() {
				out[at] = s.Code
			}
		}
	}
	return out
}

// A unit that boots with a clock that is 12 hours behind plays nothing; a minute
// later a time service sets the clock, and what is due begins within a second.
func TestStaleClockAtBoot(t *testing.T) {
	for _, late := range []time.Duration{-time.Minute, 30 * time.Second} { // of the time service, after 07:00
		county(t, func(t *testing.T, c *agenttest.Centre) {
			c.Timing(agenttest.Timing{None: true})
			c.Features(wire.FeatureClock, wire.FeatureTime)
			c.County(horn, agenttest.Programme("news", "county", chain, c.Sound("one", 10)))
			agenttest.SleepUntil(at(6, 58, 0))
			b := agenttest.NewBoard(50, false, time.Now().Add(-12*time.Hour))
			u := c.Unit(horn, spool.Memory(), on(b))
			known := at(7, 0, 0).Add(late)
			agenttest.SleepUntil(known)
			if got := conditions(c); !slices.Contains(got, agent.CodeClockUntrusted) || air(c).State != wire.ClockUntrusted {
				t.Errorf("before the time is known: conditions %v, %+v", got, air(c))
			}
			b.Sync(0, 10*time.Millisecond)
			agenttest.SleepUntil(at(7, 5, 0))
			if got := conditions(c); slices.Contains(got, agent.CodeClockUntrusted) || air(c).State != wire.ClockTrusted || air(c).Source != "system" {
				t.Errorf("afterwards: conditions %v, %+v", got, air(c))
			}
			stop(t, u)
			due := max(at(7, 0, 0).UnixMilli(), known.UnixMilli())
			runs := c.AsRuns()
			if len(runs) != 1 || runs[0].From < due-1 || runs[0].From > due+1000+pollMost {
				t.Fatalf("played %+v; want one within a second of being told at %v", runs, known)
			}
		})
	}
}

// pollMost is how long a time service may have set the clock before the agent
// looks, in milliseconds.
const pollMost = 1000

// Without anybody who tells the time nothing scheduled plays, whatever year the
// system's clock shows; the first answer ends that within a second.
func TestNothingScheduledBeforeTheTimeIsKnown(t *testing.T) {
	for _, system := range []time.Time{epoch, time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), at(7, 0, 0)} {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			c.Timing(agenttest.Timing{None: true})
			c.Features(wire.FeatureClock, wire.FeatureTime)
			c.County(horn, agenttest.Programme("every", "county", every, c.Sound("one", 10)))
			u := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(0, false, system)))
			agenttest.SleepUntil(at(7, 30, 30))
			if n := len(c.AsRuns()); n != 0 {
				t.Fatalf("system clock at %v: %d entries before the time is known", system, n)
			}
			c.Timing(agenttest.Timing{})
			agenttest.SleepUntil(at(7, 40, 0))
			stop(t, u)
			got := rounds(c, "every")
			if got[at(7, 32, 0).UnixMilli()] != 10*wire.Rate || got[at(7, 29, 0).UnixMilli()] != 0 {
				t.Errorf("system clock at %v: played %v", system, got)
			}
			skips := skipped(c, wire.OutputSound, time.Minute)
			for minute := at(6, 1, 0); minute.Before(at(7, 40, 0)); minute = minute.Add(time.Minute) {
				if ms := minute.UnixMilli(); got[ms] == 0 && skips[ms] != "clock" {
					t.Fatalf("system clock at %v: the round of %v did neither play nor say why: %q", system, minute, skips[ms])
				}
			}
		})
	}
}

// A centre of the first version does not tell the time: the system's clock is
// believed as it was then, and called uncertain.
func TestCentreOfTheFirstVersion(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Timing(agenttest.Timing{None: true})
		c.Features()
		c.County(horn, agenttest.Programme("news", "county", chain, c.Sound("one", 10)))
		u := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(0, false, time.Now())))
		agenttest.SleepUntil(at(7, 5, 0))
		if got := conditions(c); !slices.Contains(got, agent.CodeClock) || len(c.AsRuns()) != 1 {
			t.Errorf("conditions %v, %d entries", got, len(c.AsRuns()))
		}
		if agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Air != nil {
			t.Error("a centre that does not know the field is told of the clock")
		}
		stop(t, u)
	})
}

// Whoever sits between unit and centre can hold the answers back, but not give
// an old one.
func TestAnswersAreFresh(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Features(wire.FeatureClock, wire.FeatureTime)
		c.County(horn, agenttest.Programme("every", "county", every, c.Sound("one", 10)))
		first := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(0, false, epoch)))
		time.Sleep(time.Minute)
		stop(t, first)
		c.Timing(agenttest.Timing{Replay: true})
		time.Sleep(time.Hour)
		before := len(c.AsRuns())
		u := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(0, false, epoch)))
		time.Sleep(10 * time.Minute)
		if air(c).State != wire.ClockUntrusted || len(c.AsRuns()) != before {
			t.Errorf("an old answer is believed: %+v, %d entries more", air(c), len(c.AsRuns())-before)
		}
		if n := c.Asked(); n < 15 || n > 100 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		// One that takes long is taken, with what that costs.
		c.Timing(agenttest.Timing{Delay: 3 * time.Second})
		time.Sleep(5 * time.Minute)
		if a := air(c); a.State != wire.ClockTrusted || a.Uncertainty < 1500 || a.Uncertainty > 1700 {
			t.Errorf("after slow answers: %+v", a)
		}
		stop(t, u)
	})
}

// warning is one of 20 s, sent by the centre now, made at an instant.
func warning(c *agenttest.Centre, id string, issued time.Time) {
	c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
		ID: id, Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: []wire.Item{c.Sound(id, 20)},
		Issued: issued.UnixMilli(), Until: issued.Add(time.Hour).UnixMilli(), Repeat: 1, Volume: 100,
	}}})
}

// warned are the seconds that each warning has sounded.
func warned(c *agenttest.Centre) map[string]int64 {
	out := map[string]int64{}
	for _, r := range c.AsRuns() {
		for _, p := range r.Rounds {
			if r.Interrupt != "" && r.Output == wire.OutputSound {
				out[r.Interrupt] += p.Frames / wire.Rate
			}
		}
	}
	return out
}

// A unit that does not know the time plays a warning that is new and was made
// after all that was signed before, and no other; once it knows the time it
// does not begin that one again.
func TestWarningsWithoutTheTime(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Timing(agenttest.Timing{None: true})
		c.Features(wire.FeatureClock, wire.FeatureTime)
		c.Revision(uint64(time.Now().UnixMilli()))
		c.County(horn, agenttest.Programme("every", "county", every, c.Sound("one", 10)))
		time.Sleep(time.Minute)
		c.Revision(uint64(time.Now().UnixMilli()))
		warning(c, "retained", time.Now())
		disk := spool.Memory()
		u := c.Unit(horn, disk, on(agenttest.NewBoard(0, false, epoch)))
		time.Sleep(5 * time.Minute)
		stop(t, u)
		if got := warned(c); got["retained"] != 20 {
			t.Fatalf("a warning made after the bulletin does not sound on a unit without the time: %v", got)
		}
		// A new boot: it holds that warning, and its life is not over.
		u = c.Unit(horn, disk, on(agenttest.NewBoard(0, false, epoch)))
		time.Sleep(5 * time.Minute)
		warning(c, "old", time.Now().Add(-24*time.Hour))
		time.Sleep(5 * time.Minute)
		c.Revision(uint64(time.Now().UnixMilli()))
		warning(c, "fresh", time.Now())
		time.Sleep(5 * time.Minute)
		if got := warned(c); got["fresh"] != 20 || got["old"] != 0 || got["retained"] != 20 {
			t.Errorf("sounded %v", got)
		}
		if n := len(rounds(c, "every")); n != 0 {
			t.Errorf("%d rounds of a programme without the time", n)
		}
		// Now the time is told, in the middle of the next one.
		c.Revision(uint64(time.Now().UnixMilli()))
		warning(c, "last", time.Now())
		time.Sleep(7 * time.Second)
		c.Timing(agenttest.Timing{})
		time.Sleep(5 * time.Minute)
		got := warned(c)
		if got["fresh"] != 20 || got["retained"] != 20 || got["last"] < 20 || got["last"] > 40 {
			t.Errorf("sounded %v", got)
		}
		if len(rounds(c, "every")) == 0 {
			t.Error("nothing scheduled plays although the time is known")
		}
		stop(t, u)
	})
}

// A new start of the program in the same boot needs no network; a clock set back
// over a power cut is not believed.
func TestClockOverRestarts(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Features(wire.FeatureClock, wire.FeatureTime)
		c.County(horn, agenttest.Programme("every", "county", every, c.Sound("one", 10)))
		b := agenttest.NewBoard(100, true, time.Now())
		disk := spool.Memory()
		u := c.Unit(horn, disk, on(b))
		agenttest.SleepUntil(at(7, 0, 30))
		stop(t, u)
		c.Network(false)
		b.Step(-3 * time.Hour)
		u = c.Unit(horn, disk, on(b))
		agenttest.SleepUntil(at(7, 30, 30))
		stop(t, u)
		b.Boot(time.Time{}) // the chip holds what the system's clock was set to
		u = c.Unit(horn, disk, on(b))
		agenttest.SleepUntil(at(8, 0, 30))
		c.Network(true)
		agenttest.SleepUntil(at(8, 10, 30))
		stop(t, u)
		got := rounds(c, "every")
		for minute, want := range map[time.Time]bool{at(6, 59, 0): true, at(7, 10, 0): true, at(7, 45, 0): false, at(8, 5, 0): true} {
			if (got[minute.UnixMilli()] == 10*wire.Rate) != want {
				t.Errorf("round of %v: played %d frames", minute, got[minute.UnixMilli()])
			}
		}
	})
}

// What the page and the heartbeat say is in the language of the unit.
func TestClockInWords(t *testing.T) {
	for lang, want := range map[string]string{"zh": "没有时钟芯片", "en": "no clock chip"} {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			c.Timing(agenttest.Timing{None: true})
			c.Features(wire.FeatureClock, wire.FeatureTime)
			c.County(horn)
			u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { on(agenttest.NewBoard(0, false, epoch))(o); o.Lang = lang })
			time.Sleep(time.Minute)
			issues := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Issues
			if len(issues) != 1 || !strings.Contains(issues[0].Text, want) {
				t.Errorf("%s: %+v", lang, issues)
			}
			stop(t, u)
		})
	}
}

package agent_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// An acknowledgement is not signed. Whoever has the broker can keep reports back
// and forge their acknowledgements, and cannot destroy proof by it: once the
// centre hears a report it asks for what is missing. Nor does it fill the card.
func TestForgedAcknowledgementsLoseNoProof(t *testing.T) {
	for _, seed := range agenttest.Seeds(t, 2, 20) {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			c.County(horn, agenttest.Programme("news", "county", every, c.Sound("one", 10)))
			u := c.Unit(horn, spool.Memory(), nil)
			agenttest.SleepUntil(at(7, 0, 30))
			id, card := agenttest.Last[wire.Birth](c, horn, wire.ChannelBirth).Spool, u.Disk.Size()
			c.Deaf(true)
			for i := range attacks {
				seq := rnd.Uint64N(400)
				switch {
				case i < 100: // everything once more, and once more under other numbers
					seq = uint64(i%2) * uint64(i) * 2000
				case i%3 == 0:
					seq = rnd.Uint64()
				}
				raw, err := wire.Encode(wire.Stored{Spool: id, Seq: seq})
				if err != nil {
					t.Fatal(err)
				}
				c.Send(wire.StoredTopic(horn), raw)
				time.Sleep(5 * time.Second)
			}
			if more := u.Disk.Size() - card; more > 256<<10 {
				t.Errorf("seed %d: forged acknowledgements put %d kB on the card", seed, more>>10)
			}
			u = c.Unit(horn, u.PowerCut(c), nil) // neither does it count after a power cut
			until := time.Now().Truncate(time.Minute)
			c.Deaf(false)
			time.Sleep(40 * time.Minute)
			stop(t, u)
			for _, e := range c.Entries() {
				if e.Seq > 1<<62 {
					t.Fatalf("seed %d: number %d is none that a centre can store", seed, e.Seq)
				}
			}
			want(t, c, "stored: malformed")
			proven := map[int64]bool{}
			for _, r := range c.AsRuns() { // a stretch may be told under two numbers
				for _, p := range r.Rounds {
					proven[p.Start] = true
				}
			}
			for minute := at(6, 1, 0); minute.Before(until); minute = minute.Add(time.Minute) {
				if !proven[minute.UnixMilli()] {
					t.Fatalf("seed %d: the proof of %v is lost", seed, minute)
				}
			}
		})
	}
}

// A unit that does not know the time is told a wrong one, or an old one, so that
// an old warning would be in its time: it believes no answer but a signed one to
// its own question, plays nothing, and says so.
func TestForgedTimeMakesNothingFresh(t *testing.T) {
	for _, k := range []struct {
		name, told string
		timing     agenttest.Timing
	}{
		{"the answer to another question", "time: wrong-address", agenttest.Timing{Replay: true}},
		{"signed by a stranger", "time: altered", agenttest.Timing{Key: seeded(7)}},
	} {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			c.Features(wire.FeatureClock, wire.FeatureTime)
			c.County(horn)
			c.Revision(uint64(time.Now().UnixMilli()))
			first := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(0, false, epoch))) // the answer that is replayed
			time.Sleep(time.Minute)
			stop(t, first)
			issued := time.Now().UnixMilli()
			old := wire.Interrupt{ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "w1", Items: []wire.Item{c.Sound("flood", 5)},
				Issued: issued, Until: issued + 3600_000, Repeat: 1, Volume: 100}
			time.Sleep(time.Hour + time.Minute)
			c.Bulletin(wire.Bulletin{Address: "area/county", County: &wire.County{Name: "c", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}}})
			c.Revision(uint64(time.Now().UnixMilli()))
			c.County(horn) // what is signed now says that the warning is over
			c.Timing(k.timing)
			u := c.Unit(horn, spool.Memory(), on(agenttest.NewBoard(0, false, epoch)))
			time.Sleep(time.Minute)
			for range attacks {
				c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{old}})
				time.Sleep(time.Second)
			}
			if n := len(c.AsRuns()); n != 0 || air(c).State != wire.ClockUntrusted {
				t.Errorf("%s: %d stretches, the clock is %+v", k.name, n, air(c))
			}
			want(t, c, k.told)
			want(t, c, "interrupt: not-fresh")
			c.Timing(agenttest.Timing{}) // the truth, and a warning of now
			old.ID, old.Issued, old.Until = "w2", time.Now().UnixMilli(), time.Now().Add(time.Hour).UnixMilli()
			c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{old}})
			time.Sleep(10 * time.Minute)
			stop(t, u)
			if runs := c.AsRuns(); len(runs) != 1 || runs[0].Interrupt != "w2" {
				t.Errorf("%s: with the true time the warning of now makes %+v", k.name, runs)
			}
		})
	}
}

func want(t *testing.T, c *agenttest.Centre, told string) {
	t.Helper()
	for _, e := range c.Events(agent.CodeRefused) {
		if len(e) >= len(told) && e[:len(told)] == told {
			return
		}
	}
	t.Errorf("the centre was told %q, want %q", c.Events(agent.CodeRefused), told)
}

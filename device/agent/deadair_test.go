package agent_test

import (
	"io/fs"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
)

// quiet is the longest silence from the first to the last bit.
func quiet(bits []heardBit) (longest time.Duration) {
	for i := 1; i < len(bits); i++ {
		longest = max(longest, bits[i].at.Sub(bits[i-1].end()))
	}
	return longest
}

// An item that is missing or damaged gives way to the next one within a second,
// the centre hears of it, and nothing sounds that was not scheduled.
func TestItemThatCannotBePlayedGivesWayWithinASecond(t *testing.T) {
	once := wire.Rule{Kind: wire.RuleOnce, Once: "2026-11-24T07:00:00"}
	text := func(c *agenttest.Centre) wire.Item { return c.Sound("no sound at all", 10) }
	cases := map[string]struct {
		item  func(*agenttest.Centre) wire.Item
		spoil func(disk *spool.Mem, hash string) // just before it is due
		bad   time.Duration                      // of it that sounds
		code  string
	}{
		"no recording": {item: text, code: agent.CodeDamagedAsset},
		"ends in the middle": {
			item: func(c *agenttest.Centre) wire.Item {
				i := codedItem(c, 2, 4)
				i.Sound.Frames = 10 * wire.Rate
				return i
			}, bad: 4 * time.Second, code: agent.CodeDamagedAsset,
		},
		"gone from the card": {
			item: func(c *agenttest.Centre) wire.Item { return codedItem(c, 2, 10) },
			spoil: func(disk *spool.Mem, hash string) {
				if err := disk.Remove("media/" + hash); err != nil {
					t.Error(err)
				}
			}, code: agent.CodeDamagedAsset,
		},
		"unreadable once": { // three seconds ahead, which is early enough to look again
			item: func(c *agenttest.Centre) wire.Item { return codedItem(c, 2, 10) },
			spoil: func(disk *spool.Mem, hash string) {
				disk.Fail(spool.OpRead, hash, fs.ErrInvalid)
			}, bad: 10 * time.Second, code: agent.CodeDamagedAsset,
		},
		"never came": {
			item: func(c *agenttest.Centre) wire.Item {
				i := codedItem(c, 2, 10)
				c.Media.Remove(i.Sound.Hash)
				return i
			}, code: agent.CodeMissing,
		},
	}
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			county(t, func(t *testing.T, c *agenttest.Centre) {
				first, bad, last := codedItem(c, 1, 6), x.item(c), codedItem(c, 3, 5)
				loudCounty(c, agenttest.Programme("news", "county", once, first, bad, last))
				e, disk := newEar(), spool.Memory()
				u := c.Unit(horn, disk, func(o *agent.Options) { o.Sound = e })
				agenttest.SleepUntil(at(7, 0, 2))
				if x.spoil != nil {
					c.Media.Remove(bad.Sound.Hash) // it cannot be fetched again in time
					x.spoil(disk, bad.Sound.Hash)
				}
				agenttest.SleepUntil(at(7, 1, 0))
				bits := e.recordings()
				stop(t, u)
				var sounded [4]time.Duration
				for _, b := range bits {
					if b.number > 3 {
						t.Fatalf("heard %v, which nobody scheduled", b)
					}
					sounded[b.number] += audio.Duration(b.frames)
				}
				if want := [4]time.Duration{0, 6 * time.Second, x.bad, 5 * time.Second}; sounded != want {
					t.Errorf("heard %v of the recordings, want %v: %v", sounded, want, bits)
				}
				if q := quiet(e.heard()); q > time.Second {
					t.Errorf("silent for %v within the programme: %v", q, bits)
				}
				if n := len(c.Events(x.code)); n == 0 || n > 3 {
					t.Errorf("%d events %s: %q", n, x.code, c.Events(x.code))
				}
			})
		})
	}
}

// When nothing of a programme can be played, the next in the order has the
// output, and the centre is told why.
func TestProgrammeThatCannotBePlayedLeavesTheOutputToTheNext(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "06:50", To: "07:30"}}, codedItem(c, 1, 20), codedItem(c, 2, 13))
		loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
		bad := agenttest.Programme("bad", "county", wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "07:00", To: "07:20"}, Every: 2}, c.Sound("no sound", 10), c.Sound("none either", 10))
		bad.Grace = 30
		loudCounty(c, loop, bad)
		e := newEar()
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { o.Sound = e })
		agenttest.SleepUntil(at(7, 30, 30))
		stop(t, u)
		bits := e.heard()
		if q := quiet(bits); q > time.Second {
			t.Errorf("silent for %v: %v", q, bits)
		}
		if first, last := bits[0].at, bits[len(bits)-1].end(); first.After(at(6, 50, 1)) || last.Before(at(7, 29, 0)) {
			t.Errorf("heard from %v to %v", first, last)
		}
		skips := 0
		for _, x := range c.Entries() {
			if x.Skip != nil && x.Skip.Programme == "bad" && x.Skip.Code == "missing" {
				skips += x.Skip.Rounds
			}
		}
		if skips != 10 {
			t.Errorf("%d rounds are skipped because nothing of them is there, want 10", skips)
		}
		if n := len(c.Events(agent.CodeDamagedAsset)); n < 2 || n > 6 {
			t.Errorf("%d events: %q", n, c.Events(agent.CodeDamagedAsset))
		}
	})
}

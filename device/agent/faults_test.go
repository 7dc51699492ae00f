package agent_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// every is a rule: ten seconds of sound each minute, all day.
var every = wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "00:00", To: "24:00"}, Every: 1}

func refusals(c *agenttest.Centre) (codes []string) {
	for _, r := range agenttest.Last[wire.Have](c, horn, wire.ChannelHave).Refused {
		codes = append(codes, string(r.Address)+" "+string(r.Kind)+" "+r.Code)
	}
	return codes
}

// change changes an envelope that was sealed.
func change(t *testing.T, raw []byte, how func(*wire.Envelope)) []byte {
	t.Helper()
	e, err := wire.ParseEnvelope(raw)
	if err != nil {
		t.Fatal(err)
	}
	how(&e)
	if raw, err = json.Marshal(e); err != nil {
		t.Fatal(err)
	}
	return raw
}

// Whatever comes that is not the centre's newest word is refused and reported,
// and what was good before keeps playing.
func TestRefusals(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("good", "county", every, c.Sound("good", 10)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 30))

		evil := agenttest.Programme("evil", "county", every, c.Sound("evil", 10))
		bulletin := func(a wire.Address, revision uint64) wire.Bulletin {
			return wire.Bulletin{Address: a, Revision: revision, Programmes: []wire.Programme{evil}, County: &wire.County{Name: "c", Zone: "Asia/Shanghai"}}
		}
		_, foreign, _ := ed25519.GenerateKey(nil)
		altered := change(t, c.Seal(c.Key(), wire.KindBulletin, "area/county", 100, bulletin("area/county", 100)), func(e *wire.Envelope) { e.Sig[0] ^= 1 })
		unsigned := change(t, c.Seal(c.Key(), wire.KindBulletin, "area/county", 100, bulletin("area/county", 100)), func(e *wire.Envelope) { e.Sig = nil })
		cases := []struct {
			name, topic string
			raw         []byte
			want        string
		}{
			{"not JSON", wire.BulletinTopic("area/county"), []byte("play me"), "area/county bulletin malformed"},
			{"unsigned", wire.BulletinTopic("area/county"), unsigned, "area/county bulletin unsigned"},
			{"altered", wire.BulletinTopic("area/county"), altered, "area/county bulletin altered"},
			{"foreign key", wire.BulletinTopic("area/county"), c.Seal(foreign, wire.KindBulletin, "area/county", 100, bulletin("area/county", 100)), "area/county bulletin altered"},
			{"older", wire.BulletinTopic("area/county"), c.Seal(c.Key(), wire.KindBulletin, "area/county", 1, bulletin("area/county", 1)), "area/county bulletin older"},
			{"same revision, other content", wire.BulletinTopic("area/county"), c.Seal(c.Key(), wire.KindBulletin, "area/county", 3, bulletin("area/county", 3)), "area/county bulletin conflict"},
			{"another's", wire.BulletinTopic("area/village"), c.Seal(c.Key(), wire.KindBulletin, "area/other", 100, wire.Bulletin{Address: "area/other", Revision: 100}), "area/village bulletin wrong-address"},
		}
		for _, x := range cases {
			c.Send(x.topic, x.raw)
			time.Sleep(time.Second)
			if got := refusals(c); !slices.Contains(got, x.want) {
				t.Errorf("%s: refused are %v, want %s", x.name, got, x.want)
			}
		}
		// A programme by an issuer below the address is left out alone.
		other := agenttest.Programme("other", "county", every, c.Sound("other", 5))
		evil.Issuer = "village"
		c.Bulletin(wire.Bulletin{Address: "area/county", County: &wire.County{Name: "c", Zone: "Asia/Shanghai"}, Programmes: []wire.Programme{evil, other}})
		time.Sleep(10 * time.Minute)
		if got := refusals(c); !slices.Contains(got, "area/county bulletin out-of-scope") {
			t.Errorf("issuer out of scope: refused are %v", got)
		}
		stop(t, u)
		seen := map[string]int{}
		for _, r := range c.AsRuns() {
			seen[r.Programme]++
		}
		if seen["good"] == 0 || seen["other"] < 9 || len(seen) != 2 {
			t.Errorf("played %v", seen)
		}
		if n := len(c.Events(agent.CodeRefused)); n < 6 {
			t.Errorf("%d events: %q", n, c.Events(agent.CodeRefused))
		}
	})
}

func TestComesBackAfterEveryCut(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("news", 10)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 30))
		session := uint64(0)
		for i, away := range []time.Duration{time.Second, 40 * time.Second, 10 * time.Minute, time.Hour} {
			if i%2 == 0 {
				c.Network(false)
			} else {
				c.BlackHole()
				time.Sleep(away)
				c.Network(false)
			}
			time.Sleep(away)
			c.Network(true)
			time.Sleep(time.Minute)
			births := agenttest.Heard[wire.Birth](c, horn, wire.ChannelBirth)
			if now := births[len(births)-1].Session; now <= session {
				t.Errorf("after %v: session %d, before %d", away, now, session)
			} else {
				session = now
			}
			// It receives: a new bulletin is taken within moments.
			rev := c.Bulletin(wire.Bulletin{Address: "area/village"})
			time.Sleep(time.Second)
			held := agenttest.Last[wire.Have](c, horn, wire.ChannelHave).Held
			if !slices.Contains(held, wire.Held{Address: "area/village", Bulletin: rev}) {
				t.Errorf("after %v: holds %v, want revision %d", away, held, rev)
			}
		}
		time.Sleep(time.Minute)
		stop(t, u)
		// Every minute of the time was played and proven, network or not.
		rounds := map[int64]int64{}
		for _, r := range c.AsRuns() {
			for _, p := range r.Rounds {
				rounds[p.Start] += p.Frames
			}
		}
		for minute := at(7, 1, 0); minute.Before(time.Now().Add(-time.Minute)); minute = minute.Add(time.Minute) {
			if rounds[minute.UnixMilli()] != 10*wire.Rate {
				t.Fatalf("round of %v proves %d frames", minute, rounds[minute.UnixMilli()])
			}
		}
	})
}

func TestPowerCut(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "09:00"}}, c.Sound("one", 60))
		loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
		c.County(horn, loop)
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 5, 40))
		disk := u.PowerCut(c)
		agenttest.SleepUntil(at(7, 12, 0))
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 14, 0))
		stop(t, u)

		var before, after *wire.AsRun
		var off *wire.Off
		for _, e := range c.Entries() {
			switch {
			case e.Off != nil:
				off = e.Off
			case e.AsRun != nil && e.AsRun.Outcome == wire.OutcomeUnknown:
				before = e.AsRun
			case e.AsRun != nil:
				after = e.AsRun
			}
		}
		if before == nil || before.From != at(7, 0, 0).UnixMilli() || before.To < at(7, 4, 40).UnixMilli() || before.To > at(7, 5, 41).UnixMilli() {
			t.Errorf("the open entry was closed as %+v", before)
		}
		if off == nil || off.Clean || off.From != before.To || off.To != at(7, 12, 0).UnixMilli() {
			t.Errorf("off is %+v", off)
		}
		if after == nil || after.From < at(7, 12, 0).UnixMilli() || after.From > at(7, 12, 1).UnixMilli() {
			t.Errorf("plays again with %+v", after)
		}
	})
}

func TestFetchGoesOnWhereItBroke(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		item := c.Sound("a longer file with some hundred bytes", 10)
		c.Media.BreakAfter(1500)
		c.County(horn, agenttest.Programme("news", "county", chain, item))
		u := c.Unit(horn, spool.Memory(), nil)
		time.Sleep(10 * time.Minute)
		if have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave); have.Ready != 1 {
			t.Errorf("have is %+v", have)
		}
		got := c.Media.Requests()
		if len(got) < 3 || !strings.HasSuffix(got[1], "bytes=1500-") || !strings.HasSuffix(got[2], "bytes=3000-") {
			t.Errorf("asked for %q", got)
		}
		stop(t, u)
	})
}

func TestWrongBytesNeverSound(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		bad, good := c.Sound("bad", 10), c.Sound("good", 5)
		right := bytes.Repeat([]byte("bad\n"), 100)
		c.Media.Replace(bad.Sound.Hash, bytes.Repeat([]byte("BAD\n"), 100))
		c.County(horn, agenttest.Programme("news", "county", every, bad, good))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 30))
		var frames int64
		for _, r := range c.AsRuns() {
			for _, p := range r.Rounds {
				if p.Start == at(7, 0, 0).UnixMilli() {
					frames += p.Frames
				}
			}
		}
		if frames != 5*wire.Rate {
			t.Errorf("%d frames of a round whose first item is wrong, want those of the second", frames)
		}
		if len(c.Events(agent.CodeMissing)) == 0 {
			t.Error("no event says that an item is missing")
		}
		beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat)
		if !slices.ContainsFunc(beat.Issues, func(d wire.Condition) bool { return d.Code == agent.CodeFetch }) {
			t.Errorf("conditions are %v", beat.Issues)
		}
		c.Media.Replace(bad.Sound.Hash, right)
		time.Sleep(5 * time.Minute)
		if have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave); have.Ready != 2 {
			t.Errorf("the right file was not taken: %+v", have)
		}
		stop(t, u)
	})
}

func TestStopHoldsForGood(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("news", 50)))
		disk := spool.Memory()
		u := c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 0, 20))
		c.Orders(wire.Orders{Address: "area/county", Barred: []wire.Bar{{ID: "news", Version: 1, At: time.Now().UnixMilli()}}})
		agenttest.SleepUntil(at(7, 5, 0))
		c.Orders(wire.Orders{Address: "area/county"}) // a centre that has forgotten
		agenttest.SleepUntil(at(7, 10, 0))
		stop(t, u)
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 20, 0))
		stop(t, u)
		for _, r := range c.AsRuns() {
			if r.To > at(7, 0, 21).UnixMilli() {
				t.Errorf("played after the stop: %+v", r)
			}
			if r.From == at(7, 0, 0).UnixMilli() && r.Outcome != wire.OutcomeStopped {
				t.Errorf("stopped entry is %+v", r)
			}
		}
	})
}

func TestMovedUnitDropsItsOldVillage(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn)
		c.Bulletin(wire.Bulletin{Address: "area/village", Programmes: []wire.Programme{agenttest.Programme("old", "village", every, c.Sound("old", 10))}})
		c.Bulletin(wire.Bulletin{Address: "area/hill", Programmes: []wire.Programme{agenttest.Programme("new", "hill", every, c.Sound("new", 10))}})
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 30))
		c.Bulletin(wire.Bulletin{Address: wire.UnitAddress(horn), Settings: &wire.Settings{
			Unit: horn, Name: "The horn", Chain: []string{"county", "hill"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 80,
			Addresses: []wire.Held{{Address: "area/county"}, {Address: "area/hill"}},
		}})
		agenttest.SleepUntil(at(7, 3, 30))
		stop(t, u)
		for _, r := range c.AsRuns() {
			if moved := r.From >= at(7, 1, 0).UnixMilli(); moved == (r.Programme == "old") {
				t.Errorf("%s played at %v", r.Programme, time.UnixMilli(r.From).UTC())
			}
		}
		for _, h := range agenttest.Last[wire.Have](c, horn, wire.ChannelHave).Held {
			if h.Address == "area/village" {
				t.Error("the old village's bulletin is still held")
			}
		}
	})
}

// What is to be on air now begins when its file has come, not at the next
// occasion: a warning whole, a loop where the clock is.
func TestBeginsWhenItsFileHasCome(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		one, flood := c.Sound("one", 120), c.Sound("flood", 20)
		for _, item := range []wire.Item{one, flood} {
			c.Media.Remove(item.Sound.Hash)
		}
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "09:00"}}, one)
		loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
		c.County(horn, loop)
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 10, 0))
		now := time.Now().UnixMilli()
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
			ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: []wire.Item{flood},
			Issued: now, Until: now + 3600_000, Repeat: 1, Volume: 100,
		}}})
		agenttest.SleepUntil(at(7, 20, 0))
		if n := len(c.AsRuns()); n != 0 {
			t.Errorf("%d entries while nothing is there", n)
		}
		c.Sound("flood", 20)
		agenttest.SleepUntil(at(7, 25, 0))
		c.Sound("one", 120)
		agenttest.SleepUntil(at(7, 40, 0))
		stop(t, u)
		var warned, looped int64
		for _, r := range c.AsRuns() {
			for _, p := range r.Rounds {
				if r.Interrupt != "" {
					warned += p.Frames
				} else {
					looped += p.Frames
				}
			}
		}
		if warned != 20*wire.Rate {
			t.Errorf("the warning played %.1f s of 20", float64(warned)/wire.Rate)
		}
		if looped < 13*60*wire.Rate {
			t.Errorf("the loop played %.0f s of the 900 after its file came", float64(looped)/wire.Rate)
		}
	})
}

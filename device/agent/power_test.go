package agent_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

const (
	// cuts is how often the power goes in a story.
	cuts = 200
	// goesBack is how many seconds before its cut something resumes.
	goesBack = 2
)

// life is one time under power.
type life struct {
	on, off time.Time
}

// outageStory is a unit whose power goes again and again, at any write.
type outageStory struct {
	t      *testing.T
	c      *agenttest.Centre
	rnd    *rand.Rand
	disk   *spool.Mem
	lives  []life
	told   uint64 // the newest revision of the county's bulletin that the unit said it holds
	newest uint64 // and that was published
	county wire.Bulletin
}

// TestPowerCutAtAnyWrite takes the power from a unit 200 times: at a random
// change of its card, or at a random instant, with and without network. The
// card loses or tears what was not synced. VILLAGECAST_SOAK=1 tries 20 seeds.
func TestPowerCutAtAnyWrite(t *testing.T) {
	for _, seed := range agenttest.Seeds(t, 1, 20) {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "00:00", To: "23:59"}}, c.Sound("one", 40))
			loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
			news := agenttest.Programme("news", "county", wire.Rule{Kind: wire.RuleEvery, Every: 3, Window: &wire.Window{From: "00:00", To: "23:59"}}, c.Sound("news", 10))
			news.Grace = 600
			c.County(horn, loop, news)
			s := &outageStory{t: t, c: c, rnd: rand.New(rand.NewPCG(seed, 5)), disk: spool.Memory()}
			s.county = wire.Bulletin{Address: "area/county", County: &wire.County{Name: "c", Zone: "Asia/Shanghai"}, Programmes: []wire.Programme{loop, news}}
			// Once in peace, so that it has what it needs.
			u := c.Unit(horn, s.disk, nil)
			time.Sleep(30 * time.Second)
			stop(t, u)
			for n := 0; n < cuts && !t.Failed(); n++ {
				s.live()
			}
			c.Network(true)
			u = c.Unit(horn, s.disk, nil)
			time.Sleep(time.Minute)
			s.agree()
			stop(t, u)
			s.judge()
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}

// live is one time under power, and the darkness after it.
func (s *outageStory) live() {
	s.inspect()
	network := s.rnd.IntN(3) > 0
	s.c.Network(network)
	dark := make(chan time.Time, 1)
	l := life{on: time.Now()}
	went := func() {
		s.c.Network(false) // nothing leaves the unit any more
		dark <- time.Now()
	}
	u := s.c.Unit(horn, s.disk, nil)
	patience := time.Duration(s.rnd.IntN(150_000)) * time.Millisecond
	if s.rnd.IntN(3) > 0 {
		s.disk.CutAfter(1+s.rnd.IntN(40), went)
		patience = 5 * time.Minute
	}
	if s.rnd.IntN(3) == 0 {
		time.Sleep(min(patience, time.Duration(s.rnd.IntN(20_000))*time.Millisecond))
		s.newest = s.c.Bulletin(s.county)
	}
	agreed := time.NewTimer(time.Minute)
	end := time.NewTimer(patience)
	for l.off.IsZero() {
		select {
		case l.off = <-dark:
		case <-end.C:
			s.disk.Cut(0)
			went()
		case <-agreed.C:
			if network {
				s.agree()
			}
		}
	}
	after := s.disk.CutRandom(s.rnd)
	_ = u.Stop()
	s.disk = after
	s.told = max(s.told, s.said())
	s.lives = append(s.lives, l)
	time.Sleep(time.Duration(s.rnd.IntN(40_000)) * time.Millisecond)
}

// said is the newest revision of the county's bulletin that the unit said it holds.
func (s *outageStory) said() (newest uint64) {
	for _, h := range agenttest.Last[wire.Have](s.c, horn, wire.ChannelHave).Held {
		if h.Address == "area/county" {
			newest = h.Bulletin
		}
	}
	return newest
}

// inspect looks at the card as the power left it, without touching it: what the
// unit said it holds is there, and nothing is half.
func (s *outageStory) inspect() {
	s.t.Helper()
	sp := spool.Open(s.disk.Copy())
	e, ok := sp.Held("area/county", wire.KindBulletin)
	if b, err := e.Bulletin(); !ok || err != nil || e.Revision < s.told || len(b.Programmes) != 2 {
		s.t.Errorf("after cut %d revision %d is held, %d was told; %v", len(s.lives), e.Revision, s.told, err)
	}
	for _, h := range sp.Assets() {
		if err := sp.Verify(h); err != nil {
			s.t.Errorf("after cut %d: %v", len(s.lives), err)
		}
	}
	if n := len(sp.Assets()); n != 2 {
		s.t.Errorf("after cut %d there are %d media files", len(s.lives), n)
	}
	if news := sp.News(); len(news) > 0 {
		s.t.Errorf("after cut %d: %v", len(s.lives), news)
	}
}

// agree wants both sides to be of one mind.
func (s *outageStory) agree() {
	s.t.Helper()
	if said := s.said(); said < s.newest {
		s.t.Errorf("life %d, now %v: after a minute the unit holds revision %d of %d", len(s.lives), time.Now().UTC(), said, s.newest)
		haves, births := agenttest.Heard[wire.Have](s.c, horn, wire.ChannelHave), agenttest.Heard[wire.Birth](s.c, horn, wire.ChannelBirth)
		s.t.Logf("it said %+v\nborn %+v", haves[len(haves)-3:], births[len(births)-2:])
	}
	if beat := agenttest.Last[wire.Heartbeat](s.c, horn, wire.ChannelHeartbeat); time.Since(time.UnixMilli(beat.At)) > 20*time.Second || beat.Outbox > 3 {
		s.t.Errorf("life %d: after a minute %d entries wait, said %v ago", len(s.lives), beat.Outbox, time.Since(time.UnixMilli(beat.At)))
	}
}

// judge holds what the centre has against the times under power.
func (s *outageStory) judge() {
	runs := s.c.AsRuns()
	slices.SortFunc(runs, func(a, b wire.AsRun) int { return int(a.From - b.From) })
	for i := 1; i < len(runs); i++ {
		before, overlap := runs[i-1], int64(20)
		if before.Outcome == wire.OutcomeCut {
			overlap += player.FadeTime.Milliseconds() // it fades while the other begins
		}
		if runs[i].From < before.To-overlap {
			s.t.Errorf("proved twice:\n%+v\n%+v", before, runs[i])
		}
	}
	sum, most := map[int64]int64{}, map[int64]int64{}
	for _, r := range runs {
		for _, p := range r.Rounds {
			if r.Programme != "news" {
				continue
			}
			if sum[p.Start] == 0 {
				most[p.Start] = 10 * wire.Rate
			} else { // it goes on a little before where it was cut off
				most[p.Start] += goesBack * wire.Rate
			}
			sum[p.Start] += p.Frames
		}
	}
	whole, unknown := 0, 0
	for i, l := range s.lives {
		from, to := l.on.UnixMilli(), l.off.UnixMilli()
		for m := l.on.Truncate(3 * time.Minute).Add(3 * time.Minute); m.Before(l.off); m = m.Add(3 * time.Minute) {
			// It ends after 10 s and is closed a second later.
			if n := sum[m.UnixMilli()]; m.Add(12*time.Second).Before(l.off) && n < 10*wire.Rate || n > most[m.UnixMilli()] {
				s.t.Errorf("life %d, %v to %v: the round of %v is proved with %d frames", i, l.on.UTC(), l.off.UTC(), m.UTC(), n)
				s.show(l)
			} else if n == 10*wire.Rate {
				whole++
			}
		}
		var covered, last int64
		for _, r := range runs {
			if r.To <= from || r.From >= to {
				continue
			}
			if r.From < from-1 || r.To > to+1 {
				s.t.Errorf("life %d, %v to %v: proves more: %+v", i, l.on.UTC(), l.off.UTC(), r)
			}
			covered += r.To - r.From
			last = max(last, r.To)
			if r.Outcome == wire.OutcomeUnknown {
				unknown++
			}
		}
		// What was open ends at the last mark, at most a minute ago.
		if lost := to - from - covered; lost > 62_000 || last > 0 && last < to-62_000 {
			s.t.Errorf("life %d, %v to %v: %d ms are proved, to %v", i, l.on.UTC(), l.off.UTC(), covered, time.UnixMilli(last).UTC())
		}
	}
	if s.t.Logf("%d cuts: %d whole rounds of news, %d entries end unknown at a mark", len(s.lives), whole, unknown); whole < 10 || unknown < 10 {
		s.t.Error("too little happened for this to prove anything")
	}
}

// show logs all that the centre has about a life.
func (s *outageStory) show(l life) {
	for _, e := range s.c.Entries() {
		if e.At < l.on.UnixMilli()-1000 || e.At > l.off.UnixMilli()+60_000 {
			continue
		}
		text, _ := json.Marshal(e)
		s.t.Logf("%s", text)
	}
}

// TestWarningAndPowerCut: a warning that the power cut off is begun anew, and
// one that was over is not.
func TestWarningAndPowerCut(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn)
		u := c.Unit(horn, spool.Memory(), nil)
		warn := func(id string, seconds int64) wire.Interrupt {
			now := time.Now().UnixMilli()
			return wire.Interrupt{ID: id, Issuer: "county", Level: wire.LevelRed, Title: id, Items: []wire.Item{c.Sound(id, seconds)},
				Issued: now, Until: now + 3600_000, Repeat: 1, Volume: 100}
		}
		agenttest.SleepUntil(at(7, 0, 0))
		over := warn("over", 20)
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{over}})
		agenttest.SleepUntil(at(7, 0, 23))
		disk := u.PowerCut(c)
		agenttest.SleepUntil(at(7, 1, 0))
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 2, 0))
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{over, warn("cut", 200)}})
		agenttest.SleepUntil(at(7, 4, 30)) // marks say that it is on air
		disk = u.PowerCut(c)
		agenttest.SleepUntil(at(7, 5, 0))
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 12, 0))
		stop(t, u)
		whole := map[string]int{}
		for _, r := range c.AsRuns() {
			if n := map[string]int64{"over": 20, "cut": 200}[r.Interrupt]; r.To-r.From >= n*1000 {
				whole[r.Interrupt]++
			}
		}
		if whole["over"] != 1 || whole["cut"] != 1 {
			t.Errorf("whole were %v, want each once: %+v", whole, c.AsRuns())
		}
	})
}

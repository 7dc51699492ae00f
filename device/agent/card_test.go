package agent_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// issue is the text of a condition in the last heartbeat, empty for none.
func issue(c *agenttest.Centre, code string) string {
	for _, x := range agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Issues {
		if x.Code == code {
			return x.Text + " "
		}
	}
	return ""
}

// rounds are the frames proved of each minute's round of a programme.
func rounds(c *agenttest.Centre, programme string) map[int64]int64 {
	sum := map[int64]int64{}
	for _, r := range c.AsRuns() {
		for _, p := range r.Rounds {
			if r.Programme == programme {
				sum[p.Start] += p.Frames
			}
		}
	}
	return sum
}

// wholeRounds wants ten seconds of each minute from–to proved once.
func wholeRounds(t *testing.T, c *agenttest.Centre, programme string, from, to time.Time) {
	t.Helper()
	got := rounds(c, programme)
	for m := from; m.Before(to); m = m.Add(time.Minute) {
		if n := got[m.UnixMilli()]; n != 10*wire.Rate {
			t.Fatalf("the round of %v is proved with %d frames, want %d", m.UTC(), n, 10*wire.Rate)
		}
	}
}

// TestPlaysOnAndProvesOnACardThatTakesNothing: a card fills up, or goes
// read-only as old cards do. The unit plays what it has, obeys what comes,
// proves it all, says what is wrong, and recovers by itself.
func TestPlaysOnAndProvesOnACardThatTakesNothing(t *testing.T) {
	for code, set := range map[string]func(*spool.Mem, bool){
		spool.CodeReadOnly: (*spool.Mem).ReadOnly,
		spool.CodeFull: func(m *spool.Mem, on bool) {
			if on {
				m.Fill(0)
			} else {
				m.Fill(-1)
			}
		},
	} {
		t.Run(code, func(t *testing.T) {
			county(t, func(t *testing.T, c *agenttest.Centre) {
				news, other := agenttest.Programme("news", "county", every, c.Sound("news", 10)), agenttest.Programme("other", "county", every, c.Sound("news", 10))
				c.County(horn, news)
				u := c.Unit(horn, spool.Memory(), nil)
				agenttest.SleepUntil(at(7, 0, 30))
				set(u.Disk, true)
				agenttest.SleepUntil(at(7, 10, 30))
				if text := issue(c, code); text == "" || issue(c, agent.CodeUnsaved) == "" {
					t.Errorf("no condition says %s: %+v", code, agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Issues)
				}
				wholeRounds(t, c, "news", at(7, 0, 0), at(7, 10, 0)) // not when the card is mended: now

				// Offline, then a stop and another programme: both count.
				c.Network(false)
				agenttest.SleepUntil(at(7, 20, 30))
				c.Network(true)
				c.Bulletin(wire.Bulletin{Address: "area/county", County: &wire.County{Name: "c", Zone: "Asia/Shanghai"}, Programmes: []wire.Programme{news, other}})
				c.Orders(wire.Orders{Address: "area/county", Barred: []wire.Bar{{ID: "news", Version: 1, At: time.Now().UnixMilli()}}})
				agenttest.SleepUntil(at(7, 30, 30))
				wholeRounds(t, c, "news", at(7, 0, 0), at(7, 20, 0))
				wholeRounds(t, c, "other", at(7, 22, 0), at(7, 30, 0))

				set(u.Disk, false)
				agenttest.SleepUntil(at(7, 33, 0))
				if issue(c, code)+issue(c, agent.CodeUnsaved) != "" {
					t.Errorf("the card is mended, and the unit complains: %s", issue(c, code))
				}
				disk := u.PowerCut(c)
				c.Network(false) // it must know by itself
				u = c.Unit(horn, disk, nil)
				agenttest.SleepUntil(at(7, 40, 30))
				c.Network(true)
				agenttest.SleepUntil(at(7, 42, 0))
				stop(t, u)
				wholeRounds(t, c, "other", at(7, 34, 0), at(7, 40, 0))
				for _, r := range c.AsRuns() {
					if r.Programme == "news" && r.To > at(7, 23, 0).UnixMilli() {
						t.Errorf("what was stopped on a card that took nothing sounds: %+v", r)
					}
				}
			})
		})
	}
}

// TestRestartOnACardThatTakesNothing: a unit whose card is read-only for good is
// started anew, again and again, and is present and proves every time.
func TestRestartOnACardThatTakesNothing(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("news", 10)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 30))
		stop(t, u)
		disk := u.Disk
		disk.ReadOnly(true)
		for i := range 4 {
			u = c.Unit(horn, disk, nil)
			agenttest.SleepUntil(at(7, 5+5*i, 30))
			stop(t, u)
		}
		for i := range 4 {
			wholeRounds(t, c, "news", at(7, 1+5*i+1, 0), at(7, 5+5*i, 0))
		}
		names := map[string]bool{}
		for _, b := range agenttest.Heard[wire.Birth](c, horn, wire.ChannelBirth) {
			if key := fmt.Sprint(b.Spool, " ", b.Session); names[key] {
				t.Errorf("session %s is given twice", key)
			} else {
				names[key] = true
			}
		}
		if issue(c, spool.CodeReadOnly) == "" {
			t.Error("no condition")
		}
	})
}

// TestLivesWithoutACard: the directory cannot be opened; the unit plays from
// memory what it is told, proves it, says so, and asks to be started anew when
// the card is back and nothing is lost by it.
func TestLivesWithoutACard(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("news", 10)))
		disk := spool.Memory()
		gone := &absent{Disk: disk}
		gone.gone.Store(true)
		u := c.Unit(horn, disk, func(o *agent.Options) { o.Disk = gone })
		agenttest.SleepUntil(at(7, 5, 30))
		if issue(c, spool.CodeNoDisk) == "" {
			t.Errorf("conditions %+v", agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Issues)
		}
		gone.gone.Store(false)
		if err := u.Wait(); !errors.Is(err, agent.ErrRestart) {
			t.Errorf("the card is back: %v", err)
		}
		u = c.Unit(horn, disk, nil)
		agenttest.SleepUntil(at(7, 12, 0))
		stop(t, u)
		wholeRounds(t, c, "news", at(7, 8, 0), at(7, 11, 0))
		if issue(c, spool.CodeNoDisk) != "" {
			t.Error("the condition stays")
		}
	})
}

// absent is a disk whose directory cannot be opened.
type absent struct {
	spool.Disk
	gone atomic.Bool
}

func (a *absent) List(dir string) ([]spool.Info, error) {
	if a.gone.Load() {
		return nil, errors.New("no such device")
	}
	return a.Disk.List(dir)
}

// TestDamageIsTold: what a damaged card cost is an event and a condition, and
// the rest goes on.
func TestDamageIsTold(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("news", 10)))
		u := c.Unit(horn, spool.Memory(), nil)
		agenttest.SleepUntil(at(7, 0, 30))
		stop(t, u)
		for _, name := range []string{"held/area-county.bulletin", "ledger", "session", "alive/00000000000000000001.seg"} {
			if u.Disk.Has(name) {
				u.Disk.Damage(name, 20)
			}
		}
		u = c.Unit(horn, u.Disk, nil)
		agenttest.SleepUntil(at(7, 5, 0))
		got := strings.Join(c.Events(spool.CodeDamaged), "\n")
		if !strings.Contains(got, "held/area-county.bulletin") || !strings.Contains(got, "session") || issue(c, spool.CodeDamaged) == "" {
			t.Errorf("events %q, condition %q", got, issue(c, spool.CodeDamaged))
		}
		stop(t, u)
		wholeRounds(t, c, "news", at(7, 2, 0), at(7, 4, 0))
	})
}

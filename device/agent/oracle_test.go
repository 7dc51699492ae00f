package agent_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/timetable/timetabletest"
	"github.com/villagecast/villagecast/device/wire"
)

// TestWhatSoundsIsWhatTheRulesSay lets whole units live through random scenarios
// of loops, notices and warnings that get in each other's way, and holds what the
// output took, second by second, against a second reading of the rules: one at a
// time, the highest, resumed or rejoined at the right place, ended on time.
func TestWhatSoundsIsWhatTheRulesSay(t *testing.T) {
	seconds := 0
	for _, seed := range agenttest.Seeds(t, 20, 3000) {
		if seconds += liveByRules(t, seed); t.Failed() {
			return
		}
	}
	t.Logf("%v of sound are as the rules say", time.Duration(seconds)*time.Second)
}

// liveByRules lives through one scenario and gives how many seconds sounded.
func liveByRules(t *testing.T, seed uint64) (seconds int) {
	t.Helper()
	s := timetabletest.Generate(rand.New(rand.NewPCG(seed, 7)), timetabletest.Options{Hours: 4, Programmes: 6, OneOutput: seed%2 == 0})
	s.Heard = nil // this centre answers every half hour
	var cues []wire.CueRun
	synctest.Test(t, func(t *testing.T) {
		agenttest.SleepUntil(s.From.Add(-time.Second))
		c := agenttest.New(t)
		unit := publish(c, s)
		agenttest.SleepUntil(s.From)
		u := c.Unit(unit, c.Media.Card(), nil) // what comes late is another story
		agenttest.SleepUntil(s.To.Add(time.Second))
		if err := u.Stop(); err != nil {
			t.Error(err)
		}
		u = c.Unit(unit, u.Disk, nil) // what is cut by the end is told at the end
		time.Sleep(time.Minute)       // to connect
		cues = details(t, c, unit, s.From, s.To)
		if err := u.Stop(); err != nil {
			t.Error(err)
		}
	})
	want := timetabletest.Oracle(s)
	for i, slot := range want.Slots[wire.OutputSound] {
		at := s.From.Add(time.Duration(i)*time.Second + time.Second/2)
		if slot.Item < 0 { // a pause
			slot = timetabletest.Slot{}
		}
		got := slotAt(cues, at)
		if got.Item != slot.Item || got.Programme != slot.Programme || got.Interrupt != slot.Interrupt || got.Round != slot.Round || got.Offset != slot.Offset {
			t.Errorf("seed %d: at %s sounds %+v, want %+v\n%s", seed, at.UTC().Format(time.DateTime), got, slot, timetabletest.Describe(want, wire.OutputSound, nil))
			return
		}
		if slot != (timetabletest.Slot{}) {
			seconds++
		}
	}
	return seconds
}

// publish signs and publishes a scenario, with a recording for each item.
func publish(c *agenttest.Centre, s timetabletest.Scenario) (unit string) {
	give := func(items []wire.Item, name string) {
		for i := range items {
			if x := items[i].Sound; x != nil {
				x.Hash = c.Sound(fmt.Sprint(name, i), 1).Sound.Hash
				x.Size = int64(100 * len(fmt.Sprint(name, i)+"\n"))
			}
		}
	}
	var held []wire.Held
	for _, b := range s.Bulletins {
		for _, p := range b.Programmes {
			give(p.Items, p.ID)
		}
		if b.Settings == nil {
			held = append(held, wire.Held{Address: b.Address})
		}
	}
	for _, b := range s.Bulletins {
		if b.Settings != nil {
			unit, b.Settings.Addresses = b.Settings.Unit, held
		}
		c.Bulletin(b)
	}
	for _, o := range s.Orders {
		for _, i := range o.Interrupts {
			give(i.Items, i.ID)
		}
		c.Orders(o)
	}
	return unit
}

// details asks the unit for what its outputs took, item by item.
func details(t *testing.T, c *agenttest.Centre, unit string, from, to time.Time) (list []wire.CueRun) {
	t.Helper()
	q := wire.DetailRequest{From: from.UnixMilli(), To: to.UnixMilli()}
	for page := 1; ; page++ {
		q.ID = fmt.Sprint("q", page)
		raw, err := wire.Encode(q)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.Send(wire.AskTopic(unit), raw)
		time.Sleep(time.Second)
		d := agenttest.Last[wire.Detail](c, unit, wire.ChannelDetail)
		if d.ID != q.ID {
			t.Fatalf("no answer to %s: %+v", q.ID, d)
		}
		list = append(list, d.Cues...)
		if q.After = d.Next; d.Next == "" {
			return list
		}
	}
}

// slotAt is what sounded at an instant; of two, that which began last, as the
// other is in its fade.
func slotAt(cues []wire.CueRun, at time.Time) (slot timetabletest.Slot) {
	ms, began := at.UnixMilli(), int64(0)
	for _, q := range cues {
		if q.Output != wire.OutputSound || q.From > ms || q.To <= ms || q.From < began {
			continue
		}
		began = q.From
		slot = timetabletest.Slot{Programme: q.Programme, Version: q.Version, Interrupt: q.Interrupt, Round: q.Round / 1000, Item: q.Item,
			Offset: (q.Offset + (ms-q.From)*wire.Rate/1000) / wire.Rate}
	}
	return slot
}

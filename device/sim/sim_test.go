package sim_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/sim"
	"github.com/villagecast/villagecast/device/wire"
)

// inCounty runs a story with a county of n units that loop one sound from 07:00
// to 21:00; it begins at 06:00.
func inCounty(t *testing.T, n int, story func(c *agenttest.Centre, o sim.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		agenttest.SleepUntil(agenttest.Start)
		c := agenttest.New(t)
		loop := agenttest.Programme("p1", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "21:00"}}, c.Sound("a", 60))
		loop.OnCut = wire.CutRejoin
		o := sim.Options{
			HTTP: c.Media.Client(), Lang: "en", Ramp: 10 * time.Second,
			Dial: func(ctx context.Context, _ string) (net.Conn, error) { return c.Dial(ctx) },
		}
		for i := range n {
			id := fmt.Sprintf("u%d", i+1)
			c.County(id, loop)
			o.Units = append(o.Units, c.Settings(id))
		}
		story(c, o)
	})
}

// want fails the test unless the state is as told, dials aside.
func want(t *testing.T, when string, s *sim.Sim, w sim.State) {
	t.Helper()
	got := s.State()
	w.Units, got.Dials = got.Units, 0
	if got != w {
		t.Errorf("%s: %+v, want %+v", when, got, w)
	}
}

func TestUnitsPlayAndSufferOnSchedule(t *testing.T) {
	inCounty(t, 6, func(c *agenttest.Centre, o sim.Options) {
		o.Faults = []sim.Fault{
			{Kind: sim.Kill, Units: []string{"u1", "u2"}, At: 2 * time.Hour, For: 10 * time.Minute},
			{Kind: sim.Hang, Units: []string{"u3"}, At: 2 * time.Hour, For: 10 * time.Minute},
			{Kind: sim.Cut, Units: []string{"u4"}, At: 2 * time.Hour, For: 10 * time.Minute},
		}
		s, err := sim.Start(o)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + 59*time.Minute)
		want(t, "before", s, sim.State{On: 6, Connected: 6})
		time.Sleep(5 * time.Minute)
		want(t, "during", s, sim.State{On: 4, Connected: 3, Off: 2, Hung: 1, Cut: 1})
		beats := func(unit string) int { return len(agenttest.Heard[wire.Heartbeat](c, unit, wire.ChannelHeartbeat)) }
		before := []int{beats("u1"), beats("u3"), beats("u4"), beats("u5")}
		time.Sleep(4 * time.Minute)
		for i, unit := range []string{"u1", "u3", "u4"} {
			if n := beats(unit) - before[i]; n > 0 {
				t.Errorf("%s said %d heartbeats while it suffered", unit, n)
			}
		}
		if n := beats("u5") - before[3]; n < 14 {
			t.Errorf("a unit that nothing befell said %d heartbeats in 4 min, want one each 15 s", n)
		}
		time.Sleep(10 * time.Minute)
		want(t, "after", s, sim.State{On: 6, Connected: 6})
		time.Sleep(time.Hour)
		s.Stop()
		want(t, "stopped", s, sim.State{Off: 6})
		for i := range 6 {
			unit := fmt.Sprintf("u%d", i+1)
			if born := len(agenttest.Heard[wire.Birth](c, unit, wire.ChannelBirth)); (born > 1) != (i == 0 || i == 1 || i == 3) {
				t.Errorf("%s was born %d times; only what lost power or network begins a new session", unit, born)
			}
		}
		if off := offs(c); len(off) != 3 {
			t.Errorf("%d units say that they were off, want the two without power and the one that hung: %v", len(off), off)
		}
		if runs := len(c.AsRuns()); runs < 6*8 {
			t.Errorf("%d as-run entries, want at least eight of each unit, which played for more than two hours", runs)
		}
		c.Close()
	})
}

// offs are the units' own words about times without power.
func offs(c *agenttest.Centre) (list []wire.Off) {
	for _, e := range c.Entries() {
		if e.Off != nil {
			list = append(list, *e.Off)
		}
	}
	return list
}

func TestWhatCannotBeSimulatedIsSaid(t *testing.T) {
	inCounty(t, 1, func(c *agenttest.Centre, o sim.Options) {
		for wants, change := range map[string]func(*sim.Options){
			"no units are given":             func(o *sim.Options) { o.Units = nil },
			"given twice":                    func(o *sim.Options) { o.Units = append(slices.Clone(o.Units), o.Units...) },
			"claim and secret are empty":     func(o *sim.Options) { o.Units = []agent.Settings{o.Units[0]}; o.Units[0].Secret = "" },
			"use kill, hang or cut":          func(o *sim.Options) { o.Faults = []sim.Fault{{Kind: "melt"}} },
			"\"u9\", which is not simulated": func(o *sim.Options) { o.Faults = []sim.Fault{{Kind: sim.Kill, Units: []string{"u9"}}} },
		} {
			bad := o
			change(&bad)
			if _, err := sim.Start(bad); err == nil || !strings.Contains(err.Error(), wants) {
				t.Errorf("error %v, want one that says %s", err, wants)
			}
		}
		c.Close()
	})
}

func TestParseFault(t *testing.T) {
	for in, want := range map[string]string{
		"kill u1,u2 at 30s for 1m": "{kill [u1 u2] 30s 1m0s}",
		"cut all at 2m":            "{cut [] 2m0s 0s}",
		"hang u1 at 0s":            "{hang [u1] 0s 0s}",
		"melt u1 at 1s":            `"melt" is no kind of fault`,
		"kill u1 30s":              "four or six words",
		"kill u1 in 30s":           `not "at"`,
		"kill u1 at noon":          `"noon" is no time`,
		"kill u1 at -1s":           `"-1s" is no time`,
		"kill u1 at 1s to 2s":      `not "for"`,
		"kill u1 at 1s for ever":   `"ever" is no length`,
	} {
		f, err := sim.ParseFault(in)
		got := fmt.Sprint(f)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q gives %s, want %s", in, got, want)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	f.Add("kill u1,u2 at 30s for 1m")
	f.Fuzz(func(t *testing.T, s string) {
		fault, err := sim.ParseFault(s)
		if err == nil && (fault.At < 0 || fault.For < 0) {
			t.Errorf("%q gives times that run backwards: %+v", s, fault)
		}
	})
}

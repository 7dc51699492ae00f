package agent_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// command seals a command for the unit.
func command(c *agenttest.Centre, id, do string, at time.Time, life time.Duration) []byte {
	m := wire.Command{Address: "unit/" + horn, Revision: uint64(at.UnixMilli()), ID: id, Do: do, Until: at.Add(life).UnixMilli()}
	return c.Seal(c.Key(), wire.KindCommand, m.Address, m.Revision, m)
}

func answers(c *agenttest.Centre, id string) (states []string) {
	for _, a := range agenttest.Heard[wire.Answer](c, horn, wire.ChannelAnswer) {
		if a.Command == id {
			states = append(states, a.State)
		}
	}
	return states
}

// A command is obeyed once and in its time: not again after duplicates, retained
// copies, restarts and steps of the clock, and never late or unsigned.
func TestCommandsAreObeyedOnce(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Says(wire.FeatureEcho, wire.FeatureCommand)
		c.County(horn)
		disk := spool.Memory()
		var step atomic.Int64 // of the unit's clock
		stepping := func(o *agent.Options) {
			o.Board.Now = func() time.Time { return time.Now().Add(time.Duration(step.Load())) }
		}
		u := c.Unit(horn, disk, stepping)
		time.Sleep(time.Minute)
		tones := func() int { time.Sleep(5 * time.Second); return len(c.Events(agent.CodeTone)) }

		first := command(c, "first", wire.CommandTone, time.Now(), 2*time.Minute)
		c.Send(wire.CommandTopic(horn), first)
		if n := tones(); n != 1 || !slices.Equal(answers(c, "first"), []string{"accepted", "done"}) {
			t.Fatalf("%d tones, answers %v", n, answers(c, "first"))
		}
		for range 3 {
			c.Send(wire.CommandTopic(horn), first)
		}
		c.Retain(wire.CommandTopic(horn), first) // somebody else's doing
		if n := tones(); n != 1 {
			t.Errorf("%d tones after duplicates and a retained copy", n)
		}
		stop(t, u)
		u = c.Unit(horn, disk, stepping)
		time.Sleep(time.Minute)
		if n := tones(); n != 1 {
			t.Errorf("%d tones after a restart", n)
		}
		disk = u.PowerCut(c)
		u = c.Unit(horn, disk, stepping)
		time.Sleep(time.Minute)
		for _, by := range []time.Duration{-5 * time.Minute, -time.Hour, 2 * time.Hour, 0} {
			step.Store(int64(by))
			c.Send(wire.CommandTopic(horn), first)
			if n := tones(); n != 1 {
				t.Errorf("%d tones after the clock stepped by %v", n, by)
			}
		}
		bad := map[string][]byte{
			"late":    command(c, "late", wire.CommandTone, time.Now().Add(-10*time.Minute), 2*time.Minute),
			"unknown": command(c, "other", wire.CommandRestart, time.Now().Add(-time.Hour), time.Minute),
			"altered": change(t, command(c, "altered", wire.CommandTone, time.Now(), time.Minute), func(e *wire.Envelope) { e.Revision++ }),
		}
		for name, raw := range bad {
			c.Send(wire.CommandTopic(horn), raw)
			if n := tones(); n != 1 {
				t.Errorf("%s: %d tones", name, n)
			}
		}
		if got := answers(c, "late"); !slices.Equal(got, []string{"refused"}) {
			t.Errorf("the late one was answered %v", got)
		}
		c.Send(wire.CommandTopic(horn), command(c, "second", wire.CommandTone, time.Now(), time.Minute))
		if n := tones(); n != 2 {
			t.Errorf("%d tones after another command", n)
		}
		c.Send(wire.CommandTopic(horn), command(c, "end", wire.CommandRestart, time.Now(), time.Minute))
		if err := u.Wait(); !errors.Is(err, agent.ErrRestart) {
			t.Errorf("the agent ended with %v", err)
		}
		if got := answers(c, "end"); !slices.Equal(got, []string{"accepted", "done"}) {
			t.Errorf("the restart was answered %v", got)
		}
	})
}

package agent_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// noCard is a sound output that cannot be opened.
type noCard struct{ player.Output }

func (noCard) Start(func([]float32), func(error)) error { return player.ErrNoCard }

// TestNothingCountsAsPlayedWithoutASoundDevice: a unit that only keeps time in the
// place of a card says so and proves that nothing was heard; what its screen
// shows is none the worse for it. A silent output that was asked for plays.
func TestNothingCountsAsPlayedWithoutASoundDevice(t *testing.T) {
	for name, x := range map[string]struct {
		set    func(*agent.Options)
		played bool
	}{
		"there is none":           {func(o *agent.Options) { o.Sound = player.NewAbsent() }, false},
		"it cannot be opened":     {func(o *agent.Options) { o.Sound, o.Fallback = noCard{player.NewSilent()}, player.NewAbsent() }, false},
		"silence is asked for":    {func(o *agent.Options) { o.Sound = player.NewSilent() }, true},
		"the fallback is silence": {func(o *agent.Options) { o.Sound, o.Fallback = noCard{player.NewSilent()}, player.NewSilent() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			county(t, func(t *testing.T, c *agenttest.Centre) {
				c.Says(wire.FeatureEcho, wire.FeatureCommand)
				item := codedItem(c, 3, 10)
				item.Text = &wire.Text{Body: "news", Stay: 10_000}
				c.County(horn, agenttest.Programme("news", "county", every, item))
				u := c.Unit(horn, spool.Memory(), x.set)
				agenttest.SleepUntil(at(6, 2, 30))
				c.Send(wire.CommandTopic(horn), command(c, "tone", wire.CommandTone, at(6, 2, 30), 60e9))
				agenttest.SleepUntil(at(6, 5, 30))
				stop(t, u)
				grades := map[wire.Output]map[string]int{wire.OutputSound: {}, wire.OutputScreen: {}}
				for _, r := range c.AsRuns() {
					grades[r.Output][r.Grade]++
					if r.Grade == wire.GradeFailed && r.Why != "there is no sound device" {
						t.Errorf("failed, and it says %q", r.Why)
					}
				}
				sound, screen := grades[wire.OutputSound], grades[wire.OutputScreen]
				if x.played != (sound[wire.GradePlayed] == 6) || x.played == (sound[wire.GradeFailed] == 6) || screen[wire.GradePlayed] != 6 {
					t.Errorf("grades are %v", grades)
				}
				if x.played == (issue(c, agent.CodeNoSound) != "") {
					t.Errorf("the condition says %q", issue(c, agent.CodeNoSound))
				}
				birth := agenttest.Last[wire.Birth](c, horn, wire.ChannelBirth)
				if x.played != slices.Contains(birth.Outputs, wire.OutputSound) || x.played == strings.HasPrefix(birth.SoundOutput, "no sound output") {
					t.Errorf("it is born with %v, sound to %q", birth.Outputs, birth.SoundOutput)
				}
				if last := answers(c, "tone"); len(last) == 0 || x.played != (last[len(last)-1] == wire.AnswerDone) {
					t.Errorf("the tone is answered %v", last)
				}
			})
		})
	}
}

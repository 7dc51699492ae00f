package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// TestAToneWaitsForTheAmplifierAndSaysItsItems: somebody at the pole hears the
// whole tone and what is said after it, as far as it is on the card, and a
// warning puts an end to that.
func TestAToneWaitsForTheAmplifierAndSaysItsItems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amp")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	amp := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Says(wire.FeatureEcho, wire.FeatureCommand)
		name := codedItem(c, 7, 10)
		loudCounty(c, agenttest.Programme("evening", "county", wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"09:00"}}, name)) // it is fetched
		e := newEar()
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) {
			o.Sound, o.Settings.Amplifier = e, agent.Amplifier{Switch: "file:" + path, Lead: 1200, Hold: 1000}
		})
		say := func(id string) time.Time {
			now := time.Now()
			away := wire.Item{Title: "away", Sound: &wire.Sound{Hash: strings.Repeat("ab", 32), Size: 9, Type: "wav", Frames: wire.Rate}}
			m := wire.Command{Address: "unit/" + horn, Revision: uint64(now.UnixMilli()), ID: id, Do: wire.CommandTone, Until: now.Add(time.Minute).UnixMilli(), Items: []wire.Item{away, name}}
			c.Send(wire.CommandTopic(horn), c.Seal(c.Key(), wire.KindCommand, m.Address, m.Revision, m))
			return now
		}
		why := func(id string) (text string) {
			for _, a := range agenttest.Heard[wire.Answer](c, horn, wire.ChannelAnswer) {
				if a.Command == id {
					text = a.State + " " + a.Why
				}
			}
			return text
		}
		agenttest.SleepUntil(at(7, 0, 0))
		if amp() != "0" {
			t.Errorf("before the tone the amplifier is at %q", amp())
		}
		asked := say("whole")
		time.Sleep(600 * time.Millisecond)
		if bits := e.heard(); amp() != "1" || len(bits) != 0 {
			t.Errorf("0.6 s later the amplifier is at %q, heard is %v", amp(), bits)
		}
		time.Sleep(13 * time.Second)
		if amp() != "1" {
			t.Error("the amplifier is off while it speaks")
		}
		time.Sleep(10 * time.Second)
		bits := e.heard()
		if first := bits[0].at.Sub(asked); first < 1200*time.Millisecond || first > 1500*time.Millisecond {
			t.Errorf("the tone sounds %v after it was asked for", first)
		}
		if r := e.recordings(); len(r) != 1 || r[0].number != 7 || r[0].offset != 0 || r[0].frames < 10*wire.Rate-wire.Rate/100 {
			t.Errorf("heard %v, want recording 7 whole", r)
		} else if d := r[0].at.Sub(bits[0].at); d < 1990*time.Millisecond || d > 2010*time.Millisecond {
			t.Errorf("it speaks %v after the tone began, want 2 s", d)
		}
		if got := why("whole"); amp() != "0" || !strings.HasPrefix(got, "done sounded for 2s at volume 100") || !strings.HasSuffix(got, "said 1 of 2 items") {
			t.Errorf("the amplifier is at %q, the answer is %q", amp(), got)
		}

		say("cut")
		time.Sleep(6 * time.Second)
		now := time.Now().UnixMilli()
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{ID: "flood", Issuer: "county", Level: wire.LevelRed, Title: "flood",
			Items: []wire.Item{codedItem(c, 9, 5)}, Issued: now, Until: now + 60_000, Repeat: 1, Volume: 100}}})
		agenttest.SleepUntil(at(7, 2, 0))
		r := e.recordings()
		if last := r[len(r)-1]; last.number != 9 || last.frames < 5*wire.Rate-wire.Rate/2 {
			t.Errorf("heard %v, want the warning at last, but for the fade", r)
		}
		if got := why("cut"); !strings.HasPrefix(got, "failed") || !strings.Contains(got, "goes first") {
			t.Errorf("the tone that a warning cut off is answered %q", got)
		}
		stop(t, u)
	})
}

//go:build linux && cgo && alsa

package agent_test

import (
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player/vcap"
	"github.com/villagecast/villagecast/device/wire"
)

// ampWake is how long the amplifier of the tests is silent after it was switched on.
const ampWake = 600 * time.Millisecond

// amp is an amplifier that a unit switches by a program, which notes when.
type amp struct {
	log      string
	settings agent.Amplifier
}

func newAmp(t *testing.T) *amp {
	t.Helper()
	dir := t.TempDir()
	a := &amp{log: filepath.Join(dir, "log"), settings: agent.Amplifier{Switch: "command:" + filepath.Join(dir, "amp"), Hold: 1500}}
	script := "#!/bin/sh\necho $(date +%s%N) $1 >>" + a.log + "\n"
	if err := os.WriteFile(filepath.Join(dir, "amp"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *amp) turns(t *testing.T) (list []vcap.Turn) {
	t.Helper()
	f, err := os.Open(a.log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		var ns int64
		var word string
		if _, err := fmt.Fscan(f, &ns, &word); err != nil {
			return list
		}
		list = append(list, vcap.Turn{At: time.Unix(0, ns), On: word == "on"})
	}
}

// TestAttentionToneIsWholeBehindAnAmplifierThatWakesSlowly: a warning out of the
// blue waits for the amplifier, and no longer; one that finds it on does not.
func TestAttentionToneIsWholeBehindAnAmplifierThatWakesSlowly(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := agenttest.ListenOn(t, l)
	web := httptest.NewServer(&c.Media)
	defer web.Close()
	a := newAmp(t)
	c.County(horn)
	card, _, stop := startUnit(t, c, web.URL, a.settings, 0)
	time.Sleep(time.Second)
	tones := []recording{inWAV(t, c, 2*wire.Rate, 1), inWAV(t, c, 2*wire.Rate, 2)}
	var issued []time.Time
	var orders wire.Orders
	for i := range tones {
		now := time.Now()
		orders.Address = "area/county"
		orders.Interrupts = append(orders.Interrupts, wire.Interrupt{
			ID: fmt.Sprint("w", i), Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: items(tones[i : i+1]),
			Issued: now.UnixMilli(), Until: now.Add(time.Minute).UnixMilli(), Repeat: 1, Volume: 100,
		})
		c.Orders(orders)
		issued = append(issued, now)
		time.Sleep(4 * time.Second) // the first is over, the amplifier still on
	}
	time.Sleep(2 * time.Second)
	stop()
	capture, err := card.Capture()
	if err != nil {
		t.Fatal(err)
	}
	turns := a.turns(t)
	if n := len(turns); n == 0 || turns[0].On || turns[n-1].On {
		t.Errorf("the amplifier was switched %+v, want it off at first and at last", turns)
	}
	heard, deaf := capture.Amplified(0, turns, ampWake), capture.Amplified(0, turns, 3*ampWake)
	for i, tone := range tones {
		m, ok := vcap.Find(heard, tone.frames, 0)
		if !ok || m.Frames != len(tone.frames) || m.MaxError > 1e-6 && len(capture.XRuns) == 0 {
			t.Errorf("tone %d is not whole behind the amplifier: %v %+v, underruns of the host %v, switched %v", i, ok, m, capture.XRuns, turns)
			continue
		}
		late := capture.Instant(m.Frame).Sub(issued[i])
		t.Logf("tone %d sounds %v after it was published", i, late.Round(time.Millisecond))
		if most := []time.Duration{3 * time.Second, 2200 * time.Millisecond}[i]; late > most {
			t.Errorf("tone %d sounds %v after it was published, want within %v", i, late, most)
		}
	}
	if m, ok := vcap.Find(deaf, tones[0].frames, 0); ok && m.MaxError < 1e-6 {
		t.Error("the tone is whole behind an amplifier that wakes far too slowly: the test hears nothing")
	}
}

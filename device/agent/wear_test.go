package agent_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// What an hour of ordinary play may cost the memory card. A card of 8 GB that
// bears 500 rewrites takes 4 TB; at 32 KB of flash for every sync, however
// little is written, that is some 60 years of this.
const (
	maxSyncs = 240
	maxBytes = 512 << 10
)

// wear plays an hour as a village has it, a background loop, a notice with sound
// and text every five minutes, and says what it cost the card.
func wear(t testing.TB, c *agenttest.Centre) (syncs, bytes int64) {
	loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "06:00", To: "21:00"}},
		c.Sound("one", 180), c.Sound("two", 240), c.Sound("three", 200))
	loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
	item := c.Sound("notice", 20)
	item.Text = &wire.Text{Body: "停水通知：今天下午两点到五点"}
	c.County(horn, loop, agenttest.Programme("notice", "county", wire.Rule{Kind: wire.RuleEvery, Every: 5, Window: &wire.Window{From: "06:00", To: "21:00"}}, item))
	disk := spool.Count(spool.Memory())
	u := c.Unit(horn, nil, func(o *agent.Options) { o.Disk = disk })
	agenttest.SleepUntil(at(7, 0, 0))
	syncs, bytes = disk.Cost()
	agenttest.SleepUntil(at(8, 0, 0))
	afterSyncs, afterBytes := disk.Cost()
	if err := u.Stop(); err != nil {
		t.Error(err)
	}
	if n := len(c.AsRuns()); n < 24 {
		t.Errorf("only %d entries were proved: nothing to measure", n)
	}
	return afterSyncs - syncs, afterBytes - bytes
}

// TestAnHourIsGentleToTheCard holds what docs/operations.md says of wear.
func TestAnHourIsGentleToTheCard(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		syncs, bytes := wear(t, c)
		t.Logf("wear: %d syncs/h, %d bytes/h", syncs, bytes)
		if syncs > maxSyncs || bytes > maxBytes {
			t.Errorf("an hour costs the card %d syncs and %d bytes, want at most %d and %d", syncs, bytes, maxSyncs, maxBytes)
		}
		if syncs < 60 {
			t.Errorf("%d syncs in an hour: not even the alive marks", syncs)
		}
	})
}

// BenchmarkCardWear gives the figures of the hour. A bubble belongs to a test,
// so it runs that one.
func BenchmarkCardWear(b *testing.B) {
	var syncs, bytes float64
	for b.Loop() {
		out, err := exec.Command(os.Args[0], "-test.run=^TestAnHourIsGentleToTheCard$", "-test.v").CombinedOutput()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		at := strings.Index(string(out), "wear: ")
		if _, err := fmt.Sscanf(string(out[max(0, at):]), "wear: %g syncs/h, %g bytes/h", &syncs, &bytes); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	b.ReportMetric(syncs, "fsyncs/h")
	b.ReportMetric(bytes, "bytes/h")
	b.ReportMetric(0, "ns/op")
}

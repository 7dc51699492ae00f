package agent_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// What is broken on purpose is noticed as what breaks by itself is, and ends.
func TestHungLoopStopsItsHeartbeats(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("news", 10)))
		l := memnet.Listen("127.0.0.1:80")
		var alive, stopping atomic.Int64
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) {
			o.Listener, o.Demo = l, true
			o.Alive, o.Stopping = func() { alive.Add(1) }, func() { stopping.Add(1) }
		})
		agenttest.SleepUntil(at(7, 0, 20))
		if n := alive.Load(); n < 4*int64(time.Until(agenttest.Start).Abs()/time.Minute) {
			t.Errorf("%d signs of life to the supervisor since %v, want one each 15 s at least", n, agenttest.Start)
		}
		breakIt := func(kind string) {
			t.Helper()
			resp, err := page(l).Post("http://127.0.0.1/break", "application/json", strings.NewReader(`{"kind":"`+kind+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("break %s: %s", kind, resp.Status)
			}
		}
		count := func() int { return len(agenttest.Heard[wire.Heartbeat](c, horn, wire.ChannelHeartbeat)) }
		breakIt(agent.BreakHang)
		time.Sleep(time.Second)
		n, signs := count(), alive.Load()
		time.Sleep(70 * time.Second)
		if more, signs := count()-n, alive.Load()-signs; more != 0 || signs != 0 {
			t.Errorf("%d heartbeats and %d signs of life of a hung loop", more, signs)
		}
		if up := agenttest.Last[wire.Will](c, horn, wire.ChannelGone); up.Session != 0 {
			t.Error("the connection did not live on")
		}
		breakIt(agent.BreakRestore)
		time.Sleep(time.Minute)
		if more := count() - n; more < 4 {
			t.Errorf("%d heartbeats after it was mended", more)
		}
		breakIt(agent.BreakCutLink)
		time.Sleep(10 * time.Second)
		n = count()
		time.Sleep(time.Minute)
		if count() != n {
			t.Error("heartbeats over a link that was cut")
		}
		time.Sleep(time.Minute) // it mends by itself
		if count() == n {
			t.Error("no heartbeat after the link was mended")
		}
		breakIt(agent.BreakMute)
		time.Sleep(time.Minute)
		if beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat); !beat.Muted {
			t.Errorf("muted, and the heartbeat says %+v", beat)
		}
		time.Sleep(agent.BreakLasts)
		if beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat); beat.Muted {
			t.Errorf("it is muted for good: %+v", beat)
		}
		synctest.Wait()
		stop(t, u)
		if n := stopping.Load(); n != 1 {
			t.Errorf("the end was said to the supervisor %d times", n)
		}
		// A stand-still is no proof: it is reported as off.
		if len(c.Events(agent.CodeStalled)) != 1 {
			t.Errorf("events: %q", c.Events(agent.CodeStalled))
		}
	})
}

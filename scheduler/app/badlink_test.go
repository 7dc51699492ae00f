package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// backWithin is how soon a unit must receive again after the network's return.
const backWithin = 60 * time.Second

// village is a station behind a bad line, with its local page.
type village struct {
	*station
	line *faultnet.Line
	page *memnet.Listener
	took []time.Duration // from each return of the network to the proof
}

// settle places a unit behind a line over which both MQTT and media come.
func (c *county) settle(id string) *village {
	c.t.Helper()
	v := &village{page: memnet.Listen("127.0.0.1:80")}
	v.line = faultnet.New(func(ctx context.Context) (net.Conn, error) { return c.ports.dial(ctx, mqttAddress) })
	c.t.Cleanup(v.line.Close)
	media := v.line.To(func(ctx context.Context) (net.Conn, error) { return c.ports.dial(ctx, httpAddress) })
	v.station = c.placeOn(client.UnitSpec{ID: id, Area: "liushu", Outputs: []wire.Output{wire.OutputSound}, Volume: new(50)}, func(o *agent.Options) {
		o.Dial, o.Listener = v.line.Dial, v.page
		o.HTTP = &http.Client{Transport: agent.MediaTransport(func(ctx context.Context, _, _ string) (net.Conn, error) { return media(ctx) }, nil)}
	})
	return v
}

// state reads the unit's local page.
func (v *village) state(t *testing.T) agent.State {
	t.Helper()
	page := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return v.page.Dial(ctx) }}}
	resp, err := page.Get("http://127.0.0.1/api/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s agent.State
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// harm does one kind of harm to a line for a time.
func harm(random *rand.Rand, line *faultnet.Line, kind string, d time.Duration) {
	switch kind {
	case "cut":
		line.Refuse(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH})
		line.Cut()
		time.Sleep(d)
		line.Refuse(nil)
	case "dead":
		line.Dead(true)
		time.Sleep(d)
		line.Dead(false)
	case "late":
		line.Delay(200*time.Millisecond + time.Duration(random.Int64N(int64(30*time.Second))))
		time.Sleep(d)
		line.Delay(0)
	case "torn": // whatever is said breaks off after a few bytes
		for end := time.Now().Add(d); time.Now().Before(end); {
			line.CutAfter(1 + random.Int64N(2000))
			time.Sleep(min(time.Until(end), 5*time.Second))
		}
		line.CutAfter(-1)
	}
}

var harms = []string{"cut", "dead", "late", "torn"}

// between is a time drawn so that short ones and long ones come alike.
func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), random.Float64()))
}

// TestLinksThatBreak breaks the lines of eight units 200 times in every way, for
// 1 s to 1 h: within 60 s of each return of the network the unit receives, proven
// by its echo and by a revision that was made after the return; and what played
// meanwhile is with the centre once, whole. VILLAGECAST_SOAK=1 breaks them 2,000 times.
func TestLinksThatBreak(t *testing.T) {
	t.Setenv("PATH", "") // no converter
	random := faultnet.Random(t)
	each := 25
	if faultnet.Soak() {
		each = 250
	}
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		if _, err := op.PutCounty(t.Context(), client.County{Name: "county", Zone: "Asia/Shanghai", Quiet: []wire.Window{{From: "03:00:30", To: "03:00:31"}}}); err != nil {
			t.Fatal(err)
		}
		villages := make([]*village, 8)
		for i := range villages {
			villages[i] = c.settle(fmt.Sprintf("horn-%d", i))
		}
		playlist(t, op, "news", [2]string{upload(t, op, tone(t, t.TempDir(), "news", 440, 5), "news").ID, ""})
		release(t, op, client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"county"}},
			Rule: wire.Rule{Kind: wire.RuleEvery, Every: 5, Window: &wire.Window{From: "00:00", To: "24:00"}, Until: "2027-11-24T00:00:00"}})
		time.Sleep(2 * time.Minute)
		first := time.Now().Truncate(5 * time.Minute).Add(5 * time.Minute)
		var all sync.WaitGroup
		for i, v := range villages {
			own := rand.New(rand.NewPCG(random.Uint64(), uint64(i)))
			all.Go(func() {
				for n := range each {
					kind, d := harms[own.IntN(len(harms))], between(own, time.Second, time.Hour)
					harm(own, v.line, kind, d)
					v.back(t, op, n, fmt.Sprintf("%s: %s for %v", v.unit, kind, d.Round(time.Second)))
					time.Sleep(between(own, time.Second, 5*time.Minute))
				}
			})
		}
		all.Wait()
		time.Sleep(3 * time.Minute)
		last := time.Now().Truncate(time.Minute).Add(-time.Minute)
		var took []time.Duration
		for _, v := range villages {
			took = append(took, v.took...)
			if n := v.state(t).Outbox; n > 1 {
				t.Errorf("%s: %d entries wait in the outbox", v.unit, n)
			}
			whole(t, c, v.unit, first, last)
		}
		slices.Sort(took)
		t.Logf("%d breaks over %v; receiving again after %v (median), %v (95th of a hundred), %v (longest)", len(took), last.Sub(first).Round(time.Minute),
			took[len(took)/2], took[len(took)*95/100], took[len(took)-1])
		if len(took) != 8*each {
			t.Errorf("%d of %d breaks were survived", len(took), 8*each)
		}
	})
}

// back waits until the unit receives after the network's return: its own echo,
// and its settings of a revision that did not exist before.
func (v *village) back(t *testing.T, op *client.Client, n int, what string) {
	returned := time.Now()
	u, err := op.Unit(t.Context(), v.unit)
	if err == nil {
		_, err = op.PutUnit(t.Context(), client.UnitSpec{ID: v.unit, Area: "liushu", Outputs: u.Outputs, Volume: new(20 + n%50)})
	}
	if err != nil {
		t.Errorf("%s: change the unit: %v", what, err)
		return
	}
	for time.Since(returned) <= backWithin {
		s := v.state(t)
		if s.Link.Up && s.Volume == 20+n%50 && s.Link.Echo > returned.UnixMilli() {
			if u, err := op.Unit(t.Context(), v.unit); err == nil && u.Presence.Online && len(u.Presence.Pending) == 0 {
				v.took = append(v.took, time.Since(returned))
				return
			}
		}
		time.Sleep(time.Second)
	}
	s := v.state(t)
	u, _ = op.Unit(t.Context(), v.unit)
	t.Errorf("%s: not receiving %v after the return: link %+v, volume %d, presence %+v", what, backWithin, s.Link, s.Volume, u.Presence)
}

// whole checks that the round of every five minutes is proven once, with all its frames.
func whole(t *testing.T, c *county, unit string, first, last time.Time) {
	t.Helper()
	rounds := map[int64]int64{}
	for _, a := range c.asruns(unit) {
		for _, p := range a.Rounds {
			rounds[p.Start] += p.Frames
		}
	}
	for minute := first; minute.Before(last); minute = minute.Add(5 * time.Minute) {
		if n := rounds[minute.UnixMilli()]; n != 5*wire.Rate {
			t.Errorf("%s: the round of %v is proven with %d frames of %d", unit, minute.UTC().Format(time.TimeOnly), n, 5*wire.Rate)
			return
		}
	}
}

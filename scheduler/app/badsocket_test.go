package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestLinksThatBreakOnRealSockets breaks the lines of ten units to a Mosquitto
// twice each, and stops Mosquitto itself once (SIGSTOP): a unit receives again
// within 60 s, proven by a revision made after the return. The faults take 1 to 6 s;
// with VILLAGECAST_SOAK=1 there are three of 1 to 20 s for each unit.
func TestLinksThatBreakOnRealSockets(t *testing.T) {
	t.Parallel()
	random := faultnet.Random(t)
	each, longest := 2, 6*time.Second
	if faultnet.Soak() {
		each, longest = 3, 20*time.Second
	}
	m := brokertest.NewMosquitto(t)
	dir := t.TempDir()
	_, op := centreOver(t, m, dir)
	users := []broker.MosquittoUser{{Name: "centre", Secret: "of the centre", Access: wire.CentreAccess()}}
	lines, settings := map[string]*faultnet.Line{}, map[string]agent.Settings{}
	for i := range 10 {
		id := fmt.Sprintf("horn-%d", i)
		added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: id, Area: "county", Outputs: []wire.Output{wire.OutputSound}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := agent.ParseSettings([]byte(added.Settings))
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, broker.MosquittoUser{Name: id, Secret: s.Secret, Access: wire.UnitAccess(id, []string{"county"})})
		lines[id] = faultnet.New(func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", m.Address) })
		port, err := lines[id].Listen()
		if err != nil {
			t.Fatal(err)
		}
		defer lines[id].Close()
		defer port.Close()
		s.MQTT = "tcp://" + port.Addr().String()
		settings[id] = s
	}
	m.Start(configure(t, m, dir, users))
	pages := map[string]string{}
	for id, s := range settings {
		page, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		pages[id] = page.Addr().String()
		defer switchOnAt(t, s, page)()
	}

	var mu sync.Mutex
	var took []time.Duration
	back := func(id, what string, volume int) {
		start := time.Now()
		_, err := op.PutUnit(t.Context(), client.UnitSpec{ID: id, Area: "county", Outputs: []wire.Output{wire.OutputSound}, Volume: &volume})
		for err == nil && time.Since(start) < backWithin {
			u, err := op.Unit(t.Context(), id)
			if err == nil && volumeAt(t, pages[id]) == volume && u.Presence.Online && len(u.Presence.Pending) == 0 {
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(start))
				return
			}
			time.Sleep(200 * time.Millisecond)
		}
		t.Errorf("%s: %s: not receiving %v after the return (%v)", id, what, backWithin, err)
	}
	together := func(do func(id string, own *rand.Rand)) {
		var all sync.WaitGroup
		for _, id := range slices.Sorted(maps.Keys(settings)) {
			own := rand.New(rand.NewPCG(random.Uint64(), 1))
			all.Go(func() { do(id, own) })
		}
		all.Wait()
	}
	together(func(id string, _ *rand.Rand) { back(id, "at first", 30) })
	took = nil
	together(func(id string, own *rand.Rand) {
		for n := range each {
			kind, d := harms[own.IntN(len(harms))], between(own, time.Second, longest)
			harm(own, lines[id], kind, d)
			back(id, fmt.Sprintf("%s for %v", kind, d.Round(time.Millisecond)), 31+n)
		}
	})
	m.Signal(syscall.SIGSTOP)
	time.Sleep(longest)
	m.Signal(syscall.SIGCONT)
	together(func(id string, _ *rand.Rand) { back(id, "Mosquitto stood still", 40) })
	slices.Sort(took)
	if len(took) != len(settings)*(each+1) {
		t.Fatalf("%d of %d faults were survived", len(took), len(settings)*(each+1))
	}
	t.Logf("%d faults; receiving again after %v (median), %v (longest)", len(took), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// volumeAt is the volume that a unit's local page shows, -1 for none.
func volumeAt(t *testing.T, page string) int {
	resp, err := http.Get("http://" + page + "/api/state")
	if err != nil {
		t.Log(err)
		return -1
	}
	defer resp.Body.Close()
	var s agent.State
	if json.NewDecoder(resp.Body).Decode(&s) != nil {
		return -1
	}
	return s.Volume
}

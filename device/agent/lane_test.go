package agent_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// huge is the hash of the two gigabytes, and their number.
const (
	huge     = "00000000000000000000000000000000000000000000000000000000000000aa"
	hugeSize = 2 << 30
)

// depot serves media over connections in memory, the two gigabytes among them.
type depot struct {
	*memnet.Listener
	mu     sync.Mutex
	ranges []string // asked of the two gigabytes
}

func openDepot(t *testing.T, c *agenttest.Centre) *depot {
	d := &depot{Listener: memnet.Listen("depot")}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, huge) {
			c.Media.ServeHTTP(w, r)
			return
		}
		d.mu.Lock()
		d.ranges = append(d.ranges, r.Header.Get("Range"))
		d.mu.Unlock()
		var first int64
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, int64(hugeSize)-1, int64(hugeSize)))
			w.Header().Set("Content-Length", fmt.Sprint(hugeSize-first))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(int64(hugeSize)))
		}
		_, _ = io.CopyN(w, zeros{}, hugeSize-first)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(d)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return d
}

// zeros come a little faster than the line carries: a write in memory never
// waits, and would fill it.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	time.Sleep(time.Duration(len(p)) * 8 * time.Second / 1_500_000)
	clear(p)
	return len(p), nil
}

// The orders' own lane: while two gigabytes come over a line of 1 Mbit/s, an order
// whose recording is here sounds within 3 s; one whose recording is not goes before
// the rest, which then goes on where it was.
func TestOrdersPassDownloads(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		random := faultnet.Random(t)
		c.Says(wire.FeatureEcho)
		line := lineTo(t, c)
		line.Delay(40 * time.Millisecond)
		d := openDepot(t, c)
		toDepot := line.To(func(ctx context.Context) (net.Conn, error) { return d.Dial(ctx) })
		flood := c.Sound("flood", 2)
		call := agenttest.Programme("call", "county", wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"20:00"}}, flood)
		c.County(horn, call)
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) {
			o.Dial = line.Dial
			o.HTTP = &http.Client{Transport: agent.MediaTransport(func(ctx context.Context, _, _ string) (net.Conn, error) { return toDepot(ctx) }, nil)}
		})
		time.Sleep(time.Minute)
		line.Rate(1_000_000)
		sync := agenttest.Programme("sync", "county", wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"06:05"}},
			wire.Item{Title: "huge", Sound: &wire.Sound{Hash: huge, Size: hugeSize, Type: "mp3", Frames: 3600 * wire.Rate}})
		c.County(horn, call, sync)
		time.Sleep(2 * time.Minute)
		have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave)
		if have.Assets != 2 || have.Ready != 1 || len(d.ranges) != 1 {
			t.Fatalf("the sync is not under way: %+v, asked %q", have, d.ranges)
		}

		issue := func(id string, item wire.Item) int64 {
			now := time.Now().UnixMilli()
			c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
				ID: id, Issuer: "county", Level: wire.LevelRed, Title: id, Items: []wire.Item{item}, Issued: now, Until: now + 60_000, Repeat: 1, Volume: 100}}})
			return now
		}
		issued := map[string]int64{}
		for i := range 30 {
			id := fmt.Sprintf("order-%02d", i)
			issued[id] = issue(id, flood)
			time.Sleep(6*time.Second + time.Duration(random.IntN(5000))*time.Millisecond)
		}
		before := len(d.ranges)
		content := strings.Repeat("a recording of forty kilobytes\n", 40_000/31)
		issued["new"] = issue("new", wire.Item{Sound: &wire.Sound{Hash: c.AddMedia([]byte(content)), Size: int64(len(content)), Type: "wav", Frames: 2 * wire.Rate}})
		time.Sleep(time.Minute)
		if len(d.ranges) != before+1 || !strings.HasPrefix(d.ranges[before], "bytes=") {
			t.Errorf("the sync was asked for as %q: it did not make way, or did not go on where it was", d.ranges)
		}
		stop(t, u)
		var late []int64
		for _, r := range c.AsRuns() {
			if at, ok := issued[r.Interrupt]; ok {
				delete(issued, r.Interrupt)
				if r.Interrupt == "new" {
					if r.From-at > 6000 {
						t.Errorf("a warning whose recording was not here sounds after %d ms", r.From-at)
					}
					continue
				}
				late = append(late, r.From-at)
			}
		}
		slices.Sort(late)
		if len(issued) != 0 || len(late) != 30 {
			t.Fatalf("%d orders sounded; not these: %v", len(late), issued)
		}
		t.Logf("order to sound during the sync: median %d ms, longest %d ms", late[15], late[29])
		if late[29] > 3000 {
			t.Errorf("an order sounds after %d ms", late[29])
		}
	})
}

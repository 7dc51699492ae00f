package app_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/sim"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
)

const (
	fanUnits   = 1000
	fanChanges = 7 // the first is not counted
	fanPatient = 30 * time.Second
)

// benchCentre is a centre on loopback with n units, and their settings.
func benchCentre(b *testing.B, n int) (*app.App, []agent.Settings) {
	b.Helper()
	centre, err := app.New(app.Options{Data: filepath.Join(b.TempDir(), "centre"), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err == nil {
		err = centre.Start(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := centre.Stop(); err != nil {
			b.Error(err)
		}
	})
	st := centre.Store()
	if _, _, err := st.PutArea(b.Context(), scheduler.Area{ID: "county", Name: "county"}); err != nil {
		b.Fatal(err)
	}
	var us []scheduler.Unit
	for i := range n {
		us = append(us, scheduler.Unit{ID: fmt.Sprintf("u%d", i+1), Area: "county", State: scheduler.UnitPlanned, Volume: 80,
			Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}})
	}
	secrets, err := st.AddUnits(b.Context(), us)
	if err != nil {
		b.Fatal(err)
	}
	var list []agent.Settings
	for i, u := range us {
		text, err := centre.Enrol(u.ID, secrets[i])
		if err != nil {
			b.Fatal(err)
		}
		s, err := agent.ParseSettings([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, s)
	}
	return centre, list
}

// benchSettle waits until every unit is known to hold the newest of everything.
func benchSettle(b *testing.B, centre *app.App, n int) {
	b.Helper()
	end := time.Now().Add(2 * fanPatient)
	for time.Now().Before(end) {
		st, err := centre.Store().Status(b.Context(), "", time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if st.Units.Idle+st.Units.OnAir == n && st.Pending == 0 {
			time.Sleep(2 * time.Second) // and stays so: bulletins of the units themselves may follow
			if st, err = centre.Store().Status(b.Context(), "", time.Now()); err == nil && st.Pending == 0 {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the units did not all come online and hold what was published")
}

// change changes something for the whole county and gives how long it takes
// from the signing to the last unit's word stored at the centre that it holds it.
func change(b *testing.B, centre *app.App, n int) time.Duration {
	b.Helper()
	st := centre.Store()
	c, err := st.County(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	c.Slogan = fmt.Sprintf("change %d", n)
	before := centre.Fleet().Counters().Sealed
	if _, _, err := st.SetCounty(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	end := time.Now().Add(fanPatient)
	for centre.Fleet().Counters().Sealed == before {
		if time.Now().After(end) {
			b.Fatal("the change was not published")
		}
		time.Sleep(100 * time.Microsecond)
	}
	began := time.Now()
	for {
		s, err := st.Status(b.Context(), "", time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if s.Pending == 0 {
			return time.Since(began)
		}
		if time.Now().After(end) {
			b.Fatalf("%d of %d units do not hold the change", s.Pending, fanUnits)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// BenchmarkCountyChange changes something for 1,000 simulated units, beside the
// broker alone with as many bare clients that get the same bytes and answer with
// one message each.
func BenchmarkCountyChange(b *testing.B) {
	centre, units := benchCentre(b, fanUnits)
	s, err := sim.Start(sim.Options{Units: units, Ramp: 3 * time.Second})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Stop()
	benchSettle(b, centre, fanUnits)
	for range b.N {
		var ours, bare []time.Duration
		published := centre.Fleet().Counters().Published
		for i := range fanChanges {
			ours = append(ours, change(b, centre, i))
		}
		published = centre.Fleet().Counters().Published - published
		payload := newestBulletin(b, centre)
		crowd := newCrowd(b, fanUnits)
		for range fanChanges {
			bare = append(bare, crowd.fanOut(payload, 300))
		}
		crowd.close()
		report(b, ours[1:], bare[1:])
		b.ReportMetric(float64(published)/fanChanges, "publishes/change")
		b.ReportMetric(float64(len(payload)), "bytes")
	}
}

func report(b *testing.B, ours, bare []time.Duration) {
	slices.Sort(ours)
	slices.Sort(bare)
	o, p := ours[len(ours)/2], bare[len(bare)/2]
	b.ReportMetric(float64(o)/1e6, "ms")
	b.ReportMetric(float64(p)/1e6, "bare-ms")
	b.ReportMetric(float64(o)/float64(p), "times-bare")
}

// newestBulletin is the county's bulletin as it was sent.
func newestBulletin(b *testing.B, centre *app.App) []byte {
	es, err := centre.Store().Envelopes(b.Context(), false)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range es {
		if e.Address == wire.AreaAddress("county") && e.Kind == wire.KindBulletin {
			return e.Bytes
		}
	}
	b.Fatal("the county has no bulletin")
	return nil
}

// crowd is the broker alone with bare clients, and one that counts what they say.
type crowd struct {
	b       *testing.B
	server  *mochi.Server
	address string
	centre  paho.Client
	units   []paho.Client
	answer  []byte
	heard   atomic.Int64
	all     chan struct{}
	want    int64
}

// everybody lets every client do everything.
type everybody struct{ mochi.HookBase }

func (*everybody) ID() string { return "everybody" }

func (*everybody) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

func (*everybody) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

func (*everybody) OnACLCheck(*mochi.Client, string, bool) bool { return true }

// newBare starts the broker's library with nothing around it.
func newBare(b *testing.B) *crowd {
	c := &crowd{b: b, all: make(chan struct{}, 1)}
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumClientWritesPending = 8192
	caps.MaximumInflight = 32 << 10
	c.server = mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler), Capabilities: caps, SysTopicResendInterval: 3600})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		c.address = l.Addr().String()
		err = c.server.AddHook(new(everybody), nil)
	}
	if err == nil {
		err = c.server.AddListener(listeners.NewNet("bare", l))
	}
	if err == nil {
		err = c.server.Serve()
	}
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func newCrowd(b *testing.B, n int) *crowd {
	c := newBare(b)
	c.centre = c.client("centre", func(paho.Client, paho.Message) { c.count() })
	wait(b, c.centre.Subscribe("answer/#", 1, nil))
	var wg sync.WaitGroup
	c.units = make([]paho.Client, n)
	for i := range n {
		wg.Go(func() {
			topic := fmt.Sprintf("answer/%d", i)
			c.units[i] = c.client(fmt.Sprintf("bare-%d", i), func(p paho.Client, _ paho.Message) { p.Publish(topic, 1, false, c.answer) })
			wait(b, c.units[i].Subscribe("all", 1, nil))
		})
		if i%50 == 49 {
			wg.Wait()
		}
	}
	wg.Wait()
	return c
}

func (c *crowd) client(id string, hear paho.MessageHandler) paho.Client {
	p := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://broker:1").SetClientID(id).SetAutoReconnect(false).
		SetKeepAlive(time.Minute).SetDefaultPublishHandler(hear).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return net.Dial("tcp", c.address) }))
	wait(c.b, p.Connect())
	return p
}

func wait(b *testing.B, t paho.Token) {
	if !t.WaitTimeout(fanPatient) {
		b.Error("the broker does not answer")
	} else if err := t.Error(); err != nil {
		b.Error(err)
	}
}

func (c *crowd) count() {
	if c.heard.Add(1) == c.want {
		c.all <- struct{}{}
	}
}

// fanOut sends bytes to every client and gives when the last answer, of so many
// bytes, was heard.
func (c *crowd) fanOut(payload []byte, answer int) time.Duration {
	c.heard.Store(0)
	c.want, c.answer = int64(len(c.units)), make([]byte, answer)
	began := time.Now()
	wait(c.b, c.centre.Publish("all", 1, false, payload))
	select {
	case <-c.all:
	case <-time.After(fanPatient):
		c.b.Fatalf("%d of %d answers", c.heard.Load(), c.want)
	}
	return time.Since(began)
}

func (c *crowd) close() {
	for _, u := range c.units {
		u.Disconnect(0)
	}
	if c.centre != nil {
		c.centre.Disconnect(0)
	}
	if err := c.server.Close(); err != nil {
		c.b.Error(err)
	}
}

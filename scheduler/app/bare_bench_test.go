package app_test

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/villagecast/villagecast/scheduler/broker"
)

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
	flying  atomic.Pointer[chan struct{}] // what is heard makes room in it
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
func newBare() (*mochi.Server, string, error) {
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumClientWritesPending = broker.DefaultQueue
	caps.MaximumInflight = 32 << 10
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler), Capabilities: caps, SysTopicResendInterval: 3600})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	if err = server.AddHook(new(everybody), nil); err == nil {
		err = server.AddListener(listeners.NewNet("bare", l))
	}
	if err == nil {
		err = server.Serve()
	}
	return server, l.Addr().String(), err
}

func newCrowd(b *testing.B, n int) *crowd {
	server, address, err := newBare()
	if err != nil {
		b.Fatal(err)
	}
	c := &crowd{b: b, server: server, address: address, all: make(chan struct{}, 1)}
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
	return bareClient(c.b, c.address, paho.NewClientOptions().SetClientID(id).SetDefaultPublishHandler(hear))
}

// bareClient is connected to a broker at an address.
func bareClient(b *testing.B, address string, o *paho.ClientOptions) paho.Client {
	p := paho.NewClient(o.AddBroker("tcp://" + address).SetAutoReconnect(false).SetKeepAlive(time.Minute))
	wait(b, p.Connect())
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
	if f := c.flying.Load(); f != nil {
		<-*f
	}
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

package broker_test

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/broker"
)

// world is a broker that knows units u1 … u999 of area liushu with the secret
// "secret of <unit>".
type world struct {
	t      *testing.T
	lis    *memnet.Listener
	broker *broker.Broker

	mu    sync.Mutex
	chain []string
	wills []string
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, lis: memnet.Listen("broker"), chain: []string{"county", "liushu"}}
	b, err := broker.Start(broker.Options{
		Listeners:  []net.Listener{w.lis},
		CentreUser: "centre", CentreSecret: "of the centre",
		Login: func(unit, secret string) bool {
			return strings.HasPrefix(unit, "u") && secret == "secret of "+unit
		},
		Access: func(unit string) (wire.Access, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return wire.UnitAccess(unit, w.chain), nil
		},
		Will: func(topic string, payload []byte) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.wills = append(w.wills, topic+" "+string(payload))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.broker = b
	return w
}

func (w *world) close() {
	if err := w.broker.Close(); err != nil {
		w.t.Error(err)
	}
}

// client is a connected paho client that writes down what it hears.
type client struct {
	paho.Client
	w    *world
	conn *memnet.Conn
	mu   sync.Mutex
	got  []string
}

func (w *world) dial(user, secret string, set func(*paho.ClientOptions)) (*client, error) {
	c := &client{w: w}
	o := paho.NewClientOptions().AddBroker("tcp://broker:1").
		SetClientID(user).SetUsername(user).SetPassword(secret).
		SetAutoReconnect(false).SetKeepAlive(15 * time.Second).SetPingTimeout(5 * time.Second).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.got = append(c.got, m.Topic()+" "+string(m.Payload()))
		}).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			var err error
			c.conn, err = w.lis.Dial(context.Background())
			return c.conn, err
		})
	if set != nil {
		set(o)
	}
	c.Client = paho.NewClient(o)
	token := c.Connect()
	token.Wait()
	return c, token.Error()
}

func (w *world) unit(id string) *client {
	w.t.Helper()
	c, err := w.dial(id, "secret of "+id, nil)
	if err != nil {
		w.t.Fatalf("%s cannot log in: %v", id, err)
	}
	return c
}

func (w *world) centre() *client {
	w.t.Helper()
	c, err := w.dial("centre", "of the centre", nil)
	if err != nil {
		w.t.Fatalf("the centre cannot log in: %v", err)
	}
	for _, s := range wire.CentreSubscriptions() {
		if !c.hears(s.Filter) {
			w.t.Fatalf("the centre may not hear %s", s.Filter)
		}
	}
	return c
}

// hears subscribes, and tells whether the broker granted it.
func (c *client) hears(filter string) bool {
	t := c.Subscribe(filter, 1, nil).(*paho.SubscribeToken)
	t.Wait()
	return t.Error() == nil && t.Result()[filter] <= 2
}

// says publishes at QoS 1 and tells whether the broker took it.
func (c *client) says(topic, payload string, retain bool) bool {
	t := c.Publish(topic, 1, retain, payload)
	return t.WaitTimeout(5*time.Second) && t.Error() == nil
}

func (c *client) heard() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

func (c *client) bye() { c.Disconnect(100) }

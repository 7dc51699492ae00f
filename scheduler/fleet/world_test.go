package fleet_test

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// world is a centre and its broker in one bubble.
type world struct {
	t      *testing.T
	keys   *auth.Keys
	book   *book
	fleet  *fleet.Fleet
	stop   func()
	broker *broker.Broker

	mu   sync.Mutex
	door *memnet.Listener // the broker's of now
}

// inWorld runs the story with a broker and a fleet that has a link.
func inWorld(t *testing.T, story func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	keys, err := auth.OpenKeys(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, keys: keys, book: newBook()}
		w.startBroker()
		w.startFleet()
		time.Sleep(time.Second)
		if !w.fleet.Up() {
			t.Fatal("no link to the broker within a second")
		}
		story(t, w)
		w.stop()
		w.stopBroker()
	})
}

func (w *world) startBroker() {
	w.t.Helper()
	l := memnet.Listen("broker")
	var err error
	w.broker, err = broker.Start(broker.Options{
		Listeners:  []net.Listener{l},
		CentreUser: "centre", CentreSecret: "of the centre",
		Login: func(_, secret string) bool { return secret == "secret" },
		Access: func(unit string) (wire.Access, error) {
			return wire.UnitAccess(unit, []string{"county", "liushu"}), nil
		},
		Will: func(topic string, payload []byte) {
			w.fleet.Hear(topic, payload)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.door = l
}

func (w *world) stopBroker() {
	if err := w.broker.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) dial(ctx context.Context) (net.Conn, error) {
	w.mu.Lock()
	door := w.door
	w.mu.Unlock()
	c, err := door.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (w *world) startFleet() {
	w.t.Helper()
	f, err := fleet.New(options(w.book, w.keys, w.dial))
	if err != nil {
		w.t.Fatal(err)
	}
	w.fleet = f
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { f.Run(ctx) })
	w.stop = func() { cancel(); wg.Wait() }
}

func options(b *book, keys *auth.Keys, dial func(context.Context) (net.Conn, error)) fleet.Options {
	return fleet.Options{
		Dial: dial, User: "centre", Password: "of the centre",
		Composer: b, Envelopes: b, Presence: b, Holdings: b, Proof: b, Signer: keys,
		Dirty: b.Dirty, Note: b.note, Link: b.link,
	}
}

// unit is one device's connection, by hand.
type unit struct {
	paho.Client
	t    *testing.T
	id   string
	conn net.Conn
	mu   sync.Mutex
	got  []message
}

type message struct {
	topic   string
	payload []byte
}

// unit connects a unit with the session's number in its will.
func (w *world) unit(id string, session uint64) *unit {
	w.t.Helper()
	u := &unit{t: w.t, id: id}
	o := unitOptions(id, session, u).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			var err error
			u.conn, err = w.dial(context.Background())
			return u.conn, err
		}).AddBroker("tcp://broker:1")
	u.connect(o)
	return u
}

func unitOptions(id string, session uint64, u *unit) *paho.ClientOptions {
	will, _ := json.Marshal(wire.Will{Unit: id, Session: session})
	return paho.NewClientOptions().SetClientID(id).SetUsername(id).SetPassword("secret").
		SetAutoReconnect(false).SetKeepAlive(15*time.Second).SetPingTimeout(5*time.Second).
		SetBinaryWill(wire.GoneTopic(id), will, 1, false).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.got = append(u.got, message{m.Topic(), slices.Clone(m.Payload())})
		})
}

func (u *unit) connect(o *paho.ClientOptions) {
	u.t.Helper()
	u.Client = paho.NewClient(o)
	if t := u.Connect(); t.Wait() && t.Error() != nil {
		u.t.Fatalf("%s cannot connect: %v", u.id, t.Error())
	}
	filters := map[string]byte{}
	for _, s := range wire.UnitSubscriptions(u.id, []wire.Address{wire.AreaAddress("county"), wire.AreaAddress("liushu")}) {
		filters[s.Filter] = s.QoS
	}
	if t := u.SubscribeMultiple(filters, nil); t.Wait() && t.Error() != nil {
		u.t.Fatalf("%s cannot subscribe: %v", u.id, t.Error())
	}
}

// says publishes a payload as the unit does.
func (u *unit) says(c wire.Channel, payload any) {
	u.t.Helper()
	b, ok := payload.([]byte)
	if !ok {
		var err error
		if b, err = json.Marshal(payload); err != nil {
			u.t.Fatal(err)
		}
	}
	if t := u.Publish(wire.UnitTopic(u.id, c), 1, false, b); !t.WaitTimeout(5*time.Second) || t.Error() != nil {
		u.t.Errorf("%s cannot publish on %s: %v", u.id, c, t.Error())
	}
}

// heard are the payloads that came on a topic, in order.
func (u *unit) heard(topic string) [][]byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	var list [][]byte
	for _, m := range u.got {
		if m.topic == topic {
			list = append(list, m.payload)
		}
	}
	return list
}

func (u *unit) bye() { u.Disconnect(100) }

func birth(id string, session uint64) wire.Birth {
	return wire.Birth{Unit: id, Session: session, Spool: "s-" + id, Boot: "b1", At: 1, Software: "test", Wire: 1,
		Outputs: []wire.Output{wire.OutputSound}}
}

func beat(id string, session uint64) wire.Heartbeat {
	return wire.Heartbeat{Unit: id, Session: session, Boot: "b1", At: 1, Volume: 50}
}

func report(id string, seqs ...uint64) wire.Report {
	r := wire.Report{Unit: id, Spool: "s-" + id, Boot: "b1"}
	for _, seq := range seqs {
		r.Entries = append(r.Entries, wire.Entry{Seq: seq, At: 1, Event: &wire.Event{Code: "test", Text: "a thing"}})
	}
	return r
}

// nothing is a broker that is not there.
func nothing(context.Context) (net.Conn, error) { return nil, net.ErrClosed }

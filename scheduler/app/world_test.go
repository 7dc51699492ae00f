package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/store"
)

// ports are the listening addresses of one bubble.
type ports struct {
	mu   sync.Mutex
	open map[string]*memnet.Listener
}

func (p *ports) listen(_, address string) (net.Listener, error) {
	l := memnet.Listen(address)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[string]*memnet.Listener{}
	}
	p.open[address] = l
	return l, nil
}

func (p *ports) dial(ctx context.Context, address string) (*memnet.Conn, error) {
	p.mu.Lock()
	l := p.open[address]
	p.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody listens on " + address)
	}
	return l.Dial(ctx)
}

const (
	httpAddress = "127.0.0.1:8520"
	mqttAddress = "127.0.0.1:8521"
)

// county is a centre with one village in a bubble, and the secrets of its units.
type county struct {
	t       *testing.T
	dir     string
	ports   ports
	app     *app.App
	options app.Options
	mu      sync.Mutex
	secrets map[string]string // of units, by id
	// sessions go on when a device is switched on again.
	sessions map[string]uint64
	devices  []*device
	stations []*station
	brokers  []*broker.Broker
}

// dawn is when every story begins: no agent believes the year 2000, in which
// bubbles do.
var dawn = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// inCounty runs a story with a centre that has started.
func inCounty(t *testing.T, story func(t *testing.T, c *county)) {
	t.Helper()
	inCountyOn(t, "", story)
}

// inCountyOn does so with the centre's database on another file layer.
func inCountyOn(t *testing.T, layer string, story func(t *testing.T, c *county)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(dawn))
		c := &county{t: t, dir: dir, secrets: map[string]string{}, sessions: map[string]uint64{}}
		c.options = app.Options{Data: dir, HTTP: httpAddress, MQTT: mqttAddress, Listen: c.ports.listen, VFS: layer, Logger: logger(t)}
		c.start()
		defer func() {
			for _, d := range c.devices {
				d.off()
			}
			for _, s := range c.stations {
				s.off(t)
			}
			c.stop()
			for _, b := range c.brokers {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
		}()
		c.area("county", "")
		c.area("liushu", "county")
		story(t, c)
	})
}

func (c *county) start() {
	c.t.Helper()
	a, err := app.New(c.options)
	if err == nil {
		err = a.Start(context.Background())
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.app = a
	time.Sleep(time.Second)
}

func (c *county) stop() {
	c.t.Helper()
	if err := c.app.Stop(); err != nil {
		c.t.Error(err)
	}
}

func (c *county) area(id, parent string) {
	c.t.Helper()
	if _, _, err := c.app.Store().PutArea(context.Background(), scheduler.Area{ID: id, Parent: parent, Name: id}); err != nil {
		c.t.Fatal(err)
	}
}

// add makes a unit of the village.
func (c *county) add(id string) {
	c.t.Helper()
	_, secret, err := c.app.Store().AddUnit(context.Background(), scheduler.Unit{
		ID: id, Area: "liushu", Name: id, State: scheduler.UnitPlanned, Outputs: []wire.Output{wire.OutputSound}, Volume: 50,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.tell(id, secret)
}

// tell notes the secret of a unit.
func (c *county) tell(id, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets[id] = secret
}

// secret is what a unit logs in with.
func (c *county) secret(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secrets[id]
}

// session is the number of a unit's next session.
func (c *county) session(id string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[id]++
	return c.sessions[id]
}

func (c *county) online(id string) bool {
	c.t.Helper()
	p, err := c.app.Store().Presence(context.Background(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return p.Online
}

func (c *county) outages() []scheduler.Outage {
	c.t.Helper()
	list, _, err := c.app.Store().Outages(context.Background(), store.OutageFilter{})
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// get asks the centre's web server.
func (c *county) get(path string, set func(*http.Request)) *http.Response {
	c.t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.ports.dial(ctx, httpAddress)
		},
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequest(http.MethodGet, "http://"+httpAddress+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if set != nil {
		set(r)
	}
	answer, err := client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		c.t.Fatal(err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body)) // whole, so that no connection stays behind
	return answer
}

// device is a unit's device that does what the treaty says of presence: birth,
// heartbeats, a new session after each break.
type device struct {
	c     *county
	id    string
	boot  string
	spool string
	// pause is how long it waits before it connects again; nil is 3 s. born is
	// called after each birth.
	pause   func() time.Duration
	born    func(session uint64, say func(wire.Channel, any))
	stopped chan struct{}
	once    sync.Once
	done    sync.WaitGroup

	mu     sync.Mutex
	conn   *memnet.Conn
	client paho.Client
	frozen bool
	cut    bool
	heard  map[string][][]byte
}

func (c *county) device(id string) *device { return c.deviceOf(id, "s1", "b1") }

// deviceOf is one with a card and a boot id of its own.
func (c *county) deviceOf(id, spool, boot string) *device {
	d := c.newDevice(id, spool, boot)
	c.switchOnDevice(d)
	return d
}

func (c *county) switchOnDevice(d *device) {
	d.done.Go(d.run)
	c.devices = append(c.devices, d)
}

func (c *county) newDevice(id, spool, boot string) *device {
	return &device{c: c, id: id, spool: spool, boot: boot, stopped: make(chan struct{}), heard: map[string][][]byte{}}
}

func (d *device) run() {
	for {
		d.connected()
		pause := 3 * time.Second
		if d.pause != nil {
			pause = d.pause()
		}
		select {
		case <-d.stopped:
			return
		case <-time.After(pause):
		}
	}
}

// connected is one session.
func (d *device) connected() {
	session := d.c.session(d.id)
	will, _ := json.Marshal(wire.Will{Unit: d.id, Session: session})
	lost := make(chan struct{})
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://broker:1").
		SetClientID(d.id).SetUsername(d.id).SetPassword(d.c.secret(d.id)).
		SetAutoReconnect(false).SetKeepAlive(15*time.Second).SetPingTimeout(5*time.Second).
		SetWriteTimeout(time.Second). // for so long a publish waits where the link has just gone, half a minute else
		SetBinaryWill(wire.GoneTopic(d.id), will, 1, false).
		SetConnectionLostHandler(func(paho.Client, error) { close(lost) }).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.heard[m.Topic()] = append(d.heard[m.Topic()], slices.Clone(m.Payload()))
		}).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.cut {
				return nil, errors.New("no network")
			}
			c, err := d.c.ports.dial(context.Background(), mqttAddress)
			if err != nil {
				return nil, err
			}
			d.conn = c
			return c, nil
		}))
	if t := client.Connect(); t.Wait() && t.Error() != nil {
		return
	}
	defer client.Disconnect(100)
	d.mu.Lock()
	d.client = client
	d.mu.Unlock()
	filters := map[string]byte{}
	for _, s := range wire.UnitSubscriptions(d.id, []wire.Address{wire.AreaAddress("county"), wire.AreaAddress("liushu")}) {
		filters[s.Filter] = s.QoS
	}
	client.SubscribeMultiple(filters, nil).Wait()
	d.say(client, wire.ChannelBirth, wire.Birth{Unit: d.id, Session: session, Spool: d.spool, Boot: d.boot, At: time.Now().UnixMilli(),
		Software: "test", Wire: 1, Outputs: []wire.Output{wire.OutputSound}, SoundOutput: "silent"})
	if d.born != nil {
		d.born(session, func(c wire.Channel, v any) { d.say(client, c, v) })
	}
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-d.stopped:
			return
		case <-lost:
			return
		case now := <-beat.C:
			d.mu.Lock()
			frozen := d.frozen
			d.mu.Unlock()
			if !frozen {
				d.say(client, wire.ChannelHeartbeat, wire.Heartbeat{Unit: d.id, Session: session, Boot: d.boot, At: now.UnixMilli(), Volume: 50})
			}
		}
	}
}

func (d *device) say(client paho.Client, c wire.Channel, payload any) {
	b, err := json.Marshal(payload)
	if err != nil {
		d.c.t.Error(err)
	}
	token := client.Publish(wire.UnitTopic(d.id, c), 1, false, b)
	for range 50 {
		if token.WaitTimeout(100*time.Millisecond) || !client.IsConnectionOpen() {
			return
		}
	}
}

// report sends proof over the session of now.
func (d *device) report(r wire.Report) {
	d.mu.Lock()
	client := d.client
	d.mu.Unlock()
	d.say(client, wire.ChannelReport, r)
}

// freeze hangs the playing loop while the connection lives on.
func (d *device) freeze(frozen bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frozen = frozen
}

// cutOff takes the device's network away, or gives it back.
func (d *device) cutOff(cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut = cut; cut {
		d.conn.Hole(true)
	}
}

// link is the device's connection of now.
func (d *device) link() *memnet.Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn
}

// on are the payloads heard on a topic.
func (d *device) on(topic string) [][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.heard[topic])
}

func (d *device) off() {
	d.once.Do(func() { close(d.stopped) })
	d.done.Wait()
}

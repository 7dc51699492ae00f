// Package agenttest is a county for tests of agents: a broker in memory, a
// centre that signs, publishes, stores and acknowledges, and a place for media.
// All of it works in a testing/synctest bubble, in which a Centre must be made.
package agenttest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
)

// SigningKey is the id of the signing key in the ring of a new Centre.
const SigningKey = "k1"

// Centre is the other side of an agent: it keeps all that units say, and
// acknowledges their reports unless it is told not to.
type Centre struct {
	t    testing.TB
	root ed25519.PrivateKey
	key  ed25519.PrivateKey
	net  net.Listener
	// Listener is where units connect in memory; nil after ListenOn.
	mem     *memnet.Listener
	broker  *mochi.Server
	closing sync.Once

	mu       sync.Mutex
	conns    []*memnet.Conn
	refuse   bool
	silent   bool
	deaf     bool
	stored   map[string]uint64 // spool → how far it was acknowledged
	forbid   func(topic string, write bool) bool
	said     []Said
	entries  map[string]map[uint64]wire.Entry // spool → seq
	revision uint64
	timing   Timing
	asked    int
	told     []byte // the first answer
	// sealedRing is the key ring as it travels.
	sealedRing []byte
	// Media serves GET /media/{hash}.
	Media Media
}

// New makes a centre whose units connect in memory, with a key ring published.
func New(t testing.TB) *Centre {
	mem := memnet.Listen("centre")
	c := newCentre(t, mem)
	c.mem = mem
	return c
}

// ListenOn makes a centre on a listener of the machine, for agents that are
// processes of their own.
func ListenOn(t testing.TB, l net.Listener) *Centre { return newCentre(t, l) }

func newCentre(t testing.TB, l net.Listener) *Centre {
	t.Helper()
	c := &Centre{t: t, net: l, entries: map[string]map[uint64]wire.Entry{}, stored: map[string]uint64{}, revision: 1}
	_, c.root, _ = ed25519.GenerateKey(nil)
	_, c.key, _ = ed25519.GenerateKey(nil)
	c.Media.time = c.serveTime
	c.openBroker(l)
	c.PublishKeys()
	t.Cleanup(c.Close)
	return c
}

func (c *Centre) openBroker(l net.Listener) {
	c.broker = mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler), InlineClient: true})
	turns := &turns{}
	if err := c.broker.AddHook(&everybody{centre: c, turns: turns}, nil); err != nil {
		c.t.Fatal(err)
	}
	if err := c.broker.AddListener(listeners.NewNet("units", l)); err != nil {
		c.t.Fatal(err)
	}
	// Not Serve, which looks at all that is retained each second: that would be
	// most of what a day in a bubble costs.
	c.broker.Listeners.ServeAll(turns.establish(c.broker.EstablishConnection))
	for i, sub := range wire.CentreSubscriptions() {
		if err := c.broker.Subscribe(sub.Filter, i+1, c.hear); err != nil {
			c.t.Fatal(err)
		}
	}
}

// everybody lets every client do everything that is not forbidden.
type everybody struct {
	mochi.HookBase
	centre *Centre
	turns  *turns
}

// ID names the hook.
func (*everybody) ID() string { return "everybody" }

// Provides tells which of the broker's questions the hook answers.
func (*everybody) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

// OnConnectAuthenticate lets the client in, after the one of before.
func (h *everybody) OnConnectAuthenticate(cl *mochi.Client, _ packets.Packet) bool {
	if h.centre.forbids("", true) {
		return false
	}
	h.turns.enter(cl)
	return true
}

// OnACLCheck lets it read and write.
func (h *everybody) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	return !h.centre.forbids(topic, write)
}

// Forbid makes the broker refuse what the rule says: a topic that a unit
// subscribes to or is sent something on, or publishes on (write), and every login
// (the empty topic). nil forbids nothing.
func (c *Centre) Forbid(rule func(topic string, write bool) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forbid = rule
}

func (c *Centre) forbids(topic string, write bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.forbid != nil && c.forbid(topic, write)
}

// Says publishes the centre's own state with the features that it names; a new
// centre has said nothing, as an older one would not name any.
func (c *Centre) Says(features ...string) {
	c.t.Helper()
	raw, err := wire.Encode(wire.Centre{Online: true, Since: int64(c.next()), Features: features})
	if err != nil {
		c.t.Fatal(err)
	}
	c.Send(wire.CentreTopic, raw)
}

// Close ends the broker; the end of the test calls it too.
func (c *Centre) Close() { c.closing.Do(func() { _ = c.broker.Close() }) }

// Settings are what `units add` would write for the unit.
func (c *Centre) Settings(unit string) agent.Settings {
	address := c.net.Addr().String()
	if c.mem != nil {
		address = "centre.invalid:1883"
	}
	return agent.Settings{
		Unit: unit, MQTT: "tcp://" + address, HTTP: "http://centre.invalid", Secret: "secret",
		Root: base64.StdEncoding.EncodeToString(c.root.Public().(ed25519.PublicKey)),
	}
}

// Dial connects a unit.
func (c *Centre) Dial(ctx context.Context) (net.Conn, error) {
	c.mu.Lock()
	refuse := c.refuse
	c.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "mem", Err: net.ErrClosed}
	if refuse {
		return nil, refused
	}
	conn, err := c.mem.Dial(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse { // the network went meanwhile
		return nil, errors.Join(refused, conn.Close())
	}
	c.conns = append(c.conns, conn)
	return conn, nil
}

// Network lets units connect, or cuts every link and refuses new ones.
func (c *Centre) Network(up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = !up
	if up {
		return
	}
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// BlackHole makes every link of now dead without telling anybody.
func (c *Centre) BlackHole() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Hole(true)
	}
}

// Acknowledge makes the centre say "stored", or keep silent; what it hears it
// keeps in either case.
func (c *Centre) Acknowledge(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = !on
}

// Deaf makes reports get lost on their way, or not any more.
func (c *Centre) Deaf(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = on
}

// PublishKeys publishes a ring with the one signing key.
func (c *Centre) PublishKeys() {
	rev := c.next()
	ring := wire.KeyRing{Revision: rev, Keys: []wire.RingKey{{ID: SigningKey, Public: c.key.Public().(ed25519.PublicKey)}}}
	raw, err := wire.Seal(c.root, wire.RootKey, wire.KindKeyRing, wire.KeysAddress, rev, ring)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.sealedRing = raw
	c.mu.Unlock()
	c.Send(wire.KeysTopic, raw)
}

func (c *Centre) next() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision++
	return c.revision
}

// Bulletin signs and publishes a bulletin under the next revision, which it gives.
func (c *Centre) Bulletin(b wire.Bulletin) uint64 {
	c.t.Helper()
	b.Revision = c.next()
	c.Send(wire.BulletinTopic(b.Address), c.Seal(c.key, wire.KindBulletin, b.Address, b.Revision, b))
	return b.Revision
}

// Orders signs and publishes orders under the next revision, which it gives.
func (c *Centre) Orders(o wire.Orders) uint64 {
	c.t.Helper()
	o.Revision = c.next()
	c.Send(wire.OrdersTopic(o.Address), c.Seal(c.key, wire.KindOrders, o.Address, o.Revision, o))
	return o.Revision
}

// Seal signs a snapshot with a key, as SigningKey.
func (c *Centre) Seal(key ed25519.PrivateKey, kind wire.Kind, address wire.Address, revision uint64, payload any) []byte {
	c.t.Helper()
	raw, err := wire.Seal(key, SigningKey, kind, address, revision, payload)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

// Root is the key that signs key rings.
func (c *Centre) Root() ed25519.PrivateKey { return c.root }

// Push sends a unit something on any topic, whatever it has subscribed to: what
// whoever has taken the broker can do.
func (c *Centre) Push(unit, topic string, payload []byte) {
	c.t.Helper()
	client, ok := c.broker.Clients.Get(unit)
	if !ok {
		c.t.Errorf("%s is not connected", unit)
		return
	}
	if err := client.WritePacket(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: topic, Payload: payload}); err != nil {
		c.t.Error(err)
	}
}

// Key is the centre's signing key.
func (c *Centre) Key() ed25519.PrivateKey { return c.key }

// Send publishes bytes on a topic, retained where the table of topics says so.
func (c *Centre) Send(topic string, payload []byte) {
	c.t.Helper()
	parsed, err := wire.ParseTopic(topic)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.broker.Publish(topic, payload, parsed.Spec().Retain, parsed.Spec().QoS); err != nil {
		c.t.Fatal(err)
	}
}

// Retain publishes bytes retained on a topic where nothing may be.
func (c *Centre) Retain(topic string, payload []byte) {
	c.t.Helper()
	if err := c.broker.Publish(topic, payload, true, 1); err != nil {
		c.t.Fatal(err)
	}
}

// AddMedia keeps content to be fetched and gives its hash.
func (c *Centre) AddMedia(content []byte) string {
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	c.Media.put(hash, content)
	return hash
}

// Sound is an item of so many seconds; its content is made up of the name.
func (c *Centre) Sound(name string, seconds int64) wire.Item {
	content := bytes.Repeat([]byte(name+"\n"), 100)
	return wire.Item{Title: name, Sound: &wire.Sound{Hash: c.AddMedia(content), Size: int64(len(content)), Type: "wav", Frames: seconds * wire.Rate}}
}

// Programme is a county-wide programme of level timed, to be changed at will.
func Programme(id, issuer string, rule wire.Rule, items ...wire.Item) wire.Programme {
	return wire.Programme{
		ID: id, Version: 1, Title: strings.ToUpper(id), Issuer: issuer, Level: wire.LevelTimed, Rule: rule, Items: items,
		OnCut: wire.CutResume, OnBlock: wire.BlockWait, Grace: 600, Volume: 100,
	}
}

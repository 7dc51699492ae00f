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
	"slices"
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

// Said is one message of a unit.
type Said struct {
	Unit    string
	Channel wire.Channel
	Payload []byte
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
	c := &Centre{t: t, net: l, entries: map[string]map[uint64]wire.Entry{}, revision: 1}
	_, c.root, _ = ed25519.GenerateKey(nil)
	_, c.key, _ = ed25519.GenerateKey(nil)
	c.Media.time = c.serveTime
	c.openBroker(l)
	c.PublishKeys()
	t.Cleanup(c.Close)
	return c
}

func (c *Centre) openBroker(l net.Listener) {
	const never = 1 << 30 // seconds
	c.broker = mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler), InlineClient: true, SysTopicResendInterval: never})
	if err := c.broker.AddHook(&everybody{centre: c}, nil); err != nil {
		c.t.Fatal(err)
	}
	if err := c.broker.AddListener(listeners.NewNet("units", l)); err != nil {
		c.t.Fatal(err)
	}
	if err := c.broker.Serve(); err != nil {
		c.t.Fatal(err)
	}
	// The broker looks at all that is retained each second, which is most of what a
	// day in a bubble costs: its own statistics, which nobody reads, go.
	for topic := range c.broker.Topics.Retained.GetAll() {
		if strings.HasPrefix(topic, mochi.SysPrefix) {
			c.broker.Topics.Retained.Delete(topic)
		}
	}
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
}

// ID names the hook.
func (*everybody) ID() string { return "everybody" }

// Provides tells which of the broker's questions the hook answers.
func (*everybody) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

// OnConnectAuthenticate lets the client in.
func (h *everybody) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool {
	return !h.centre.forbids("", true)
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

// hear keeps what a unit says and acknowledges reports.
func (c *Centre) hear(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
	topic, err := wire.ParseTopic(pk.TopicName)
	if err != nil {
		c.t.Errorf("a unit speaks on %s: %v", pk.TopicName, err)
		return
	}
	c.mu.Lock()
	c.said = append(c.said, Said{topic.Unit(), topic.Channel, slices.Clone(pk.Payload)})
	c.mu.Unlock()
	if topic.Channel == wire.ChannelReport {
		c.store(topic.Unit(), pk.Payload)
	}
}

func (c *Centre) store(unit string, payload []byte) {
	report, err := wire.Decode[wire.Report](payload)
	if err != nil {
		c.t.Errorf("report of %s: %v", unit, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	have := c.entries[report.Spool]
	if have == nil {
		have = map[uint64]wire.Entry{}
		c.entries[report.Spool] = have
	}
	for _, e := range report.Entries {
		have[e.Seq] = e
	}
	if c.silent {
		return
	}
	answer, err := wire.Encode(wire.Stored{Spool: report.Spool, Seq: report.Entries[len(report.Entries)-1].Seq})
	if err != nil {
		c.t.Error(err)
		return
	}
	// Not from within the broker's own call.
	go func() { _ = c.broker.Publish(wire.StoredTopic(unit), answer, false, 1) }()
}

// Entries are all entries heard, by spool and number.
func (c *Centre) Entries() []wire.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []wire.Entry
	spools := make([]string, 0, len(c.entries))
	for s := range c.entries {
		spools = append(spools, s)
	}
	slices.Sort(spools)
	for _, s := range spools {
		part := make([]wire.Entry, 0, len(c.entries[s]))
		for _, e := range c.entries[s] {
			part = append(part, e)
		}
		slices.SortFunc(part, func(a, b wire.Entry) int { return int(int64(a.Seq) - int64(b.Seq)) })
		list = append(list, part...)
	}
	return list
}

// AsRuns are the as-run entries heard.
func (c *Centre) AsRuns() []wire.AsRun {
	var list []wire.AsRun
	for _, e := range c.Entries() {
		if e.AsRun != nil {
			list = append(list, *e.AsRun)
		}
	}
	return list
}

// Events are the events of a code heard.
func (c *Centre) Events(code string) []string {
	var list []string
	for _, e := range c.Entries() {
		if e.Event != nil && e.Event.Code == code {
			list = append(list, e.Event.Text)
		}
	}
	return list
}

// Heard are the messages on a channel, decoded strictly, oldest first.
func Heard[T wire.Payload](c *Centre, unit string, channel wire.Channel) []T {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []T
	for _, s := range c.said {
		if s.Unit != unit || s.Channel != channel {
			continue
		}
		v, err := wire.Decode[T](s.Payload)
		if err != nil {
			c.t.Fatalf("%s of %s: %v", channel, unit, err)
		}
		list = append(list, v)
	}
	return list
}

// Last is the newest message on a channel; the zero value when there is none.
func Last[T wire.Payload](c *Centre, unit string, channel wire.Channel) T {
	c.t.Helper()
	list := Heard[T](c, unit, channel)
	if len(list) == 0 {
		var none T
		return none
	}
	return list[len(list)-1]
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

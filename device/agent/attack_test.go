package agent_test

import (
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// attacks is how many of each kind are sent.
const attacks = 500

// attackPause is between two of them, quietAfter how long a unit is watched after
// the last, and toldAgain so long that a kind of refusal is told once more.
const (
	attackPause = 200 * time.Millisecond
	quietAfter  = 5 * time.Second
	toldAgain   = 11 * time.Minute
)

// stage is a unit whose sound and pixels are watched, and the centre's keys, with
// which everything can be made right but for one defect.
type stage struct {
	t    *testing.T
	c    *agenttest.Centre
	rnd  *rand.Rand
	disk *spool.Mem
	// sounded and lit are how often sound began, and how many frames of the panel
	// were not dark.
	sounded, lit atomic.Int64
	// stranger is the attacker's own key, retired one that was in the ring.
	stranger, retired ed25519.PrivateKey
	item              wire.Item
	revision          uint64
	count             int
	// before is what a kind has prepared.
	before []byte
	tones  int // that were told of before
	packer *flate.Writer
}

// Size and Draw make a panel of the stage.
func (s *stage) Size() (width, height int) { return 32, 16 }

func (s *stage) Draw(frame *image.Paletted) error {
	if bytes.IndexFunc(frame.Pix, func(r rune) bool { return r != 0 }) >= 0 {
		s.lit.Add(1)
	}
	return nil
}

func newStage(t *testing.T, c *agenttest.Centre, seed uint64) *stage {
	s := &stage{t: t, c: c, rnd: rand.New(rand.NewPCG(seed, 0)), disk: spool.Memory(), stranger: seeded(seed + 1), retired: seeded(seed + 2)}
	s.packer, _ = flate.NewWriter(nil, flate.BestSpeed)
	c.Revision(uint64(time.Now().UnixMilli()))
	c.Says(wire.FeatureEcho, wire.FeatureCommand, wire.FeatureTime, wire.FeatureClock)
	s.item = c.Sound("shout", 3)
	s.item.Text = &wire.Text{Body: "喊话", Stay: 3000}
	s.county(nil)
	s.ring(s.next(), "k0", s.retired)
	c.Bulletin(wire.Bulletin{Address: wire.UnitAddress(horn), Settings: s.settings(horn)})
	return s
}

func seeded(n uint64) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range 8 {
		seed[i] = byte(n >> (8 * i))
	}
	return ed25519.NewKeyFromSeed(seed)
}

func (s *stage) settings(unit string) *wire.Settings {
	return &wire.Settings{Unit: unit, Name: "The horn", Chain: []string{"county", "village"}, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}, Volume: 80,
		Panel: &wire.Panel{Width: 32, Height: 16}, Addresses: []wire.Held{{Address: "area/county"}, {Address: "area/village"}}}
}

// county publishes the county's bulletin, in which change may stand.
func (s *stage) county(change func(*wire.County)) {
	n := &wire.County{Name: "County", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}, Highest: []wire.Level{wire.LevelRed, wire.LevelOrange}}
	if change != nil {
		change(n)
	}
	s.send(shot{address: "area/county", kind: wire.KindBulletin, payload: wire.Bulletin{Address: "area/county", County: n}})
}

// ring publishes a ring of the centre's key and another one.
func (s *stage) ring(revision uint64, id string, other ed25519.PrivateKey) {
	s.send(s.ringShot(revision, id, other))
}

func (s *stage) ringShot(revision uint64, id string, other ed25519.PrivateKey) shot {
	keys := []wire.RingKey{{ID: agenttest.SigningKey, Public: s.c.Key().Public().(ed25519.PublicKey)}}
	if id != "" {
		keys = append(keys, wire.RingKey{ID: id, Public: other.Public().(ed25519.PublicKey)})
	}
	return shot{key: s.c.Root(), name: wire.RootKey, kind: wire.KindKeyRing, address: wire.KeysAddress, revision: revision, payload: wire.KeyRing{Revision: revision, Keys: keys}}
}

// next is a revision as a centre gives it, which takes unix milliseconds.
func (s *stage) next() uint64 {
	s.revision = max(s.revision+1, uint64(time.Now().UnixMilli()))
	return s.revision
}

// shot is a message in the making: what is absent is as the centre would make it.
type shot struct {
	key      ed25519.PrivateKey
	name     string // of the key
	topic    string
	kind     wire.Kind
	address  wire.Address
	revision uint64
	payload  any
	// text, sealed and raw change the JSON before it is signed, the envelope after
	// it, and the bytes that travel.
	text   func([]byte) []byte
	sealed func(*wire.Envelope)
	raw    func([]byte) []byte
	// push sends it to the unit although nobody subscribed to its topic.
	push bool
}

// build makes the bytes without a check: what is wrong must stay wrong.
func (s *stage) build(x shot) (topic string, raw []byte) {
	if x.key == nil {
		x.key = s.c.Key()
	}
	if x.name == "" {
		x.name = agenttest.SigningKey
	}
	if x.revision == 0 {
		x.revision = s.next()
	}
	switch p := x.payload.(type) {
	case wire.Orders:
		p.Revision = x.revision
		x.payload = p
	case wire.Bulletin:
		p.Revision = x.revision
		x.payload = p
	case wire.Command:
		p.Revision = x.revision
		x.payload = p
	}
	text, err := json.Marshal(x.payload)
	if err != nil {
		s.t.Fatal(err)
	}
	if x.text != nil {
		text = x.text(text)
	}
	var b bytes.Buffer
	s.packer.Reset(&b)
	_, _ = s.packer.Write(text)
	_ = s.packer.Close()
	e := wire.Envelope{Key: x.name, Kind: x.kind, Address: x.address, Revision: x.revision, Payload: b.Bytes()}
	e.Sig = ed25519.Sign(x.key, e.SignedBytes())
	if x.sealed != nil {
		x.sealed(&e)
	}
	if raw, err = json.Marshal(e); err != nil {
		s.t.Fatal(err)
	}
	if x.raw != nil {
		raw = x.raw(raw)
	}
	if x.topic == "" {
		if x.topic = wire.SnapshotTopic(x.kind, x.address); x.kind == wire.KindCommand {
			x.topic = wire.CommandTopic(horn)
		}
	}
	return x.topic, raw
}

func (s *stage) send(x shot) {
	topic, raw := s.build(x)
	if x.push {
		s.c.Push(horn, topic, raw)
		return
	}
	s.c.Send(topic, raw)
}

// warning is one for now, under an id that was never used.
func (s *stage) warning() wire.Interrupt {
	s.count++
	now := time.Now().UnixMilli()
	return wire.Interrupt{ID: fmt.Sprint("shout-", s.count), Issuer: "county", Level: wire.LevelRed, Title: "shout", Items: []wire.Item{s.item},
		Issued: now, Until: now + 600_000, Repeat: 1, Volume: 100}
}

// orders are the county's, with a warning that would sound at once.
func (s *stage) orders(change func(*wire.Orders)) shot {
	o := wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{s.warning()}}
	if change != nil {
		change(&o)
	}
	return shot{kind: wire.KindOrders, address: o.Address, payload: o}
}

// calm ends what a kind has left: no warning, no quiet hours, the ring of today.
func (s *stage) calm() {
	for _, a := range []wire.Address{"area/village", "area/county", "unit/" + horn} {
		s.send(shot{kind: wire.KindOrders, address: a, payload: wire.Orders{Address: a}})
	}
	s.send(s.ringShot(s.next(), "", nil))
	s.county(nil)
	s.send(shot{kind: wire.KindBulletin, address: "area/village", payload: wire.Bulletin{Address: "area/village"}})
	s.item.Text = &wire.Text{Body: "喊话", Stay: 3000}
	time.Sleep(toldAgain)
	s.forget()
}

// forget begins to watch anew.
func (s *stage) forget() {
	s.sounded.Store(0)
	s.lit.Store(0)
	s.tones = len(s.c.Events(agent.CodeTone))
}

// heard is how often sound began; a test tone is told of by the unit.
func (s *stage) heard() int {
	return int(s.sounded.Load()) + len(s.c.Events(agent.CodeTone)) - s.tones
}

// kind is one way to attack: what would sound, and what is wrong with it.
type kind struct {
	name string
	// told must stand in an event at the centre.
	told string
	// right makes what sounds; wrong gives it the one defect.
	right func(s *stage) shot
	wrong func(s *stage, x *shot)
	// set prepares the stage.
	set func(s *stage)
	// soundOnly: what is right lights no pixel.
	soundOnly bool
	// few sends the tenth part: each costs much.
	few bool
}

// TestAnAttackerStaysMute gives an attacker the broker, every topic and the media
// server. Each kind of message is proven to sound when its one defect is removed;
// with it the unit plays no frame and lights no pixel, says at the centre what it
// refused, and grows neither in memory nor on its card.
func TestAnAttackerStaysMute(t *testing.T) {
	for _, seed := range agenttest.Seeds(t, 1, 3) {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			s := newStage(t, c, seed)
			u := c.Unit(horn, s.disk, func(o *agent.Options) {
				out := player.NewCounting()
				out.Hear = func(sounds bool) {
					if sounds {
						s.sounded.Add(1)
					}
				}
				o.Sound, o.Panel = out, func(int, int) (screen.Panel, error) { return s, nil }
			})
			time.Sleep(time.Minute)
			s.calm()
			card, heap := s.disk.Size(), inUse()
			for _, k := range kinds() {
				s.attack(k)
				s.calm()
			}
			if more := s.disk.Size() - card; more > 1<<20 {
				t.Errorf("the card holds %d kB more than before", more>>10)
			}
			if more := inUse() - heap; more > 16<<20 {
				t.Errorf("the heap is %d kB bigger than before", more>>10)
			}
			stop(t, u)
		})
	}
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// attack sends one kind, then the same without its defect.
func (s *stage) attack(k kind) {
	t := s.t
	if k.set != nil {
		k.set(s)
		time.Sleep(time.Second)
	}
	s.forget()
	told, n := len(s.c.Events(agent.CodeRefused)), attacks
	if k.few && !agenttest.Soak() {
		n /= 10
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		x := k.right(s)
		k.wrong(s, &x)
		s.send(x)
		time.Sleep(attackPause)
	}
	runtime.ReadMemStats(&after)
	time.Sleep(quietAfter)
	if sounded, lit := s.heard(), s.lit.Load(); sounded != 0 || lit != 0 {
		t.Errorf("%s: the attacker was heard %d times and seen in %d frames", k.name, sounded, lit)
	}
	if each := (after.Mallocs - before.Mallocs) / uint64(n); each > 10_000 {
		t.Errorf("%s: a message costs %d allocations", k.name, each)
	}
	if events := s.c.Events(agent.CodeRefused)[told:]; !strings.Contains(strings.Join(events, "\n"), k.told) {
		t.Errorf("%s: the centre was told %q, want %q", k.name, events, k.told)
	} else if len(events) > 4 {
		t.Errorf("%s: %d events fill the card: %q", k.name, len(events), events)
	}
	s.send(k.right(s))
	time.Sleep(30 * time.Second)
	if s.heard() == 0 || s.lit.Load() == 0 && !k.soundOnly {
		t.Errorf("%s: without its defect it sounds %d times and lights %d frames: the defect is not what keeps it silent", k.name, s.heard(), s.lit.Load())
	}
}

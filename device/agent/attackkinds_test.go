package agent_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/wire"
)

// kinds are all ways to attack.
func kinds() []kind {
	var list []kind
	for _, part := range [][]kind{forged(), misaddressed(), stale(), malformed(), overreaching(), commands(), elsewhere()} {
		list = append(list, part...)
	}
	for i := range list {
		if list[i].right == nil {
			list[i].right = func(s *stage) shot { return s.orders(nil) }
		}
	}
	return list
}

// sealed is a defect of the envelope after it was signed.
func sealed(f func(r *rand.Rand, e *wire.Envelope)) func(*stage, *shot) {
	return func(s *stage, x *shot) { x.sealed = func(e *wire.Envelope) { f(s.rnd, e) } }
}

// flip turns one bit over.
func flip(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	return b
}

func forged() []kind {
	return []kind{
		{name: "unsigned", told: wire.RefusedUnsigned, wrong: sealed(func(_ *rand.Rand, e *wire.Envelope) { e.Sig = nil })},
		{name: "a bit of the signature", told: wire.RefusedAltered, wrong: sealed(func(r *rand.Rand, e *wire.Envelope) { e.Sig = flip(r, e.Sig) })},
		{name: "a bit of the payload", told: wire.RefusedAltered, wrong: sealed(func(r *rand.Rand, e *wire.Envelope) { e.Payload = flip(r, e.Payload) })},
		{name: "a later revision in the head", told: wire.RefusedAltered, wrong: sealed(func(r *rand.Rand, e *wire.Envelope) { e.Revision += 1 + r.Uint64N(1000) })},
		{name: "another key in the head", told: wire.RefusedUnknownKey, wrong: sealed(func(r *rand.Rand, e *wire.Envelope) { e.Key = fmt.Sprint("k", 2+r.IntN(90)) })},
		{name: "another signature", told: wire.RefusedAltered, wrong: func(s *stage, x *shot) {
			_, other := s.build(s.orders(nil))
			e, _ := wire.ParseEnvelope(other)
			x.sealed = func(mine *wire.Envelope) { mine.Sig = e.Sig }
		}},
		{name: "a stranger's key under the centre's name", told: wire.RefusedAltered, wrong: func(s *stage, x *shot) { x.key = s.stranger }},
		{name: "a stranger's key", told: wire.RefusedUnknownKey, wrong: func(s *stage, x *shot) { x.key, x.name = s.stranger, "mine" }},
		{name: "the root's name", told: wire.RefusedUnknownKey, wrong: func(s *stage, x *shot) { x.key, x.name = s.stranger, wire.RootKey }},
		{name: "a key that has left the ring", told: wire.RefusedUnknownKey, wrong: func(s *stage, x *shot) { x.key, x.name = s.retired, "k0" }},
		rings("a ring of a stranger's root", wire.RefusedAltered, func(s *stage, x *shot) { x.key = s.stranger }),
		rings("a ring signed by the signing key", wire.RefusedWrongAddress, func(s *stage, x *shot) { x.key, x.name = s.c.Key(), agenttest.SigningKey }),
		rings("a ring of yesterday", wire.RefusedOlder, func(s *stage, x *shot) { back(s, x, 3600_000+s.rnd.Uint64N(86_400_000)) }),
		rings("an altered ring", wire.RefusedAltered, sealed(func(r *rand.Rand, e *wire.Envelope) { e.Payload = flip(r, e.Payload) })),
	}
}

// back gives a ring an older revision.
func back(s *stage, x *shot, by uint64) {
	*x = s.ringShot(x.revision-by, "k0", s.retired)
}

// rings is a kind whose ring brings a key, with which the warning that is always
// there would be believed.
func rings(name, told string, wrong func(*stage, *shot)) kind {
	return kind{name: name, told: told, wrong: wrong,
		set: func(s *stage) {
			x := s.orders(func(o *wire.Orders) { o.Interrupts[0].Until += 600_000 })
			x.key, x.name = s.retired, "k0"
			s.send(x)
		},
		right: func(s *stage) shot { return s.ringShot(s.next(), "k0", s.retired) }}
}

func misaddressed() []kind {
	neighbour := func(s *stage, x *shot) {
		o := x.payload.(wire.Orders)
		o.Address, o.Interrupts[0].Issuer = "area/neighbour", "neighbour"
		x.address, x.payload = o.Address, o
	}
	return []kind{
		{name: "orders on the bulletin's topic", told: wire.RefusedWrongAddress, wrong: func(_ *stage, x *shot) { x.topic = wire.BulletinTopic(x.address) }},
		{name: "called a bulletin", told: wire.RefusedWrongAddress, wrong: sealed(func(_ *rand.Rand, e *wire.Envelope) { e.Kind = wire.KindBulletin })},
		{name: "a neighbour's on this topic", told: wire.RefusedWrongAddress, wrong: func(s *stage, x *shot) {
			neighbour(s, x)
			x.topic = wire.OrdersTopic("area/county")
		}},
		{name: "a neighbour's, not subscribed to", told: wire.RefusedWrongAddress, wrong: func(s *stage, x *shot) {
			neighbour(s, x)
			x.push = true
		}},
		{name: "another unit's on this topic", told: wire.RefusedWrongAddress,
			right: func(s *stage) shot { return s.orders(func(o *wire.Orders) { o.Address = "unit/" + horn }) },
			wrong: func(s *stage, x *shot) {
				o := x.payload.(wire.Orders)
				o.Address = wire.UnitAddress(fmt.Sprint("horn-", 2+s.rnd.IntN(1000)))
				x.topic, x.address, x.payload = wire.OrdersTopic("unit/"+horn), o.Address, o
			}},
		{name: "another address inside", told: wire.RefusedWrongAddress, wrong: func(_ *stage, x *shot) { x.address, x.topic = "area/village", wire.OrdersTopic("area/village") }},
		{name: "another revision inside", told: wire.RefusedWrongAddress, wrong: func(s *stage, x *shot) {
			x.text = func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"revision":`), fmt.Appendf(nil, `"revision":%d`, 1+s.rnd.IntN(9)), 1)
			}
		}},
		{name: "settings of another unit", told: wire.RefusedWrongAddress, right: loop, wrong: func(s *stage, x *shot) {
			b := x.payload.(wire.Bulletin)
			b.Address, b.Settings = "unit/horn-2", s.settings("horn-2")
			x.topic, x.address, x.payload = wire.BulletinTopic("unit/"+horn), b.Address, b
		}},
		{name: "settings in a county's bulletin", told: wire.RefusedMalformed, right: loop, wrong: func(s *stage, x *shot) {
			b := x.payload.(wire.Bulletin)
			b.Settings = s.settings(horn)
			x.payload = b
		}},
	}
}

// loop is the village's bulletin with a programme that never stops.
func loop(s *stage) shot {
	s.count++
	p := agenttest.Programme(fmt.Sprint("loop-", s.count), "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "00:00", To: "24:00"}}, s.item)
	return shot{kind: wire.KindBulletin, address: "area/village", payload: wire.Bulletin{Address: "area/village", Programmes: []wire.Programme{p}}}
}

func stale() []kind {
	return []kind{
		{name: "an older revision", told: wire.RefusedOlder, wrong: func(s *stage, x *shot) { x.revision = s.revision - 1_000_000 - s.rnd.Uint64N(1e9) }},
		{name: "the same revision with other content", told: wire.RefusedConflict,
			set: func(s *stage) {
				s.send(shot{kind: wire.KindOrders, address: "area/county", payload: wire.Orders{Address: "area/county"}})
			},
			wrong: func(s *stage, x *shot) { x.revision = s.revision }},
		replayed("a warning that was lifted", func(*wire.Orders, string) {}),
		replayed("a warning that was stopped", func(o *wire.Orders, id string) { o.Barred = []wire.Bar{{ID: id, At: time.Now().UnixMilli()}} }),
		{name: "a warning that was kept back until its end", told: "expired", wrong: func(s *stage, x *shot) {
			w := &x.payload.(wire.Orders).Interrupts[0]
			w.Issued -= 3600_000 + s.rnd.Int64N(1e9)
			w.Until = w.Issued + 600_000
		}},
	}
}

// replayed is a kind whose very bytes sounded once.
func replayed(name string, ends func(o *wire.Orders, id string)) kind {
	return kind{name: name, told: wire.RefusedOlder,
		set: func(s *stage) {
			x := s.orders(func(o *wire.Orders) { o.Interrupts[0].Until += 3600_000 })
			var topic string
			topic, s.before = s.build(x)
			s.c.Send(topic, s.before)
			time.Sleep(10 * time.Second)
			if s.sounded.Load() == 0 {
				s.t.Errorf("%s: it did not sound when it was genuine", name)
			}
			id := x.payload.(wire.Orders).Interrupts[0].ID
			o := wire.Orders{Address: "area/county"}
			ends(&o, id)
			s.send(shot{kind: wire.KindOrders, address: o.Address, payload: o})
		},
		wrong: func(s *stage, x *shot) { x.raw = func([]byte) []byte { return s.before } }}
}

func overreaching() []kind {
	village := func(level wire.Level) func(*stage) shot {
		return func(s *stage) shot {
			return s.orders(func(o *wire.Orders) {
				o.Address, o.Interrupts[0].Issuer, o.Interrupts[0].Level = "area/village", "village", level
			})
		}
	}
	first := func(x *shot) *wire.Interrupt { return &x.payload.(wire.Orders).Interrupts[0] }
	quiet := func(n *wire.County) { n.Quiet = []wire.Window{{From: "00:00", To: "24:00"}} }
	silent := func(s *stage) { s.item.Text = nil }
	return []kind{
		{name: "a village for the county", told: wire.RefusedOutOfScope, wrong: func(_ *stage, x *shot) { first(x).Issuer = "village" }},
		{name: "a neighbour as issuer", told: wire.RefusedOutOfScope, right: village(wire.LevelOrange), wrong: func(_ *stage, x *shot) { first(x).Issuer = "neighbour" }},
		{name: "a level above what the village may", told: wire.RefusedOutOfScope, right: village(wire.LevelOrange), wrong: func(_ *stage, x *shot) { first(x).Level = wire.LevelRed }},
		{name: "a programme's level on a warning", told: wire.RefusedMalformed, wrong: func(_ *stage, x *shot) { first(x).Level = wire.LevelLive }},
		{name: "by a closed account", told: wire.RefusedOutOfScope,
			right: func(s *stage) shot { return s.orders(func(o *wire.Orders) { o.Interrupts[0].By = "gone" }) },
			wrong: func(_ *stage, x *shot) {
				o := x.payload.(wire.Orders)
				o.Locked = []wire.Locked{{ID: "gone", Since: o.Interrupts[0].Issued - 1}}
				x.payload = o
			}},
		{name: "a neighbour's programme", told: wire.RefusedOutOfScope, right: loop, wrong: func(_ *stage, x *shot) { x.payload.(wire.Bulletin).Programmes[0].Issuer = "neighbour" }},
		{name: "a programme that calls itself a warning", told: wire.RefusedMalformed, right: loop, wrong: func(_ *stage, x *shot) { x.payload.(wire.Bulletin).Programmes[0].Level = wire.LevelRed }},
		{name: "a warning in quiet hours that the county does not name", told: "interrupt: quiet", soundOnly: true,
			set: func(s *stage) { s.county(quiet); silent(s) }, wrong: func(_ *stage, x *shot) { first(x).Level = wire.LevelYellow }},
	}
}

func elsewhere() []kind {
	return []kind{
		{name: "other bytes at the media server", told: "media: altered", soundOnly: true,
			right: func(s *stage) shot {
				s.count++
				return s.orders(func(o *wire.Orders) { o.Interrupts[0].Items = []wire.Item{s.c.Sound(fmt.Sprint("news ", s.count), 3)} })
			},
			wrong: func(s *stage, x *shot) {
				sound := x.payload.(wire.Orders).Interrupts[0].Items[0].Sound
				content := bytes.Repeat([]byte("x"), int(sound.Size))
				switch s.rnd.IntN(3) {
				case 0:
					content = content[:s.rnd.IntN(len(content))]
				case 1:
					content = append(content, 'x')
				}
				s.c.Media.Replace(sound.Hash, content)
			}},
		{name: "a packet bigger than any message", told: "message: too-big", few: true, wrong: func(s *stage, x *shot) {
			x.push = true
			x.raw = func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), 300<<10+s.rnd.IntN(1<<20))...) }
		}},
		{name: "on a thousand topics", told: "message: wrong-address", wrong: func(s *stage, x *shot) {
			x.push, x.topic = true, wire.OrdersTopic(wire.AreaAddress(fmt.Sprint("area-", s.rnd.IntN(1e9))))
		}},
		{name: "on no topic of ours", told: "message: wrong-address", wrong: func(s *stage, x *shot) {
			x.push, x.topic = true, fmt.Sprint("$SYS/", s.rnd.IntN(1e9))
		}},
	}
}

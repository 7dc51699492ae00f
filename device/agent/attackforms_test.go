package agent_test

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// inText is a defect of the JSON that was signed.
func inText(f func(s *stage, b []byte) []byte) func(*stage, *shot) {
	return func(s *stage, x *shot) { x.text = func(b []byte) []byte { return f(s, b) } }
}

// inRaw is a defect of the bytes that travel.
func inRaw(f func(s *stage, b []byte) []byte) func(*stage, *shot) {
	return func(s *stage, x *shot) { x.raw = func(b []byte) []byte { return f(s, b) } }
}

// field puts another field at the beginning of an object.
func field(b []byte, text string) []byte {
	return append([]byte("{"+text+","), b[1:]...)
}

var bomb = strings.Repeat(" ", wire.MaxPayload)

// malformed are messages that cannot be read. Those within the payload are signed
// by the centre's own key, so that nothing but the defect keeps them silent.
func malformed() []kind {
	replace := func(old string, news ...string) func(*stage, *shot) {
		return inText(func(s *stage, b []byte) []byte {
			return bytes.Replace(b, []byte(old), []byte(news[s.rnd.IntN(len(news))]), 1)
		})
	}
	m := wire.RefusedMalformed
	return []kind{
		{name: "cut off", told: m, wrong: inRaw(func(s *stage, b []byte) []byte { return b[:s.rnd.IntN(len(b))] })},
		{name: "something follows", told: m, wrong: inRaw(func(s *stage, b []byte) []byte { return fmt.Appendf(b, "%d", s.rnd.IntN(10)) })},
		{name: "noise", told: m, wrong: inRaw(func(s *stage, b []byte) []byte {
			for i := range b {
				b[i] = byte(s.rnd.Uint32())
			}
			return b
		})},
		{name: "a field named twice in the envelope", told: m, wrong: inRaw(func(s *stage, b []byte) []byte {
			return field(b, []string{`"Kind":"bulletin"`, `"key":"k2"`, `"SIG":""`}[s.rnd.IntN(3)])
		})},
		{name: "over the limit of an envelope", told: wire.RefusedTooBig, wrong: inRaw(func(s *stage, b []byte) []byte {
			return append(b, bytes.Repeat([]byte(" "), wire.MaxEnvelope-len(b)+1+s.rnd.IntN(10_000))...)
		})},
		{name: "a bomb", told: wire.RefusedTooBig, few: true, wrong: inText(func(s *stage, b []byte) []byte {
			return append(b, bomb[:len(bomb)-s.rnd.IntN(len(b))]...)
		})},
		{name: "nested deeper than anybody reads", told: m, wrong: inText(func(s *stage, b []byte) []byte {
			n := 33 + s.rnd.IntN(10_000)
			return field(b, `"x":`+strings.Repeat("[", n)+strings.Repeat("]", n))
		})},
		{name: "a field named twice in the payload", told: m, wrong: inText(func(s *stage, b []byte) []byte {
			return field(b, []string{`"address":"area/county"`, `"Interrupts":[]`, `"REVISION":1`}[s.rnd.IntN(3)])
		})},
		{name: "wrong types", told: m, wrong: replace(`"interrupts":[`, `"interrupts":{"a":[`, `"interrupts":7,"y":[`, `"interrupts":"all","y":[`)},
		{name: "numbers that are none", told: m, wrong: replace(`"volume":100`, `"volume":NaN`, `"volume":Infinity`, `"volume":1e400`, `"volume":100.5`, `"volume":0x64`)},
		{name: "no UTF-8", told: m, wrong: replace(`"title":"shout"`, "\"title\":\"\xff\"", "\"title\":\"\xed\xa0\x80\"", "\"title\":\"\xc0\xaf\"")},
		{name: "values out of their range", told: m, wrong: replace(`"repeat":1`, `"repeat":-1`, `"repeat":-9223372036854775808`, `"repeat":1,"pause":-1`)},
	}
}

// commands are attacks on what a unit does once.
func commands() []kind {
	tone := func(s *stage) shot {
		s.count++
		now := time.Now()
		return shot{kind: wire.KindCommand, address: "unit/" + horn, payload: wire.Command{Address: "unit/" + horn, ID: fmt.Sprint("tone-", s.count), Do: wire.CommandTone,
			Until: now.Add(time.Minute).UnixMilli()}}
	}
	at := func(x *shot, change func(*wire.Command)) {
		m := x.payload.(wire.Command)
		change(&m)
		x.payload = m
	}
	list := []kind{
		{name: "an unsigned command", told: "command: unsigned", wrong: func(_ *stage, x *shot) { x.sealed = func(e *wire.Envelope) { e.Sig = nil } }},
		{name: "a stranger's command", told: "command: altered", wrong: func(s *stage, x *shot) { x.key = s.stranger }},
		{name: "an altered command", told: "command: altered", wrong: func(s *stage, x *shot) { x.sealed = func(e *wire.Envelope) { e.Payload = flip(s.rnd, e.Payload) } }},
		{name: "a command for another unit", told: "command: wrong-address", wrong: func(_ *stage, x *shot) {
			x.topic, x.address = wire.CommandTopic(horn), "unit/horn-2"
			at(x, func(m *wire.Command) { m.Address = "unit/horn-2" })
		}},
		{name: "a command that has expired", told: "it has expired", wrong: func(s *stage, x *shot) {
			x.revision = s.next() - 3600_000 - s.rnd.Uint64N(1e9)
			at(x, func(m *wire.Command) { m.Until = int64(x.revision) + 60_000 })
		}},
		{name: "a command that lives for years", told: "command: malformed", wrong: func(s *stage, x *shot) {
			at(x, func(m *wire.Command) { m.Until += wire.MaxCommandLife + s.rnd.Int64N(1e12) })
		}},
		{name: "a command that was obeyed", told: "it was obeyed already",
			set: func(s *stage) {
				x := tone(s)
				at(&x, func(m *wire.Command) { m.Until += 3600_000 })
				var topic string
				topic, s.before = s.build(x)
				s.c.Send(topic, s.before)
				time.Sleep(10 * time.Second)
			},
			wrong: func(s *stage, x *shot) { x.raw = func([]byte) []byte { return s.before } }},
		{name: "orders as a command", told: "command: wrong-address", wrong: func(s *stage, x *shot) {
			*x = s.orders(nil)
			x.topic = wire.CommandTopic(horn)
		}},
	}
	for i := range list {
		list[i].right, list[i].soundOnly = tone, true
	}
	return list
}

package broker_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
)

// slow is a client that acknowledges nothing of what it is sent: one behind a
// slow line, for as long as the test wants.
type slow struct {
	t    *testing.T
	conn *memnet.Conn
}

func (w *world) slow(id string) *slow {
	w.t.Helper()
	conn, err := w.lis.Dial(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	s := &slow{w.t, conn}
	c := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	c.ProtocolName, c.ProtocolVersion, c.CleanSession, c.Keepalive = "MQTT", 4, true, 60
	c.ClientIdentifier, c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = id, true, id, true, []byte("secret of "+id)
	s.send(c)
	s.next(packets.Connack)
	return s
}

func (s *slow) send(p packets.ControlPacket) {
	s.t.Helper()
	if err := p.Write(s.conn); err != nil {
		s.t.Fatal(err)
	}
}

// next reads until a packet of that kind, and counts the messages before it.
func (s *slow) next(kind byte) (p packets.ControlPacket, messages []uint16) {
	s.t.Helper()
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		p, err := packets.ReadPacket(s.conn)
		if err != nil {
			s.t.Fatalf("waiting for packet %d: %v", kind, err)
		}
		if m, ok := p.(*packets.PublishPacket); ok {
			messages = append(messages, m.MessageID)
			if kind == packets.Publish {
				return p, messages
			}
			continue
		}
		return p, messages
	}
}

func (s *slow) subscribe(id uint16, topic string) byte {
	s.t.Helper()
	p := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	p.MessageID, p.Topics, p.Qoss = id, []string{topic}, []byte{1}
	s.send(p)
	ack, _ := s.next(packets.Suback)
	return ack.(*packets.SubackPacket).ReturnCodes[0]
}

// The numbers of a client's packets and those of the broker's have nothing to do
// with each other: while a message is on its way to a unit under a number, the
// unit may use the same one, as often as it likes.
func TestNumbersOfBothSidesAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		centre := w.centre()
		defer centre.bye()
		centre.says(wire.KeysTopic, "ring", true)
		s := w.slow("u1")
		defer s.conn.Close()
		if code := s.subscribe(1, wire.KeysTopic); code != 1 {
			t.Fatalf("first subscription: %d", code)
		}
		_, ids := s.next(packets.Publish) // under way from now on
		if code := s.subscribe(ids[0], wire.CentreTopic); code != 1 {
			t.Errorf("a subscription under the number %d of a message on its way: %#x", ids[0], code)
		}
		p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		p.Qos, p.TopicName, p.Payload, p.MessageID = 1, wire.HaveTopic("u1"), []byte("{}"), ids[0]
		const times = 2000 // more than the window of a client
		for range times {
			s.send(p)
			s.next(packets.Puback)
			centre.says(wire.CentreTopic, "state", false)
			_, more := s.next(packets.Publish)
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			for _, id := range append(more, ids...) {
				ack.MessageID = id
				s.send(ack)
			}
			ids, p.MessageID = nil, more[0]+1 // the number of the next message
			centre.says(wire.CentreTopic, "state", false)
			_, ids = s.next(packets.Publish)
		}
	})
}

// A unit that comes again and again while its old connections end, in any order,
// hears what it last subscribed to.
func TestTheEndOfAnOldConnectionTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		centre := w.centre()
		defer centre.bye()
		for round := range 100 {
			var all sync.WaitGroup
			for range 4 { // late ones, already given up by the unit
				all.Go(func() {
					if conn, err := w.lis.Dial(context.Background()); err == nil {
						var b bytes.Buffer
						c := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
						c.ProtocolName, c.ProtocolVersion, c.CleanSession, c.Keepalive = "MQTT", 4, true, 60
						c.ClientIdentifier, c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = "u1", true, "u1", true, []byte("secret of u1")
						_ = c.Write(&b)
						_, _ = conn.Write(b.Bytes())
						_ = conn.Close()
					}
				})
			}
			all.Wait()
			var last *client
			for try := 0; last == nil && try < 20; try++ { // a late one may still throw it out
				c, err := w.dial("u1", "secret of u1", nil)
				time.Sleep(10 * time.Millisecond)
				if err == nil && c.IsConnected() {
					last = c
				}
			}
			if last == nil {
				t.Fatalf("round %d: the unit does not get in", round)
			}
			if !last.hears(wire.BulletinTopic("area/county")) {
				t.Fatalf("round %d: the subscription is refused", round)
			}
			time.Sleep(time.Second)
			word := fmt.Sprint("round ", round)
			centre.says(wire.BulletinTopic("area/county"), word, false)
			time.Sleep(time.Second)
			if got := last.heard(); len(got) == 0 || !strings.HasSuffix(got[len(got)-1], word) {
				t.Fatalf("round %d: the unit hears %q", round, got)
			}
			if round%2 == 0 {
				last.bye()
			} else {
				_ = last.conn.Close()
			}
		}
		synctest.Wait()
		if n := w.broker.Counters().Clients; n != 1 {
			t.Errorf("%d clients are connected, want the centre alone", n)
		}
	})
}

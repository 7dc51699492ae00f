package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

// heard is one message about a unit's life.
type heard struct {
	unit string
	at   time.Time
	// One of these is set.
	birth *wire.Birth
	will  *wire.Will
	beat  *wire.Heartbeat
	have  *wire.Have
	onAir *wire.OnAirReport
}

// hear takes every message of a session, in order.
func (f *Fleet) hear(s *session, m paho.Message) {
	if m.Topic() == wire.CentreTopic {
		if c, err := wire.Decode[wire.Centre](m.Payload()); err == nil {
			s.heardCentre(c)
		}
		return
	}
	if m.Retained() {
		// No word of a unit is retained: this one is old, or a stranger's.
		f.refuse(m.Topic(), errors.New("a retained message on a unit's topic"))
		return
	}
	f.Hear(m.Topic(), m.Payload())
}

// Hear takes one message of a unit, as from the broker's own hook for wills. It
// waits when the store is far behind. What is wrong with it becomes an event.
func (f *Fleet) Hear(topic string, payload []byte) {
	f.counted.messages.Add(1)
	if err := f.take(topic, payload); err != nil {
		f.refuse(topic, err)
	}
}

// take decodes strictly and hands on; the unit of the payload must be the one
// of the topic, which the broker has checked.
func (f *Fleet) take(topic string, payload []byte) error {
	t, err := wire.ParseTopic(topic)
	if err != nil {
		return err
	}
	h := heard{unit: t.Unit(), at: time.Now()}
	var named string
	switch t.Channel {
	case wire.ChannelBirth:
		h.birth, err = read[wire.Birth](payload, func(b wire.Birth) { named = b.Unit })
	case wire.ChannelGone:
		h.will, err = read[wire.Will](payload, func(w wire.Will) { named = w.Unit })
	case wire.ChannelHeartbeat:
		h.beat, err = read[wire.Heartbeat](payload, func(b wire.Heartbeat) { named = b.Unit })
	case wire.ChannelHave:
		h.have, err = read[wire.Have](payload, func(b wire.Have) { named = b.Unit })
	case wire.ChannelOnAir:
		h.onAir, err = read[wire.OnAirReport](payload, func(o wire.OnAirReport) { named = o.Unit })
	case wire.ChannelReport:
		var r *wire.Report
		if r, err = read[wire.Report](payload, func(r wire.Report) { named = r.Unit }); err == nil && named == h.unit {
			select {
			case f.reports <- *r:
			case <-f.done:
			}
			return nil
		}
	case wire.ChannelDetail:
		var d *wire.Detail
		if d, err = read[wire.Detail](payload, func(wire.Detail) {}); err == nil {
			f.asking.answer(h.unit, *d)
			return nil
		}
	case wire.ChannelAnswer:
		var a *wire.Answer
		if a, err = read[wire.Answer](payload, func(a wire.Answer) { named = a.Unit }); err == nil && named == h.unit {
			f.commands.answer(h.unit, *a)
			return nil
		}
	default:
		return fmt.Errorf("units do not speak on %s", t.Channel)
	}
	switch {
	case err != nil:
		return err
	case named != h.unit:
		return fmt.Errorf("%s speaks in the name of %q", h.unit, named)
	}
	if h.birth != nil {
		f.commands.born(*h.birth)
	}
	select {
	case f.presence <- h:
	case <-f.done:
	}
	return nil
}

func read[T wire.Payload](payload []byte, look func(T)) (*T, error) {
	v, err := wire.Decode[T](payload)
	if err != nil {
		return nil, err
	}
	look(v)
	return &v, nil
}

// badness keeps one broken unit from filling the log of events: of each unit
// one in noteEach.
type badness struct {
	mu   sync.Mutex
	next map[string]time.Time
}

const noteEach = time.Minute

func (b *badness) due(unit string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.next[unit]) {
		return false
	}
	if b.next == nil || len(b.next) > 10_000 {
		b.next = map[string]time.Time{}
	}
	b.next[unit] = now.Add(noteEach)
	return true
}

// refuse counts a message that is not taken and tells people of it.
func (f *Fleet) refuse(topic string, err error) {
	f.counted.bad.Add(1)
	t, _ := wire.ParseTopic(topic) // without a unit it is an event of nobody
	if !f.bad.due(t.Unit(), time.Now()) {
		return
	}
	f.log.Warn("message refused", "topic", topic, "error", err)
	f.options.Note(context.Background(), t.Unit(), "bad-message", fmt.Sprintf("message on %.100s refused: %v", topic, err))
}

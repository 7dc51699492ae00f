package agent

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	// answerTimeout is how long the broker may take over an answer.
	answerTimeout = 20 * time.Second
	// farewellTime is how long paho may take to send what is under way, in milliseconds.
	farewellTime = 250
	backoffFirst = time.Second
	backoffMost  = 30 * time.Second
	// steady is how long a session lasts that lets the backoff begin anew.
	steady = time.Minute
	// maxInbox and maxInboxBytes bound what waits to be looked at: more than all
	// snapshots of a unit at once. maxOutbound bounds what waits to be sent.
	maxInbox      = 512
	maxInboxBytes = 8 << 20
	maxOutbound   = 64
)

// message is what came on a topic in a session.
type message struct {
	session *session
	topic   string
	payload []byte
	// stray: it came on a topic that the unit does not follow; the payload is gone.
	stray bool
	// over is the size of a packet that was too big, nothing of which is here.
	over int
}

// link keeps one MQTT session after the other. A session is a client of its
// own, with its own number in its will: nothing of an old one can be taken for
// the new.
type link struct {
	unit   string
	centre func() *endpoint                        // where to connect, asked each time
	dial   func(context.Context) (net.Conn, error) // nil: by address
	number func() (uint64, error)
	birth  func(session uint64) wire.Birth
	cond   *conditions
	log    *slog.Logger
	inbox  chan message
	// waiting are the bytes in the inbox.
	waiting atomic.Int64
	// leaf is the device's certificate, nil for none; turned is told why a session
	// did not come about.
	leaf   func() *x509.Certificate
	turned func(shown *x509.Certificate, why error)
	// came is called after the birth of every session.
	came func()

	mu        sync.Mutex
	now       *session // nil while there is none
	addresses []wire.Address
	topics    map[string]bool // all on which something may come
	cut       bool            // by the demonstration
	uncut     chan struct{}
	last      error
	since     time.Time // of the state that the page shows
	past      []change
	// unechoed counts the sessions in a row that brought messages, and never the
	// unit's own echo.
	unechoed int
}

// session is one connection.
type session struct {
	number uint64
	client paho.Client
	lost   chan struct{}
	once   sync.Once
	why    error

	mu    sync.Mutex
	queue []outgoing
	wake  chan struct{}

	addresses []wire.Address           // subscribed to; of keepUp alone once it runs
	known     atomic.Pointer[[]string] // features that the centre names
	features  atomic.Pointer[[]string] // those in use: the broker may refuse some
	adjust    chan struct{}            // poked when addresses or features are others

	received atomic.Int64   // unix ms of the last message that came, 0 for none
	echoed   atomic.Int64   // of the last echo
	learned  chan struct{}  // poked when the features may have changed
	echoes   chan wire.Echo // what came back
}

type outgoing struct {
	channel wire.Channel
	payload []byte
}

func (s *session) end(why error) {
	s.once.Do(func() {
		s.why = why
		close(s.lost)
	})
}

// run holds sessions until ctx ends, then says farewell.
func (l *link) run(ctx context.Context) {
	for attempt := 0; ; attempt++ {
		if !l.waitUncut(ctx) {
			return
		}
		start, shown := time.Now(), l.leaf()
		err := l.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		l.ended(err)
		l.turned(shown, err)
		l.log.Warn("no link to the centre", "err", err)
		if time.Since(start) > steady {
			attempt = 0
		}
		if !sleep(ctx, jitter(attempt, backoffFirst, backoffMost)) {
			return
		}
	}
}

// serve runs one session.
func (l *link) serve(ctx context.Context) error {
	number, err := l.number()
	if err != nil {
		return err
	}
	s := &session{number: number, lost: make(chan struct{}), wake: make(chan struct{}, 1), learned: make(chan struct{}, 1), adjust: make(chan struct{}, 1), echoes: make(chan wire.Echo, 4)}
	o, err := l.options(ctx, s)
	if err != nil {
		return err
	}
	s.client = paho.NewClient(o)
	defer s.client.Disconnect(farewellTime)
	if err := l.open(ctx, s); err != nil {
		s.end(err)
		return err
	}
	l.set(s)
	defer l.set(nil)
	l.log.Info("link to the centre", "session", number)
	l.came()
	var loops sync.WaitGroup
	loops.Go(func() { l.keepUp(ctx, s) }) // at first: what the first messages may have changed meanwhile
	loops.Go(func() { l.send(s) })
	loops.Go(func() { l.echo(s) })
	select {
	case <-s.lost:
	case <-ctx.Done():
		l.farewell(s, "stopped")
		s.end(ctx.Err())
	}
	loops.Wait()
	return s.why
}

// open connects, subscribes, and says the birth. The key ring is asked for
// first, so that it is here before what its keys signed.
func (l *link) open(ctx context.Context, s *session) error {
	if err := s.await(ctx, s.client.Connect()); err != nil {
		return fmt.Errorf("connect to broker: %w", err)
	}
	s.addresses = l.wanted()
	subs := wire.UnitSubscriptions(l.unit, s.addresses)
	first := slices.IndexFunc(subs, func(s wire.Subscription) bool { return s.Filter == wire.KeysTopic })
	for _, list := range [][]wire.Subscription{subs[first : first+1], slices.Delete(slices.Clone(subs), first, first+1)} {
		if _, err := s.subscribe(ctx, list); err != nil {
			return err
		}
	}
	payload, err := wire.Encode(l.birth(s.number))
	if err != nil {
		return fmt.Errorf("say birth: %w", err)
	}
	if err := s.await(ctx, s.client.Publish(wire.BirthTopic(l.unit), 1, false, payload)); err != nil {
		return fmt.Errorf("say birth: %w", err)
	}
	return nil
}

// hear runs in paho's own goroutine, which must not be held up: what does not
// fit ends the session, and the next one begins with everything retained.
func (l *link) hear(s *session, m paho.Message) {
	if s.received.Swap(time.Now().UnixMilli()) == 0 {
		l.proven()
	}
	if m.Topic() == wire.EchoTopic(l.unit) {
		s.heardEcho(m.Payload())
		return
	}
	x := message{session: s, topic: m.Topic(), payload: m.Payload()}
	if x.stray = !l.follows(x.topic); x.stray {
		x.payload = nil
	}
	full := errors.New("more messages than can be looked at")
	if l.waiting.Add(int64(len(x.payload))) > maxInboxBytes {
		l.waiting.Add(-int64(len(x.payload)))
		s.end(full)
		return
	}
	select {
	case l.inbox <- x:
	default:
		l.waiting.Add(-int64(len(x.payload)))
		s.end(full)
	}
}

// tooBig is told of a packet that was thrown away. It must not be held up, as hear.
func (l *link) tooBig(s *session, bytes int) {
	select {
	case l.inbox <- message{session: s, over: bytes}:
	default:
	}
}

// post hands a message to the session, if there is one, and never waits. With
// latest, what waits on the same channel is replaced.
func (l *link) post(c wire.Channel, p wire.Payload, latest bool) bool {
	l.mu.Lock()
	s := l.now
	l.mu.Unlock()
	if s == nil {
		return false
	}
	payload, err := wire.Encode(p)
	if err != nil {
		l.log.Error("a message of our own is not valid", "channel", c, "err", err)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer poke(s.wake)
	if latest {
		for i := range s.queue {
			if s.queue[i].channel == c {
				s.queue[i].payload = payload
				return true
			}
		}
	}
	if len(s.queue) >= maxOutbound {
		return false
	}
	s.queue = append(s.queue, outgoing{c, payload})
	return true
}

// send publishes what was posted until the session ends.
func (l *link) send(s *session) {
	for {
		select {
		case <-s.lost:
			return
		case <-s.wake:
		}
		for {
			s.mu.Lock()
			if len(s.queue) == 0 {
				s.mu.Unlock()
				break
			}
			m := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			topic := wire.Topic{Channel: m.channel, Address: wire.UnitAddress(l.unit)}
			token := s.client.Publish(topic.String(), topic.Spec().QoS, false, m.payload)
			select {
			case <-token.Done(): // at once for QoS 0, and for what cannot be sent
				if err := token.Error(); err != nil {
					s.end(fmt.Errorf("publish %s: %w", m.channel, err))
					return
				}
			default:
			}
		}
	}
}

func (l *link) farewell(s *session, why string) {
	payload, err := wire.Encode(wire.Will{Unit: l.unit, Session: s.number, Clean: true, Why: why})
	if err != nil {
		return
	}
	s.client.Publish(wire.GoneTopic(l.unit), 1, false, payload).WaitTimeout(time.Second)
}

// session is the number of the session in force, 0 while there is none.
func (l *link) session() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		return 0
	}
	return l.now.number
}

// drop ends the session in force; the next one follows after the backoff.
func (l *link) drop(why error) {
	l.mu.Lock()
	s := l.now
	l.mu.Unlock()
	if s != nil {
		s.end(why)
	}
}

// await waits for the broker's answer.
func (s *session) await(ctx context.Context, t paho.Token) error {
	timer := time.NewTimer(answerTimeout)
	defer timer.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-s.lost:
		return s.why
	case <-timer.C:
		return errors.New("the broker does not answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}

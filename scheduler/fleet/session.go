package fleet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

// Times of the link.
const (
	keepAlive      = 15 * time.Second
	pingTimeout    = 10 * time.Second
	connectTimeout = 10 * time.Second
	answerTimeout  = 10 * time.Second
	writeTimeout   = 10 * time.Second
	firstBackoff   = 200 * time.Millisecond
	longestBackoff = 10 * time.Second
	// farewell is how long paho may take to send what is under way, in milliseconds.
	farewell = 250
)

// backoff is how long to wait before attempt n (1 is the first after a
// failure): full jitter under a doubling ceiling. r is random in [0, 1).
func backoff(n int, r float64) time.Duration {
	ceiling := longestBackoff
	if n >= 1 && n < 7 {
		ceiling = min(ceiling, firstBackoff<<(n-1))
	}
	return time.Duration(r * float64(ceiling))
}

// connect keeps a session for as long as ctx lasts: a new client for each
// connection, with nothing taken over from the one before.
func (f *Fleet) connect(ctx context.Context) {
	for attempt := 1; ctx.Err() == nil; attempt++ {
		proven, err := f.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		if proven {
			attempt = 1
		}
		wait := backoff(attempt, rand.Float64())
		f.log.Warn("no link to the broker", "error", err, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// session is one connection to the broker.
type session struct {
	client paho.Client
	// since marks this session's word on the centre's topic.
	since int64
	lost  chan struct{}
	once  sync.Once
	why   error

	mu    sync.Mutex
	found int64 // the mark that the broker held from before, 0 for none
	echo  chan struct{}
}

func (s *session) end(why error) {
	s.once.Do(func() {
		s.why = why
		close(s.lost)
	})
}

// serve runs one session until it is lost or ctx ends. proven tells whether
// the link ever worked.
func (f *Fleet) serve(ctx context.Context) (proven bool, err error) {
	s := &session{since: max(time.Now().UnixMilli(), f.since+1), lost: make(chan struct{}), echo: make(chan struct{})}
	o, err := f.clientOptions(ctx, s)
	if err != nil {
		return false, err
	}
	s.client = paho.NewClient(o)
	defer s.client.Disconnect(farewell)
	if err := f.open(s); err != nil {
		s.end(err)
		return false, err
	}
	refill := s.found == 0 || s.found != f.since
	f.since = s.since
	f.counted.links.Add(1)
	f.session.Store(s)
	f.options.Link(true, time.Now(), "")
	f.log.Info("link to the broker", "refill", refill)
	err = f.sendAll(ctx, s, refill)
	s.end(err)
	f.session.Store(nil)
	why := "the centre stops"
	if ctx.Err() == nil {
		why = s.why.Error()
	} else if f.say(s, false) != nil {
		f.log.Debug("no farewell: the link is gone already")
	}
	f.options.Link(false, time.Now(), why)
	return true, s.why
}

// open connects, subscribes, and proves that the link carries messages by
// hearing the centre's own word come back. What the broker held on that topic
// before tells whether it still has what we gave it.
func (f *Fleet) open(s *session) error {
	if err := await(s.client.Connect()); err != nil {
		return fmt.Errorf("connect to broker: %w", err)
	}
	filters := map[string]byte{wire.CentreTopic: 1}
	for _, sub := range wire.CentreSubscriptions() {
		filters[sub.Filter] = sub.QoS
	}
	token := s.client.SubscribeMultiple(filters, nil)
	if err := await(token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if t, ok := token.(*paho.SubscribeToken); ok {
		for filter, code := range t.Result() {
			if code > 2 { // MQTT 3.1.1, 3.9.3: 0x80 is failure
				return fmt.Errorf("subscribe: the broker refuses %q", filter)
			}
		}
	}
	if err := f.say(s, true); err != nil {
		return fmt.Errorf("publish the centre's state: %w", err)
	}
	select {
	case <-s.echo:
		return nil
	case <-s.lost:
		return s.why
	case <-time.After(answerTimeout):
		return errors.New("the broker does not deliver: no echo of the centre's own state")
	}
}

// say publishes the centre's own state.
func (f *Fleet) say(s *session, online bool) error {
	b, err := wire.Encode(f.state(s, online))
	if err != nil {
		return err
	}
	return await(s.client.Publish(wire.CentreTopic, 1, true, b))
}

// state is the centre's word of itself. Its features stand in the will too: they
// are those of the broker, and what was known before the centre went is known
// after it.
func (f *Fleet) state(s *session, online bool) wire.Centre {
	return wire.Centre{Online: online, Since: s.since, Features: f.options.Features}
}

// heardCentre takes what comes on the centre's own topic.
func (s *session) heardCentre(c wire.Centre) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Since != s.since {
		s.found = c.Since
		return
	}
	select {
	case <-s.echo:
	default:
		close(s.echo)
	}
}

func (f *Fleet) clientOptions(ctx context.Context, s *session) (*paho.ClientOptions, error) {
	will, err := wire.Encode(f.state(s, false))
	if err != nil {
		return nil, err
	}
	broker := f.options.URL
	if f.options.Dial != nil {
		broker = "tcp://broker.invalid:1883" // paho wants one; it is not looked at
	}
	o := paho.NewClientOptions().
		AddBroker(broker).
		SetClientID(f.options.User).SetUsername(f.options.User).SetPassword(f.options.Password).
		SetCleanSession(true).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(keepAlive).SetPingTimeout(pingTimeout).
		SetConnectTimeout(connectTimeout).SetWriteTimeout(writeTimeout).
		// In order, so that a birth, a heartbeat and a will of one unit are
		// taken as they were said.
		SetOrderMatters(true).
		SetBinaryWill(wire.CentreTopic, will, 1, true).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { f.hear(s, m) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { s.end(fmt.Errorf("connection lost: %w", err)) })
	if f.options.TLS != nil {
		o.SetTLSConfig(f.options.TLS.Clone())
	} else {
		o.SetTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	if f.options.Dial != nil {
		o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			dial, cancel := context.WithTimeout(ctx, connectTimeout)
			defer cancel()
			return f.options.Dial(dial)
		})
	}
	return o, nil
}

// await waits for the broker's answer.
func await(t paho.Token) error {
	if !t.WaitTimeout(answerTimeout) {
		return errors.New("the broker does not answer")
	}
	return t.Error()
}

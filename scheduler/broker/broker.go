// Package broker is the embedded MQTT broker of the centre: mochi behind a
// small door. It owns who may log in, who may publish and hear what (as
// device/wire says), the limits, and the news of units that are gone.
//
// It keeps nothing: sessions and retained messages are a convenience, and the
// centre fills an empty broker again from its store. An operator may run any
// other MQTT 3.1.1 broker instead; MosquittoFiles writes a configuration with
// the same rules.
package broker

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"

	"github.com/villagecast/villagecast/device/wire"
)

// Defaults of Options.
const (
	// DefaultQueue holds the wills of about two thousand units that die at
	// once; it costs 8 bytes a place and client.
	DefaultQueue = 2048
	// connectTimeout is how long a connection may take to log in.
	connectTimeout = 10 * time.Second
	// closeTimeout is how long a client that does not read can hold up Close.
	closeTimeout = time.Second
	// heldBack is the number of messages not yet taken by the centre from
	// which on units must wait with further ones.
	heldBack = 512
	// longestWait is how long a unit's message waits for the centre at most.
	longestWait = 2 * time.Second
)

// Options of a broker. Listeners, CentreUser, CentreSecret, Login and Access
// must be given.
type Options struct {
	// Listeners accept the connections: TCP, TLS, or in memory. The broker
	// closes them.
	Listeners []net.Listener
	// CentreUser and CentreSecret are the credential of the centre's own client.
	CentreUser   string
	CentreSecret string
	// Login tells whether the unit exists and the secret is its own.
	Login func(unit, secret string) bool
	// Certified tells whose a certificate is that a client showed by TLS, or why it
	// does not count. It stands for name and secret. Nil takes none.
	Certified func(*x509.Certificate) (unit string, err error)
	// Access is what the unit may publish and hear now. It is asked at login
	// and when a unit subscribes to something that was not granted before, as
	// after it was moved.
	Access func(unit string) (wire.Access, error)
	// Will is called with topic and payload of the will of each unit that is
	// gone without a farewell, besides its publication: a queue can lose a
	// message in a burst, a call not. It is called on the goroutine of the
	// connection that ended; nil is allowed.
	Will func(topic string, payload []byte)
	// Queue is the number of messages that wait for one slow client before
	// further ones are dropped; DefaultQueue if zero.
	Queue int
	// MaxClients refuses further clients; no limit if zero.
	MaxClients int
	Logger     *slog.Logger
}

func (o *Options) validate() error {
	switch {
	case len(o.Listeners) == 0:
		return errors.New("no listener given")
	case o.CentreUser == "" || o.CentreSecret == "":
		return errors.New("no credential of the centre given")
	case o.Login == nil || o.Access == nil:
		return errors.New("no login or access given")
	case o.Queue < 0 || o.Queue > 1<<16:
		return fmt.Errorf("queue is %d: give 1 to 65536, or 0 for %d", o.Queue, DefaultQueue)
	case o.MaxClients < 0:
		return fmt.Errorf("maximum of clients is %d: give 0 for no limit, or more", o.MaxClients)
	}
	if o.Queue == 0 {
		o.Queue = DefaultQueue
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Broker runs from Start to Close.
type Broker struct {
	server  *mochi.Server
	hook    *hook
	closing atomic.Bool
	once    sync.Once
	err     error
	doors   []*door
}

// Counters count since the start, but Clients and Retained, which are of now.
type Counters struct {
	Clients, Retained         int64
	Received, Sent            int64 // messages
	Dropped                   int64 // messages lost to a full queue
	RefusedLogins, RefusedACL int64
}

// Start makes a broker that serves the listeners. On an error they are closed.
func Start(o Options) (*Broker, error) {
	b := &Broker{}
	err := o.validate()
	if err == nil {
		err = b.start(o)
	}
	if err != nil {
		for _, l := range o.Listeners {
			err = errors.Join(err, l.Close())
		}
		return nil, fmt.Errorf("start broker: %w", err)
	}
	return b, nil
}

func (b *Broker) start(o Options) error {
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumClientWritesPending = int32(o.Queue)
	caps.MaximumPacketSize = wire.MaxMessage + 1024 // and its header
	caps.MaximumInflight = 32 << 10
	caps.MaximumQos = 1
	caps.SharedSubAvailable = 0
	caps.MinimumProtocolVersion = 4
	// Zero is "never". The limit would hold for retained messages too, and
	// drop every bulletin after a day.
	caps.MaximumMessageExpiryInterval = 0
	caps.MaximumSessionExpiryInterval = 0 // a session ends with its connection
	if o.MaxClients > 0 {
		caps.MaximumClients = int64(o.MaxClients)
	}
	log := o.Logger.With("component", "broker")
	b.server = mochi.New(&mochi.Options{
		Capabilities: caps,
		// mochi warns of every connection that ends; what matters is logged
		// by the hook.
		Logger: slog.New(slog.DiscardHandler),
	})
	b.hook = &hook{options: o, log: log, broker: b}
	if err := b.server.AddHook(b.hook, nil); err != nil {
		return err
	}
	for i, l := range o.Listeners {
		d := &door{Listener: l, open: map[net.Conn]struct{}{}}
		b.doors = append(b.doors, d)
		if err := b.server.AddListener(turns{listeners.NewNet(strconv.Itoa(i), d), b.hook}); err != nil {
			return err
		}
	}
	// Not server.Serve: that starts a loop besides, which each second copies all
	// that is retained and looks at every client, for what expires. Here nothing
	// does: sessions end with their connection (turns), wills are not delayed
	// (hook), and no message has an end. The loop's other work, statistics under
	// $SYS, nobody may read.
	b.server.Listeners.ServeAll(b.server.EstablishConnection)
	return nil
}

// Close ends all connections and waits for them. Wills of units are not told
// to Options.Will: it is the broker that has gone, not they. It may be called
// more than once.
func (b *Broker) Close() error {
	b.once.Do(func() {
		b.closing.Store(true)
		for _, d := range b.doors {
			d.hurry(time.Now().Add(closeTimeout))
		}
		b.err = b.server.Close()
	})
	return b.err
}

// Counters are a snapshot of the broker's counters.
func (b *Broker) Counters() Counters {
	i := b.server.Info.Clone()
	return Counters{
		Clients: i.ClientsConnected, Retained: i.Retained,
		Received: i.MessagesReceived, Sent: i.MessagesSent,
		Dropped:       i.MessagesDropped + i.InflightDropped,
		RefusedLogins: b.hook.refusedLogins.Load(), RefusedACL: b.hook.refusedACL.Load(),
	}
}

// Kick ends the connections of a user, whose secret was changed or who is no more.
func (b *Broker) Kick(user string) {
	if cl, ok := b.server.Clients.Get(user); ok {
		cl.Stop(errKicked)
	}
}

var errKicked = errors.New("disconnected by the centre")

// door is a listener that knows its open connections, so that those which never
// logged in end too.
type door struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]struct{}
	shut bool
}

// Accept gives a connection until connectTimeout to log in; then the broker
// sets the deadlines by its keep-alive.
func (d *door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if err := c.SetReadDeadline(time.Now().Add(connectTimeout)); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return nil, errors.Join(net.ErrClosed, c.Close())
	}
	t := &doorConn{Conn: c, door: d}
	d.open[t] = struct{}{}
	return t, nil
}

// hurry sets the end of every write that now waits.
func (d *door) hurry(end time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.open {
		_ = c.SetWriteDeadline(end) // fails when it is closed already, which is as good
	}
}

// Close ends Accept and every connection.
func (d *door) Close() error {
	d.mu.Lock()
	d.shut = true
	open := make([]net.Conn, 0, len(d.open))
	for c := range d.open {
		open = append(open, c)
	}
	d.mu.Unlock()
	err := d.Listener.Close()
	for _, c := range open {
		_ = c.Close()
	}
	return err
}

type doorConn struct {
	net.Conn
	door *door
}

func (c *doorConn) Close() error {
	c.door.mu.Lock()
	delete(c.door.open, c)
	c.door.mu.Unlock()
	return c.Conn.Close()
}

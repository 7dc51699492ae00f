// Package faultnet is a bad network on command, for tests: a Line between
// clients and one server that can be cut, go dead without telling anybody, be
// slow, late, or break in the middle of a message. It joins connections in
// memory (Dial, which works in testing/synctest bubbles) and real ones (Listen).
//
// It behaves as TCP does on such a line: what is under way while the line is
// dead comes when it lives again, unless the connection was given up meanwhile.
package faultnet

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/memnet"
)

// Window is how many bytes may be under way in one direction of a connection
// unless its client asks for fewer (SetReadBuffer): a router with a long queue.
const Window = 512 << 10

// Line is a line to one server. Its methods may be called at any time.
type Line struct {
	server func(context.Context) (net.Conn, error)
	dials  atomic.Int64

	mu     sync.Mutex
	change *sync.Cond
	refuse error
	dead   bool
	delay  time.Duration
	rate   int64 // bytes/s in each direction, 0 is without bound
	free   [2]time.Time
	left   int64 // bytes until everything breaks, -1 for no end
	conns  map[*connection]bool

	closed bool // nothing stands any more
	flows  sync.WaitGroup
}

// New makes a good line to a server.
func New(server func(context.Context) (net.Conn, error)) *Line {
	l := &Line{server: server, left: -1, conns: map[*connection]bool{}}
	l.change = sync.NewCond(&l.mu)
	return l
}

// Dials counts the attempts to connect.
func (l *Line) Dials() int64 { return l.dials.Load() }

// Refuse makes every new connection fail with err; nil ends that. Those that
// stand are left alone.
func (l *Line) Refuse(err error) { l.set(func() { l.refuse = err }) }

// Dead makes the line carry nothing, and tells nobody, until it lives again.
func (l *Line) Dead(dead bool) { l.set(func() { l.dead = dead }) }

// Delay makes everything come so much later.
func (l *Line) Delay(d time.Duration) { l.set(func() { l.delay = d }) }

// Rate bounds what the line carries in each direction, in bits a second, for all
// its connections together, first come first served; 0 is without bound.
func (l *Line) Rate(bits int64) { l.set(func() { l.rate = bits / 8 }) }

// CutAfter breaks every connection after n more bytes, in the middle of whatever
// they are.
func (l *Line) CutAfter(n int64) { l.set(func() { l.left = n }) }

// Cut breaks every connection that stands.
func (l *Line) Cut() { l.set(l.cut) }

// Close mends the line, breaks what stands and what is connected from now on, and
// waits until nothing is under way.
func (l *Line) Close() {
	l.set(func() {
		l.dead, l.delay, l.rate, l.closed = false, 0, 0, true
		l.cut()
	})
	l.flows.Wait()
}

func (l *Line) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	l.change.Broadcast()
}

func (l *Line) cut() {
	for c := range l.conns {
		c.broken = true
		for _, end := range []net.Conn{c.client, c.server} {
			if t, ok := end.(*net.TCPConn); ok {
				_ = t.SetLinger(0) // a reset, not an end
			}
			_ = end.Close()
		}
	}
	clear(l.conns)
}

// Dial connects in memory. On a dead line it waits until ctx ends.
func (l *Line) Dial(ctx context.Context) (net.Conn, error) { return l.dial(ctx, l.server) }

// To is the way to another server over the same line.
func (l *Line) To(server func(context.Context) (net.Conn, error)) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return l.dial(ctx, server) }
}

func (l *Line) dial(ctx context.Context, to func(context.Context) (net.Conn, error)) (net.Conn, error) {
	l.dials.Add(1)
	stop := context.AfterFunc(ctx, func() { l.set(func() {}) })
	defer stop()
	l.mu.Lock()
	for l.dead && l.refuse == nil && ctx.Err() == nil {
		l.change.Wait()
	}
	refuse := l.refuse
	l.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, &net.OpError{Op: "dial", Net: "fault", Err: os.ErrDeadlineExceeded}
	case refuse != nil:
		return nil, refuse
	}
	server, err := to(ctx)
	if err != nil {
		return nil, err
	}
	near, far := memnet.Pair("line")
	down := l.join(far, server)
	return &client{Conn: near, down: down}, nil
}

// Listen opens a port of this machine that leads over the line. Closing the
// listener also breaks what stands.
func (l *Line) Listen() (net.Listener, error) {
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := port.Accept()
			if err != nil {
				l.Cut()
				return
			}
			l.dials.Add(1)
			go l.accept(conn)
		}
	}()
	return port, nil
}

// accept joins a real connection to the server. While the line is dead the
// machine's own listener accepts, and nothing comes.
func (l *Line) accept(conn net.Conn) {
	l.mu.Lock()
	for l.dead && l.refuse == nil {
		l.change.Wait()
	}
	refuse := l.refuse
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var server net.Conn
	err := refuse
	if err == nil {
		server, err = l.server(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return
	}
	l.join(conn, server)
}

// connection is one client's way to the server.
type connection struct {
	client, server net.Conn
	broken         bool // under the line's mu
}

// join starts to carry and gives the flow to the client.
func (l *Line) join(client, server net.Conn) (down *flow) {
	c := &connection{client: client, server: server}
	l.mu.Lock()
	l.conns[c] = true
	closed := l.closed
	l.mu.Unlock()
	up := &flow{line: l, conn: c, from: client, to: server, direction: 0, window: Window}
	down = &flow{line: l, conn: c, from: server, to: client, direction: 1, window: Window}
	_, down.held = client.(*memnet.Conn)
	for _, f := range []*flow{up, down} {
		l.flows.Go(f.pull)
		l.flows.Go(f.push)
	}
	if closed {
		l.Cut()
	}
	return down
}

// errGone ends a flow whose connection was broken.
var errGone = errors.New("the connection was cut")

// due is when n bytes that are sent now have passed.
func (l *Line) due(direction, n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now()
	if l.rate > 0 {
		if l.free[direction].After(at) {
			at = l.free[direction]
		}
		at = at.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
		l.free[direction] = at
	}
	return at.Add(l.delay)
}

// pass waits while the line is dead and tells how many of n bytes may go; last
// says that everything breaks after them.
func (l *Line) pass(c *connection, n int) (allowed int, last bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.dead && !c.broken {
		l.change.Wait()
	}
	if c.broken {
		return 0, false, errGone
	}
	if l.left < 0 || n == 0 {
		return n, false, nil
	}
	allowed = int(min(int64(n), l.left))
	if l.left -= int64(allowed); l.left == 0 {
		l.left = -1
		return allowed, true, nil
	}
	return allowed, false, nil
}

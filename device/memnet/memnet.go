// Package memnet joins the two ends of a connection inside one process, for
// tests and simulated counties: a net.Listener with a dialler, and connections
// whose writes never block. net.Pipe is no substitute: its writes wait for the
// reader, and a broker and a client that both write at once stand still for
// good. All waits are durably blocking, so it works in testing/synctest bubbles.
package memnet

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Addr is the address of both ends.
type Addr string

// Network is "mem".
func (Addr) Network() string { return "mem" }

func (a Addr) String() string { return string(a) }

// Pair makes a connection and returns its two ends.
func Pair(name string) (a, b *Conn) {
	x, y := newHalf(), newHalf()
	return &Conn{name: Addr(name), in: x, out: y}, &Conn{name: Addr(name), in: y, out: x}
}

// half is one direction: an unbounded buffer between a writer and a reader.
type half struct {
	mu       sync.Mutex
	wake     *sync.Cond
	buf      []byte
	closed   bool
	hole     bool // what is written vanishes, as on a dead radio link
	deadline time.Time
	timer    *time.Timer
}

func newHalf() *half {
	h := &half{}
	h.wake = sync.NewCond(&h.mu)
	return h
}

// Conn is one end of a connection. Its write deadline does nothing, as its
// writes never wait.
type Conn struct {
	name    Addr
	in, out *half
}

// Read waits until there are bytes, the other end is closed (io.EOF), or the
// read deadline passes (os.ErrDeadlineExceeded).
func (c *Conn) Read(p []byte) (int, error) {
	h := c.in
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.buf) == 0 {
		if h.closed {
			return 0, io.EOF
		}
		if !h.deadline.IsZero() && !time.Now().Before(h.deadline) {
			return 0, os.ErrDeadlineExceeded
		}
		h.wake.Wait()
	}
	n := copy(p, h.buf)
	if h.buf = h.buf[n:]; len(h.buf) == 0 {
		h.buf = nil
	}
	return n, nil
}

// Write never waits. It fails with io.ErrClosedPipe once either end is closed.
func (c *Conn) Write(p []byte) (int, error) {
	h := c.out
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, io.ErrClosedPipe
	}
	if !h.hole {
		h.buf = append(h.buf, p...)
		h.wake.Broadcast()
	}
	return len(p), nil
}

// Close ends both directions. Over a dead link the other end does not learn of it.
func (c *Conn) Close() error {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		if h == c.in || !h.hole {
			h.closed = true
		}
		h.wake.Broadcast()
		h.mu.Unlock()
	}
	return c.SetReadDeadline(time.Time{})
}

// Hole makes the link dead (or alive again) in both directions: what is
// written from now on vanishes, and neither end is told.
func (c *Conn) Hole(dead bool) {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		h.hole = dead
		h.mu.Unlock()
	}
}

// LocalAddr and RemoteAddr are the name of the connection.
func (c *Conn) LocalAddr() net.Addr { return c.name }

// RemoteAddr is the name of the connection.
func (c *Conn) RemoteAddr() net.Addr { return c.name }

// SetDeadline sets the read deadline.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetWriteDeadline does nothing: writes never wait.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline ends a Read that waits at t; the zero time is never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	h := c.in
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	h.deadline = t
	if !t.IsZero() {
		h.timer = time.AfterFunc(time.Until(t), func() {
			h.mu.Lock()
			h.wake.Broadcast()
			h.mu.Unlock()
		})
	}
	return nil
}

// Listener accepts what Dial connects. Make it with Listen.
type Listener struct {
	name   Addr
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Listen makes a listener of that name.
func Listen(name string) *Listener {
	return &Listener{name: Addr(name), queue: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next Dial, or for Close (net.ErrClosed).
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Dial connects to the listener. It fails when the listener is closed, as a
// port where nobody listens does, and when ctx ends first.
func (l *Listener) Dial(ctx context.Context) (*Conn, error) {
	here, there := Pair(string(l.name))
	refused := &net.OpError{Op: "dial", Net: "mem", Addr: l.name, Err: os.NewSyscallError("connect", os.ErrClosed)}
	select {
	case <-l.closed: // of two ready cases below either could be taken
		return nil, refused
	default:
	}
	select {
	case l.queue <- there:
		return here, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Close ends Accept and refuses every further Dial. Connections stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the listener's name.
func (l *Listener) Addr() net.Addr { return l.name }

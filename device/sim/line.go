package sim

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// errNoNetwork is what a unit meets that dials while its line is cut.
var errNoNetwork = errors.New("no network")

// line is a unit's way to the broker. While it is cut, what is sent vanishes and
// nobody is told, as on a dead radio link; a connection that lived through that
// ends when the line is mended, since bytes are missing from it.
type line struct {
	dial func(context.Context) (net.Conn, error)

	mu    sync.Mutex
	cut   bool
	conns map[*conn]bool
	dials atomic.Int64
}

// conn is a connection over a line.
type conn struct {
	net.Conn
	line *line
	dead atomic.Bool // the line was cut during its life
}

func (l *line) open(ctx context.Context) (net.Conn, error) {
	l.dials.Add(1)
	if l.isCut() {
		return nil, errNoNetwork
	}
	c, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	over := &conn{Conn: c, line: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, errors.Join(errNoNetwork, c.Close())
	}
	if l.conns == nil {
		l.conns = map[*conn]bool{}
	}
	l.conns[over] = true
	return over, nil
}

func (l *line) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// connected tells whether there is a connection that works.
func (l *line) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.cut && len(l.conns) > 0
}

// setCut cuts the line, or mends it.
func (l *line) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut == cut {
		return
	}
	l.cut = cut
	for c := range l.conns {
		c.dead.Store(true)
		if !cut {
			_ = c.Conn.Close() // it is broken already
		}
	}
}

// sever ends every connection at once, as a device without power does.
func (l *line) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Conn.Close() // nobody is left to hear of an error
	}
}

// Read drops what comes while the line is cut.
func (c *conn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.dead.Load() {
			return n, err
		}
	}
}

// Write loses what is sent while the line is cut.
func (c *conn) Write(p []byte) (int, error) {
	if c.dead.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Close ends the connection. Over a cut line the other end is told only when
// the line is mended.
func (c *conn) Close() error {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut && l.conns[c] {
		return c.Conn.SetDeadline(past) // wakes the reader; mending closes it
	}
	delete(l.conns, c)
	return c.Conn.Close()
}

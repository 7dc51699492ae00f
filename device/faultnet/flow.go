package faultnet

import (
	"net"
	"slices"
	"sync"
	"time"
)

// packetSize is what one packet carries at most.
const packetSize = 4 << 10

type packet struct {
	due  time.Time
	data []byte
	end  bool
}

// flow is one direction of a connection.
type flow struct {
	line      *Line
	conn      *connection
	from, to  net.Conn
	direction int
	// held: the reader says what it has read; otherwise what is written counts
	// as read.
	held bool

	mu     sync.Mutex
	wake   *sync.Cond
	window int
	sent   int // bytes under way
	queue  []packet
	over   bool
}

func (f *flow) cond() *sync.Cond {
	if f.wake == nil {
		f.wake = sync.NewCond(&f.mu)
	}
	return f.wake
}

// pull takes what is sent, as long as the window allows.
func (f *flow) pull() {
	buf := make([]byte, packetSize)
	for {
		f.mu.Lock()
		for f.sent >= f.window && !f.over {
			f.cond().Wait()
		}
		over := f.over
		f.mu.Unlock()
		if over {
			return
		}
		n, err := f.from.Read(buf)
		f.add(packet{due: f.line.due(f.direction, n), data: slices.Clone(buf[:n]), end: err != nil})
		if err != nil {
			return
		}
	}
}

func (f *flow) add(p packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent += len(p.data)
	f.queue = append(f.queue, p)
	f.cond().Broadcast()
}

// push brings it to the other side.
func (f *flow) push() {
	defer f.finish()
	for {
		f.mu.Lock()
		for len(f.queue) == 0 {
			f.cond().Wait()
		}
		p := f.queue[0]
		f.queue = f.queue[1:]
		f.mu.Unlock()
		time.Sleep(time.Until(p.due))
		n, last, err := f.line.pass(f.conn, len(p.data))
		if err != nil {
			return
		}
		if n > 0 {
			if _, err := f.to.Write(p.data[:n]); err != nil {
				return
			}
		}
		if !f.held {
			f.took(len(p.data))
		}
		if last {
			f.line.Cut()
		}
		if p.end {
			return
		}
	}
}

// finish ends the connection as seen from the reader, and with it the pull.
func (f *flow) finish() {
	f.mu.Lock()
	f.over = true
	f.cond().Broadcast()
	f.mu.Unlock()
	_ = f.to.Close()
	l := f.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.direction == 0 { // the server was told; nothing more is wanted from it
		delete(l.conns, f.conn)
	}
}

func (f *flow) took(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent -= n
	f.cond().Broadcast()
}

// client is the near end of a connection in memory: it says what was read, so
// that the window closes when its reader is slow.
type client struct {
	net.Conn
	down *flow
}

func (c *client) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.down.took(n)
	return n, err
}

// SetReadBuffer bounds how much may be under way to this end.
func (c *client) SetReadBuffer(n int) error {
	c.down.mu.Lock()
	defer c.down.mu.Unlock()
	c.down.window = n
	return nil
}

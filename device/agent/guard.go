package agent

import (
	"bufio"
	"errors"
	"io"
	"net"

	"github.com/villagecast/villagecast/device/wire"
)

// maxPacket bounds what a broker may send at once: the biggest message and its topic.
const maxPacket = wire.MaxMessage + 4<<10

// guard keeps big MQTT packets from the client, which would make room for what
// a packet's head says, up to 256 MB, before it has read a byte of it.
type guard struct {
	net.Conn
	r    *bufio.Reader
	over func(bytes int)

	head []byte // of the packet under way, as far as it was not given
	left int    // of its body
}

func newGuard(conn net.Conn, over func(bytes int)) *guard {
	return &guard{Conn: conn, r: bufio.NewReaderSize(conn, 4<<10), over: over}
}

// Read gives what comes, but for packets that are too big.
func (g *guard) Read(p []byte) (int, error) {
	for len(g.head) == 0 && g.left == 0 {
		if err := g.next(); err != nil {
			return 0, err
		}
	}
	if len(g.head) > 0 {
		n := copy(p, g.head)
		g.head = g.head[n:]
		return n, nil
	}
	n, err := g.r.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

// next reads the head of a packet (MQTT 3.1.1, 2.2) and throws a big one away.
func (g *guard) next() error {
	kind, err := g.r.ReadByte()
	if err != nil {
		return err
	}
	head, size := []byte{kind}, 0
	for shift := 0; ; shift += 7 {
		b, err := g.r.ReadByte()
		if err != nil {
			return err
		}
		head, size = append(head, b), size|int(b&0x7f)<<shift
		if b < 0x80 {
			break
		}
		if shift == 21 {
			return errors.New("the broker does not speak MQTT: a packet without a length")
		}
	}
	if size <= maxPacket {
		g.head, g.left = head, size
		return nil
	}
	g.over(size)
	_, err = io.CopyN(io.Discard, g.r, int64(size))
	return err
}

package agenttest

import (
	"net"
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// turns let a client in only when its connection of before is through: mochi
// keeps subscriptions by the client's id, so the end of the old connection could
// take away those of the new one.
type turns struct {
	mu    sync.Mutex
	last  map[string]*turn   // by client id
	turns map[net.Conn]*turn // under way
}

type turn struct {
	client *mochi.Client
	gone   chan struct{}
}

func (t *turns) enter(cl *mochi.Client) {
	mine := &turn{cl, make(chan struct{})}
	t.mu.Lock()
	if t.last == nil {
		t.last, t.turns = map[string]*turn{}, map[net.Conn]*turn{}
	}
	before := t.last[cl.ID]
	t.last[cl.ID], t.turns[cl.Net.Conn] = mine, mine
	t.mu.Unlock()
	if before != nil {
		before.client.Stop(packets.ErrSessionTakenOver)
		<-before.gone
	}
}

// establish serves a connection and says when it is through.
func (t *turns) establish(serve listeners.EstablishFn) listeners.EstablishFn {
	return func(id string, conn net.Conn) error {
		err := serve(id, conn)
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine := t.turns[conn]; mine != nil {
			delete(t.turns, conn)
			close(mine.gone)
		}
		return err
	}
}

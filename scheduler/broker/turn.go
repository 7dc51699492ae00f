package broker

import (
	"net"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// takeoverTime bounds how long a login waits until the connection before it of
// the same client is gone.
const takeoverTime = 5 * time.Second

// turns is a listener that tells when the broker is through with a connection.
//
// mochi keeps subscriptions by the client's id and not by its connection. When a
// client comes again before its old connection has ended, as it does after
// every dead line, the end of the old one takes the subscriptions of the new one
// away: connected, and deaf. So one waits for the other.
type turns struct {
	*listeners.Net
	hook *hook
}

// Serve hands connections to the broker until the listener is closed.
func (t turns) Serve(establish listeners.EstablishFn) {
	t.Net.Serve(func(id string, c net.Conn) error {
		err := establish(id, c)
		t.hook.left(c)
		return err
	})
}

// Close ends the listener's clients in mochi's stead: mochi lists them under a
// lock that it takes a second time meanwhile, and where a client leaves in
// between, both wait for ever.
func (t turns) Close(listeners.CloseFn) {
	server := t.hook.broker.server
	t.Net.Close(func(id string) {
		for _, cl := range server.Clients.GetAll() {
			if cl.Net.Listener == id && !cl.Closed() {
				_ = server.DisconnectClient(cl, packets.ErrServerShuttingDown)
			}
		}
	})
}

// enter notes the login as the client's newest and waits until its predecessor
// is gone, which itself waited for the one before.
func (h *hook) enter(cl *mochi.Client, l *login) {
	l.gone = make(chan struct{})
	h.connections.Store(cl.Net.Conn, l)
	before, ok := h.logins.Swap(cl.ID, l)
	if !ok {
		return
	}
	prior := before.(*login)
	prior.client.Stop(packets.ErrSessionTakenOver)
	timer := time.NewTimer(takeoverTime)
	defer timer.Stop()
	select {
	case <-prior.gone:
	case <-timer.C:
		h.log.Warn("a connection that was taken over does not end", "client", cl.ID)
	}
}

// left forgets a connection with which the broker is through. One that broke
// while its login was answered mochi itself would keep for ever.
func (h *hook) left(c net.Conn) {
	v, ok := h.connections.LoadAndDelete(c)
	if !ok {
		return // it never logged in
	}
	l := v.(*login)
	server := h.broker.server
	if cl, ok := server.Clients.Get(l.client.ID); ok && cl == l.client {
		cl.ClearInflights()
		server.UnsubscribeClient(cl)
		server.Clients.Delete(cl.ID)
	}
	h.logins.CompareAndDelete(l.client.ID, l)
	h.centre.CompareAndSwap(l.client, nil)
	close(l.gone)
}

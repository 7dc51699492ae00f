package broker

import (
	"bytes"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/villagecast/villagecast/device/wire"
)

// hook is what mochi asks: who may come in, who may say what, who has gone.
type hook struct {
	mochi.HookBase
	options Options
	log     *slog.Logger
	broker  *Broker
	// logins holds the newest login of each client connected.
	logins                    sync.Map // client id → *login
	connections               sync.Map // net.Conn → *login
	centre                    atomic.Pointer[mochi.Client]
	refusedLogins, refusedACL atomic.Int64
}

// login is what one connected client may do.
type login struct {
	client *mochi.Client
	gone   chan struct{} // closed when the broker is through with the connection
	// aside is the message that OnPacketRead put aside; only the connection's
	// own reader touches it.
	aside  *packets.Packet
	mu     sync.Mutex
	access wire.Access
	// read are the topics that were found to be allowed.
	read map[string]struct{}
}

func (h *hook) ID() string { return "villagecast" }

func (h *hook) Provides(b byte) bool {
	return slices.Contains([]byte{
		mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPublish, mochi.OnWill,
		mochi.OnPacketRead, mochi.OnPacketProcessed,
	}, b)
}

// OnConnectAuthenticate lets the centre and known units in. A client's id is
// its user name, or one unit could throw another out by taking over its
// session; its will may only be its own.
func (h *hook) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	user, secret := string(pk.Connect.Username), string(pk.Connect.Password)
	access, why := h.admit(cl.ID, user, secret, shown(cl.Net.Conn))
	if why == "" && pk.Connect.WillFlag && !access.MayPublish(pk.Connect.WillTopic) {
		why = "its will is on a topic that is not its own"
	}
	if why != "" {
		h.refusedLogins.Add(1)
		h.log.Warn("login refused", "user", short(user), "client", short(cl.ID), "remote", cl.Net.Remote, "why", why)
		return false
	}
	cl.Properties.Will.WillDelayInterval = 0 // of MQTT 5: nobody would send it later
	h.enter(cl, &login{client: cl, access: access, read: map[string]struct{}{}})
	if user == h.options.CentreUser {
		h.centre.Store(cl)
	}
	return true
}

func (h *hook) admit(client, user, secret string, leaf *x509.Certificate) (access wire.Access, why string) {
	switch {
	case client != user:
		return access, "the client id is not the user name"
	case user == h.options.CentreUser:
		if subtle.ConstantTimeCompare([]byte(secret), []byte(h.options.CentreSecret)) != 1 {
			return access, "wrong secret of the centre"
		}
		return wire.CentreAccess(), ""
	case leaf != nil && h.options.Certified != nil:
		if unit, err := h.options.Certified(leaf); err != nil {
			return access, "its certificate is refused: " + err.Error()
		} else if unit != user {
			return access, "its certificate is that of " + short(unit)
		}
	case !wire.ValidID(user) || !h.options.Login(user, secret):
		return access, "unknown unit or wrong secret"
	}
	access, err := h.options.Access(user)
	if err != nil {
		return access, "its access cannot be read: " + err.Error()
	}
	return access, ""
}

// shown is the certificate that the other side of a connection proved to be its
// own; nil for none, and without TLS.
func shown(c net.Conn) *x509.Certificate {
	if d, ok := c.(*doorConn); ok {
		c = d.Conn
	}
	s, ok := c.(*tls.Conn)
	if !ok {
		return nil
	}
	if list := s.ConnectionState().PeerCertificates; len(list) > 0 {
		return list[0]
	}
	return nil
}

// OnACLCheck is asked when a client publishes (write), when it subscribes to a
// filter, and before each delivery to it.
func (h *hook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	v, ok := h.logins.Load(cl.ID)
	if !ok {
		return false
	}
	l := v.(*login)
	if l.client != cl {
		return false // its successor has logged in; this one is about to be closed
	}
	var allowed bool
	switch {
	case write:
		allowed = l.mayPublish(topic)
	case h.centre.Load() == cl:
		// Every filter of the centre was checked when it subscribed, and no
		// wildcard is wider than what is granted.
		allowed = strings.HasPrefix(topic, wire.Root)
	default:
		allowed = l.mayRead(topic) || h.askedAgain(cl, l, topic)
	}
	if !allowed {
		h.refusedACL.Add(1)
		h.log.Warn("topic refused", "client", cl.ID, "topic", short(topic), "publish", write)
	}
	return allowed
}

// askedAgain looks whether the unit has been granted more since it logged in.
func (h *hook) askedAgain(cl *mochi.Client, l *login, topic string) bool {
	access, err := h.options.Access(cl.ID)
	if err != nil || !access.MayRead(topic) {
		return false
	}
	l.mu.Lock()
	l.access = access
	l.mu.Unlock()
	return true
}

func (l *login) mayPublish(topic string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.access.MayPublish(topic)
}

func (l *login) mayRead(topic string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.read[topic]; ok {
		return true
	}
	if !l.access.MayRead(topic) {
		return false
	}
	l.read[topic] = struct{}{}
	return true
}

// OnPublish makes a unit wait while the centre is far behind: its messages
// would be dropped in silence otherwise. The unit's own connection carries the
// pressure back to it.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	centre := h.centre.Load()
	if centre == nil || centre == cl {
		return pk, nil
	}
	for waited := time.Duration(0); waited < longestWait; waited += time.Millisecond {
		if centre.State.Inflight.Len() < heldBack || centre.Closed() || cl.Closed() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return pk, nil
}

// OnWill tells of a unit that has gone, at the moment its will is published.
func (h *hook) OnWill(cl *mochi.Client, will mochi.Will) (mochi.Will, error) {
	if h.options.Will != nil && cl != h.centre.Load() && !h.broker.closing.Load() {
		h.options.Will(will.TopicName, bytes.Clone(will.Payload))
	}
	return will, nil
}

// short cuts what a stranger sent to a length fit for a log.
func short(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

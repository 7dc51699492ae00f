package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	keepAlive   = 15 * time.Second
	pingTimeout = 10 * time.Second
	// connectTimeout bounds the way to the broker: the name, TCP and TLS
	// together, and then the login.
	connectTimeout = 15 * time.Second
	writeTimeout   = 10 * time.Second
)

// options are those of the client of one session.
func (l *link) options(ctx context.Context, s *session) (*paho.ClientOptions, error) {
	will, err := wire.Encode(wire.Will{Unit: l.unit, Session: s.number, Why: "connection lost"})
	if err != nil {
		return nil, fmt.Errorf("make will: %w", err)
	}
	centre := l.centre()
	if centre.settings.Secret == "" && l.leaf() == nil {
		return nil, errors.New("the device has no certificate yet")
	}
	dial := l.dial
	if dial == nil {
		dial = centre.dialBroker
	}
	return paho.NewClientOptions().
		AddBroker("tcp://broker.invalid:1883"). // paho wants one; it is not looked at
		SetClientID(l.unit).SetUsername(l.unit).SetPassword(centre.settings.Secret).
		SetCleanSession(true).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(keepAlive).SetPingTimeout(pingTimeout).
		SetConnectTimeout(connectTimeout).SetWriteTimeout(writeTimeout).
		SetOrderMatters(true). // the key ring is taken before what it explains
		SetBinaryWill(wire.GoneTopic(l.unit), will, 1, false).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { l.hear(s, m) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { s.end(fmt.Errorf("connection lost: %w", err)) }).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, connectTimeout)
			defer cancel()
			conn, err := dial(ctx)
			if err != nil {
				return nil, err
			}
			return newGuard(conn, func(bytes int) { l.tooBig(s, bytes) }), nil
		}), nil
}

// dialBroker connects to the broker, under TLS where its address says so. paho's
// own way would wait without an end for a handshake behind a proxy.
func (e *endpoint) dialBroker(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(e.settings.MQTT)
	if err != nil {
		return nil, err
	}
	conn, err := e.reach(ctx, "tcp", u.Host)
	if err != nil || u.Scheme != "ssl" {
		return conn, err
	}
	return e.secure(ctx, conn)
}

// secure makes TLS of a connection to the broker.
func (e *endpoint) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	u, err := url.Parse(e.settings.MQTT)
	if err != nil {
		return nil, err
	}
	config := e.tls.Clone()
	config.ServerName = u.Hostname()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

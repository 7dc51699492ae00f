package agent

import (
	"context"
	"net"
)

// Handshake is the TLS handshake of a connection to the broker.
func Handshake(ctx context.Context, conn net.Conn) (net.Conn, error) {
	e, err := (&Options{}).endpoint(Settings{MQTT: "ssl://centre.invalid:8883"}, noDates, &badge{})
	if err != nil {
		return nil, err
	}
	return e.secure(ctx, conn)
}

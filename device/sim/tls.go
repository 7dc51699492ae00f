package sim

import (
	"context"
	"crypto/tls"
	"net"
)

// tlsDial connects to a broker under TLS.
func tlsDial(ctx context.Context, address string, config *tls.Config) (net.Conn, error) {
	return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
}

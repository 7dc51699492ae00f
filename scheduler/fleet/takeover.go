package fleet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// TakeOver ends the connection of a client at a broker that is not ours: it comes
// in as the same client, which ends the older connection (MQTT 3.1.1, 3.1.4-2),
// and leaves.
func (f *Fleet) TakeOver(ctx context.Context, id string, config *tls.Config) error {
	o := paho.NewClientOptions().AddBroker(f.options.URL).SetClientID(id).SetUsername(id).SetTLSConfig(config).
		SetCleanSession(true).SetProtocolVersion(4).SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(connectTimeout)
	if dial := f.options.Dial; dial != nil {
		o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return dial(ctx) })
	}
	c := paho.NewClient(o)
	defer c.Disconnect(farewell)
	token := c.Connect()
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("take %s over: %w", id, err)
		}
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("take %s over", id), ctx.Err())
	}
}

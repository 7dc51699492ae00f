package app_test

import (
	"context"
	"net"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker"
)

// onOutsideBroker starts the centre anew with a broker that is not its own.
func onOutsideBroker(c *county) *broker.Broker {
	c.t.Helper()
	c.stop()
	b := outsideBroker(c)
	c.options.Broker = &app.ExternalBroker{URL: "mqtt://broker:1883", User: "centre", Password: "secret",
		Dial: func(ctx context.Context) (net.Conn, error) {
			conn, err := c.ports.dial(ctx, mqttAddress)
			if err != nil {
				return nil, err // a nil conn of our own type is not nil
			}
			return conn, nil
		}}
	c.start()
	return b
}

// outsideBroker starts such a broker, also in the place of one that was closed.
func outsideBroker(c *county) *broker.Broker {
	c.t.Helper()
	units, _ := c.ports.listen("tcp", mqttAddress)
	b, err := broker.Start(broker.Options{
		Listeners:  []net.Listener{units},
		CentreUser: "centre", CentreSecret: "secret",
		Login: func(unit, secret string) bool { return c.secret(unit) == secret },
		Access: func(unit string) (wire.Access, error) {
			if unit == mallory { // who has taken the broker may say anything
				return wire.CentreAccess(), nil
			}
			return wire.UnitAccess(unit, []string{"county", "liushu"}), nil
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.brokers = append(c.brokers, b)
	return b
}

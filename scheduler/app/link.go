package app

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// centreUser is the centre's own login at the embedded broker. No unit can have
// it: ids are of lower-case letters.
const centreUser = "CENTRE"

// loginTime bounds the questions of a login to the store.
const loginTime = 10 * time.Second

// credential is how the centre reaches its broker.
type credential struct {
	url, user, password string
	dial                func(context.Context) (net.Conn, error)
}

// startBroker starts the embedded broker, or notes where the external one is.
// The fleet is made before it, to hear from the broker's first moment on.
func (a *App) startBroker(context.Context) error {
	if x := a.options.Broker; x != nil {
		a.own = credential{url: x.URL, user: x.user(), password: x.Password, dial: x.Dial}
		a.mqttURL = cmp.Or(a.options.PublicMQTT, plainScheme(x.URL))
		return a.newFleet()
	}
	units, err := a.listen(a.options.MQTT)
	if err != nil {
		return taken("mqtt", a.options.MQTT, err)
	}
	scheme := "tcp://"
	if a.ca != nil {
		scheme = "ssl://"
	}
	a.mqttURL = cmp.Or(a.options.PublicMQTT, scheme+outside(units.Addr(), a.options.Hosts))

	// The centre itself comes in by a door in memory: its queue cannot overflow
	// there, and it needs no certificate.
	inside := memnet.Listen("centre")
	secret, _ := auth.NewSecret()
	a.own = credential{user: centreUser, password: secret, dial: func(ctx context.Context) (net.Conn, error) {
		c, err := inside.Dial(ctx)
		if err != nil {
			return nil, err // not a nil *Conn in an interface
		}
		return c, nil
	}}
	if err := a.newFleet(); err != nil {
		return errors.Join(err, units.Close())
	}
	a.broker, err = broker.Start(broker.Options{
		Listeners:  []net.Listener{units, inside},
		CentreUser: centreUser, CentreSecret: secret,
		Login:     a.unitMayEnter,
		Certified: a.certified,
		Access:    a.unitAccess,
		Will:      a.fleet.Hear,
		Logger:    a.options.Logger,
	})
	if err == nil {
		a.later("broker", a.broker.Close)
	}
	return err
}

// plainScheme says tcp or ssl for the other words that stand for them: units
// know those two.
func plainScheme(broker string) string {
	scheme, rest, _ := strings.Cut(broker, "://")
	switch scheme {
	case "mqtt":
		scheme = "tcp"
	case "mqtts", "tls":
		scheme = "ssl"
	}
	return scheme + "://" + rest
}

func (a *App) startFleet(context.Context) error {
	a.background("fleet", a.fleet.Run)
	return nil
}

func (a *App) unitMayEnter(unit, secret string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), loginTime)
	defer cancel()
	ok, err := a.store.SecretOK(ctx, unit, secret)
	if err != nil {
		a.log.Error("check login", "unit", unit, "error", err)
	}
	return ok && err == nil
}

func (a *App) unitAccess(unit string) (wire.Access, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loginTime)
	defer cancel()
	u, err := a.store.Unit(ctx, unit)
	if err != nil {
		return wire.Access{}, err
	}
	if u.State == scheduler.UnitUnplaced {
		return wire.UnitAccess(unit, nil), nil
	}
	tree, err := a.store.Tree(ctx)
	if err != nil {
		return wire.Access{}, err
	}
	return wire.UnitAccess(unit, tree.Chain(u.Area)), nil
}

// features are what this centre knows beyond the first version of the protocol;
// units use nothing that is not named here. A broker of its operator's own may
// not take certificates, so that units with secrets keep them there.
func (a *App) features() []string {
	if a.ca == nil || a.options.Broker != nil {
		return wire.CentreFeatures()
	}
	return append(wire.CentreFeatures(), wire.FeatureCertificates)
}

func (a *App) newFleet() (err error) {
	s := shelf{a.store}
	o := fleet.Options{
		URL: a.own.url, Dial: a.own.dial, User: a.own.user, Password: a.own.password,
		Composer: s, Envelopes: s, Presence: a.store, Holdings: a.store, Proof: s, Signer: a.keys,
		Dirty: a.store.Dirty,
		Note: func(ctx context.Context, unit, code, text string) {
			if err := a.store.Note(ctx, unit, code, text); err != nil {
				a.log.Error("note an event", "code", code, "error", err)
			}
		},
		Link:     a.watch.Link,
		Logger:   a.options.Logger,
		Features: a.features(),
	}
	if x := a.options.Broker; x != nil {
		o.TLS = a.outsideTLS(x)
	}
	a.fleet, err = fleet.New(o)
	return err
}

// kick ends the connection of a unit: at the embedded broker by the broker itself,
// at another one by coming in its name.
func (a *App) kick(unit string) {
	if a.broker != nil {
		a.broker.Kick(unit)
		return
	}
	if err := a.takeOver(unit); err != nil {
		a.log.Warn("a connection at the broker cannot be ended from here", "unit", unit, "error", err)
	}
}

package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// Times and sizes of the web servers.
const (
	headerTime = 10 * time.Second
	headerSize = 32 << 10
	idleTime   = 2 * time.Minute
	drainTime  = 3 * time.Second
)

// address is one listener of the web server, and the doors that it serves.
type address struct {
	// field is the setting that names it.
	field, address string
	doors          scheduler.Doors
}

// addresses are the listeners: a door that has no address of its own stands at
// that of HTTP, and doors with the same address share one listener.
func (o *Options) addresses() (all []address) {
	for _, d := range scheduler.AllDoors() {
		at := address{"http", o.HTTP, scheduler.Doors{d}}
		if own := o.Listeners[d]; own != "" {
			at.field, at.address = "listen."+string(d), own
		}
		shared := false
		for i := range all {
			if all[i].address == at.address && !strings.HasSuffix(at.address, ":0") || all[i].field == at.field {
				all[i].doors = append(all[i].doors, d)
				shared = true
			}
		}
		if !shared {
			all = append(all, at)
		}
	}
	return all
}

// tls is what a listener speaks; nil for plain HTTP. Units always come under the
// centre's own authority where there is one. The doors of people that stand on
// loopback by themselves are plain: a proxy of the same machine is before them.
func (a *App) tls(at address) *tls.Config {
	host, _, _ := net.SplitHostPort(at.address)
	switch {
	case a.ca == nil:
		return nil
	case at.doors.Has(scheduler.DoorUnits):
		return a.unitsTLS()
	case loopback(host) && !a.options.everywhere && at.field != "http":
		return nil
	}
	return a.peopleTLS()
}

// unitsTLS is what the listener of the units speaks: the centre's own authority
// alone, which is what units trust; and it asks for the certificates of devices.
func (a *App) unitsTLS() *tls.Config {
	c := a.ca.ClientTLS()
	c.NextProtos = []string{"http/1.1"}
	return c
}

// peopleTLS is what the listeners of people speak: the county's certificate for
// its names, and the centre's own for all others, such as bare addresses.
func (a *App) peopleTLS() *tls.Config {
	c := a.ca.ServerTLS()
	if a.cert != nil {
		c = a.cert.ServerTLS()
	}
	c.NextProtos = []string{"http/1.1"}
	return c
}

// startHTTP serves people, programs and units, each by their door. Nobody is
// served before all listeners, and so all addresses, are there.
func (a *App) startHTTP(context.Context) error {
	routes, err := a.routes()
	if err != nil {
		return err
	}
	all := a.options.addresses()
	open := make([]net.Listener, 0, len(all))
	for _, at := range all {
		l, err := a.open(at)
		if err != nil {
			for _, l := range open {
				err = errors.Join(err, l.Close())
			}
			return err
		}
		open = append(open, l)
	}
	for i, at := range all {
		a.serve(open[i], at, routes)
	}
	return nil
}

// open opens one listener and notes the addresses under which its doors are
// reached.
func (a *App) open(at address) (net.Listener, error) {
	l, err := a.options.Listen("tcp", at.address)
	if err != nil {
		return nil, taken(at.field, at.address, err)
	}
	scheme := "http://"
	if c := a.tls(at); c != nil {
		l, scheme = tls.NewListener(patient{l}, c), "https://"
	}
	a.reached(at, scheme+outside(l.Addr(), a.options.Hosts))
	for _, d := range at.doors {
		a.listeners[d] = scheme + l.Addr().String()
	}
	return l, nil
}

// serve starts the server of one listener.
func (a *App) serve(l net.Listener, at address, routes []Route) {
	// Streams of events end with this context, so that Shutdown need not wait
	// for them.
	ctx, cancel := context.WithCancel(scheduler.WithDoors(context.Background(), at.doors))
	server := &http.Server{
		Handler:           a.receive(behind(at.doors, routes)),
		ReadHeaderTimeout: headerTime,
		MaxHeaderBytes:    headerSize,
		IdleTimeout:       idleTime,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			select {
			case a.failed <- fmt.Errorf("serve HTTP on %s: %w", at.address, err):
			default: // another failed before
			}
		}
	}()
	a.later("web server "+at.address, func() error {
		cancel()
		drain, done := context.WithTimeout(context.Background(), drainTime)
		defer done()
		err := server.Shutdown(drain)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // a download under way goes on after the restart, by its range
		}
		<-ended
		return err
	})
}

// reached notes the addresses under which the doors of a listener are reached.
func (a *App) reached(at address, url string) {
	if public := strings.TrimSuffix(a.options.PublicHTTP, "/"); public != "" && at.doors.Has(scheduler.DoorUnits) {
		url = public
	}
	for _, d := range at.doors {
		a.urls[d] = url
	}
	if public := strings.TrimSuffix(a.options.PublicURL, "/"); public != "" && at.doors.Has(scheduler.DoorPhones) {
		a.urls[scheduler.DoorPhones] = public
	}
}

package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// settingsEvery is how often the settings file is looked at for another
	// address of the centre.
	settingsEvery = 15 * time.Second
	// mediaWindow is how much of a download may be on its way. What waits in
	// front of a thin line is at most this much, so that an order, which comes
	// over another connection, passes in less than a second even at 1 Mbit/s.
	mediaWindow = 64 << 10
)

// endpoint is where the centre is, and how it is believed.
type endpoint struct {
	settings Settings
	tls      *tls.Config
	http     *http.Client
	// undated believes certificates whatever their dates: who tells the time is
	// not asked for them. The answer is signed, with a nonce, and a clock that is
	// wrong must be able to learn it.
	undated *http.Client
	reach   func(ctx context.Context, network, address string) (net.Conn, error)
}

// forget closes connections that were made with another certificate.
func (e *endpoint) forget() {
	e.http.CloseIdleConnections()
	e.undated.CloseIdleConnections()
}

// endpoint makes one of settings; d judges the dates of the centre's certificates,
// b is the device's own.
func (o *Options) endpoint(s Settings, d dates, b *badge) (*endpoint, error) {
	config, err := s.tlsBy(d)
	if err != nil {
		return nil, err
	}
	config.GetClientCertificate = b.forTLS
	e := &endpoint{settings: s, tls: config, http: o.HTTP, undated: o.HTTP, reach: o.Reach}
	if e.reach == nil {
		e.reach = (&net.Dialer{}).DialContext
	}
	if o.HTTP != nil {
		return e, nil
	}
	undated, err := s.tlsBy(noDates)
	if err != nil {
		return nil, err
	}
	undated.GetClientCertificate = b.forTLS
	e.http = &http.Client{Transport: MediaTransport(o.Reach, config)}
	e.undated = &http.Client{Transport: MediaTransport(o.Reach, undated)}
	return e, nil
}

// MediaTransport is the way on which media are fetched. dial is nil for the
// machine's own.
func MediaTransport(dial func(ctx context.Context, network, address string) (net.Conn, error), config *tls.Config) http.RoundTripper {
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if narrow, ok := conn.(interface{ SetReadBuffer(int) error }); ok && err == nil {
				err = narrow.SetReadBuffer(mediaWindow)
			}
			return conn, err
		},
		TLSClientConfig: config, TLSHandshakeTimeout: connectTimeout, Proxy: http.ProxyFromEnvironment,
		ResponseHeaderTimeout: stall, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 1,
		DisableCompression: true, // a range of a file is a range of its bytes
	}
}

// watchSettings takes over another address of the centre when the settings file
// changes. What a unit is, and whom it believes, takes a new start.
func (a *agent) watchSettings(ctx context.Context) {
	if a.o.Reload == nil {
		return
	}
	for sleep(ctx, settingsEvery) {
		changed, err := a.reload()
		if err != nil {
			if a.cond.raise(CodeSettings, err.Error()) {
				a.log.Error("the settings file was changed into something that cannot be used", "err", err)
			}
			continue
		}
		a.cond.clear(CodeSettings)
		if changed {
			a.log.Info("the settings name the centre anew", "mqtt", a.centre.Load().settings.MQTT, "http", a.centre.Load().settings.HTTP)
			a.link.drop(errors.New("the settings name the centre anew"))
			a.fetcher.again()
			poke(a.enroller.wake)
		}
	}
}

func (a *agent) reload() (changed bool, err error) {
	s, err := a.o.Reload()
	old := a.centre.Load().settings
	if err != nil || s == old {
		return false, err
	}
	if s.Unit != old.Unit || s.Root != old.Root {
		return false, fmt.Errorf("the settings are those of another unit or county (%s): start the agent anew to take them", s.Unit)
	}
	e, err := a.o.endpoint(s, a.dates, a.enroller.badge)
	if err != nil {
		return false, err
	}
	a.centre.Store(e)
	return true, nil
}

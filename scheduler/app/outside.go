package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// A broker of the operator's own knows the centre and its units by certificates
// of the centre's authority, as the embedded one does. It asks nobody: what it
// needs for that is written for it.

// outsideTLS trusts an external broker, and shows it the centre's certificate if it
// asks for one.
func (a *App) outsideTLS(x *ExternalBroker) *tls.Config {
	if a.ca == nil {
		return x.TLS
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if x.TLS != nil {
		config = x.TLS.Clone()
	}
	if config.RootCAs == nil {
		if roots, err := x509.SystemCertPool(); err == nil {
			config.RootCAs = roots
		} else {
			config.RootCAs = x509.NewCertPool()
		}
		config.RootCAs.AppendCertsFromPEM(a.ca.Certificate())
	}
	if config.GetClientCertificate == nil && len(config.Certificates) == 0 {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return a.certificateOf(x.user(), time.Now())
		}
	}
	return config
}

// user is the centre's name at the broker.
func (x *ExternalBroker) user() string {
	if x.User == "" {
		return centreUser
	}
	return x.User
}

// certificateOf makes a certificate in a name, with a key that lives as long as
// the connection for which it is made.
func (a *App) certificateOf(name string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf, err := a.ca.CertifyKey(name, &key.PublicKey, now)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// takeOver ends the connection of a unit at an external broker: a second one in its
// name takes the place of the first.
func (a *App) takeOver(unit string) error {
	if a.ca == nil {
		return errors.New("the centre has no authority whose certificates the broker knows")
	}
	shown, err := a.certificateOf(unit, time.Now())
	if err != nil {
		return err
	}
	config := a.outsideTLS(a.options.Broker).Clone()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return shown, nil }
	ctx, cancel := context.WithTimeout(context.Background(), loginTime)
	defer cancel()
	return a.fleet.TakeOver(ctx, unit, config)
}

// BrokerFiles is what an external broker needs to know whom to let in, and to what.
func (a *App) BrokerFiles(ctx context.Context, hosts []string) (f client.BrokerFiles, err error) {
	if a.ca == nil {
		return f, errNoCertificates
	}
	now := time.Now()
	revoked, err := a.store.Revoked(ctx, time.Time{})
	if err != nil {
		return f, err
	}
	serials := make([]string, len(revoked))
	for i, c := range revoked {
		serials[i] = c.Serial
	}
	list, err := a.ca.RevocationList(serials, now)
	if err != nil {
		return f, err
	}
	if len(hosts) > 0 {
		pair, err := a.ca.ServerPair(hosts, now)
		if err != nil {
			return f, err
		}
		f.Server = string(pair)
	}
	f.CA, f.Revoked = string(a.ca.Certificate()), string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
	f.Access, err = a.accessList(ctx)
	return f, err
}

// accessList is everybody's access, for Mosquitto.
func (a *App) accessList(ctx context.Context) (string, error) {
	centre := centreUser
	if x := a.options.Broker; x != nil {
		centre = x.user()
	}
	var text strings.Builder
	text.WriteString(wire.CentreAccess().Mosquitto(centre))
	for page := (scheduler.Page{Limit: 1000}); ; {
		units, next, err := a.store.Units(ctx, scheduler.UnitFilter{Page: page})
		if err != nil {
			return "", err
		}
		for _, u := range units {
			access, err := a.unitAccess(u.ID)
			if err != nil {
				return "", err
			}
			text.WriteString("\n" + access.Mosquitto(u.ID))
		}
		if page.After = next; next == "" {
			return text.String(), nil
		}
	}
}

// cutWithin is how long ago a device may have been revoked to be cut off by CutRevoked.
const cutWithin = 7 * 24 * time.Hour

// CutRevoked ends the connections of units whose devices were revoked of late and
// that have no other: for a broker that has just read its list anew, and asks only
// those who come.
func (a *App) CutRevoked(ctx context.Context) (cut []string, err error) {
	revoked, err := a.store.Revoked(ctx, time.Now().Add(-cutWithin))
	if err != nil {
		return nil, err
	}
	good, err := a.store.Certificates(ctx, "")
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for _, c := range good {
		done[c.Unit] = true
	}
	cut = []string{}
	for _, c := range revoked {
		if !done[c.Unit] {
			done[c.Unit] = true
			a.kick(c.Unit)
			cut = append(cut, c.Unit)
		}
	}
	return cut, nil
}

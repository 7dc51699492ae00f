package agent

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// dates tells by what time the dates of a certificate are judged; known is false
// while the unit does not know the time.
type dates func() (now time.Time, within time.Duration, known bool)

// noDates judges no certificate by its dates.
func noDates() (time.Time, time.Duration, bool) { return time.Time{}, 0, false }

// tlsBy is TLS, but the dates of certificates are judged by air time and, while
// that is not known, not at all: authority and name count from the first moment
// on, and a unit that comes up in 1970 reaches the centre that tells it the time.
func (s Settings) tlsBy(d dates) (*tls.Config, error) {
	config, err := s.TLS()
	if err != nil {
		return nil, err
	}
	roots := config.RootCAs
	config.InsecureSkipVerify = true // VerifyConnection does it, but for the dates
	config.VerifyConnection = func(c tls.ConnectionState) error {
		if len(c.PeerCertificates) == 0 {
			return errors.New("the other side shows no certificate")
		}
		leaf := c.PeerCertificates[0]
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: judgedAt(c.PeerCertificates, d)}
		for _, between := range c.PeerCertificates[1:] {
			o.Intermediates.AddCert(between)
		}
		if _, err := leaf.Verify(o); err != nil {
			return err
		}
		return s.verifyName(leaf, c.ServerName)
	}
	return config, nil
}

// verifyName checks the name that was asked for. TLS does not say addresses, so
// without a name the certificate must be for an address in the settings.
func (s Settings) verifyName(leaf *x509.Certificate, asked string) error {
	if asked != "" {
		return leaf.VerifyHostname(asked)
	}
	for _, where := range []string{s.MQTT, s.HTTP} {
		u, err := url.Parse(where)
		if err != nil || net.ParseIP(u.Hostname()) == nil {
			continue
		}
		if leaf.VerifyHostname(u.Hostname()) == nil {
			return nil
		}
	}
	return fmt.Errorf("the certificate of %q is for no address in the settings", leaf.Subject.CommonName)
}

// judgedAt is the time at which certificates are judged: air time, to their
// favour within its uncertainty, or when the youngest of them began to hold.
func judgedAt(list []*x509.Certificate, d dates) time.Time {
	youngest := list[0].NotBefore
	for _, c := range list {
		if c.NotBefore.After(youngest) {
			youngest = c.NotBefore
		}
	}
	now, within, known := d()
	switch {
	case !known, now.Before(youngest) && !now.Add(within).Before(youngest):
		return youngest
	case now.After(list[0].NotAfter) && !now.Add(-within).After(list[0].NotAfter):
		return list[0].NotAfter
	}
	return now
}

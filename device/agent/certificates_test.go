package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/memnet"
)

// authority makes a certificate authority, and by it certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{t: t}
	a.cert, a.key = a.make(&x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: signedAt.AddDate(-1, 0, 0), NotAfter: signedAt.AddDate(29, 0, 0)})
	return a
}

func (a authority) make(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// signedAt is when the centre's certificate was made, for a year.
var signedAt = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func TestCertificates(t *testing.T) {
	own, foreign := newAuthority(t), newAuthority(t)
	day := 24 * time.Hour
	knows := func(at time.Time, within time.Duration) dates {
		return func() (time.Time, time.Duration, bool) { return at, within, true }
	}
	cases := []struct {
		name   string
		signer authority
		host   string // what the unit asks for
		dates  dates
		want   string // of the error
	}{
		{"in its year", own, "centre.example", knows(signedAt.Add(day), 0), ""},
		{"by address", own, "192.0.2.7", knows(signedAt.Add(day), 0), ""},
		{"the time is not known", own, "centre.example", noDates, ""},
		{"the time is not known, by address", own, "192.0.2.7", noDates, ""},
		{"foreign authority", foreign, "centre.example", knows(signedAt.Add(day), 0), "unknown authority"},
		{"foreign authority, the time is not known", foreign, "centre.example", noDates, "unknown authority"},
		{"another name", own, "other.example", knows(signedAt.Add(day), 0), "other.example"},
		{"another name, the time is not known", own, "other.example", noDates, "other.example"},
		{"another address, the time is not known", own, "192.0.2.8", noDates, "no address in the settings"},
		{"over", own, "centre.example", knows(signedAt.AddDate(1, 0, 1), 0), "expired"},
		{"over, but perhaps not", own, "centre.example", knows(signedAt.AddDate(1, 0, 0).Add(time.Minute), 2*time.Minute), ""},
		{"not yet", own, "centre.example", knows(signedAt.Add(-day), 0), "not yet valid"},
		{"not yet, but perhaps", own, "centre.example", knows(signedAt.Add(-time.Minute), 2*time.Minute), ""},
	}
	for _, x := range cases {
		cert, key := x.signer.make(&x509.Certificate{Subject: pkix.Name{CommonName: "centre"}, DNSNames: []string{"centre.example"},
			IPAddresses: []net.IP{net.IPv4(192, 0, 2, 7)}, NotBefore: signedAt, NotAfter: signedAt.AddDate(1, 0, 0)})
		s := Settings{MQTT: "ssl://" + x.host + ":8883", HTTP: "https://" + x.host,
			CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.cert.Raw}))}
		config, err := s.tlsBy(x.dates)
		if err != nil {
			t.Fatal(err)
		}
		config.ServerName = x.host
		err = shake(t, config, tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key})
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s: %v, want %q", x.name, err, x.want)
		}
	}
}

// shake is the client's side of a handshake.
func shake(t *testing.T, client *tls.Config, cert tls.Certificate) error {
	t.Helper()
	l := memnet.Listen("centre")
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
			_ = server.Handshake()
		}
	}()
	conn, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return tls.Client(conn, client).Handshake()
}

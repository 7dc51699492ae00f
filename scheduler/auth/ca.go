package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Lives of certificates. The centre's own is made anew when less than a third
// of its life is left.
const (
	caLife     = 30 * 365 * 24 * time.Hour
	serverLife = 365 * 24 * time.Hour
)

// CA is the centre's own certificate authority. Units and people trust it and
// no other, so the centre needs no name in the public DNS.
type CA struct {
	dir   string
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	hosts []string

	mu     sync.Mutex
	server *tls.Certificate
}

// OpenCA reads the authority from ca.key in dir (certificate and key), or makes
// it at the first start, and lays the certificate alone into ca.pem for those
// who have to trust it. Hosts are the names and IP addresses under which the
// centre is reached; its certificate is made for them.
func OpenCA(dir string, hosts []string, now time.Time) (*CA, error) {
	pair := filepath.Join(dir, "ca.key")
	b, _, err := ensureSecret(pair, func() ([]byte, error) { return newAuthority(now) })
	if err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	cert, key, err := parsePair(b)
	if err != nil {
		return nil, fmt.Errorf("open certificate authority: read %s: %w", pair, err)
	}
	if len(hosts) == 0 {
		return nil, errors.New("open certificate authority: no host name or address given under which the centre is reached")
	}
	c := &CA{dir: dir, cert: cert, key: key, hosts: slices.Clone(hosts)}
	if err := writeSecret(filepath.Join(dir, "ca.pem"), c.Certificate()); err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	return c, nil
}

// Certificate is the authority's own certificate in PEM: what units pin.
func (c *CA) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})
}

// Pool holds the authority alone, for clients of the centre.
func (c *CA) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.cert)
	return p
}

// ServerTLS is the configuration of the centre's listeners. The certificate is
// kept in server.pem, and made anew for other hosts and before it ends, without
// a restart.
func (c *CA) ServerTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.serverCertificate(time.Now())
		},
	}
}

func (c *CA) serverCertificate(now time.Time) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil && c.fits(c.server.Leaf, now) {
		return c.server, nil
	}
	path := filepath.Join(c.dir, "server.pem")
	if b, err := readSecret(path); err == nil {
		if leaf, key, err := parsePair(b); err == nil && c.fits(leaf, now) {
			c.server = &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
			return c.server, nil
		}
	}
	b, err := c.ServerPair(c.hosts, now)
	if err != nil {
		return nil, fmt.Errorf("make server certificate: %w", err)
	}
	if err := writeSecret(path, b); err != nil {
		return nil, fmt.Errorf("keep server certificate: %w", err)
	}
	leaf, key, err := parsePair(b)
	if err != nil {
		return nil, err
	}
	c.server = &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	return c.server, nil
}

// fits tells whether a certificate is ours, names exactly our hosts, and has
// at least a third of its life before it.
func (c *CA) fits(leaf *x509.Certificate, now time.Time) bool {
	if leaf.CheckSignatureFrom(c.cert) != nil || now.Before(leaf.NotBefore) || now.Add(serverLife/3).After(leaf.NotAfter) {
		return false
	}
	for _, h := range c.hosts {
		if leaf.VerifyHostname(h) != nil {
			return false
		}
	}
	return len(leaf.DNSNames)+len(leaf.IPAddresses) == len(c.hosts)
}

// ServerPair makes a certificate for a server under these names and addresses, with
// its key, in one PEM: the centre's own, or that of a broker that units trust.
func (c *CA) ServerPair(hosts []string, now time.Time) ([]byte, error) {
	t := template("Villagecast centre", now, serverLife)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return newPair(t, c.cert, c.key)
}

func newAuthority(now time.Time) ([]byte, error) {
	t := template("Villagecast certificate authority", now, caLife)
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return newPair(t, nil, nil)
}

// template starts a day early, for units whose clock is a little behind.
func template(name string, now time.Time, life time.Duration) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: name, Organization: []string{"Villagecast"}},
		NotBefore: now.Add(-24 * time.Hour),
		NotAfter:  now.Add(life),
	}
}

// newPair makes a P-256 key and its certificate, both in one PEM; signed by
// itself when there is no parent.
func newPair(t, parent *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if parent == nil {
		parent, signer = t, key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	pk, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = errors.Join(
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: pk}))
	return b.Bytes(), err
}

func parsePair(b []byte) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	pair, err := tls.X509KeyPair(b, b)
	if err != nil {
		return nil, nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, errors.New("the key is not an ECDSA key")
	}
	return pair.Leaf, key, nil
}

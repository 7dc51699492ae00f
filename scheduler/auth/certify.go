package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

const (
	// DeviceLife is how long a device's certificate holds. It is renewed when two
	// thirds are over, so a device may be dark for four months and not be late;
	// one that is late renews all the same.
	DeviceLife = 397 * 24 * time.Hour
	// listLife is how long a list of revoked certificates holds for brokers that
	// refuse everybody once it has ended: nobody fetches it for them.
	listLife = 10 * 365 * 24 * time.Hour
)

// PublicKey is the key of a device, as it is named in the store: the SHA-256 of
// its public half.
func PublicKey(c *x509.Certificate) []byte {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return sum[:]
}

// Serial is the number of a certificate as it is named in the store.
func Serial(c *x509.Certificate) string { return fmt.Sprintf("%032x", c.SerialNumber) }

// Request is what a device asks for: a certificate for its key, in the name of a unit.
type Request struct {
	Unit string
	key  *ecdsa.PublicKey
	// Key is named as by PublicKey.
	Key []byte
}

// ParseRequest reads a PKCS#10 request in DER. It must be signed by the key that
// it is for, an ECDSA key on P-256.
func ParseRequest(der []byte) (Request, error) {
	r, err := x509.ParseCertificateRequest(der)
	if err == nil {
		err = r.CheckSignature()
	}
	if err != nil {
		return Request{}, fmt.Errorf("read certificate request: %w", err)
	}
	key, err := deviceKey(r.PublicKey)
	if err != nil {
		return Request{}, fmt.Errorf("read certificate request: %w", err)
	}
	sum := sha256.Sum256(r.RawSubjectPublicKeyInfo)
	return Request{Unit: r.Subject.CommonName, key: key, Key: sum[:]}, nil
}

// RequestAgain is a request for the key of a certificate whose holder has just
// proved by TLS that the key is theirs.
func RequestAgain(c *x509.Certificate) (Request, error) {
	key, err := deviceKey(c.PublicKey)
	if err != nil {
		return Request{}, fmt.Errorf("read certificate: %w", err)
	}
	return Request{Unit: c.Subject.CommonName, key: key, Key: PublicKey(c)}, nil
}

func deviceKey(public any) (*ecdsa.PublicKey, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the key is no ECDSA key on P-256")
	}
	return key, nil
}

// Certify makes the certificate of a device: for its unit, and for nothing but to
// log in with.
func (c *CA) Certify(r Request, now time.Time) (*x509.Certificate, error) {
	return c.CertifyKey(r.Unit, r.key, now)
}

// CertifyKey makes such a certificate in a name, for a key of the centre's own.
func (c *CA) CertifyKey(name string, key *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	t := template(name, now, DeviceLife)
	t.SerialNumber = serialNumber()
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	t.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, t, c.cert, key, c.key)
	if err != nil {
		return nil, fmt.Errorf("certify %s: %w", name, err)
	}
	return x509.ParseCertificate(der)
}

// serialNumber is random, of 127 bits, and never zero.
func serialNumber() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}

// ClientTLS is ServerTLS that asks for the certificate of a device. Who has none
// may come in as well: what they may do then is decided behind. The dates are not
// looked at here, as one that has ended may still be renewed; see InForce.
func (c *CA) ClientTLS() *tls.Config {
	config := c.ServerTLS()
	config.ClientAuth = tls.RequestClientCert
	config.ClientCAs = c.Pool() // which browsers take as a hint to leave people alone
	config.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return nil
		}
		return c.issued(s.PeerCertificates[0])
	}
	return config
}

// issued tells whether a certificate is one of Certify's, whatever its dates.
func (c *CA) issued(leaf *x509.Certificate) error {
	switch {
	case leaf.CheckSignatureFrom(c.cert) != nil:
		return errors.New("the certificate is of another authority")
	case leaf.IsCA, !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth):
		return errors.New("the certificate is not that of a device")
	}
	return nil
}

// InForce tells what is wrong with the dates of a certificate.
func InForce(leaf *x509.Certificate, now time.Time) error {
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate holds only from %s on", leaf.NotBefore.Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate has ended at %s: it must be renewed first", leaf.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// RevocationList is the list of revoked certificates in DER, for brokers that ask
// nobody. Serials are as of Serial.
func (c *CA) RevocationList(serials []string, now time.Time) ([]byte, error) {
	list := &x509.RevocationList{Number: big.NewInt(now.UnixMilli()), ThisUpdate: now.Add(-24 * time.Hour), NextUpdate: now.Add(listLife)}
	for _, s := range serials {
		n, ok := new(big.Int).SetString(s, 16)
		if !ok {
			return nil, fmt.Errorf("make revocation list: %q is no serial number", s)
		}
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: n, RevocationTime: now})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("make revocation list: %w", err)
	}
	return der, nil
}

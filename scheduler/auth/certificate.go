package auth

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// Certificate is one that the county got itself, for the listeners of people:
// two files, which whoever renews it replaces.
type Certificate struct {
	certFile, keyFile string
	own               *CA

	mu     sync.Mutex
	pair   *tls.Certificate
	stamp  string // of the files that were looked at last, good or bad
	looked time.Time
	fault  error
}

// lookEach bounds how often the files are looked at.
const lookEach = time.Second

// OpenCertificate reads certificate (with its chain) and key, PEM. The centre's
// own authority stands in for names that it is not for.
func OpenCertificate(certFile, keyFile string, own *CA) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, own: own}
	c.stamp = c.stampNow()
	pair, err := c.load()
	if err != nil {
		return nil, err
	}
	c.pair = pair
	return c, nil
}

// stampNow tells the files apart from those before.
func (c *Certificate) stampNow() string {
	text := ""
	for _, f := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(f); err == nil {
			text += fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size(), " ")
		}
	}
	return text
}

func (c *Certificate) load() (*tls.Certificate, error) {
	info, err := os.Stat(c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return nil, fmt.Errorf("read key: %s may be read by everybody (mode %04o): chmod o= it, and replace it if somebody may have", c.keyFile, mode)
	}
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("read %s with %s: %w", c.certFile, c.keyFile, err)
	}
	return &pair, nil
}

// Look reads the files again if they have changed. A pair that does not fit
// together, or is over where the one in use is not, is not taken: changed then
// tells that this was tried, and err why not. Every change is told once.
func (c *Certificate) Look(now time.Time) (changed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.looked).Abs() < lookEach {
		return false, nil
	}
	c.looked = now
	stamp := c.stampNow()
	if stamp == c.stamp {
		return false, nil
	}
	c.stamp = stamp
	pair, err := c.load()
	if err == nil && now.After(pair.Leaf.NotAfter) && !now.After(c.pair.Leaf.NotAfter) {
		err = fmt.Errorf("read %s: it ended on %s", c.certFile, pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	if err == nil {
		c.pair = pair
	}
	c.fault = err
	return true, err
}

// Leaf is the certificate in use, and Fault what was wrong with the files that
// were put in its place, if they were not taken.
func (c *Certificate) Leaf() *x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pair.Leaf
}

// Fault tells why newer files are not in use; nil if they are.
func (c *Certificate) Fault() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// Public tells whether somebody else than itself or the centre signed it.
func (c *Certificate) Public() bool {
	leaf := c.Leaf()
	if leaf.CheckSignatureFrom(c.own.cert) == nil {
		return false
	}
	return leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) != nil
}

// Names tells whether it is good for a host.
func (c *Certificate) Names(host string) bool { return c.Leaf().VerifyHostname(host) == nil }

// ServerTLS is the configuration of the listeners that show it, to those who ask
// for one of its names; to all others they show the centre's own.
func (c *Certificate) ServerTLS() *tls.Config {
	config := c.own.ServerTLS()
	own := config.GetCertificate
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == "" || !c.Names(hello.ServerName) {
			return own(hello)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.pair, nil
	}
	return config
}

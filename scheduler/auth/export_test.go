package auth

import (
	"crypto/tls"
	"time"
)

// CertificateAt is the server's certificate as it would be used at an instant.
func (c *CA) CertificateAt(now time.Time) (*tls.Certificate, error) { return c.serverCertificate(now) }

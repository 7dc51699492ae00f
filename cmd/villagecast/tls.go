package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"os"

	"github.com/villagecast/villagecast/scheduler/client"
)

// trustOwnCA lets the client trust the centre's own certificate authority,
// where the data directory holds one.
func trustOwnCA(c *client.Client, file string) error {
	pem, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault("读中心的证书：%w", "read the centre's certificate: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fault("读中心的证书：%s 里没有", "read the centre's certificate: %s holds none", file)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	c.HTTP = &http.Client{Transport: transport}
	return nil
}

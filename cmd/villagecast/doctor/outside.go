package doctor

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// How many days a certificate must have before it.
const (
	daysWarn = 14
	daysFail = 2
)

// spoof is an address of nobody (RFC 5737), which a caller may claim and the
// centre must not believe.
const spoof = "192.0.2.66"

func trusting(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// outside comes in as a phone does.
func (p *patient) outside() {
	if p.setup.PublicURL == "" {
		p.say(Warn, "public.unset", p.setup.Phones)
		return
	}
	u, err := url.Parse(p.setup.PublicURL)
	if err != nil {
		p.say(Fail, "public.bad", p.setup.PublicURL)
		return
	}
	if strings.TrimSuffix(p.setup.Phones, "/") == strings.TrimSuffix(p.setup.PublicURL, "/") {
		p.say(OK, "cards.right", p.setup.Phones)
	} else {
		p.say(Fail, "cards.wrong", p.setup.Phones, p.setup.PublicURL)
	}
	if p.name(u.Hostname()) && p.port(u) && (u.Scheme != "https" || p.certificate(u)) {
		p.answer(u)
	}
}

// name: phones must find it, at an address that they can reach.
func (p *patient) name(host string) bool {
	ctx, cancel := p.short()
	defer cancel()
	found := []string{host}
	if net.ParseIP(host) == nil {
		var err error
		if found, err = p.Lookup(ctx, host); err != nil || len(found) == 0 {
			p.say(Fail, "name.unknown", host)
			return false
		}
	}
	for _, a := range found {
		if ip := net.ParseIP(a); ip == nil || !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast() {
			p.say(OK, "name.found", host, a)
			return true
		}
	}
	p.say(Warn, "name.private", host, found[0])
	return true
}

func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (p *patient) port(u *url.URL) bool {
	ctx, cancel := p.short()
	defer cancel()
	conn, err := p.Dial(ctx, "tcp", address(u))
	if err != nil {
		p.say(Fail, "port.closed", address(u), err)
		return false
	}
	_ = conn.Close()
	p.say(OK, "port.open", address(u))
	return true
}

// handshake shows the certificate of a server, whoever signed it; asked tells
// whether it wanted one of ours.
func (p *patient) handshake(at, name string) (chain []*x509.Certificate, asked bool, err error) {
	ctx, cancel := p.short()
	defer cancel()
	raw, err := p.Dial(ctx, "tcp", at)
	if err != nil {
		return nil, false, err
	}
	defer raw.Close()
	conn := tls.Client(raw, &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, // it is looked at below
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		}})
	err = conn.HandshakeContext(ctx)
	return conn.ConnectionState().PeerCertificates, asked, err
}

// certificate: every phone must take it as it is, and for some time to come.
func (p *patient) certificate(u *url.URL) bool {
	chain, _, err := p.handshake(address(u), u.Hostname())
	if err != nil || len(chain) == 0 {
		p.say(Fail, "certificate.none", address(u), err)
		return false
	}
	return p.judge(chain, u.Hostname(), p.Roots, "certificate")
}

// judge says what a phone or unit thinks of a certificate.
func (p *patient) judge(chain []*x509.Certificate, host string, roots *x509.CertPool, check string) bool {
	leaf, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: "", Roots: roots, Intermediates: between, CurrentTime: p.Now()})
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	days := int(leaf.NotAfter.Sub(p.Now()).Hours() / 24)
	switch {
	case isInvalid && invalid.Reason == x509.Expired || p.Now().After(leaf.NotAfter):
		p.say(Fail, check+".over", leaf.NotAfter.Format(time.DateOnly))
		return false
	case err != nil:
		p.say(Fail, check+".untrusted", leaf.Issuer.CommonName, err)
		return false
	case leaf.VerifyHostname(host) != nil:
		p.say(Fail, check+".other", host, strings.Join(leaf.DNSNames, ", "))
		return false
	case days < daysFail:
		p.say(Fail, check+".ends", leaf.NotAfter.Format(time.DateOnly), days)
	case days < daysWarn:
		p.say(Warn, check+".ends", leaf.NotAfter.Format(time.DateOnly), days)
	default:
		p.say(OK, check+".good", leaf.NotAfter.Format(time.DateOnly), days)
	}
	return true
}

// answer: what comes back must be this centre's, seen as it is, unbuffered.
func (p *patient) answer(u *url.URL) {
	ask := func(head http.Header) (client.About, *http.Response, bool) {
		ctx, cancel := p.short()
		defer cancel()
		nonce := rand.Text()
		c := &client.Client{Base: strings.TrimSuffix(u.String(), "/"), HTTP: p.client(p.Roots)}
		about, res, err := c.About(ctx, nonce, head)
		return about, res, err == nil && about.Proven(p.Token, nonce)
	}
	about, res, ours := ask(nil)
	if !ours {
		p.say(Fail, "centre.stranger", u.String())
		return
	}
	p.say(OK, "centre.ours", u.String())
	if slices.Contains(about.Doors, string(scheduler.DoorAdmin)) {
		p.say(Warn, "door.wide", u.String())
	} else {
		p.say(OK, "door.narrow")
	}
	p.proxy(u, about)
	for _, name := range []string{"X-Forwarded-For", "Forwarded"} {
		value := spoof
		if name == "Forwarded" {
			value = "for=" + spoof
		}
		if told, _, _ := ask(http.Header{name: {value}}); told.From == spoof {
			p.say(Fail, "proxy.credulous", name)
		}
	}
	if about.Host == u.Host {
		p.say(OK, "host.same")
	} else {
		p.say(Warn, "host.changed", about.Host, u.Host)
	}
	p.insists(u, res.Header.Get("Strict-Transport-Security"))
	p.stream(u)
}

// proxy: with a proxy between, it must be known, and must say for whom it asks.
func (p *patient) proxy(u *url.URL, about client.About) {
	tls := u.Scheme == "https"
	switch {
	case !about.Proxied && about.Said:
		p.say(Fail, "proxy.unknown", about.Peer)
	case !about.Proxied && tls && !about.Secure:
		p.say(Fail, "proxy.unknown", about.Peer)
	case about.Proxied && !about.Said:
		p.say(Fail, "proxy.mute", about.Peer)
	case tls && !about.Secure:
		p.say(Fail, "proxy.plain", about.Peer)
	case about.Proxied:
		p.say(OK, "proxy.right", about.From)
	default:
		p.say(OK, "proxy.none", about.From)
	}
}

var maxAge = regexp.MustCompile(`(?i)max-age=(\d+)`)

// insists: Strict-Transport-Security must neither be missing where phones come,
// nor bind names that are not the centre's.
func (p *patient) insists(u *url.URL, header string) {
	seconds := 0
	if m := maxAge.FindStringSubmatch(header); m != nil {
		seconds, _ = strconv.Atoi(m[1])
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Scheme != "https" || ip != nil || u.Hostname() == "localhost"
	lower := strings.ToLower(header)
	switch {
	case local && header != "":
		p.say(Fail, "hsts.here", u.Hostname())
	case local:
		p.say(OK, "hsts.none")
	case strings.Contains(lower, "includesubdomains") || strings.Contains(lower, "preload"):
		p.say(Warn, "hsts.wide", header)
	case seconds < 24*3600:
		p.say(Warn, "hsts.short", header)
	default:
		p.say(OK, "hsts.good", seconds/86400)
	}
}

// stream: events must come as they happen, not together at the end.
func (p *patient) stream(u *url.URL) {
	ctx, cancel := context.WithTimeout(p.ctx, 2*each)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(u.String(), "/")+client.AboutStreamPath, nil)
	if err != nil {
		p.say(Fail, "stream.none", err)
		return
	}
	res, err := p.client(p.Roots).Do(req)
	if err != nil {
		p.say(Fail, "stream.none", err)
		return
	}
	defer res.Body.Close()
	var came []time.Time
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data: ") {
			came = append(came, time.Now())
		}
	}
	if len(came) != client.AboutEvents {
		p.say(Fail, "stream.broken", len(came), client.AboutEvents)
		return
	}
	if span := came[len(came)-1].Sub(came[0]); span < client.AboutPause*(client.AboutEvents-1)/2 {
		p.say(Fail, "stream.kept", span.Round(time.Millisecond))
		return
	}
	p.say(OK, "stream.flows")
}

// units come in as a device does: under the centre's own authority.
func (p *patient) units() {
	u, err := url.Parse(p.setup.Units)
	if err != nil || u.Host == "" {
		p.say(Fail, "units.bad", p.setup.Units)
		return
	}
	if u.Scheme == "https" {
		chain, asked, err := p.handshake(address(u), u.Hostname())
		if err != nil || len(chain) == 0 {
			p.say(Fail, "units.closed", address(u), err)
			return
		}
		if p.Own == nil {
			p.say(Skip, "units.unknown")
			return
		}
		if !p.judge(chain, u.Hostname(), p.Own, "units") {
			return
		}
		if asked {
			p.say(OK, "units.asks")
		} else {
			p.say(Fail, "units.trusting")
		}
	} else {
		p.say(Warn, "units.plain", p.setup.Units)
	}
	ctx, cancel := p.short()
	defer cancel()
	nonce := rand.Text()
	c := &client.Client{Base: strings.TrimSuffix(u.String(), "/"), HTTP: p.client(p.Own)}
	if about, _, err := c.About(ctx, nonce, nil); err != nil || !about.Proven(p.Token, nonce) {
		p.say(Fail, "units.stranger", u.String())
		return
	}
	p.say(OK, "units.ours", u.String())
}

package app

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What a slow sender is given: a body takes no longer than bodyTime and what it
// needs at bodyRate; whoever takes nothing of an answer for writeTime is let go.
const (
	bodyTime  = 30 * time.Second
	bodyRate  = 1 << 10 // bytes each second
	writeTime = 2 * time.Minute
)

// strictTransport is for 180 days: long enough to count, and short enough that a
// name can be given up.
const strictTransport = "max-age=15552000"

// receive is what happens to every request before its route: where it comes from
// is found out, the answer gets the headers that hold for all, and a body must
// come at a pace.
func (a *App) receive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := a.options.proxies.visit(r)
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		// Not no-referrer: with it older browsers send "Origin: null" with our own forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if a.insists(r, v) {
			h.Set("Strict-Transport-Security", strictTransport)
		}
		body := &paced{ReadCloser: r.Body, head: h, flow: http.NewResponseController(w), begun: time.Now()}
		if r.Body != nil && r.Body != http.NoBody {
			body.until(body.begun.Add(bodyTime))
			r.Body = body
			defer body.end()
		}
		next.ServeHTTP(w, withVisit(r, v))
	})
}

// insists tells whether a browser may be told to come under TLS alone from now
// on: never to loopback, to a bare address, or under a certificate that is not of
// a public kind, which would lock people out on the day that it is gone.
func (a *App) insists(r *http.Request, v visit) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if !v.secure || loopback(host) || net.ParseIP(strings.Trim(host, "[]")) != nil {
		return false
	}
	if r.TLS != nil && !v.proxied {
		return a.cert != nil && a.cert.Public() && r.TLS.ServerName == host && a.cert.Names(host)
	}
	u, err := url.Parse(a.options.PublicURL)
	return err == nil && v.proxied && u.Scheme == "https" && strings.EqualFold(u.Hostname(), host)
}

// guard refuses what pages of other sites send. A proxy that changes the host's
// name does not make our own pages others.
func (a *App) guard() *http.CrossOriginProtection {
	g := http.NewCrossOriginProtection()
	if u, err := url.Parse(a.options.PublicURL); err == nil && u.Host != "" {
		_ = g.AddTrustedOrigin(u.Scheme + "://" + u.Host) // checked at the start
	}
	return g
}

// paced is a request's body that must come at a pace.
type paced struct {
	io.ReadCloser
	head  http.Header // of the answer
	flow  *http.ResponseController
	begun time.Time
	got   int64
	over  bool
}

func (p *paced) until(t time.Time) { _ = p.flow.SetReadDeadline(t) } // in tests there is no connection

func (p *paced) Read(b []byte) (int, error) {
	p.until(p.begun.Add(bodyTime + time.Duration(p.got)*time.Second/bodyRate))
	n, err := p.ReadCloser.Read(b)
	p.got += int64(n)
	p.over = errors.Is(err, io.EOF)
	if err == nil || p.over {
		p.until(time.Time{}) // or the handler's context would end with it
	} else {
		p.head.Set("Connection", "close")
	}
	return n, err
}

// end bounds the wait for what the handler did not want to read.
func (p *paced) end() {
	if !p.over {
		p.until(time.Now().Add(bodyTime / 6))
	}
}

// patient lets go of those who take nothing of an answer for long.
type patient struct{ net.Listener }

func (l patient) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patientConn{c}, nil
}

type patientConn struct{ net.Conn }

func (c patientConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

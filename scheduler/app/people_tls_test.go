package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// authority is somebody outside who signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Public"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * 365 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, _ = x509.ParseCertificate(der)
	return &authority{t, c, key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue makes a pair for a name, in PEM.
func (a *authority) issue(name string, serial int64, ends time.Time) (cert, key []byte) {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: ends,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &k.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, _ := x509.MarshalPKCS8PrivateKey(k)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// lay writes the pair into two files.
func lay(t *testing.T, dir string, cert, key []byte) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile = filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
	for f, b := range map[string][]byte{certFile: cert, keyFile: key} {
		if err := os.WriteFile(f+".next", b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(f+".next", f); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// under speaks to a listener of a centre under another name.
func under(base, name string, roots *x509.CertPool) *http.Client {
	_, address, _ := strings.Cut(base, "://")
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: name, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ownRoots are the centre's own authority, if it has one.
func ownRoots(t *testing.T, w *web) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if pem, err := os.ReadFile(filepath.Join(w.options.Data, "ca.pem")); err == nil {
		p.AppendCertsFromPEM(pem)
	}
	return p
}

// pinning is a client that trusts it, as the commands do.
func pinning(t *testing.T, w *web) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: ownRoots(t, w), MinVersion: tls.VersionTLS12}}}
}

// TestACertificateOfOnesOwn: people's listeners show it and a renewed one without
// a restart; a pair that is no good is noted, and the one before goes on. Units
// see the centre's own authority all the while.
func TestACertificateOfOnesOwn(t *testing.T) {
	public, dir := newAuthority(t), t.TempDir()
	cert, key := public.issue("centre.example", 1, time.Now().Add(90*24*time.Hour))
	w := serve(t, func(o *app.Options) {
		apart(o)
		o.TLS, o.Hosts = true, []string{"127.0.0.1"}
		o.CertFile, o.KeyFile = lay(t, dir, cert, key)
	})
	serial := func(base, name string, roots *x509.CertPool) string {
		res, err := under(base, name, roots).Get("https://" + name + "/login")
		if err != nil {
			return err.Error()
		}
		res.Body.Close()
		return res.TLS.PeerCertificates[0].SerialNumber.String()
	}
	until := func(want, code string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			notes, _, err := w.app.Store().Notables(t.Context(), "", scheduler.Page{Limit: 10})
			got := serial(w.app.PhonesURL(), "centre.example", public.pool())
			if err == nil && got == want && len(notes) > 0 && notes[0].Code == code {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the listener shows %s, want %s; notes %+v (%v)", got, want, notes, err)
			}
		}
	}
	if got := serial(w.app.PhonesURL(), "centre.example", public.pool()); got != "1" {
		t.Fatalf("the listener of phones shows %s", got)
	}
	_, other := public.issue("centre.example", 9, time.Now().Add(time.Hour))
	next, nextKey := public.issue("centre.example", 2, time.Now().Add(80*24*time.Hour))
	lay(t, dir, next, other)
	until("1", "certificate-refused")
	lay(t, dir, next, nextKey)
	until("2", "certificate-renewed")
	over, overKey := public.issue("centre.example", 3, time.Now().Add(-time.Hour))
	lay(t, dir, over, overKey)
	until("2", "certificate-refused")
	own := ownRoots(t, w)
	if got := serial(w.app.UnitsURL(), "127.0.0.1", own); strings.Contains(got, "x509") {
		t.Errorf("the units' listener does not show the centre's own: %s", got)
	}
	w.HTTP = pinning(t, w)
	if _, err := w.Me(t.Context()); err != nil {
		t.Errorf("the commands do not get in by the address %s: %v", w.Base, err)
	}
}

// header asks a door of a centre under a name.
func (w *web) header(d scheduler.Door, name, path string, set ...string) http.Header {
	w.t.Helper()
	scheme, _, _ := strings.Cut(w.door(d), "://")
	r, _ := http.NewRequest("GET", scheme+"://"+name+path, nil)
	for i := 0; i+1 < len(set); i += 2 {
		r.Header.Set(set[i], set[i+1])
	}
	c := under(w.door(d), name, nil)
	c.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true // what is asked here is what it says, not who it is
	res, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	return res.Header
}

// TestHeadersOfEveryAnswer: what every answer says, and that a browser is told to
// insist on TLS only under a public certificate for that very name.
func TestHeadersOfEveryAnswer(t *testing.T) {
	public, dir := newAuthority(t), t.TempDir()
	cert, key := public.issue("centre.example", 1, time.Now().Add(90*24*time.Hour))
	direct := serve(t, func(o *app.Options) {
		apart(o)
		o.TLS, o.Hosts = true, []string{"127.0.0.1", "inside.example"}
		o.CertFile, o.KeyFile = lay(t, dir, cert, key)
	})
	behind := serve(t, func(o *app.Options) {
		apart(o)
		o.PublicURL, o.TrustedProxies = "https://public.example", []string{"127.0.0.1"}
	})
	for _, path := range []string{"/", "/login", "/static/page.css", "/api/v1/me", "/nothing"} {
		h := direct.header(scheduler.DoorAdmin, "centre.example", path)
		csp := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; ") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Permissions-Policy") == "" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
	for name, c := range map[string]struct {
		web  *web
		door scheduler.Door
		host string
		set  []string
		want bool
	}{
		"a public certificate":       {direct, scheduler.DoorAdmin, "centre.example", nil, true},
		"loopback":                   {direct, scheduler.DoorAdmin, "127.0.0.1", nil, false},
		"a name it is not for":       {direct, scheduler.DoorAdmin, "other.example", nil, false},
		"the centre's own authority": {direct, scheduler.DoorUnits, "inside.example", nil, false},
		"a stranger claims":          {direct, scheduler.DoorUnits, "inside.example", []string{"X-Forwarded-Proto", "https"}, false},
		"a proxy with TLS":           {behind, scheduler.DoorPhones, "public.example", []string{"X-Forwarded-For", "203.0.113.5", "X-Forwarded-Proto", "https"}, true},
		"a proxy without":            {behind, scheduler.DoorPhones, "public.example", []string{"X-Forwarded-For", "203.0.113.5", "X-Forwarded-Proto", "http"}, false},
		"a proxy of another name":    {behind, scheduler.DoorPhones, "other.example", []string{"X-Forwarded-For", "203.0.113.5", "X-Forwarded-Proto", "https"}, false},
		"a proxy that tells nothing": {behind, scheduler.DoorPhones, "public.example", nil, false},
	} {
		if got := c.web.header(c.door, c.host, "/login", c.set...).Get("Strict-Transport-Security"); (got != "") != c.want {
			t.Errorf("%s: Strict-Transport-Security %q", name, got)
		}
	}
}

// TestCookiesFollowTheWayIn: under TLS, to us or to a trusted proxy, a cookie is
// secure and bound to this host by its name; a plain one of that name is not taken.
func TestCookiesFollowTheWayIn(t *testing.T) {
	w := serve(t, func(o *app.Options) {
		apart(o)
		o.PublicURL, o.TrustedProxies = "https://public.example", []string{"127.0.0.1"}
	})
	w.person("li", client.Grant{Role: "village", Area: "village"})
	for _, c := range []struct{ proto, name, mark string }{{"https", "__Host-villagecast", "__Secure-villagecast-browser"}, {"http", "villagecast", "villagecast-browser"}} {
		card, err := w.AddCard(t.Context(), "li", client.CardSpec{})
		if err != nil || !strings.HasPrefix(card.Link, "https://public.example/login/") {
			t.Fatal(card.Link, err)
		}
		enter := func(origin string) *http.Response {
			r, _ := http.NewRequest("POST", w.phonesListener()+strings.TrimPrefix(card.Link, "https://public.example"), nil)
			r.Header.Set("X-Forwarded-For", "203.0.113.5")
			r.Header.Set("X-Forwarded-Proto", c.proto)
			r.Header.Set("Origin", origin)
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res
		}
		if res := enter("https://evil.example"); res.StatusCode != http.StatusForbidden {
			t.Errorf("a page of another site signs in with %d", res.StatusCode)
		}
		// The proxy did not pass the name on, and the browser says nothing but its origin.
		res := enter("https://public.example")
		got := map[string]*http.Cookie{}
		for _, k := range res.Cookies() {
			got[k.Name] = k
		}
		session, mark := got[c.name], got[c.mark]
		if session == nil || mark == nil || session.Secure != (c.proto == "https") || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.Domain != "" {
			t.Fatalf("%s: %d with cookies %v", c.proto, res.StatusCode, res.Cookies())
		}
		ask := func(name string) int {
			r, _ := http.NewRequest("GET", w.phonesListener()+"/api/v1/me", nil)
			r.Header.Set("X-Forwarded-For", "203.0.113.5")
			r.Header.Set("X-Forwarded-Proto", c.proto)
			r.AddCookie(&http.Cookie{Name: name, Value: session.Value})
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode
		}
		if yes, no := ask(c.name), ask(map[string]string{"https": "villagecast", "http": "__Host-villagecast"}[c.proto]); yes != 200 || no != 401 {
			t.Errorf("%s: the cookie gives %d, another's name %d", c.proto, yes, no)
		}
		sessions, err := w.Sessions(t.Context(), "li")
		if err != nil || len(sessions) == 0 || sessions[0].From != "203.0.113.5" {
			t.Errorf("sessions %+v (%v): not from the phone's own address", sessions, err)
		}
	}
}

// TestASlowSenderIsLetGo: who sends a body drop by drop, or headers, or nothing,
// is cut off in its time; who is only slow is served.
func TestASlowSenderIsLetGo(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		head := "PUT /api/v1/areas/liushu HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + c.app.Token() + "\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
		body := `{"id":"liushu","parent":"county","name":"柳树"}` + strings.Repeat(" ", 60000)
		for name, s := range map[string]struct {
			first string
			drop  int // bytes each second
			lives bool
		}{
			"nothing":               {"", 0, false},
			"headers drop by drop":  {"GET / HTTP/1.1\r\nX-Long: ", 1, false},
			"a body drop by drop":   {head, 20, false},
			"a body of nobody":      {strings.Replace(head, "Bearer ", "Bearer x", 1), 1, false},
			"a slow phone":          {head, 2000, true},
			"a body that never was": {head, 0, false},
		} {
			conn, err := c.ports.dial(t.Context(), httpAddress)
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			done := make(chan string, 1)
			go func() {
				answer, _ := io.ReadAll(conn)
				done <- string(answer)
			}()
			_, _ = io.WriteString(conn, s.first)
			answer, over := "", false
			for sent := 0; !over && time.Since(begun) < 3*time.Minute; {
				if n := min(s.drop, 60000-sent); n > 0 {
					_, _ = io.WriteString(conn, body[sent:sent+n])
					sent += n
				}
				select {
				case answer = <-done:
					over = true
				case <-time.After(time.Second):
				}
				if s.lives && sent == 60000 && s.drop > 0 {
					_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
					answer, over = <-done, true
				}
			}
			took := time.Since(begun)
			_ = conn.Close()
			if !over || !s.lives && took > 40*time.Second || s.lives && !strings.HasPrefix(answer, "HTTP/1.1 200") {
				t.Errorf("%s: ended %v after %v with %.60q", name, over, took, answer)
			}
		}
	})
}

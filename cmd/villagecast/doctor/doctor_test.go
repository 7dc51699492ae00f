package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

const publicName = "centre.example"

// street is a centre with a reverse proxy before its phones' door, and what can go
// wrong with either.
type street struct {
	t     *testing.T
	app   *app.App
	roots *x509.CertPool
	// lookup is what the name's address is.
	lookup string
	// proxy is where the proxy listens.
	proxy string
	// behind is where phones come in at the centre.
	behind string
	data   string
}

// fault changes what is set up.
type fault struct {
	// options changes the centre.
	options func(*app.Options)
	// rewrite changes what the proxy does beyond passing the question on.
	rewrite func(*httputil.ProxyRequest)
	// answer changes what the proxy makes of the answer.
	answer func(*http.Response) error
	// upstream replaces the centre behind the proxy.
	upstream http.Handler
	// name, life and stranger are of the proxy's certificate.
	name     string
	life     time.Duration
	stranger bool
	// examine changes the examination.
	examine func(*street, *Options)
	// kept tells that the proxy buffers answers.
	kept bool
	// plain tells that the proxy speaks no TLS.
	plain bool
	// mute tells that the proxy adds no headers of its own.
	mute bool
}

func build(t *testing.T, f fault) *street {
	t.Helper()
	s := &street{t: t, lookup: "203.0.113.9", data: filepath.Join(t.TempDir(), "data")}
	o := app.Options{Data: s.data, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", PublicURL: "https://" + publicName, TrustedProxies: []string{"127.0.0.1"},
		Listeners: map[scheduler.Door]string{scheduler.DoorPhones: "127.0.0.1:0"}, Logger: slog.New(slog.DiscardHandler)}
	if f.options != nil {
		f.options(&o)
	}
	// The phones' listener must be known to the proxy: a free port is taken first.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	behind := l.Addr().String()
	_ = l.Close()
	if o.Listeners[scheduler.DoorPhones] != "" {
		o.Listeners[scheduler.DoorPhones] = behind
	} else {
		o.HTTP = behind
	}
	if s.app, err = app.New(o); err == nil {
		err = s.app.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.app.Stop() })
	s.behind = behind
	s.serve(f)
	return s
}

// serve starts the proxy.
func (s *street) serve(f fault) {
	target, _ := url.Parse("http://" + s.behind)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, ModifyResponse: f.answer, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			if !f.mute {
				r.SetXForwarded()
			}
			if f.rewrite != nil {
				f.rewrite(r)
			}
		}}
	var h http.Handler = proxy
	if f.upstream != nil {
		h = f.upstream
	}
	if f.kept {
		passed := h
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			all := httptest.NewRecorder()
			passed.ServeHTTP(all, r)
			for k, v := range all.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(all.Code)
			_, _ = w.Write(all.Body.Bytes())
		})
	}
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.roots = x509.NewCertPool()
	if f.plain {
		server.Start()
	} else {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{s.certificate(f)}}
		server.StartTLS()
	}
	s.t.Cleanup(server.Close)
	s.proxy = server.Listener.Addr().String()
}

// certificate is that of the proxy, of an authority that phones trust.
func (s *street) certificate(f fault) tls.Certificate {
	now := time.Now()
	make := func(t, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			s.t.Fatal(err)
		}
		t.SerialNumber, t.NotBefore = big.NewInt(now.UnixNano()), now.Add(-90*24*time.Hour)
		if parent == nil {
			parent, signer = t, key
		}
		der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
		if err != nil {
			s.t.Fatal(err)
		}
		c, _ := x509.ParseCertificate(der)
		return c, key
	}
	root, rootKey := make(&x509.Certificate{Subject: pkix.Name{CommonName: "Public Authority"}, NotAfter: now.Add(9999 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	if !f.stranger {
		s.roots.AddCert(root)
	}
	name, life := publicName, 60*24*time.Hour
	if f.name != "" {
		name = f.name
	}
	if f.life != 0 {
		life = f.life
	}
	leaf, key := make(&x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotAfter: now.Add(life), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, root, rootKey)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// examine looks at it as from outside: the public name leads to the proxy.
func (s *street) examine(f fault) map[string]Line {
	o := Options{Client: &client.Client{Base: s.app.URL(), Token: s.app.Token()}, Token: s.app.Token(), Data: s.data, Roots: s.roots, Backup: filepath.Join(s.data, "villagecast.db"),
		Lookup: func(context.Context, string) ([]string, error) { return []string{s.lookup}, nil },
		Dial: func(ctx context.Context, network, at string) (net.Conn, error) {
			if at == publicName+":443" {
				at = s.proxy
			}
			return (&net.Dialer{}).DialContext(ctx, network, at)
		}}
	if f.examine != nil {
		f.examine(s, &o)
	}
	out := map[string]Line{}
	for _, l := range Examine(s.t.Context(), o) {
		out[l.Code] = l
		if l.Text == "" || strings.Contains(l.Text+l.Remedy, "%!") || (l.Verdict == Warn || l.Verdict == Fail) && l.Remedy == "" {
			s.t.Errorf("%s: says %q, and as a remedy %q", l.Code, l.Text, l.Remedy)
		}
	}
	return out
}

// TestAHealthyStreet: nothing is wrong, and nothing is said to be.
func TestAHealthyStreet(t *testing.T) {
	s := build(t, fault{})
	lines := s.examine(fault{})
	for code, l := range lines {
		if l.Verdict == Fail || l.Verdict == Warn && code != "clock.unkept" && code != "units.plain" && code != "disk.low" {
			t.Errorf("%s: %+v", code, l)
		}
	}
	for _, code := range []string{"centre.answers", "broker.open", "database.whole", "backup.fresh", "cards.right", "name.found", "port.open", "certificate.good", "centre.ours",
		"door.narrow", "proxy.right", "host.same", "hsts.good", "stream.flows", "units.ours"} {
		if lines[code].Verdict != OK {
			t.Errorf("it does not say %s: %+v", code, lines)
		}
	}
}

// TestEachFaultIsNamed breaks the street in each way once: the line that says so is
// there, with a remedy, and where phones stay out it is a failure.
func TestEachFaultIsNamed(t *testing.T) {
	elsewhere := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"nonce":"x"}`)) })
	old := func(age time.Duration) func(*street, *Options) {
		return func(s *street, o *Options) {
			o.Backup = filepath.Join(s.t.TempDir(), "villagecast.db")
			if err := errors.Join(os.WriteFile(o.Backup, []byte("x"), 0o600), os.Chtimes(o.Backup, time.Time{}, time.Now().Add(-age))); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for code, f := range map[string]struct {
		want Verdict
		fault
	}{
		"public.unset": {Warn, fault{options: func(o *app.Options) { o.PublicURL = "" }}},
		"name.unknown": {Fail, fault{examine: func(_ *street, o *Options) {
			o.Lookup = func(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }
		}}},
		"name.private":          {Warn, fault{examine: func(s *street, _ *Options) { s.lookup = "192.168.1.9" }}},
		"port.closed":           {Fail, fault{examine: func(s *street, _ *Options) { s.proxy = "127.0.0.1:1" }}},
		"certificate.none":      {Fail, fault{plain: true}},
		"certificate.over":      {Fail, fault{life: -time.Hour}},
		"certificate.ends":      {Warn, fault{life: 9 * 24 * time.Hour}},
		"certificate.untrusted": {Fail, fault{stranger: true}},
		"certificate.other":     {Fail, fault{name: "other.example"}},
		"centre.stranger":       {Fail, fault{upstream: elsewhere}},
		"door.wide":             {Warn, fault{options: func(o *app.Options) { o.Listeners = map[scheduler.Door]string{} }}},
		"proxy.unknown":         {Fail, fault{options: func(o *app.Options) { o.TrustedProxies = nil }}},
		"proxy.mute":            {Fail, fault{mute: true}},
		"proxy.plain":           {Fail, fault{rewrite: func(r *httputil.ProxyRequest) { r.Out.Header.Del("X-Forwarded-Proto") }}},
		"proxy.credulous":       {Fail, fault{mute: true, rewrite: func(r *httputil.ProxyRequest) { r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"] }}},
		"host.changed":          {Warn, fault{rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = "" }}},
		"hsts.short":            {Warn, fault{answer: func(r *http.Response) error { r.Header.Del("Strict-Transport-Security"); return nil }}},
		"hsts.wide": {Warn, fault{answer: func(r *http.Response) error {
			r.Header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
			return nil
		}}},
		"stream.kept":        {Fail, fault{kept: true}},
		"backup.unknown":     {Warn, fault{examine: func(_ *street, o *Options) { o.Backup = "" }}},
		"backup.none":        {Fail, fault{examine: func(s *street, o *Options) { o.Backup = s.t.TempDir() }}},
		"backup.old":         {Fail, fault{examine: old(30 * 24 * time.Hour)}},
		"database.elsewhere": {Skip, fault{examine: func(s *street, o *Options) { o.Data = s.t.TempDir() }}},
		"clock.wrong":        {Fail, fault{examine: func(_ *street, o *Options) { o.Now = func() time.Time { return time.Now().Add(-time.Hour) } }}},
		"centre.silent":      {Fail, fault{examine: func(_ *street, o *Options) { o.Client = &client.Client{Base: "http://127.0.0.1:1", Token: "x"} }}},
		"broker.closed":      {Fail, fault{options: func(o *app.Options) { o.PublicMQTT = "tcp://127.0.0.1:1" }}},
		"units.asks":         {OK, fault{options: func(o *app.Options) { o.TLS, o.Hosts = true, []string{"127.0.0.1"} }, examine: (*street).trustOwn}},
		"units.trusting": {Fail, fault{options: func(o *app.Options) { o.TLS, o.Hosts = true, []string{"127.0.0.1"} },
			examine: func(s *street, o *Options) { s.trustOwn(o); s.endTLS(o) }}},
		"units.other": {Fail, fault{options: func(o *app.Options) { o.TLS, o.Hosts = true, []string{"elsewhere.example"} },
			examine: func(s *street, o *Options) {
				s.trustOwn(o)
				o.Client.HTTP.Transport.(*http.Transport).TLSClientConfig.ServerName = "elsewhere.example"
			}}},
		"units.untrusted": {Fail, fault{options: func(o *app.Options) { o.TLS, o.Hosts = true, []string{"127.0.0.1"} },
			examine: func(s *street, o *Options) { s.trustOwn(o); o.Own = s.roots }}},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := build(t, f.fault)
			lines := s.examine(f.fault)
			if got := lines[code]; got.Verdict != f.want {
				t.Errorf("want %s, got %+v", f.want, lines)
			}
		})
	}
}

// trustOwn lets the examination trust the centre's own authority.
func (s *street) trustOwn(o *Options) {
	pem, err := os.ReadFile(filepath.Join(s.data, "ca.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	o.Own = x509.NewCertPool()
	o.Own.AppendCertsFromPEM(pem)
	o.Client.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.Own}}}
}

// endTLS puts a server before the units' listener that shows the centre's own
// certificate, and asks for none.
func (s *street) endTLS(o *Options) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(s.data, "server.pem"), filepath.Join(s.data, "server.pem"))
	if err != nil { // it is made when the first comes in
		if _, err := o.Client.Setup(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		if pair, err = tls.LoadX509KeyPair(filepath.Join(s.data, "server.pem"), filepath.Join(s.data, "server.pem")); err != nil {
			s.t.Fatal(err)
		}
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	s.t.Cleanup(server.Close)
	units, dial := strings.TrimPrefix(s.app.UnitsURL(), "https://"), o.Dial
	o.Dial = func(ctx context.Context, network, at string) (net.Conn, error) {
		if at == units {
			at = server.Listener.Addr().String()
		}
		return dial(ctx, network, at)
	}
}

// TestEveryWordInBothLanguages: nothing is left out, and both say the same values.
func TestEveryWordInBothLanguages(t *testing.T) {
	for code, w := range words {
		if w.zh == "" || w.en == "" || (w.zhRemedy == "") != (w.enRemedy == "") || strings.Count(w.zh, "%") != strings.Count(w.en, "%") {
			t.Errorf("%s: %+v", code, w)
		}
	}
}

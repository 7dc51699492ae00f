package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// outside is Mosquitto with the files that the centre makes for it.
type outside struct {
	t   *testing.T
	op  *client.Client
	m   *brokertest.Mosquitto
	dir string
}

// write writes the files as villagecast broker mosquitto does.
func (o *outside) write() (conf string) {
	o.t.Helper()
	files, err := o.op.BrokerFiles(o.t.Context(), client.BrokerSpec{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		o.t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		o.t.Fatal(err)
	}
	certified := broker.MosquittoCertified(files)
	if conf, err = broker.MosquittoFiles(o.dir, broker.MosquittoOptions{Port: o.m.Port, RunAs: me.Username, Certified: &certified}); err != nil {
		o.t.Fatal(err)
	}
	return conf
}

// device is one whose key the test has.
func (o *outside) device(id string) *tls.Config {
	o.t.Helper()
	all, err := o.op.IssueClaims(o.t.Context(), client.ClaimSpec{Units: []string{id}})
	if err != nil {
		o.t.Fatal(err)
	}
	settings, err := agent.ParseSettings([]byte(all[0].Settings))
	if err != nil {
		o.t.Fatal(err)
	}
	config, err := settings.TLS()
	if err != nil {
		o.t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: id}}, key)
	if err != nil {
		o.t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: config}}).Post(o.op.Base+"/enrol", "application/json",
		strings.NewReader(string(mustEncode(o.t, wire.Enrolment{Unit: id, Claim: all[0].Code, Request: request}))))
	if err != nil {
		o.t.Fatal(err)
	}
	der := decodeCertificate(o.t, answer)
	config.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return config
}

// login connects as a client id, by a certificate.
func (o *outside) login(id string, config *tls.Config, heard func(paho.Message), lost func()) (paho.Client, error) {
	c := paho.NewClient(paho.NewClientOptions().AddBroker("ssl://" + o.m.Address).SetClientID(id).SetUsername(id).SetTLSConfig(config).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { heard(m) }).
		SetConnectionLostHandler(func(paho.Client, error) { lost() }))
	token := c.Connect()
	token.WaitTimeout(10 * time.Second)
	return c, token.Error()
}

// TestCertificatesOverMosquitto: centre and units come into a broker of another make
// by certificates, with nothing but the files that the centre made. No unit hears or
// says what is another's, nor takes another's place; one that was revoked is out once
// the broker has read its files anew, its running connection too.
func TestCertificatesOverMosquitto(t *testing.T) {
	t.Parallel()
	m := brokertest.NewMosquitto(t)
	dir := t.TempDir()
	a, err := app.New(app.Options{Data: filepath.Join(dir, "centre"), HTTP: "127.0.0.1:0", TLS: true, Hosts: []string{"127.0.0.1"}, Logger: slog.New(slog.DiscardHandler),
		Broker: &app.ExternalBroker{URL: "ssl://" + m.Address}})
	if err == nil {
		err = a.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	}()
	ctx := context.Background()
	o := &outside{t: t, op: &client.Client{Base: a.URL(), Token: a.Token(), Language: "en", HTTP: trusting(t, a)}, m: m, dir: filepath.Join(dir, "mosquitto")}
	if err := os.Mkdir(o.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := o.op.PutArea(ctx, client.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	configs := map[string]*tls.Config{}
	for _, id := range []string{"first", "second"} {
		if _, err := o.op.AddUnit(ctx, client.UnitSpec{ID: id, Area: "county"}); err != nil {
			t.Fatal(err)
		}
		configs[id] = o.device(id)
	}
	m.Start(o.write())

	var heard, foreign, lost atomic.Int64
	first, err := o.login("first", configs["first"], func(m paho.Message) {
		heard.Add(1)
		if strings.Contains(m.Topic(), "second") {
			foreign.Add(1)
		}
	}, func() { lost.Add(1) })
	if err != nil {
		t.Fatalf("with its certificate it does not come in: %v", err)
	}
	for _, topic := range []string{wire.KeysTopic, wire.BulletinTopic(wire.UnitAddress("first")), wire.BulletinTopic(wire.UnitAddress("second")), "vc/1/#"} {
		first.Subscribe(topic, 1, nil).WaitTimeout(5 * time.Second)
	}
	inTime(t, time.Minute, "the centre has come in by its certificate and published", func() bool { return heard.Load() >= 2 })
	birth := func(c paho.Client, unit string) {
		b := wire.Birth{Unit: unit, Session: 1, Spool: "s", Boot: "b", At: time.Now().UnixMilli(), Wire: 1}
		c.Publish(wire.BirthTopic(unit), 1, false, mustEncode(t, b)).WaitTimeout(5 * time.Second)
	}
	birth(first, "second")
	birth(first, "first")
	inTime(t, time.Minute, "the centre hears the unit", func() bool { p, err := a.Store().Presence(ctx, "first"); return err == nil && p.Online })
	if p, err := a.Store().Presence(ctx, "second"); err != nil || p.Online {
		t.Errorf("one unit speaks for another: %+v, %v", p, err)
	}
	// Under another's client id it is still itself: the other stays connected.
	var secondLost atomic.Int64
	second, err := o.login("second", configs["second"], func(paho.Message) {}, func() { secondLost.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer second.Disconnect(0)
	before := lost.Load()
	if intruder, err := o.login("second", configs["first"], func(paho.Message) {}, func() {}); err == nil {
		birth(intruder, "second")
		defer intruder.Disconnect(0)
	}
	time.Sleep(time.Second)
	if secondLost.Load() > 0 || !second.IsConnectionOpen() {
		t.Error("a unit threw another out under its client id")
	}
	if p, err := a.Store().Presence(ctx, "second"); err != nil || p.Online {
		t.Errorf("under its client id one unit speaks for another: %+v, %v", p, err)
	}
	if lost.Load() > before { // it took its own place
		if first, err = o.login("first", configs["first"], func(paho.Message) {}, func() { lost.Add(1) }); err != nil {
			t.Fatal(err)
		}
	}
	if foreign.Load() > 0 {
		t.Errorf("it heard %d messages that are for another unit", foreign.Load())
	}

	if _, err := o.op.RevokeUnit(ctx, "first", "stolen"); err != nil {
		t.Fatal(err)
	}
	o.write()
	m.Signal(syscall.SIGHUP)
	inTime(t, 30*time.Second, "the revoked unit is refused", func() bool {
		c, err := o.login("first", configs["first"], func(paho.Message) {}, func() {})
		if err == nil {
			c.Disconnect(0)
		}
		return err != nil
	})
	live := lost.Load()
	if first.IsConnectionOpen() {
		if cut, err := o.op.CutRevoked(ctx); err != nil || len(cut.Units) != 1 || cut.Units[0] != "first" {
			t.Errorf("cut: %+v, %v", cut, err)
		}
		inTime(t, 30*time.Second, "its running connection ends", func() bool { return !first.IsConnectionOpen() && lost.Load() > live })
	}
	if !second.IsConnectionOpen() {
		t.Error("the other unit was cut off too")
	}
}

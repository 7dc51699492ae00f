package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/client"
)

// thief has what a stolen unit has: its settings file, its key, its certificate.
type thief struct {
	c     *county
	tls   *tls.Config
	heard chan paho.Message
}

// steal enrols a device whose key lies in the test's hands.
func (c *county) steal(claim client.IssuedClaim) *thief {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	settings, err := agent.ParseSettings([]byte(claim.Settings))
	if err != nil {
		c.t.Fatal(err)
	}
	config, err := settings.TLS()
	if err != nil {
		c.t.Fatal(err)
	}
	th := &thief{c: c, tls: config, heard: make(chan paho.Message, 64)}
	status, der := th.enrol(claim.Unit, claim.Code, claim.Unit, key)
	if status != http.StatusOK {
		c.t.Fatalf("enrol: %d", status)
	}
	th.tls = config.Clone()
	th.tls.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return th
}

// enrol asks for a certificate in a name.
func (th *thief) enrol(unit, claim, name string, key *ecdsa.PrivateKey) (status int, der []byte) {
	th.c.t.Helper()
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		th.c.t.Fatal(err)
	}
	body, err := wire.Encode(wire.Enrolment{Unit: unit, Claim: claim, Request: request})
	if err != nil {
		th.c.t.Fatal(err)
	}
	status, text := th.ask(http.MethodPost, "/enrol", body)
	var v wire.Certificate
	_ = json.Unmarshal(text, &v)
	return status, v.Certificate
}

func (th *thief) ask(method, path string, body []byte) (int, []byte) {
	th.c.t.Helper()
	r, err := http.NewRequest(method, th.c.app.URL()+path, bytes.NewReader(body))
	if err != nil {
		th.c.t.Fatal(err)
	}
	answer, err := th.c.way(th.tls).Do(r)
	if err != nil {
		th.c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		th.c.t.Fatal(err)
	}
	return answer.StatusCode, text
}

// login connects to the broker in a name.
func (th *thief) login(id, user string) (paho.Client, error) {
	o := paho.NewClientOptions().AddBroker("tcp://broker.invalid:1883").SetClientID(id).SetUsername(user).SetPassword("secret").
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { th.heard <- m }).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			conn, err := th.c.below(context.Background(), "", mqttAddress)
			if err != nil {
				return nil, err
			}
			config := th.tls.Clone()
			config.ServerName = "127.0.0.1"
			return tls.Client(conn, config), nil
		})
	client := paho.NewClient(o)
	token := client.Connect()
	if !token.WaitTimeout(10 * time.Second) {
		return client, errors.New("no answer")
	}
	return client, token.Error()
}

// TestAStolenUnitSpeaksForNobodyElse: with the key and the certificate of a stolen
// unit one can be neither another unit nor the centre, at the broker and at the
// web server, and hears and says nothing but what is the unit's own. Once revoked it can do
// nothing at all, and its running connection ends.
func TestAStolenUnitSpeaksForNobodyElse(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op, ctx := c.secured(), context.Background()
		for _, id := range []string{"horn", "other"} {
			if _, err := op.AddUnit(ctx, client.UnitSpec{ID: id, Area: "liushu"}); err != nil {
				t.Fatal(err)
			}
		}
		c.area("shiqiao", "county")
		claim := c.claim(op, "horn")
		th := c.steal(claim)
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		free := c.claim(op, "other")
		for what, try := range map[string]func() int{
			"another key with its claim":    func() int { s, _ := th.enrol("horn", claim.Code, "horn", key); return s },
			"another unit with its claim":   func() int { s, _ := th.enrol("other", claim.Code, "other", key); return s },
			"its claim in another's name":   func() int { s, _ := th.enrol("horn", claim.Code, "other", key); return s },
			"another's claim in its name":   func() int { s, _ := th.enrol("horn", free.Code, "horn", key); return s },
			"a bundle of another unit":      func() int { s, _ := th.ask(http.MethodPut, "/bundle/other/c1", []byte("x")); return s },
			"the interface of people":       func() int { s, _ := th.ask(http.MethodGet, client.Prefix+"/status", nil); return s },
			"a unit's claims at the centre": func() int { s, _ := th.ask(http.MethodGet, client.Prefix+"/claims", nil); return s },
		} {
			if status := try(); status < 400 || status > 403 {
				t.Errorf("%s: %d", what, status)
			}
		}
		for _, name := range [][2]string{{"other", "other"}, {"horn", "other"}, {"other", "horn"}, {"CENTRE", "CENTRE"}, {"horn", ""}} {
			if client, err := th.login(name[0], name[1]); err == nil {
				t.Errorf("it comes in as client %q, user %q", name[0], name[1])
				client.Disconnect(0)
			}
		}
		link, err := th.login("horn", "horn")
		if err != nil {
			t.Fatal(err)
		}
		others := []string{wire.BulletinTopic(wire.UnitAddress("other")), wire.OrdersTopic(wire.AreaAddress("shiqiao")), "vc/1/#", "#", "vc/1/unit/+/orders", "vc/1/unit/other/report"}
		for _, topic := range others {
			if token := link.Subscribe(topic, 1, nil); token.WaitTimeout(5*time.Second) && token.Error() == nil && token.(*paho.SubscribeToken).Result()[topic] <= 2 {
				t.Errorf("it subscribes to %s", topic)
			}
		}
		speak := func(unit string) {
			b := wire.Birth{Unit: unit, Session: 1, Spool: "s", Boot: "b", At: time.Now().UnixMilli(), Wire: 1}
			link.Publish(wire.BirthTopic(unit), 1, false, mustEncode(t, b)).WaitTimeout(5 * time.Second)
			time.Sleep(time.Second)
		}
		speak("horn")
		if !c.online("horn") {
			t.Error("it does not speak for itself: this test proves nothing")
		}
		speak("other") // which ends the connection
		if c.online("other") {
			t.Error("it speaks for another unit")
		}
		if link, err = th.login("horn", "horn"); err != nil {
			t.Fatal(err)
		}
		defer link.Disconnect(0)
		if _, err := op.RevokeUnit(ctx, "horn", "stolen"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if link.IsConnectionOpen() {
			t.Error("revoked, it is still connected")
		}
		if _, err := th.login("horn", "horn"); err == nil {
			t.Error("revoked, it comes in")
		}
		for _, path := range []string{"/renew", "/enrol"} {
			if status, _ := th.ask(http.MethodPost, path, nil); status < 400 {
				t.Errorf("revoked, %s answers %d", path, status)
			}
		}
		if status, _ := th.enrol("horn", claim.Code, "horn", key); status < 400 {
			t.Errorf("revoked, the claim of before answers %d", status)
		}
	})
}

func mustEncode(t *testing.T, p wire.Payload) []byte {
	t.Helper()
	b, err := wire.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAStolenDatabaseMakesNoDevice: neither the codes of claims, used or not, nor
// the key of the centre's authority stand in the database.
func TestAStolenDatabaseMakesNoDevice(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op, ctx := c.secured(), context.Background()
		made, err := op.IssueClaims(ctx, client.ClaimSpec{New: 2})
		if err != nil {
			t.Fatal(err)
		}
		c.steal(made[0])
		pair := read(t, filepath.Join(c.dir, "ca.key"))
		for len(pair) > 0 {
			block, rest := pem.Decode(pair)
			if pair = rest; block == nil {
				t.Fatal("ca.key cannot be read")
			}
			if block.Type != "PRIVATE KEY" {
				continue
			}
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			secret, err := key.(*ecdsa.PrivateKey).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, client.IssuedClaim{Code: string(secret)}, client.IssuedClaim{Code: hex.EncodeToString(secret)}, client.IssuedClaim{Code: string(block.Bytes)})
		}
		files, err := filepath.Glob(filepath.Join(c.dir, "villagecast.db*"))
		if err != nil || len(files) == 0 || len(made) != 5 {
			t.Fatal(err, len(made))
		}
		var dump []byte
		for _, f := range files {
			dump = append(dump, read(t, f)...)
		}
		if !bytes.Contains(dump, auth.Hash(made[0].Code)) || !bytes.Contains(dump, auth.Hash(made[1].Code)) {
			t.Fatal("the dump does not hold the hashes: this test looks in the wrong place")
		}
		for _, secret := range made {
			if bytes.Contains(bytes.ToUpper(dump), bytes.ToUpper([]byte(secret.Code))) {
				t.Errorf("the database holds %q", secret.Code)
			}
		}
	})
}

// decodeCertificate is the certificate in an answer.
func decodeCertificate(t *testing.T, answer *http.Response) []byte {
	t.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	var v wire.Certificate
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("enrol: %s: %s, %v", answer.Status, text, err)
	}
	return v.Certificate
}

package fleet_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// eventually polls: the clock of another process is real.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 30 s: %s", what)
}

// TestMosquitto runs the same path over TLS against a broker of another make,
// with the configuration that we write for it.
func TestMosquitto(t *testing.T) {
	m := brokertest.NewMosquitto(t)
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.OpenKeys(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := auth.OpenCA(dir, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.ServerTLS().GetCertificate(nil); err != nil { // writes server.pem
		t.Fatal(err)
	}
	pem := filepath.Join(dir, "server.pem")
	chain := []string{"county", "liushu"}
	conf, err := broker.MosquittoFiles(dir, broker.MosquittoOptions{
		Port: m.Port, CertFile: pem, KeyFile: pem, RunAs: me.Username,
		Users: []broker.MosquittoUser{
			{Name: "centre", Secret: "of the centre", Access: wire.CentreAccess()},
			{Name: "u1", Secret: "secret", Access: wire.UnitAccess("u1", chain)},
			{Name: "u2", Secret: "secret", Access: wire.UnitAccess("u2", chain)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Start(conf)

	book := newBook()
	o := options(book, keys, nil)
	o.URL = fmt.Sprintf("ssl://%s", m.Address)
	o.TLS = &tls.Config{RootCAs: ca.Pool()}
	f, err := fleet.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { f.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	eventually(t, "the centre has a link", f.Up)

	connect := func(id string, session uint64) *unit {
		u := &unit{t: t, id: id}
		u.connect(unitOptions(id, session, u).AddBroker(o.URL).SetTLSConfig(o.TLS.Clone()))
		return u
	}
	w := &world{t: t, keys: keys}
	u1 := connect("u1", 1)
	book.change("a", bulletin(village))
	eventually(t, "the unit hears its village's bulletin", func() bool { return len(u1.heard(wire.BulletinTopic(village))) == 1 })
	if got := bulletins(w, u1, village); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the unit heard %q", got)
	}
	u1.says(wire.ChannelBirth, birth("u1", 1))
	u1.says(wire.ChannelReport, report("u1", 1, 2, 3))
	eventually(t, "the report is acknowledged", func() bool { return len(u1.heard(wire.StoredTopic("u1"))) == 1 })
	var stored wire.Stored
	if err := json.Unmarshal(u1.heard(wire.StoredTopic("u1"))[0], &stored); err != nil || stored.Seq != 3 {
		t.Errorf("stored %+v (%v), want up to 3", stored, err)
	}

	u2 := connect("u2", 1)
	forged, _ := json.Marshal(birth("u1", 9))
	u2.Publish(wire.BirthTopic("u1"), 1, false, forged).Wait()
	u2.Publish(wire.BulletinTopic(village), 1, true, "forged").Wait()
	u2.says(wire.ChannelBirth, birth("u2", 1))
	eventually(t, "the second unit is born", func() bool { return slices.Contains(book.said(), "u2 born 1") })
	if got := book.said(); slices.Contains(got, "u1 born 9") {
		t.Error("one unit spoke in the name of another")
	}
	if got := len(u1.heard(wire.BulletinTopic(village))); got != 1 {
		t.Errorf("a unit published a bulletin: %d heard", got)
	}
	stranger := paho.NewClient(unitOptions("u3", 1, &unit{}).AddBroker(o.URL).SetTLSConfig(o.TLS.Clone()))
	if token := stranger.Connect(); token.Wait() && token.Error() == nil {
		t.Error("a stranger may log in")
	}
	// Twice the same client id: Mosquitto throws the older session out, and its
	// will says so of the older session alone.
	again := connect("u2", 2)
	eventually(t, "the older session's will", func() bool { return slices.Contains(book.said(), "u2 gone 1") })

	m.Stop()
	eventually(t, "the centre sees that the link is lost", func() bool { return !f.Up() })
	m.Start(conf)
	eventually(t, "the centre has a link again", f.Up)
	u1 = connect("u1", 2)
	eventually(t, "the empty broker is filled", func() bool { return len(u1.heard(wire.BulletinTopic(village))) == 1 })
	if got := f.Counters(); got.Refilled != 1 || got.Links != 2 {
		t.Errorf("counters %+v, want one refilled over two links", got)
	}
	for _, u := range []*unit{u1, u2, again} {
		u.bye()
	}
	cancel()
	wg.Wait()
	m.Stop()
	book.mu.Lock()
	defer book.mu.Unlock()
	if last := book.links[len(book.links)-1]; !strings.HasPrefix(last, "false the centre stops") {
		t.Errorf("the last word on the link is %q", last)
	}
}

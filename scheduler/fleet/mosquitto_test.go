package fleet_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// mosquitto is a real broker of another make, on a free port.
type mosquitto struct {
	t    *testing.T
	conf string
	port int
	cmd  *exec.Cmd
	log  bytes.Buffer
}

func findMosquitto(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skip("Mosquitto is not installed: apt-get install mosquitto")
	return ""
}

func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command(findMosquitto(m.t), "-c", m.conf)
	m.cmd.Stderr, m.cmd.Stdout = &m.log, &m.log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	process := m.cmd.Process
	m.t.Cleanup(func() { _ = process.Kill() }) // for a test that gave up
	eventually(m.t, "Mosquitto answers", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.port))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (m *mosquitto) stop() {
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	_ = m.cmd.Wait()
	if m.t.Failed() {
		m.t.Logf("Mosquitto said:\n%s", m.log.String())
	}
}

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

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestMosquitto runs the same path over TLS against a broker of another make,
// with the configuration that we write for it.
func TestMosquitto(t *testing.T) {
	findMosquitto(t)
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
	m := &mosquitto{t: t, port: freePort(t)}
	chain := []string{"county", "liushu"}
	m.conf, err = broker.MosquittoFiles(dir, broker.MosquittoOptions{
		Port: m.port, CertFile: pem, KeyFile: pem, RunAs: me.Username,
		Users: []broker.MosquittoUser{
			{Name: "centre", Secret: "of the centre", Access: wire.CentreAccess()},
			{Name: "u1", Secret: "secret", Access: wire.UnitAccess("u1", chain)},
			{Name: "u2", Secret: "secret", Access: wire.UnitAccess("u2", chain)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.start()

	book := newBook()
	o := options(book, keys, nil)
	o.URL = fmt.Sprintf("ssl://127.0.0.1:%d", m.port)
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

	m.stop()
	eventually(t, "the centre sees that the link is lost", func() bool { return !f.Up() })
	m.start()
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
	m.stop()
	book.mu.Lock()
	defer book.mu.Unlock()
	if last := book.links[len(book.links)-1]; !strings.HasPrefix(last, "false the centre stops") {
		t.Errorf("the last word on the link is %q", last)
	}
}

package app_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/client"
)

// mosquitto is a broker of another make, as Debian has it.
type mosquitto struct {
	t       *testing.T
	program string
	conf    string
	address string
	cmd     *exec.Cmd
	said    bytes.Buffer
}

// findMosquitto gives the program that VILLAGECAST_MOSQUITTO names, the
// machine's, or one unpacked under .cache.
func findMosquitto(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("VILLAGECAST_MOSQUITTO"); path != "" {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("VILLAGECAST_MOSQUITTO: %v", err)
		}
		return path
	}
	cached, err := filepath.Abs("../../.cache/mosquitto/usr/sbin/mosquitto")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/usr/sbin/mosquitto", cached} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	t.Skip("Mosquitto is not installed: apt-get install --no-install-recommends mosquitto")
	return ""
}

func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command(m.program, "-c", m.conf)
	m.cmd.Stdout, m.cmd.Stderr = &m.said, &m.said
	// One that was unpacked by hand has its libraries beside it.
	libraries, err := filepath.Glob(filepath.Join(filepath.Dir(m.program), "../lib/*-linux-*"))
	if err == nil && len(libraries) > 0 {
		m.cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries[0])
	}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	inTime(m.t, 20*time.Second, "Mosquitto answers", func() bool {
		c, err := net.Dial("tcp", m.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// stop ends it, and with it everything that it held.
func (m *mosquitto) stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	_ = m.cmd.Wait()
	m.cmd = nil
	if m.t.Failed() {
		m.t.Logf("Mosquitto said:\n%s", m.said.String())
	}
}

// TestTheWholePathOverMosquitto runs centre and agents over a broker of another
// make: what is released plays and is proved; a broker that comes back empty is
// filled again, so that a device that was never there before plays too.
func TestTheWholePathOverMosquitto(t *testing.T) {
	t.Parallel()
	m := &mosquitto{t: t, program: findMosquitto(t), address: freeAddress(t)}
	dir := t.TempDir()
	a, err := app.New(app.Options{Data: filepath.Join(dir, "centre"), HTTP: "127.0.0.1:0",
		Broker: &app.ExternalBroker{URL: "tcp://" + m.address, User: "centre", Password: "of the centre"}})
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
	op := &client.Client{Base: a.URL(), Token: a.Token(), Language: "en"}
	zone := time.FixedZone("", 8*3600)
	if _, err := op.PutCounty(t.Context(), client.County{Name: "county", Zone: "Asia/Shanghai"}); err != nil {
		t.Fatal(err)
	}
	if _, err := op.PutArea(t.Context(), client.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	settings := map[string]agent.Settings{}
	users := []broker.MosquittoUser{{Name: "centre", Secret: "of the centre", Access: wire.CentreAccess()}}
	for _, id := range []string{"first", "second"} {
		added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: id, Area: "county", Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := agent.ParseSettings([]byte(added.Settings))
		if err != nil {
			t.Fatal(err)
		}
		settings[id] = s
		users = append(users, broker.MosquittoUser{Name: id, Secret: s.Secret, Access: wire.UnitAccess(id, []string{"county"})})
	}
	m.configure(dir, users)
	m.start()
	defer m.stop()

	switchOff := switchOn(t, settings["first"])
	defer switchOff()
	sound := upload(t, op, tone(t, dir, "news", 440, 3), "news")
	text, err := op.AddText(t.Context(), client.TextSpec{Text: "开会", Stay: 3})
	if err != nil {
		t.Fatal(err)
	}
	playlist(t, op, "news", [2]string{sound.ID, text.ID})
	spec := client.ProgrammeSpec{ID: "soon", Playlist: "news", Targets: client.Targets{Areas: []string{"county"}},
		Rule: wire.Rule{Kind: wire.RuleOnce, Once: wire.DateTime(time.Now().Add(12 * time.Second).In(zone).Format("2006-01-02T15:04:05"))}}
	release(t, op, spec)
	spec.ID, spec.Rule = "minutely", wire.Rule{Kind: wire.RuleEvery, Every: 1, Window: &wire.Window{From: "00:00", To: "24:00"},
		Until: wire.DateTime(time.Now().Add(24 * time.Hour).In(zone).Format("2006-01-02T15:04:05"))}
	release(t, op, spec)
	inTime(t, 40*time.Second, "the first unit's proof is stored", func() bool { return proved(t, op, "first", "soon") })

	m.stop()
	m.start()
	switchOff2 := switchOn(t, settings["second"])
	defer switchOff2()
	inTime(t, 90*time.Second, "both units hold everything and have their files", func() bool {
		for id := range settings {
			u, err := op.Unit(t.Context(), id)
			if err != nil || !u.Presence.Online || len(u.Presence.Pending) > 0 || u.Presence.Assets != 1 || u.Presence.Ready != 1 {
				return false
			}
		}
		return true
	})
	inTime(t, 90*time.Second, "the second unit's proof is stored", func() bool { return proved(t, op, "second", "minutely") })
	if list, err := op.Outages(t.Context(), client.ProofQuery{}, false); err != nil || len(list) != 0 {
		t.Errorf("outages although only the broker was restarted: %+v (%v)", list, err)
	}
}

// configure writes Mosquitto's files as an operator of Villagecast gets them.
func (m *mosquitto) configure(dir string, users []broker.MosquittoUser) {
	m.t.Helper()
	me, err := user.Current()
	if err != nil {
		m.t.Fatal(err)
	}
	_, text, err := net.SplitHostPort(m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.conf, err = broker.MosquittoFiles(dir, broker.MosquittoOptions{Port: port, RunAs: me.Username, Users: users}); err != nil {
		m.t.Fatal(err)
	}
}

// switchOn runs an agent in this process, by the real clock, with outputs that count.
func switchOn(t *testing.T, s agent.Settings) (off func()) { return switchOnAt(t, s, nil) }

// switchOnAt does so with a local page.
func switchOnAt(t *testing.T, s agent.Settings, page net.Listener) (off func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- agent.Run(ctx, agent.Options{Settings: s, Disk: spool.Memory(), Listener: page, Sound: player.NewCounting(), Lang: "en",
			Panel:  func(int, int) (screen.Panel, error) { return screen.Counting{}, nil },
			Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	}()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the agent of %s ends with %v", s.Unit, err)
		}
	}
}

// proved tells whether a whole round of 3 s is proved on both outputs.
func proved(t *testing.T, op *client.Client, unit, programme string) bool {
	t.Helper()
	list, err := op.AsRun(t.Context(), client.ProofQuery{Unit: unit, Programme: programme, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	done := map[wire.Output]bool{}
	for _, a := range list {
		if a.Grade == wire.GradePlayed && len(a.Rounds) == 1 && a.Rounds[0].Frames >= 3*wire.Rate-wire.Rate/10 {
			done[a.Output] = true
		}
	}
	return len(done) == 2
}

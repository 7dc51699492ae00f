// Package brokertest runs a broker of another make for tests: Mosquitto, as Debian
// has it, on a free port of loopback.
package brokertest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// patience is how long Mosquitto may take until it answers.
const patience = 30 * time.Second

// Mosquitto is one broker, which can be stopped and started again.
type Mosquitto struct {
	t       *testing.T
	program string
	// Address is where it listens, host and port.
	Address string
	// Port is the same port.
	Port int
	cmd  *exec.Cmd
	said bytes.Buffer
}

// NewMosquitto looks for the program: the one that VILLAGECAST_MOSQUITTO names,
// the machine's, or one that was laid aside under .cache. Without any the test is
// skipped. Nothing runs yet: the port is needed for the configuration.
func NewMosquitto(t *testing.T) *Mosquitto {
	t.Helper()
	m := &Mosquitto{t: t, program: find(t)}
	m.Address = FreeAddress(t)
	_, port, err := net.SplitHostPort(m.Address)
	if err == nil {
		m.Port, err = strconv.Atoi(port)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Stop)
	return m
}

// FreeAddress is one of loopback on which nobody listens, for what is started there
// later, and again and again. Its port is below those that the system gives to who
// calls out: of such, somebody else's call may have it by then, and who dials it
// while nobody listens may be put through to itself.
func FreeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 10_000+rand.IntN(22_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port of loopback is free")
	return ""
}

func find(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("VILLAGECAST_MOSQUITTO"); path != "" {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("VILLAGECAST_MOSQUITTO: %v", err)
		}
		return path
	}
	cached, err := filepath.Abs("../../.cache/mosquitto/usr/sbin/mosquitto") // from a room of the scheduler
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", cached} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skip("Mosquitto is not installed: make test lays it aside, or apt-get install --no-install-recommends mosquitto")
	return ""
}

// Start runs it with a configuration file and waits until it answers.
func (m *Mosquitto) Start(conf string) {
	m.t.Helper()
	m.cmd = exec.Command(m.program, "-c", conf)
	m.cmd.Stdout, m.cmd.Stderr = &m.said, &m.said
	// One that was unpacked by hand has its libraries beside it.
	libraries, err := filepath.Glob(filepath.Join(filepath.Dir(m.program), "../lib/*-linux-*"))
	if err == nil && len(libraries) > 0 {
		m.cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries[0])
	}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", m.Address)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			m.Stop()
			m.t.Fatalf("Mosquitto does not answer within %v: %v\n%s", patience, err, m.said.String())
		}
	}
}

// Stop ends it, and with it everything that it held. What it said is shown if
// the test has failed.
func (m *Mosquitto) Stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	_ = m.cmd.Wait() // it ends by our signal, or has crashed: the test sees that
	m.cmd = nil
	if m.t.Failed() {
		m.t.Logf("Mosquitto said:\n%s", m.said.String())
	}
}

// Signal sends a signal to the broker that runs, as to make it stand still.
func (m *Mosquitto) Signal(s os.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Fatal(err)
	}
}

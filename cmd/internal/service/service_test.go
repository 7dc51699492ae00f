package service_test

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/villagecast/villagecast/cmd/internal/service"
)

// manager is the socket of a service manager.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	name := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("NOTIFY_SOCKET", name)
	return c
}

// heard reads what was said, up to a message that did not come.
func heard(t *testing.T, c *net.UnixConn) (words []string) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 100); ; {
		n, err := c.Read(b)
		if err != nil {
			return words
		}
		words = append(words, string(b[:n]))
	}
}

func TestSaysWhatSystemdWantsToHear(t *testing.T) {
	c := manager(t)
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("WATCHDOG_USEC", "3600000000")
	s := service.New(slog.Default())
	s.Ready()
	s.Alive()
	s.Alive() // so soon after it is not passed on
	s.Stopping()
	if got, want := heard(t, c), []string{"READY=1", "WATCHDOG=1", "STOPPING=1"}; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("said %q, want %q", got, want)
	}
}

func TestWithoutWatchdogNoSignOfLife(t *testing.T) {
	c := manager(t)
	s := service.New(slog.Default())
	s.Alive()
	if got := heard(t, c); len(got) != 0 {
		t.Errorf("said %q", got)
	}
}

func TestWithoutSupervisorNothingIsSaid(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "nonsense")
	s := service.New(slog.Default())
	s.Ready()
	s.Alive()
	s.Stopping()
}

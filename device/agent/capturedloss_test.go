//go:build linux && cgo && alsa

package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player/vcap"
	"github.com/villagecast/villagecast/device/wire"
)

// What a loss of the card may cost.
const (
	tellWithin = 5 * time.Second  // from the loss to the word of it at the centre
	playWithin = 10 * time.Second // from the card's return to sound
)

// losing is a unit under a supervisor, whose card comes and goes.
type losing struct {
	t    *testing.T
	c    *agenttest.Centre
	card *vcap.Card
	dir  string

	mu     sync.Mutex
	cmd    *exec.Cmd
	starts int
	ending bool
	log    bytes.Buffer
	done   chan struct{}
}

// start starts the unit on a warning without end, and starts it anew whenever it
// asks for that, as its supervisor does.
func startLosing(t *testing.T) *losing {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &losing{t: t, c: agenttest.ListenOn(t, l), card: vcap.New(t), dir: t.TempDir(), done: make(chan struct{})}
	web := httptest.NewServer(&s.c.Media)
	t.Cleanup(web.Close)
	settings := s.c.Settings(horn)
	settings.HTTP = web.URL
	data, err := settings.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "unit.yaml"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s.c.County(horn)
	now := time.Now().UnixMilli()
	s.c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
		ID: "siren", Issuer: "county", Level: wire.LevelRed, Title: "Siren", Items: items([]recording{inWAV(t, s.c, 20*wire.Rate, 1)}),
		Issued: now, Until: now + 3*3600_000, Volume: 100,
	}}})
	go s.supervise()
	t.Cleanup(s.end)
	return s
}

func (s *losing) supervise() {
	defer close(s.done)
	for {
		s.mu.Lock()
		if s.ending {
			s.mu.Unlock()
			return
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), s.card.Env(), unitVariable+"="+s.dir)
		cmd.Stderr = &s.log
		s.cmd = cmd
		s.starts++
		err := cmd.Start()
		s.mu.Unlock()
		if err != nil {
			s.t.Errorf("start unit: %v", err)
			return
		}
		err = cmd.Wait()
		s.mu.Lock()
		ending := s.ending
		s.mu.Unlock()
		if code := cmd.ProcessState.ExitCode(); code != restartCode && !ending {
			s.t.Errorf("the unit ended with %d, %v; want %d, to be started anew\n%s", code, err, restartCode, s.log.String())
			return
		}
		time.Sleep(time.Second)
	}
}

func (s *losing) end() {
	s.mu.Lock()
	s.ending = true
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	s.mu.Unlock()
	<-s.done
	if s.t.Failed() {
		s.t.Logf("the unit said:\n%s", s.log.String())
	}
}

func (s *losing) pid() (pid, starts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Pid, s.starts
}

// within waits until it is so, and gives how long that took.
func (s *losing) within(most time.Duration, what string, so func() bool) time.Duration {
	s.t.Helper()
	began := time.Now()
	for !so() {
		if time.Since(began) > most {
			s.t.Fatalf("not within %v: %s", most, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(began)
}

// sounding waits until the card moves and is loud: two looks at it, 100 ms apart.
func (s *losing) sounding(most time.Duration) time.Duration {
	s.t.Helper()
	const second = wire.Rate * 8
	last := int64(-1)
	return s.within(most, "sound", func() bool {
		written, loud, err := s.card.Written(second / 20)
		if errors.Is(err, os.ErrNotExist) {
			return false
		}
		if err != nil {
			s.t.Fatal(err)
		}
		moved := last >= 0 && written > last && written-last < second
		last = written
		time.Sleep(80 * time.Millisecond)
		return moved && loud
	})
}

// well waits until the centre has a heartbeat without the condition.
func (s *losing) well() {
	s.t.Helper()
	s.within(20*time.Second, "the centre is told that the output plays again", func() bool { return !s.complains() })
}

func (s *losing) complains() bool {
	beat := agenttest.Last[wire.Heartbeat](s.c, horn, wire.ChannelHeartbeat)
	return slices.ContainsFunc(beat.Issues, func(c wire.Condition) bool { return c.Code == agent.CodeOutputLost })
}

// told waits until the centre has the event and a heartbeat with the condition.
func (s *losing) told(events int) time.Duration {
	s.t.Helper()
	return s.within(tellWithin, "the centre is told that the output is lost", func() bool {
		return s.complains() && s.events() > events
	})
}

func (s *losing) events() int { return len(s.c.Events(agent.CodeOutputLost)) }

// cost is what a process holds.
type cost struct{ fds, goroutines, threads, rss int }

func (a cost) most(b cost) cost {
	return cost{max(a.fds, b.fds), max(a.goroutines, b.goroutines), max(a.threads, b.threads), max(a.rss, b.rss)}
}

func (a cost) String() string {
	return fmt.Sprintf("%d descriptors, %d goroutines, %d threads, %d MB", a.fds, a.goroutines, a.threads, a.rss/1024)
}

func (s *losing) cost() (c cost) {
	pid, _ := s.pid()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		s.t.Fatal(err)
	}
	c.fds = len(fds)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		s.t.Fatal(err)
	}
	number := func(text string) int {
		n, _ := strconv.Atoi(text) // 0 where the process has just begun
		return n
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			c.rss = number(f[1])
		} else if f[0] == "Threads:" {
			c.threads = number(f[1])
		}
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "goroutines"))
	c.goroutines = number(string(text))
	return c
}

// TestCardThatComesAndGoes takes the card away a dozen times, a hundred in the
// soak, for moments and for longer, and sees that the centre hears of it, that
// the unit sounds again by itself, that what did not sound is not proved, and
// what it costs: no more, however often.
func TestCardThatComesAndGoes(t *testing.T) {
	t.Parallel()
	losses := 12
	if agenttest.Soak() {
		losses = 100
	}
	s := startLosing(t)
	s.sounding(20 * time.Second)
	first := s.cost()
	most, tell, play := first, time.Duration(0), time.Duration(0)
	for i := range losses {
		events := s.events()
		if err := s.card.Unplug(); err != nil {
			t.Fatal(err)
		}
		tell = max(tell, s.told(events))
		if i%10 == 5 {
			time.Sleep(6 * time.Second) // so long that the process gives up
		}
		if err := s.card.Plug(); err != nil {
			t.Fatal(err)
		}
		play = max(play, s.sounding(playWithin))
		s.well()
		most = most.most(s.cost())
	}
	_, starts := s.pid()
	t.Logf("%d losses: told within %v, sounded within %v of the return, %d processes", losses, tell.Round(time.Millisecond), play.Round(time.Millisecond), starts)
	t.Logf("a process held %v at first, %v at most", first, most)
	if most.fds > first.fds+3*20+10 || most.goroutines > first.goroutines+3*20+20 || most.threads > first.threads+30 || most.rss > first.rss+30*1024 {
		t.Errorf("a process held %v at first and %v at most: what is lost piles up", first, most)
	}
	if starts < 2 || starts > losses {
		t.Errorf("%d processes: want one at least that gave up, and not one for every loss", starts)
	}
	s.end()
	s.wantProof(losses)
}

// wantProof wants no more to be proved than the card heard, and less only by what
// stood in the buffers at each loss.
func (s *losing) wantProof(losses int) {
	c, err := s.card.Capture()
	if err != nil {
		s.t.Fatal(err)
	}
	loud := 0
	for _, x := range c.Channel(0) {
		if x != 0 {
			loud++
		}
	}
	heard, proved := time.Duration(loud)*time.Second/wire.Rate, time.Duration(0)
	for _, r := range s.c.AsRuns() {
		for _, p := range r.Rounds {
			proved += time.Duration(p.Frames) * time.Second / wire.Rate
		}
	}
	more, less := time.Duration(losses+1)*50*time.Millisecond, time.Duration(losses+1)*400*time.Millisecond
	s.t.Logf("%v heard, %v proved", heard, proved)
	if proved > heard+more || heard > proved+less {
		s.t.Errorf("%v heard and %v proved, want at most %v more and %v less", heard, proved, more, less)
	}
}

// TestCardThatStandsStillOrSwallows: a card that takes no more, or takes all at
// once, reports no error. It is told none the less; a unit goes on in its
// process if that ends soon, and in a new one if not.
func TestCardThatStandsStillOrSwallows(t *testing.T) {
	t.Parallel()
	s := startLosing(t)
	s.sounding(20 * time.Second)
	time.Sleep(10 * time.Second) // until the card counts as one that plays
	_, starts := s.pid()
	cases := []struct {
		name       string
		begin, end func() error
		long, soak bool
	}{
		{name: "stands still", begin: s.card.Stall, end: s.card.Move},
		{name: "swallows", begin: s.card.Race, end: s.card.Pace},
		{name: "stands still for long", begin: s.card.Stall, end: s.card.Move, long: true},
		{name: "swallows for long", begin: s.card.Race, end: s.card.Pace, long: true, soak: true},
	}
	for _, x := range cases {
		if x.soak && !agenttest.Soak() {
			continue
		}
		events := s.events()
		if err := x.begin(); err != nil {
			t.Fatal(err)
		}
		tell := s.told(events)
		if x.long {
			s.within(20*time.Second, "a new process", func() bool { _, now := s.pid(); return now > starts })
			time.Sleep(2 * time.Second)
			starts++
		}
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		play := s.sounding(playWithin)
		t.Logf("%s: told within %v, sounded within %v of its end", x.name, tell.Round(time.Millisecond), play.Round(time.Millisecond))
		if _, now := s.pid(); now != starts {
			t.Errorf("%s: process %d, want %d", x.name, now, starts)
		}
		s.well()
		if x.long && agenttest.Soak() {
			time.Sleep(11 * time.Second)
		}
	}
}

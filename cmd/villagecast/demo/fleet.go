package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	device "github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/console"
)

// repairAfter is how long what was broken stays broken, if nobody mends it.
const repairAfter = device.BreakLasts

// agents runs the units of the demonstration, each as a process of its own, and
// starts again those that end.
type agents struct {
	program string
	dir     string
	log     *slog.Logger
	start   chan *agent
	// http asks the units' own pages.
	http *http.Client

	all map[string]*agent
	wg  sync.WaitGroup
}

// agent is one unit's process.
type agent struct {
	unit  client.UnitSpec
	sound string
	page  *url.URL
	// revive ends the pause after a kill.
	revive chan struct{}

	mu    sync.Mutex
	cmd   *exec.Cmd
	fault *console.DemoFault
	ended chan struct{}
	err   error
}

// newAgents takes a free port of loopback for every unit's page.
func newAgents(program, dir string, units []client.UnitSpec, loud string, log *slog.Logger) (*agents, error) {
	a := &agents{program: program, dir: dir, log: log, start: make(chan *agent), all: map[string]*agent{},
		http: &http.Client{Timeout: 500 * time.Millisecond}}
	for _, u := range units {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		one := &agent{unit: u, sound: "silent", revive: make(chan struct{}, 1), page: loopback(port)}
		if u.ID == loud {
			one.sound = "auto"
		}
		a.all[u.ID] = one
	}
	return a, nil
}

func loopback(port int) *url.URL {
	return &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// run keeps the agents running until ctx ends, then ends them all.
func (a *agents) run(ctx context.Context) {
	a.wg.Go(func() { a.starter(ctx) })
	for _, one := range a.all {
		a.wg.Go(func() { a.keep(ctx, one) })
	}
	a.wg.Wait()
}

// starter starts every process from one thread that lives as long as the
// demonstration: the kernel ends the agents when that thread goes, however the
// demonstration itself ends.
func (a *agents) starter(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-a.start:
			one.launch(a)
		}
	}
}

// launch starts the process and notes how that went.
func (one *agent) launch(a *agents) {
	panel := "none"
	if one.unit.Panel != nil {
		panel = "png:" + filepath.Join(a.dir, "units", one.unit.ID+".png")
	}
	cmd := exec.Command(a.program,
		"--settings", filepath.Join(a.dir, "settings", one.unit.ID+".yaml"),
		"--data", filepath.Join(a.dir, "units", one.unit.ID),
		"--sound", one.sound, "--panel", panel, "--listen", one.at().Host, "--demo")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	logfile, err := os.OpenFile(filepath.Join(a.dir, "logs", one.unit.ID+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		defer logfile.Close()
		cmd.Stdout, cmd.Stderr = logfile, logfile
		err = cmd.Start()
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.err = err
	if err == nil {
		one.cmd = cmd
	}
	close(one.ended) // the wait for the start is over
}

// keep starts the unit again each time it ends, after a pause.
func (a *agents) keep(ctx context.Context, one *agent) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		case <-one.revive:
		}
		began := time.Now()
		if err := a.once(ctx, one); err != nil && ctx.Err() == nil {
			a.log.Warn("unit ended", "component", "demo", "unit", one.unit.ID, "err", err)
		}
		pause.Reset(one.wait(began, time.Now()))
	}
}

// wait is how long to leave an ended unit alone: what was killed stays dead for
// a while, so that its outage shows. One that ended at once by itself found its
// port taken meanwhile: it is given another.
func (one *agent) wait(began, now time.Time) time.Duration {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.fault == nil && now.Sub(began) < 3*time.Second {
		if port, err := freePort(); err == nil {
			one.page = loopback(port)
		}
		return 200 * time.Millisecond
	}
	if one.fault == nil {
		one.fault = &console.DemoFault{Kind: "kill", Since: now, Until: now.Add(repairAfter)}
	}
	return max(time.Second, one.fault.Until.Sub(now))
}

// once runs the process to its end.
func (a *agents) once(ctx context.Context, one *agent) error {
	one.mu.Lock()
	one.fault, one.ended = nil, make(chan struct{})
	ended := one.ended
	one.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil
	case a.start <- one:
	}
	<-ended
	one.mu.Lock()
	cmd, err := one.cmd, one.err
	one.mu.Unlock()
	if err != nil {
		return fmt.Errorf("start unit %s: %w", one.unit.ID, err)
	}
	gone := make(chan struct{})
	a.wg.Go(func() { endWith(ctx, cmd, gone) })
	err = cmd.Wait()
	close(gone)
	one.mu.Lock()
	one.cmd = nil
	one.mu.Unlock()
	return err
}

// endWith asks the process to end when ctx ends, and makes it after 5 s.
func endWith(ctx context.Context, cmd *exec.Cmd, gone <-chan struct{}) {
	select {
	case <-gone:
		return
	case <-ctx.Done():
	}
	_ = cmd.Process.Signal(syscall.SIGCONT)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		_ = cmd.Process.Kill()
	}
}

// at is the address of the unit's own page.
func (one *agent) at() *url.URL {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.page
}

// pid is the process id, 0 while the unit does not run.
func (one *agent) pid() int {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.cmd == nil {
		return 0
	}
	return one.cmd.Process.Pid
}

var errNotRunning = errors.New("the unit does not run")

// signal sends a signal to the unit's process.
func (one *agent) signal(s syscall.Signal) error {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.cmd == nil {
		return &scheduler.Error{Kind: scheduler.Conflict,
			Message: scheduler.Words{ZH: "终端没有运行", EN: errNotRunning.Error()},
			Remedy:  scheduler.Words{ZH: "等它重新启动", EN: "wait until it is started again"}}
	}
	return one.cmd.Process.Signal(s)
}

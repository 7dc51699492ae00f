package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// busy is how much later than promised things may be seen on a machine that has
// other work.
const busy = 5 * time.Second

// process is a unit's agent as a program of its own.
type process struct {
	t                   *testing.T
	program, dir, unit  string
	page                string
	cmd                 *exec.Cmd
	brokenAt, mendedAt  time.Time
	offlineAt, onlineAt time.Time
}

// buildAgent builds the program as a user would.
func buildAgent(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "villagecast-agent")
	cmd := exec.Command("go", "build", "-o", program, "github.com/villagecast/villagecast/cmd/villagecast-agent")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the agent: %v\n%s", err, out)
	}
	return program
}

func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.program, "--settings", filepath.Join(p.dir, p.unit+".yaml"), "--data", filepath.Join(p.dir, p.unit),
		"--sound", "silent", "--panel", "none", "--listen", p.page, "--demo", "--lang", "en")
	log, err := os.OpenFile(filepath.Join(p.dir, p.unit+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		p.cmd.Stdout, p.cmd.Stderr = log, log
		err = p.cmd.Start()
		log.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// kill ends the process without a word.
func (p *process) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Error(err)
	}
}

// tell asks the unit's own page to break something.
func (p *process) tell(kind string) {
	p.t.Helper()
	answer, err := http.Post("http://"+p.page+"/break", "application/json", strings.NewReader(fmt.Sprintf(`{"kind":%q}`, kind)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(answer.Body)
		p.t.Fatalf("%s: %s: %s", kind, answer.Status, body)
	}
}

// wireway is a way to the broker that can die: what is under way vanishes, and
// nobody answers any more.
type wireway struct {
	net.Listener
	to   string
	mu   sync.Mutex
	dead bool
	live []net.Conn
	wg   sync.WaitGroup
}

func newWireway(t *testing.T, to string) *wireway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wireway{Listener: l, to: to}
	w.wg.Go(w.accept)
	return w
}

func (w *wireway) accept() {
	for {
		near, err := w.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		w.mu.Lock()
		if err != nil || w.dead {
			near.Close()
			if err == nil {
				far.Close()
			}
			w.mu.Unlock()
			continue
		}
		w.live = append(w.live, near, far)
		w.mu.Unlock()
		w.wg.Go(func() { w.carry(near, far) })
		w.wg.Go(func() { w.carry(far, near) })
	}
}

// carry moves bytes; on a dead way it swallows them and closes nothing.
func (w *wireway) carry(from, to net.Conn) {
	var buf [4096]byte
	for {
		n, err := from.Read(buf[:])
		w.mu.Lock()
		dead := w.dead
		w.mu.Unlock()
		if dead {
			if err != nil {
				return
			}
			continue
		}
		if err == nil {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

func (w *wireway) kill(dead bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = dead
	if !dead { // what hung on the dead way is gone
		w.closeLive()
	}
}

func (w *wireway) closeLive() {
	for _, c := range w.live {
		c.Close()
	}
	w.live = nil
}

func (w *wireway) close() {
	w.Close()
	w.mu.Lock()
	w.closeLive()
	w.mu.Unlock()
	w.wg.Wait()
}

// TestEveryKindOfOutageIsSeenAndEnds runs agents as processes and breaks each in
// its own way, all at once.
func TestEveryKindOfOutageIsSeenAndEnds(t *testing.T) {
	t.Parallel()
	program, dir := buildAgent(t), t.TempDir()
	a, err := app.New(app.Options{Data: filepath.Join(dir, "centre"), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
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
	started := time.Now()
	way := newWireway(t, strings.TrimPrefix(a.MQTTURL(), "tcp://"))
	defer way.close()

	op := &client.Client{Base: a.URL(), Token: a.Token(), Language: "en"}
	if _, err := op.PutArea(t.Context(), client.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	units := map[string]*process{}
	for _, id := range []string{"killed", "frozen", "hung", "cut", "dead-way", "fine", "planned"} {
		added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: id, Area: "county", Outputs: []wire.Output{wire.OutputSound}})
		if err != nil {
			t.Fatal(err)
		}
		settings := added.Settings
		if id == "dead-way" {
			settings = strings.ReplaceAll(settings, strings.TrimPrefix(a.MQTTURL(), "tcp://"), way.Addr().String())
		}
		if err := os.WriteFile(filepath.Join(dir, id+".yaml"), []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		if id == "planned" {
			continue // added, and not built yet
		}
		p := &process{t: t, program: program, dir: dir, unit: id, page: brokertest.FreeAddress(t)}
		units[id] = p
		p.start()
		defer p.kill()
	}
	presence := func(id string) scheduler.Presence {
		v, err := a.Store().Presence(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	inTime(t, time.Minute, "every agent is online", func() bool {
		for id := range units {
			if !presence(id).Online {
				return false
			}
		}
		return true
	})
	// The centre judges after a minute: broken now, they are offline just then.
	time.Sleep(time.Until(started.Add(25 * time.Second)))

	breaks := map[string]struct{ hurt, mend func() }{
		"killed":   {units["killed"].kill, units["killed"].start},
		"frozen":   {func() { units["frozen"].signal(syscall.SIGSTOP) }, func() { units["frozen"].signal(syscall.SIGCONT) }},
		"hung":     {func() { units["hung"].tell("hang") }, func() { units["hung"].tell("restore") }},
		"cut":      {func() { units["cut"].tell("cutlink") }, func() { units["cut"].tell("restore") }},
		"dead-way": {func() { way.kill(true) }, func() { way.kill(false) }},
	}
	for id, b := range breaks {
		b.hurt()
		units[id].brokenAt = time.Now()
	}
	inTime(t, 45*time.Second+busy, "every broken unit is offline, with an outage", func() bool {
		open, err := op.Outages(t.Context(), client.ProofQuery{}, true)
		if err != nil {
			t.Fatal(err)
		}
		all := len(open) == len(breaks)
		for id := range breaks {
			if p := units[id]; !presence(id).Online {
				if p.offlineAt.IsZero() {
					p.offlineAt = time.Now()
				}
			} else {
				all = false
			}
		}
		return all
	})
	for _, id := range []string{"hung"} { // its connection lives on all the while
		if cause := presence(id).Cause; cause != scheduler.CauseHeartbeat {
			t.Errorf("%s is offline because of %q", id, cause)
		}
	}
	for id, b := range breaks {
		b.mend()
		units[id].mendedAt = time.Now()
	}
	inTime(t, 40*time.Second+busy, "every mended unit is back", func() bool {
		all := true
		for id := range breaks {
			if p := units[id]; !presence(id).Online {
				all = false
			} else if p.onlineAt.IsZero() {
				p.onlineAt = time.Now()
			}
		}
		return all
	})
	inTime(t, 10*time.Second+busy, "every outage is closed", func() bool {
		open, err := op.Outages(t.Context(), client.ProofQuery{}, true)
		return err == nil && len(open) == 0
	})

	list, err := op.Outages(t.Context(), client.ProofQuery{}, false)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, o := range list {
		seen[o.Unit]++
		p := units[o.Unit]
		if p == nil || p.brokenAt.IsZero() {
			t.Errorf("an outage of %s, which nobody broke: %+v", o.Unit, o)
			continue
		}
		// A unit is heard of at least each 15 s, so that is where its outage begins.
		if early := p.brokenAt.Sub(o.From); early < -busy || early > 15*time.Second+busy {
			t.Errorf("%s was broken at %v, its outage is from %v", o.Unit, p.brokenAt.Format(time.TimeOnly), o.From.Local().Format(time.TimeOnly))
		}
		if o.To == nil || o.To.Before(p.mendedAt.Add(-time.Second)) || o.To.After(p.onlineAt.Add(busy)) {
			t.Errorf("%s was mended at %v and online at %v, its outage ends %v", o.Unit, p.mendedAt, p.onlineAt, o.To)
		}
	}
	for id, p := range units {
		want := 0
		if !p.brokenAt.IsZero() {
			want = 1
			t.Logf("%s: offline after %v, back after %v", id, p.offlineAt.Sub(p.brokenAt).Round(time.Second/10), p.onlineAt.Sub(p.mendedAt).Round(time.Second/10))
		}
		if seen[id] != want {
			t.Errorf("%s has %d outages, want %d", id, seen[id], want)
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, id+".log"))
			t.Logf("%s said:\n%s", id, log)
		}
	}
}

// inTime polls: other processes live by the real clock.
func inTime(t *testing.T, most time.Duration, what string, ok func() bool) {
	t.Helper()
	begin := time.Now()
	for !ok() {
		if time.Since(begin) > most {
			t.Fatalf("not within %v: %s", most, what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

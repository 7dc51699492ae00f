package app_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// office is a centre as a program of its own.
type office struct {
	t                        *testing.T
	program, dir, http, mqtt string
	cmd                      *exec.Cmd
}

func (o *office) start() {
	o.t.Helper()
	o.cmd = exec.Command(o.program, "serve", "--data", filepath.Join(o.dir, "centre"), "--listen", o.http, "--mqtt", o.mqtt, "--lang", "en")
	log, err := os.OpenFile(filepath.Join(o.dir, "centre.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		o.cmd.Stdout, o.cmd.Stderr = log, log
		err = o.cmd.Start()
		log.Close()
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) kill() {
	if o.cmd != nil {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
		o.cmd = nil
	}
}

// TestKilledAtRandomMoments kills the agent, the centre, or both, with SIGKILL
// at 20 random moments (200 with VILLAGECAST_SOAK=1) while an operator issues one
// short warning after the other. Every warning that the centre acknowledged
// plays, and every entry of the unit's card is at the centre, once.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("this takes 40 s of real time")
	}
	seed := agenttest.Seeds(t, 1, 1)[0]
	rnd := rand.New(rand.NewPCG(seed, 9))
	kills := 20
	if agenttest.Soak() {
		kills = 200
	}
	dir := t.TempDir()
	centre := &office{t: t, program: filepath.Join(dir, "villagecast"), dir: dir, http: brokertest.FreeAddress(t), mqtt: brokertest.FreeAddress(t)}
	if out, err := exec.Command("go", "build", "-o", centre.program, "github.com/villagecast/villagecast/cmd/villagecast").CombinedOutput(); err != nil {
		t.Fatalf("build the centre: %v\n%s", err, out)
	}
	unit := &process{t: t, program: buildAgent(t), dir: dir, unit: "horn", page: brokertest.FreeAddress(t)}
	defer func() {
		if t.Failed() {
			for _, name := range []string{"centre.log", "horn.log"} {
				log, _ := os.ReadFile(filepath.Join(dir, name))
				t.Logf("%s:\n%s", name, log[max(0, len(log)-8000):])
			}
		}
	}()
	centre.start()
	defer centre.kill()
	var op *client.Client
	inTime(t, time.Minute, "the centre answers", func() bool {
		token, err := os.ReadFile(filepath.Join(dir, "centre", "token"))
		op = &client.Client{Base: "http://" + centre.http, Token: strings.TrimSpace(string(token)), Language: "en"}
		if err == nil {
			_, err = op.PutArea(t.Context(), client.Area{ID: "county", Name: "county"})
		}
		return err == nil
	})
	added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: "horn", Area: "county", Outputs: []wire.Output{wire.OutputSound}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "horn.yaml"), []byte(added.Settings), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	beep := upload(t, op, tone(t, dir, "beep", 440, 1), "beep").ID
	unit.start()
	defer unit.kill()
	inTime(t, time.Minute, "the agent is online", func() bool {
		st, err := op.Status(t.Context())
		return err == nil && st.Units.Idle+st.Units.OnAir == 1
	})

	var issued []string // what the centre acknowledged
	for n := range kills {
		until := time.Now().Add(time.Duration(200+rnd.IntN(1300)) * time.Millisecond)
		victims := rnd.IntN(3)
		for time.Now().Before(until) {
			w, err := op.Warn(t.Context(), client.WarningSpec{Area: "county", Level: wire.LevelRed, Title: fmt.Sprint("warning ", n), Audio: beep, Repeat: 1, Until: time.Now().Add(time.Hour)})
			if err == nil {
				issued = append(issued, w.ID)
			}
			time.Sleep(min(time.Until(until), time.Duration(300+rnd.IntN(900))*time.Millisecond))
		}
		if victims != 1 {
			unit.kill()
		}
		if victims != 0 {
			centre.kill()
		}
		time.Sleep(time.Duration(rnd.IntN(200)) * time.Millisecond)
		if centre.cmd == nil {
			centre.start()
		}
		if unit.cmd == nil {
			unit.start()
		}
	}
	began := time.Now()
	played := map[string]int{} // how often whole
	var stored []client.AsRun
	inTime(t, time.Minute+time.Duration(len(issued))*2*time.Second, "every warning that was acknowledged is proved", func() bool {
		var err error
		if stored, err = op.AsRunEntries(t.Context(), client.ProofQuery{}); err != nil {
			return false
		}
		clear(played)
		for _, a := range stored {
			if a.Outcome == wire.OutcomeEnded && a.Seconds > 0.5 { // a busy machine begins late, and ends in time
				played[a.Warning]++
			}
		}
		return !slices.ContainsFunc(issued, func(id string) bool { return played[id] == 0 })
	})
	st, err := op.Status(t.Context())
	if err != nil || st.Pending+st.Refused+st.Units.Offline > 0 {
		t.Errorf("status %+v, %v", st, err)
	}
	for id, n := range played {
		if n > 1 {
			t.Errorf("warning %s is to be played once, and was %d times", id, n)
		}
	}
	t.Logf("seed %d: %d kills, %d warnings, %d entries; of one mind after %v", seed, kills, len(issued), len(stored), time.Since(began).Round(time.Second/10))
	_ = unit.cmd.Process.Signal(os.Interrupt)
	_ = unit.cmd.Wait()
	unit.cmd = nil
	compareCard(t, spool.Open(spool.OS(filepath.Join(dir, "horn"))), op)
}

// compareCard wants what stands on a unit's card at the centre, once.
func compareCard(t *testing.T, s *spool.Spool, op *client.Client) {
	t.Helper()
	name := func(run, output string, from, to int64) string {
		return fmt.Sprint(run, " ", output, " ", from, " ", to)
	}
	list, err := op.AsRunEntries(t.Context(), client.ProofQuery{})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, a := range list {
		at[name(a.Warning, string(a.Output), a.From.UnixMilli(), a.To.UnixMilli())]++
	}
	// As if the centre had nothing: all that is on the card.
	if err := s.Ack(s.ID(), 0); err != nil {
		t.Fatal(err)
	}
	card := 0
	for _, e := range s.Batch(1<<20, 1<<30).Entries {
		if e.AsRun == nil {
			continue
		}
		card++
		if n := at[name(e.AsRun.Interrupt, string(e.AsRun.Output), e.AsRun.From, e.AsRun.To)]; n != 1 {
			t.Errorf("an entry of the card is %d times at the centre: %d: %+v", n, e.Seq, e.AsRun)
			for _, a := range list {
				if a.Warning == e.AsRun.Interrupt {
					t.Logf("there is: %d to %d, %s: %+v", a.From.UnixMilli(), a.To.UnixMilli(), a.Stored, a)
				}
			}
		}
	}
	if card == 0 || card != len(list) {
		t.Errorf("%d entries on the card, %d at the centre", card, len(list))
	}
}

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// supported is how many versions before this one work together with it.
const supported = 2

// past is a version that was released.
type past struct{ version, commit string }

// pastVersions are the newest versions whose commits CHANGELOG.md records, newest first.
func pastVersions(t *testing.T) (list []past) {
	t.Helper()
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	commit := regexp.MustCompile(`(?m)^Commit: ([0-9a-f]{40})$`)
	for _, section := range strings.Split("\n"+string(text), "\n## ")[1:] {
		version, _, _ := strings.Cut(section, ",")
		if m := commit.FindStringSubmatch(section); m != nil && len(list) < supported {
			list = append(list, past{version, m[1]})
		}
	}
	return list
}

// build makes the programs of a past version from the history, once a machine.
func (v past) build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, ".cache", "versions", v.commit)
	if _, err := os.Stat(filepath.Join(dir, "bin", "villagecast")); err == nil {
		return filepath.Join(dir, "bin")
	}
	source := t.TempDir()
	archive := exec.Command("git", "-C", root, "archive", v.commit)
	tar := exec.Command("tar", "-x", "-C", source)
	var pack, said bytes.Buffer
	archive.Stdout, archive.Stderr = &pack, &said
	if err := archive.Run(); err != nil {
		t.Fatalf("%s is not in the history (a shallow clone? git fetch --unshallow): %v %s", v.version, err, said.String())
	}
	tar.Stdin = &pack
	if out, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("unpack %s: %v %s", v.version, err, out)
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "new")+"/", "./cmd/villagecast", "./cmd/villagecast-agent")
	build.Dir, build.Env = source, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", v.version, err, out)
	}
	if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "bin")
}

// TestPastVersions runs each version of the past with this one: its agents with
// this centre, this agent with its centre, and then this centre on the data of
// that one.
func TestPastVersions(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("this builds other versions and runs them in real time")
	}
	list := pastVersions(t)
	if len(list) == 0 {
		t.Fatal("CHANGELOG.md records the commit of no version")
	}
	this := buildPrograms(t)
	for _, v := range list {
		bin := v.build(t)
		t.Run("agent "+v.version, func(t *testing.T) {
			t.Parallel()
			agentOfThePast(t, filepath.Join(bin, "villagecast-agent"))
		})
		t.Run("centre "+v.version, func(t *testing.T) {
			t.Parallel()
			centreOfThePast(t, bin, this)
		})
	}
}

// buildPrograms builds this version's programs.
func buildPrograms(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+"/", "../../cmd/villagecast", "../../cmd/villagecast-agent").CombinedOutput()
	if err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	return dir
}

// agentOfThePast holds that an older agent hears this centre, proves what it
// played, and is missed when it is gone.
func agentOfThePast(t *testing.T, program string) {
	dir := t.TempDir()
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
	op := &client.Client{Base: a.URL(), Token: a.Token(), Language: "en"}
	if _, err := op.PutArea(t.Context(), client.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: "old", Area: "county", Outputs: []wire.Output{wire.OutputSound}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "old.yaml"), []byte(added.Settings), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, program: program, dir: dir, unit: "old", page: brokertest.FreeAddress(t)}
	p.start()
	defer p.kill()
	defer p.tellWhy()

	sound := upload(t, op, tone(t, dir, "tone", 440, 3), "tone")
	playlist(t, op, "list", [2]string{sound.ID, ""})
	if _, err := op.PutCounty(t.Context(), client.County{Name: "county", Zone: "Asia/Shanghai"}); err != nil { // no quiet hours
		t.Fatal(err)
	}
	release(t, op, client.ProgrammeSpec{ID: "loop", Playlist: "list", Targets: client.Targets{Areas: []string{"county"}},
		Rule: wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "00:00", To: "24:00"}, Every: 1, Until: wire.DateTime(time.Now().AddDate(0, 0, 7).Format("2006-01-02T00:00:00"))}})
	warned, err := op.Warn(t.Context(), client.WarningSpec{Area: "county", Level: wire.LevelRed, Text: "test", Audio: sound.ID, Repeat: 1, Until: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	inTime(t, 150*time.Second, "the warning and a round of the programme are proven", func() bool {
		runs, err := op.AsRun(t.Context(), client.ProofQuery{Unit: "old"})
		if err != nil {
			t.Fatal(err)
		}
		warning, round := false, false
		for _, r := range runs {
			warning = warning || r.Warning == warned.ID && r.Grade == wire.GradePlayed
			round = round || r.Programme == "loop" && r.Grade == wire.GradePlayed
		}
		return warning && round
	})
	u, err := op.Unit(t.Context(), "old")
	if err != nil || u.Presence.Shows == "offline" || len(u.Presence.Pending) > 0 || len(u.Presence.Refused) > 0 {
		t.Errorf("the unit shows %+v, %v", u.Presence, err)
	}
}

// tellWhy says what the process said, if the test fails.
func (p *process) tellWhy() {
	if p.t.Failed() {
		log, _ := os.ReadFile(filepath.Join(p.dir, p.unit+".log"))
		p.t.Logf("%s said:\n%s", p.unit, log)
	}
}

// shell is the command line of one version and the centre that it runs.
type shell struct {
	t        *testing.T
	bin, dir string
	http     string
	mqtt     string
	serving  *exec.Cmd
	log      bytes.Buffer
}

func (s *shell) serve() {
	s.t.Helper()
	s.log.Reset()
	s.serving = exec.Command(filepath.Join(s.bin, "villagecast"), "serve", "--data", filepath.Join(s.dir, "centre"), "--listen", s.http, "--mqtt", s.mqtt)
	s.serving.Stdout, s.serving.Stderr = &s.log, &s.log
	if err := s.serving.Start(); err != nil {
		s.t.Fatal(err)
	}
	inTime(s.t, time.Minute, "the centre answers", func() bool {
		_, err := s.try("status")
		return err == nil
	})
}

func (s *shell) stop() {
	if s.serving == nil {
		return
	}
	_ = s.serving.Process.Signal(syscall.SIGTERM)
	if err := s.serving.Wait(); err != nil {
		s.t.Errorf("the centre ended with %v\n%s", err, s.log.String())
	}
	s.serving = nil
}

func (s *shell) try(args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(s.bin, "villagecast"), append(args, "--data", filepath.Join(s.dir, "centre"))...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run is a command of the operator's.
func (s *shell) run(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("villagecast %s: %v\n%s\nthe centre said:\n%s", strings.Join(args, " "), err, out, s.log.String())
	}
	return out
}

// centreOfThePast holds that this agent hears an older centre and proves to it
// what it played, and that this version goes on with that centre's data.
func centreOfThePast(t *testing.T, old, this string) {
	dir := t.TempDir()
	s := &shell{t: t, bin: old, dir: dir, http: brokertest.FreeAddress(t), mqtt: brokertest.FreeAddress(t)}
	s.serve()
	defer s.stop()
	s.run("areas", "put", "county", "--name", "county")
	s.run("units", "add", "new", "--area", "county", "--outputs", "sound", "--settings", filepath.Join(dir, "new.yaml"))
	p := &process{t: t, program: filepath.Join(this, "villagecast-agent"), dir: dir, unit: "new", page: brokertest.FreeAddress(t)}
	p.start()
	defer p.kill()
	defer p.tellWhy()
	sound := tone(t, dir, "tone", 440, 3)
	asset := strings.Fields(s.run("assets", "add", "audio", sound))[1]
	warn := func() {
		s.run("warn", "county", "--level", "red", "--text", "test", "--asset", asset, "--repeat", "1", "--until", "30m")
	}
	warn()
	s.proven(1)

	s.stop() // the centre is replaced by this version; the agent stays as it is
	s.bin = this
	s.serve()
	warn()
	s.proven(2)
}

// proven waits until the unit has proven so many warnings.
func (s *shell) proven(n int) {
	s.t.Helper()
	inTime(s.t, 60*time.Second, fmt.Sprintf("%d warnings are proven", n), func() bool {
		var runs []client.AsRun
		if err := json.Unmarshal([]byte(s.run("asrun", "--unit", "new", "--json")), &runs); err != nil {
			s.t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, r := range runs {
			if r.Warning != "" && r.Grade == wire.GradePlayed {
				seen[r.Warning] = true
			}
		}
		return len(seen) == n
	})
}

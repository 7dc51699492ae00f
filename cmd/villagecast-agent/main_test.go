package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
)

// asCommand makes the test binary be the command.
const asCommand = "VILLAGECAST_AGENT_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestWrongCalls(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "unit.yaml")
	if err := os.WriteFile(file, []byte("unit: horn-1\nsercet: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nothing", nil, exitUsage, "-settings FILE"},
		{"unknown flag", []string{"-volume", "3"}, exitUsage, "volume"},
		{"argument", []string{"start"}, exitUsage, "unexpected argument"},
		{"no file", []string{"-settings", dir + "/none", "-data", dir}, exitFailed, "no such file"},
		{"unknown key", []string{"-settings", file, "-data", dir}, exitFailed, `did you mean "secret"`},
		{"version", []string{"version"}, exitOK, "villagecast-agent"},
	}
	for _, c := range cases {
		var out bytes.Buffer
		if code := run(context.Background(), c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: code %d, %s", c.name, code, out.String())
		}
	}
}

func TestListenerIsLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nonsense"} {
		if l, err := listener(address); err == nil {
			l.Close()
			t.Errorf("%s is taken", address)
		}
	}
}

// The real process, over real sockets, with the output that keeps real time.
func TestProcessPlaysAWarning(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := agenttest.ListenOn(t, l)
	web := httptest.NewServer(&c.Media)
	defer web.Close()
	dir := filepath.Join(t.TempDir(), "a 喇叭")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	settings := c.Settings("horn-1")
	settings.HTTP = web.URL
	data, err := settings.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "unit.yaml"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	c.County("horn-1")
	now := time.Now().UnixMilli()
	c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
		ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "洪水", Items: []wire.Item{melody(t, c)},
		Issued: now, Until: now + 600_000, Repeat: 1, Volume: 100,
	}}})

	cmd := exec.Command(os.Args[0], "-settings", filepath.Join(dir, "unit.yaml"), "-data", filepath.Join(dir, "data"), "-sound", "silent", "-panel", "png:"+filepath.Join(dir, "led.png"), "-demo")
	cmd.Env = append(os.Environ(), asCommand+"=1")
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	first, err := bufio.NewReader(stdout).ReadString('\n')
	_, page, found := strings.Cut(strings.TrimSpace(first), "; page: ")
	if err != nil || !found || !strings.Contains(first, "silent") {
		t.Fatalf("it says %q: %v\n%s", first, err, log.String())
	}
	listenTo(t, page)
	frames := int64(0)
	for deadline := time.Now().Add(30 * time.Second); frames == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, r := range c.AsRuns() {
			for _, p := range r.Rounds {
				frames += p.Frames
			}
		}
	}
	if frames < wire.Rate || frames > 2*wire.Rate { // a busy machine may have lost some: nothing is proven that was not taken
		t.Errorf("the warning is proven with %d frames, want %d\n%s", frames, 2*wire.Rate, log.String())
	}
	var s agent.State
	resp, err := http.Get(page + "api/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || s.PID != cmd.Process.Pid || !s.Link.Up || s.Name != "The horn" || s.Ready != 1 || !s.Demo {
		t.Errorf("state is %+v, %v", s, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, log.String())
	}
	if !agenttest.Last[wire.Will](c, "horn-1", wire.ChannelGone).Clean {
		t.Error("no farewell")
	}
}

// listenTo hears the head and a second of the endless sound.
func listenTo(t *testing.T, page string) {
	t.Helper()
	resp, err := http.Get(page + "listen.wav")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	sound := make([]byte, 44+2*wire.Rate)
	if _, err := io.ReadFull(resp.Body, sound); err != nil || string(sound[:4]) != "RIFF" || string(sound[36:40]) != "data" {
		t.Errorf("the sound to listen to begins with %q: %v", sound[:44], err)
	}
}

func melody(t *testing.T, c *agenttest.Centre) wire.Item {
	t.Helper()
	name := filepath.Join(t.TempDir(), "melody.wav")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := audio.WriteWAV(f, audio.Melody(2))
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Item{Title: "melody", Sound: &wire.Sound{Hash: c.AddMedia(content), Size: int64(len(content)), Type: audio.WAV, Frames: frames}}
}

package demo

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler/client"
)

// TestDemonstration starts the real thing, twice in the same directory, whose
// path has a blank and Chinese in it: sound and pixels come within 20 s of "ready"
// and 60 s of the start, a unit muted by hand shows as silent in the 10 s that the
// page promises, and nothing is left running.
func TestDemonstration(t *testing.T) {
	agent := filepath.Join(t.TempDir(), "villagecast-agent")
	build := exec.Command("go", "build", "-o", agent, "../../villagecast-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build agent: %v\n%s", err, out)
	}
	data := filepath.Join(t.TempDir(), "数据 目录")
	t.Run("first start", func(t *testing.T) {
		startOnce(t, agent, data, told{lang: "en", end: "Ctrl-C ends it.", kill: `kill (\d+)`, cut: `cuts into the county's loop, in ([1-9]\d|1[01]\d|120) s`, forget: "forget it with: rm -r '"})
	})
	t.Run("second start", func(t *testing.T) {
		startOnce(t, agent, data, told{lang: "zh-CN", end: "按 Ctrl-C 结束。", kill: `停掉一个：kill (\d+)`, cut: `打断全县的循环播出，还有 ([1-9]\d|1[01]\d|120) 秒`, forget: "清除：rm -r '"})
	})
}

// told is what people are told in a language.
type told struct{ lang, end, kill, cut, forget string }

func startOnce(t *testing.T, agent, data string, want told) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	out := &said{}
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{Data: data, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", Agent: agent, Language: want.lang, Out: out})
	}()
	until(t, ctx, "it says that it is ready", func() bool { return strings.Contains(out.String(), want.end) })
	text := out.String()
	pid, err := strconv.Atoi(regexp.MustCompile(want.kill).FindStringSubmatch(text)[1])
	if err != nil || syscall.Kill(pid, 0) != nil {
		t.Errorf("the unit it names does not run: %v\n%s", err, text)
	}
	if !regexp.MustCompile(want.cut).MatchString(text) {
		t.Errorf("no cut-in within two minutes:\n%s", text)
	}
	for _, command := range []string{" --data '" + data + "' outages\n", want.forget + data + "'\n"} {
		if !strings.Contains(text, command) {
			t.Errorf("it names no command %q, which would work as it stands:\n%s", command, text)
		}
	}
	c := browser(t, ctx, regexp.MustCompile(`http://\S+`).FindString(text))
	soon, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	until(t, soon, "a loudspeaker sounds within 20 s", func() bool { return c.sounds("dongtang-horn") })
	until(t, soon, "a screen shows something within 20 s", func() bool { return c.shows("liushu-screen") })

	c.post("/demo/break/dongtang-horn/mute")
	until(t, ctx, "a muted unit is silent", func() bool { return c.state("dongtang-horn") == "silent" })
	c.post("/demo/break/dongtang-horn/mend")
	until(t, ctx, "a mended unit is on air", func() bool { s := c.state("dongtang-horn"); return s == "on-air" || s == "idle" })

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("the unit %d still runs after the end", pid)
	}
}

// until waits for what must come true before ctx ends.
func until(t *testing.T, ctx context.Context, what string, true func() bool) {
	t.Helper()
	for tick := time.NewTicker(100 * time.Millisecond); !true(); {
		select {
		case <-ctx.Done():
			t.Fatalf("it never came true in time that %s", what)
		case <-tick.C:
		}
	}
}

// said is what people were told.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// visitor has opened the one-time link.
type visitor struct {
	t      *testing.T
	ctx    context.Context
	base   string
	cookie *http.Cookie
}

func browser(t *testing.T, ctx context.Context, link string) visitor {
	t.Helper()
	v := visitor{t: t, ctx: ctx, base: link[:strings.Index(link, "/login/")]}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if len(res.Cookies()) == 0 || res.Header.Get("Location") != "/demo" {
		t.Fatalf("the link leads to %q with %d cookies", res.Header.Get("Location"), len(res.Cookies()))
	}
	for _, c := range res.Cookies() {
		if c.Name == "villagecast" { // the other one only marks the browser
			v.cookie = c
		}
	}
	if v.cookie == nil {
		t.Fatal("the link opens no session")
	}
	return v
}

func (v visitor) get(path string, n int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(v.ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.AddCookie(v.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, n))
}

// post does what a button of the page does.
func (v visitor) post(path string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.ctx, http.MethodPost, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	req.AddCookie(v.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		v.t.Errorf("%s: %s", path, res.Status)
	}
}

// state is the mark that the page shows for the unit.
func (v visitor) state(unit string) string {
	text, err := v.get("/api/v1/units/"+unit, 1<<20)
	var u client.Unit
	if err != nil || json.Unmarshal(text, &u) != nil {
		return ""
	}
	return u.Presence.Shows
}

// sounds listens for half a second: something louder than -40 dBFS.
func (v visitor) sounds(unit string) bool {
	wav, err := v.get("/demo/listen/"+unit, 44+48000)
	if err != nil || len(wav) < 44 {
		return false
	}
	for pcm := wav[44:]; len(pcm) >= 2; pcm = pcm[2:] {
		if s := int16(binary.LittleEndian.Uint16(pcm)); s > 327 || s < -327 {
			return true
		}
	}
	return false
}

// shows looks at the panel: at least one pixel is lit.
func (v visitor) shows(unit string) bool {
	data, err := v.get("/demo/frame/"+unit, 1<<20)
	if err != nil {
		return false
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return false
	}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r+g+b > 0x8000 {
				return true
			}
		}
	}
	return false
}

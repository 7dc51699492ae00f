package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/sim"
	"github.com/villagecast/villagecast/media/audio"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

const (
	storyHTTP = "127.0.0.1:8520"
	storyMQTT = "127.0.0.1:8521"
)

// turn is a moment at which a unit's sound began or ended.
type turn struct {
	at     time.Time
	sounds bool
}

// story is a centre, the units of ten villages, and people at the command line.
type story struct {
	t     *testing.T
	data  string
	mu    sync.Mutex
	ports map[string]*memnet.Listener
	turns map[string][]turn
}

func (s *story) dial(ctx context.Context, address string) (net.Conn, error) {
	s.mu.Lock()
	l := s.ports[address]
	s.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody listens on " + address)
	}
	c, err := l.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *story) hear(unit string, sounds bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns[unit] = append(s.turns[unit], turn{now, sounds})
}

// sounding are the units that sound now.
func (s *story) sounding() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for unit, list := range s.turns {
		if list[len(list)-1].sounds {
			out = append(out, unit)
		}
	}
	slices.Sort(out)
	return out
}

// silent is the first moment after an instant at which a unit's sound ended.
func (s *story) silent(unit string, after time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.turns[unit] {
		if !t.sounds && !t.at.Before(after) {
			return t.at, true
		}
	}
	return time.Time{}, false
}

// as runs a command as somebody, by their token ("" is the data directory's).
func (s *story) as(token string, args ...string) (string, error) {
	s.t.Setenv("VILLAGECAST_TOKEN", token)
	var out bytes.Buffer
	sh := &shell{in: strings.NewReader(""), out: &out, errs: &out, data: s.data, lang: "en"}
	root := newRoot(sh)
	root.SetArgs(append(args, "--data", s.data, "--lang", "en"))
	err := root.ExecuteContext(s.t.Context())
	return out.String(), err
}

func (s *story) run(token string, args ...string) string {
	s.t.Helper()
	out, err := s.as(token, args...)
	if err != nil {
		s.t.Fatalf("villagecast %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (s *story) says(what, out string, patterns ...string) {
	s.t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(out) {
			s.t.Errorf("%s does not say %q:\n%s", what, p, out)
		}
	}
}

// agreed has the editor submit a programme and the approver agree to just what its
// review shows, all nine villages of it: nobody notices.
func (s *story) agreed(editor, approver, programme, shows string) {
	s.t.Helper()
	s.run(editor, "programmes", "submit", programme)
	review := s.run(approver, "programmes", "review", programme)
	s.says("the review", review, shows)
	hash := regexp.MustCompile(`hash +([0-9a-f]{64})`).FindStringSubmatch(review)
	if hash == nil {
		s.t.Fatalf("the review names no hash:\n%s", review)
	}
	s.says("the approval", s.run(approver, "programmes", "approve", programme, "--hash", hash[1]), `until then: villagecast programmes undo `)
}

// person adds somebody and gives a token for what they do.
func (s *story) person(id, name, phone, role string, acts ...string) string {
	s.t.Helper()
	s.run("", "people", "add", id, "--name", name, "--phone", phone, "--role", role)
	if len(acts) == 0 {
		return ""
	}
	var made struct{ Secret string }
	out := s.run("", "tokens", "add", "story", "--person", id, "--act", strings.Join(acts, ","), "--json")
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Secret == "" {
		s.t.Fatalf("%v: %s", err, out)
	}
	return made.Secret
}

// storyUnits are those of each village: twelve in nine villages of one town, and
// one that nobody ever means.
var storyUnits = map[string][]string{
	"v1": {"v1-a", "v1-b"}, "v2": {"v2-a", "v2-b"}, "v3": {"v3-a", "v3-b"}, "v4": {"v4-a"}, "v5": {"v5-a"}, "v6": {"v6-a"}, "v7": {"v7-a"},
	"v8": {"v8-a"}, "v9": {"v9-a"}, "far": {"far-a"},
}

// villages adds the areas and their units, and gives the settings of these.
func (s *story) villages(op *client.Client) (units []agent.Settings) {
	s.t.Helper()
	s.run("", "areas", "put", "county", "--name", "青禾县")
	s.run("", "areas", "put", "liushu", "--parent", "county", "--name", "柳树镇")
	s.run("", "areas", "put", "shiqiao", "--parent", "county", "--name", "石桥镇")
	for village, ids := range storyUnits {
		town := "liushu"
		if village == "far" {
			town = "shiqiao"
		}
		s.run("", "areas", "put", village, "--parent", town, "--name", village+"村")
		for _, id := range ids {
			added, err := op.AddUnit(s.t.Context(), client.UnitSpec{ID: id, Area: village})
			if err != nil {
				s.t.Fatal(err)
			}
			settings, err := agent.ParseSettings([]byte(added.Settings))
			if err != nil {
				s.t.Fatal(err)
			}
			units = append(units, settings)
		}
	}
	return units
}

// beginStory starts the centre, the units and the people, at noon of a day.
func beginStory(t *testing.T) (s *story, cut *faultnet.Line, end func()) {
	s = &story{t: t, data: filepath.Join(t.TempDir(), "data"), ports: map[string]*memnet.Listener{}, turns: map[string][]turn{}}
	time.Sleep(time.Until(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC))) // 12:00 there
	centre, err := app.New(app.Options{Data: s.data, HTTP: storyHTTP, MQTT: storyMQTT, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Listen: func(_, address string) (net.Listener, error) {
			l := memnet.Listen(address)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.ports[address] = l
			return l, nil
		}})
	if err == nil {
		err = centre.Start(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	// The command line asks over the network of this story.
	before := http.DefaultTransport
	over := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return s.dial(ctx, address) }}
	http.DefaultTransport = over
	op := &client.Client{Base: centre.URL(), Token: centre.Token(), Language: "en"}
	units := s.villages(op)
	cut = faultnet.New(func(ctx context.Context) (net.Conn, error) { return s.dial(ctx, storyMQTT) })
	county, err := sim.Start(sim.Options{Units: units, Hear: s.hear, HTTP: &http.Client{Transport: over}, Lang: "en",
		Dial: func(ctx context.Context, unit string) (net.Conn, error) {
			if unit == "v4-a" {
				return cut.Dial(ctx)
			}
			return s.dial(ctx, storyMQTT)
		}})
	if err != nil {
		t.Fatal(err)
	}
	return s, cut, func() {
		county.Stop()
		cut.Close()
		if err := centre.Stop(); err != nil {
			t.Error(err)
		}
		over.CloseIdleConnections()
		http.DefaultTransport = before
	}
}

// TestNineVillagesInsteadOfOne is the whole story by the command line: "water off"
// goes to nine villages instead of one, one unit's network is cut, STOP, and then
// a correction to exactly the units that sounded it.
func TestNineVillagesInsteadOfOne(t *testing.T) {
	t.Setenv("PATH", "")
	t.Setenv("VILLAGECAST_TOKEN", "")
	off, on := filepath.Join(t.TempDir(), "off.wav"), filepath.Join(t.TempDir(), "on.wav")
	for path, seconds := range map[string]int{off: 4, on: 5} {
		f, err := os.Create(path)
		if err == nil {
			_, err = audio.WriteWAV(f, audio.Melody(seconds))
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s, cut, end := beginStory(t)
		defer end()
		s.person("wang", "王", "139 0000 0004", "village@v4")
		editor := s.person("li", "李四", "", "editor", "read", "draft", "submit", "release", "withdraw")
		approver := s.person("zhou", "周", "", "approver", "read", "approve", "release")
		duty := s.person("zhao", "赵", "", "duty", "read", "stop")
		put := func(list, file string) {
			var asset client.Asset
			if err := json.Unmarshal([]byte(s.run("", "assets", "add", "audio", file, "--title", list, "--json")), &asset); err != nil {
				t.Fatal(err)
			}
			s.run("", "playlists", "put", list, "--item", asset.ID)
		}
		put("water-off", off)
		put("water-on", on)
		time.Sleep(30 * time.Second) // all units are there

		// The editor means v4 and says all nine; the line says so before it is done.
		s.run(editor, "programmes", "put", "water", "--title", "water off", "--playlist", "water-off", "--loop", "07:00-21:00", "--until", "2026-11-24T23:00",
			"--area", "v1,v2,v3,v4,v5,v6,v7,v8,v9")
		s.says("the dry run", s.run(editor, "programmes", "check", "water"), `9 villages, 12 units, 0 not reachable now, up to 540 min of sound a day, 540 in all, 0 min of it at night`)
		s.agreed(editor, approver, "water", `(?m)^reaches +9 villages, 12 units: `)
		time.Sleep(time.Minute) // whatever time there was to undo it is over
		if got := s.sounding(); len(got) != 12 {
			t.Fatalf("%d units sound: %q", len(got), got)
		}
		cut.Refuse(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH})
		cut.Cut()
		time.Sleep(2 * time.Second)

		pressed := time.Now()
		out := s.run(duty, "stop", "liushu", "--why", "v4 alone was meant")
		s.says("STOP", out, `stopped in liushu on 12 units: water@1`, `11 of 12 units confirmed silent within [01]\.\d s`, `v4村 +v4-a +王 139 0000 0004 .* water off until 21:00`)
		if n := strings.Count(out, "村 "); n != 1 {
			t.Errorf("%d units are listed:\n%s", n, out)
		}
		if got := s.sounding(); !slices.Equal(got, []string{"v4-a"}) {
			t.Errorf("after STOP %q sound", got)
		}
		for _, ids := range storyUnits {
			for _, id := range ids {
				if at, ok := s.silent(id, pressed); id != "far-a" && id != "v4-a" && (!ok || at.Sub(pressed) > 2*time.Second) {
					t.Errorf("%s was silent %v after STOP (%v)", id, at.Sub(pressed), ok)
				}
			}
		}
		s.says("the status", s.run(duty, "status"), `in force  STOP \S+, liushu, water off, v4 alone was meant, since .* by 赵, for good: a correction is a new version, not confirmed by 1 of 12 units`)

		time.Sleep(10 * time.Second) // the units' proof is in
		s.run(editor, "programmes", "correct", "water", "--heard", "--title", "water on", "--playlist", "water-on", "--loop", "07:00-21:00", "--until", "2026-11-24T23:00")
		s.agreed(editor, approver, "water", `(?m)^reaches +8 villages, 11 units: `)
		time.Sleep(time.Minute)
		if got := s.sounding(); len(got) != 12 || slices.Contains(got, "far-a") {
			t.Errorf("the correction and the unit that was cut off: %q sound", got)
		}

		dials := cut.Dials()
		cut.Refuse(nil)
		for cut.Dials() == dials {
			time.Sleep(10 * time.Millisecond)
		}
		back := time.Now() // its first attempt that may succeed
		time.Sleep(5 * time.Second)
		if at, ok := s.silent("v4-a", back); !ok {
			t.Errorf("the unit that was cut off still sounds %v after its connection", time.Since(back))
		} else {
			t.Logf("silent %v after its connection", at.Sub(back))
		}
		time.Sleep(time.Minute)
		if got := s.sounding(); len(got) != 12 || !slices.Contains(got, "v4-a") || slices.Contains(got, "far-a") {
			t.Errorf("who sounds the correction: %q", got)
		}
		s.says("the stops", s.run(duty, "stops"), `12 of 12 units confirmed silent`)

		record := s.run(editor, "programmes", "record", "water", "--version", "1")
		s.says("the record", record, `author +李四`, `approved +周`, `12:0\d:\d\d  李四: submit programme`, `12:0\d:\d\d  周: approve programme`, `12:0\d:\d\d  赵: STOP in liushu v4 alone was meant`,
			`柳树镇 +v1村 +2026-11-24 12:00:\d\d +2026-11-24 12:01:\d\d +2 +2`, `柳树镇 +v4村 +2026-11-24 12:00:\d\d +2026-11-24 12:0[2-9]:\d\d +1 +1`)
		if strings.Contains(record, "far村") {
			t.Errorf("a village that it was never for is in the record:\n%s", record)
		}
		csv := s.run(editor, "programmes", "record", "water", "--version", "1", "--csv")
		if lines := strings.Split(strings.TrimSpace(csv), "\n"); len(lines) != 10 || lines[0] != "\ufefftown,village,area,from,to,units,played" {
			t.Errorf("the table: %q", lines)
		}
	})
}

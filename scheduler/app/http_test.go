package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// web is a centre on ports of its own, and somebody who is logged in.
type web struct {
	*client.Client
	t       *testing.T
	app     *app.App
	options app.Options
}

// serve starts a centre without speech, with one county, town and village.
func serve(t *testing.T, change func(*app.Options)) *web {
	t.Helper()
	w := &web{t: t, options: app.Options{Data: filepath.Join(t.TempDir(), "data"), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0",
		Speech: []string{"no-such-program", "{file}", "{out}"}, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}}
	if change != nil {
		change(&w.options)
	}
	w.start()
	t.Cleanup(w.stop)
	for _, a := range []scheduler.Area{{ID: "county", Name: "county"}, {ID: "town", Parent: "county", Name: "town"}, {ID: "village", Parent: "town", Name: "village"}} {
		if _, _, err := w.app.Store().PutArea(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// speaking gives the centre a program that speaks every text as a tone of its own.
func speaking(o *app.Options) {
	dir := filepath.Dir(o.Data)
	if err := os.WriteFile(filepath.Join(dir, "tone.wav"), noise(time.Second, 440), 0o600); err != nil {
		panic(err)
	}
	o.Speech = []string{"sh", "-c", `cat "$0" "$1" >"$2"`, filepath.Join(dir, "tone.wav"), "{file}", "{out}"}
}

// noise is a WAV file of one channel at 48 kHz that holds noise over a tone, so
// that no two stretches of it are equal.
func noise(length time.Duration, hertz float64) []byte {
	frames := int(length.Seconds() * 48000)
	rnd := rand.New(rand.NewPCG(1, uint64(hertz)))
	out := &bytes.Buffer{}
	out.WriteString("RIFF")
	_ = binary.Write(out, binary.LittleEndian, uint32(36+2*frames))
	out.WriteString("WAVEfmt ")
	_ = binary.Write(out, binary.LittleEndian, struct {
		Size             uint32
		Format, Channels uint16
		Rate, Bytes      uint32
		Block, Bits      uint16
	}{16, 1, 1, 48000, 96000, 2, 16})
	out.WriteString("data")
	_ = binary.Write(out, binary.LittleEndian, uint32(2*frames))
	samples := make([]int16, frames)
	for i := range samples {
		samples[i] = int16(8000*math.Sin(2*math.Pi*hertz*float64(i)/48000)) + int16(rnd.IntN(200))
	}
	_ = binary.Write(out, binary.LittleEndian, samples)
	return out.Bytes()
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *web) start() {
	w.t.Helper()
	a, err := app.New(w.options)
	if err == nil {
		err = a.Start(context.Background())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.app = a
	w.Client = &client.Client{Base: a.URL(), Token: a.Token(), HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

func (w *web) stop() {
	if err := w.app.Stop(); err != nil {
		w.t.Error(err)
	}
}

// reply is a whole answer.
type reply struct {
	status  int
	header  http.Header
	body    string
	problem client.Problem
}

// ask makes a request as somebody who is logged in would.
func (w *web) ask(method, path, body string, set ...string) reply {
	w.t.Helper()
	r, err := http.NewRequest(method, w.Base+client.Prefix+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.Token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(set); i += 2 {
		r.Header.Set(set[i], set[i+1])
	}
	res, err := w.HTTP.Do(r)
	if err != nil {
		w.t.Error(err)
		return reply{}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Error(err)
	}
	out := reply{status: res.StatusCode, header: res.Header, body: string(text)}
	_ = json.Unmarshal(text, &out.problem)
	return out
}

func TestAStaleChangeIsRefused(t *testing.T) {
	w := serve(t, nil)
	for path, bodies := range map[string][2]string{
		"/areas/town":       {`{"id":"town","parent":"county","name":"one"}`, `{"id":"town","parent":"county","name":"two"}`},
		"/county":           {`{"name":"one","zone":"Asia/Shanghai"}`, `{"name":"two","zone":"Asia/Shanghai"}`},
		"/playlists/p":      {`{"id":"p","title":"one","items":[]}`, `{"id":"p","title":"two","items":[]}`},
		"/units/horn":       {`{"id":"horn","area":"village","name":"one"}`, `{"id":"horn","area":"village","name":"two"}`},
		"/calendars/fair":   {`{"id":"fair","name":"one","dates":[]}`, `{"id":"fair","name":"two","dates":[]}`},
		"/groups/riverside": {`{"id":"riverside","name":"one"}`, `{"id":"riverside","name":"two"}`},
	} {
		t.Run(path, func(t *testing.T) {
			if path == "/units/horn" {
				w.ask("POST", "/units", `{"id":"horn","area":"village"}`)
			}
			first := w.ask("PUT", path, bodies[0])
			tag := first.header.Get("ETag")
			if first.status != 200 || tag == "" {
				t.Fatalf("%d %s, ETag %q", first.status, first.body, tag)
			}
			second := w.ask("PUT", path, bodies[1], "If-Match", tag)
			if second.status != 200 || second.header.Get("ETag") == tag {
				t.Fatalf("with the right ETag: %d %s, ETag %q", second.status, second.body, second.header.Get("ETag"))
			}
			late := w.ask("PUT", path, bodies[0], "If-Match", tag)
			if late.status != http.StatusPreconditionFailed || late.problem.Code != "stale" || len(late.problem.Errors) != 1 || late.problem.Errors[0].Remedy == "" {
				t.Errorf("with a stale ETag: %d %s", late.status, late.body)
			}
			now := w.ask("GET", path, "")
			if now.status == 404 || now.status == 405 { // calendars and groups are read as lists
				now = w.ask("GET", path[:strings.LastIndex(path, "/")], "")
			} else if now.header.Get("ETag") != second.header.Get("ETag") {
				t.Errorf("GET has ETag %q, PUT gave %q", now.header.Get("ETag"), second.header.Get("ETag"))
			}
			if !strings.Contains(now.body, `"two"`) {
				t.Errorf("the stale change changed it: %s", now.body)
			}
		})
	}
}

func warning(text string) string {
	return fmt.Sprintf(`{"area":"village","level":"red","text":%q,"until":%q}`, text, time.Now().Add(time.Hour).Format(time.RFC3339))
}

func TestOneKeyHasOneEffect(t *testing.T) {
	w := serve(t, nil)
	body := warning("洪水")
	first := w.ask("POST", "/warnings", body, "Idempotency-Key", "one")
	again := w.ask("POST", "/warnings", body, "Idempotency-Key", "one")
	if first.status != 200 || again.status != 200 || first.body != again.body || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
		t.Errorf("first %d %s\nagain %d %s", first.status, first.body, again.status, again.body)
	}
	other := w.ask("POST", "/warnings", warning("大火"), "Idempotency-Key", "one")
	if other.status != 409 || len(other.problem.Errors) != 1 || other.problem.Errors[0].Value != "one" || other.problem.Errors[0].Remedy == "" {
		t.Errorf("the same key for another warning: %d %s", other.status, other.body)
	}
	var all sync.WaitGroup
	answers := make([]reply, 8)
	together := warning("一起")
	for i := range answers {
		all.Go(func() { answers[i] = w.ask("POST", "/warnings", together, "Idempotency-Key", "together") })
	}
	all.Wait()
	made := map[string]bool{}
	for _, a := range answers {
		switch a.status {
		case 200:
			made[a.body] = true
		case 409: // the first is still under way
		default:
			t.Errorf("at once: %d %s", a.status, a.body)
		}
	}
	if len(made) != 1 {
		t.Errorf("requests at once got %d different answers", len(made))
	}
	if list, err := w.Warnings(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("%d warnings (%v), want 2", len(list), err)
	}
	if got := w.ask("POST", "/warnings", warning("洪水"), "Idempotency-Key", "two"); got.status != 200 {
		t.Errorf("a new key: %d %s", got.status, got.body)
	}
}

func TestWhatFailedInsideMayBeAskedAgain(t *testing.T) {
	w := serve(t, nil)
	body := `{"text":"各位村民"}`
	for range 2 {
		if got := w.ask("POST", "/assets/speech", body, "Idempotency-Key", "k"); got.status != http.StatusServiceUnavailable || !strings.Contains(got.problem.Detail, "no-such-program") {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if got := w.ask("POST", "/assets/text", `{"text":"各位村民"}`, "Idempotency-Key", "k"); got.status != 200 {
		t.Errorf("the key of a request that failed is not given back: %d %s", got.status, got.body)
	}
}

// TestACallerThatHangsUpMayAskAgain: the answer is remembered although nobody
// was there to take it.
func TestACallerThatHangsUpMayAskAgain(t *testing.T) {
	w := serve(t, nil)
	body := warning("洪水")
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		r, err := http.NewRequestWithContext(ctx, "POST", w.Base+client.Prefix+"/warnings", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Authorization": {"Bearer " + w.Token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"k"}}
		if res, err := w.HTTP.Do(r); err == nil {
			res.Body.Close()
		}
		cancel()
	}
	got := reply{status: 409}
	for end := time.Now().Add(5 * time.Second); got.status == 409 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		got = w.ask("POST", "/warnings", body, "Idempotency-Key", "k")
	}
	list, err := w.Warnings(t.Context())
	if got.status != 200 || err != nil || len(list) != 1 {
		t.Errorf("%d %s; %d warnings (%v)", got.status, got.body, len(list), err)
	}
}

// TestTheStoreKeepsNoSecret: the settings of a unit are given again to who has
// the key, and to nobody who has the database.
func TestTheStoreKeepsNoSecret(t *testing.T) {
	w := serve(t, nil)
	const key = "a key too long to stand by chance in a file full of hashes"
	first := w.ask("POST", "/units", `{"id":"horn","area":"village"}`, "Idempotency-Key", key)
	again := w.ask("POST", "/units", `{"id":"horn","area":"village"}`, "Idempotency-Key", key)
	if first.status != 200 || first.body != again.body {
		t.Fatalf("%d %s\n%d %s", first.status, first.body, again.status, again.body)
	}
	var added client.UnitAdded
	if err := json.Unmarshal([]byte(first.body), &added); err != nil {
		t.Fatal(err)
	}
	_, secret, ok := strings.Cut(added.Settings, "secret: ")
	secret = strings.Trim(strings.TrimSpace(secret), `"`)
	if !ok || len(secret) < 32 {
		t.Fatalf("settings without a secret:\n%s", added.Settings)
	}
	found := w.grepData(secret, key)
	if len(found) > 0 {
		t.Errorf("found in %v", found)
	}
	for _, path := range []string{"/units/horn", "/units"} {
		if got := w.ask("GET", path, ""); strings.Contains(got.body, secret) {
			t.Errorf("%s tells the secret", path)
		}
	}
}

// grepData names the files of the data directory that hold a word.
func (w *web) grepData(words ...string) (found []string) {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.options.Data, "villagecast.db*"))
	if err != nil || len(files) == 0 {
		w.t.Fatalf("no database: %v", err)
	}
	for _, f := range files {
		text := read(w.t, f)
		for _, word := range words {
			if bytes.Contains(text, []byte(word)) {
				found = append(found, filepath.Base(f)+" has "+word)
			}
		}
	}
	return found
}

func TestARefusedWarningLeavesNothingBehind(t *testing.T) {
	w := serve(t, speaking)
	for _, body := range []string{strings.Replace(warning("一"), "village", "vilage", 1), strings.Replace(warning("二"), "red", "live", 1)} {
		if got := w.ask("POST", "/warnings", body); got.status != 422 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if list, err := w.Assets(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("assets are left: %+v (%v)", list, err)
	}
	if a, err := w.Speak(t.Context(), client.SpeechSpec{Text: "三"}); err != nil || a.Seconds == 0 {
		t.Fatalf("%+v %v", a, err)
	}
	if got := w.ask("POST", "/warnings", strings.Replace(warning("三"), "village", "vilage", 1)); got.status != 422 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if list, err := w.Assets(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("an asset of somebody else's is gone: %+v (%v)", list, err)
	}
	got, err := w.Warn(t.Context(), client.WarningSpec{Area: "village", Level: wire.LevelRed, Text: "四", Until: time.Now().Add(time.Hour)})
	if err != nil || got.Spoken != "yes" || got.Audio == "" {
		t.Errorf("%+v %v", got, err)
	}
}

package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// TestBootsWithAnyClockUnderTLS: over real sockets, with the centre's own
// certificates, units whose clocks stand in 1970 and 2038 come up, learn the
// time and play at it. One that pins another authority does not come up, however
// little it knows of the time.
func TestBootsWithAnyClockUnderTLS(t *testing.T) {
	t.Setenv("PATH", "")
	a, err := app.New(app.Options{Data: t.TempDir(), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", TLS: true, Hosts: []string{"127.0.0.1"}, Logger: slog.New(slog.DiscardHandler)})
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
	ctx := context.Background()
	if _, _, err := a.Store().PutArea(ctx, scheduler.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	other, err := agent.ParseSettings([]byte(foreignSettings(t)))
	if err != nil {
		t.Fatal(err)
	}

	var running sync.WaitGroup
	life, end := context.WithCancel(ctx)
	defer running.Wait()
	defer end()
	for id, system := range map[string]time.Time{"past": time.Unix(0, 0), "future": time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), "stranger": time.Unix(0, 0)} {
		_, secret, err := a.Store().AddUnit(ctx, scheduler.Unit{ID: id, Area: "county", Name: id, State: scheduler.UnitPlanned, Outputs: []wire.Output{wire.OutputSound}, Volume: 50})
		if err != nil {
			t.Fatal(err)
		}
		text, err := a.Enrol(id, secret)
		if err != nil {
			t.Fatal(err)
		}
		settings, err := agent.ParseSettings([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(settings.MQTT, "ssl://127.0.0.1:") || !strings.HasPrefix(settings.HTTP, "https://") {
			t.Fatalf("settings are not under TLS: %s, %s", settings.MQTT, settings.HTTP)
		}
		if id == "stranger" {
			settings.CA = other.CA
		}
		ahead := time.Until(system)
		running.Go(func() {
			err := agent.Run(life, agent.Options{Settings: settings, Disk: spool.Memory(), Sound: player.NewCounting(), Lang: "en",
				Board: airtime.System{Now: func() time.Time { return time.Now().Add(ahead) }}, Logger: logger(t)})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", id, err)
			}
		})
	}

	op := &client.Client{Base: a.URL(), Token: a.Token(), Language: "en", HTTP: trusting(t, a)}
	if _, err := op.PutCounty(ctx, client.County{Name: "county", Zone: "Asia/Shanghai"}); err != nil { // without quiet hours
		t.Fatal(err)
	}
	sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 2), "news")
	playlist(t, op, "news", [2]string{sound.ID, ""})
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	due := time.Now().Add(6 * time.Second).Truncate(time.Second)
	release(t, op, client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"county"}},
		Rule: wire.Rule{Kind: wire.RuleOnce, Once: wire.DateTime(due.In(zone).Format("2006-01-02T15:04:05"))}})

	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		runs, _, err := a.Store().AsRuns(ctx, store.AsRunFilter{Programme: "news"})
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) >= 2 {
			for _, r := range runs {
				if late := time.UnixMilli(r.From).Sub(due); late < -time.Second || late > 10*time.Second {
					t.Errorf("%s began %v after its instant", r.Unit, late)
				}
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("played by then: %+v", runs)
		}
	}
	if p, err := a.Store().Presence(ctx, "stranger"); err != nil || p.Online || !p.LastSeen.IsZero() {
		t.Errorf("who pins another authority is here: %+v, %v", p, err)
	}
}

// trusting is the way of people to the centre's web server.
func trusting(t *testing.T, a *app.App) *http.Client {
	t.Helper()
	text, err := a.Enrol("people", "secret")
	if err != nil {
		t.Fatal(err)
	}
	s, err := agent.ParseSettings([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	config, err := s.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
}

// foreignSettings are those of a unit of another centre.
func foreignSettings(t *testing.T) string {
	t.Helper()
	other, err := app.New(app.Options{Data: t.TempDir(), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", TLS: true, Hosts: []string{"127.0.0.1"}, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = other.Start(t.Context())
	}
	var text string
	if err == nil {
		text, err = other.Enrol("stranger", "secret")
	}
	if err = errors.Join(err, other.Stop()); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTimeForNobody: what is no question for the time is refused, and too many
// questions at once are put off.
func TestTimeForNobody(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		ask := func(body string) *http.Response {
			t.Helper()
			r, err := c.web().Post("http://"+httpAddress+"/time", "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			return r
		}
		for body, want := range map[string]int{
			`{"unit":"horn","nonce":"0123456789abcdef"}`: 200, `{"unit":"horn","nonce":"short"}`: 400, `{"unit":"horn"}`: 400, `nonsense`: 400,
			`{"unit":"horn","nonce":"0123456789abcdef","more":1}`: 400, `"` + strings.Repeat("x", 2000): 413,
		} {
			if got := ask(body); got.StatusCode != want || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%.40s: %s", body, got.Status)
			}
		}
		refused := 0
		for range 2500 {
			if r := ask(`{"unit":"horn","nonce":"0123456789abcdef"}`); r.StatusCode == http.StatusTooManyRequests && r.Header.Get("Retry-After") != "" {
				refused++
			}
		}
		if refused < 400 || refused > 600 {
			t.Errorf("%d of 2500 at once were put off", refused)
		}
		time.Sleep(10 * time.Second)
		if r := ask(`{"unit":"horn","nonce":"0123456789abcdef"}`); r.StatusCode != 200 {
			t.Errorf("ten seconds later: %s", r.Status)
		}
	})
}

// TestClocksAreShown: what units say of their clocks stands in the API and in
// the counts of the status, also after the centre was started anew.
func TestClocksAreShown(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		good := c.clocked("good", agenttest.NewBoard(0, false, time.Now().Add(-90*time.Second)))
		lost := c.clocked("lost", agenttest.NewBoard(0, false, time.Unix(0, 0)))
		lost.station.off(t)
		lost.change = func(old func(*agent.Options)) func(*agent.Options) {
			return func(o *agent.Options) {
				old(o)
				o.HTTP = &http.Client{Transport: deaf{}} // MQTT alone comes through
			}
		}(lost.change)
		lost.disk = spool.Memory()
		lost.board.Boot(time.Unix(0, 0))
		c.switchOn(lost.station)
		time.Sleep(20 * time.Minute)
		for range 2 {
			op := c.operator()
			u, err := op.Unit(t.Context(), good.unit)
			if err != nil {
				t.Fatal(err)
			}
			k := u.Presence.Clock
			if k == nil || k.State != wire.ClockTrusted || k.Source != "centre" || k.Offset < 89 || k.Offset > 91 || k.Uncertainty <= 0 || k.Uncertainty > 0.5 || k.Learned == nil {
				t.Fatalf("clock of the good unit: %+v", k)
			}
			if age := time.Since(*k.Learned); age < 0 || age > 31*time.Minute {
				t.Errorf("learned %v ago", age)
			}
			if u, err = op.Unit(t.Context(), lost.unit); err != nil || u.Presence.Clock == nil || u.Presence.Clock.State != wire.ClockUntrusted || u.Presence.Clock.Learned != nil {
				t.Errorf("clock of the lost unit: %+v, %v", u.Presence.Clock, err)
			}
			st, err := op.Status(t.Context())
			if err != nil || st.ClockUntrusted != 1 || st.ClockUncertain != 0 {
				t.Errorf("status counts %d untrusted, %d uncertain, %v", st.ClockUntrusted, st.ClockUncertain, err)
			}
			good.line.setAway(true) // what is shown now was kept
			c.stop()
			c.start()
			time.Sleep(20 * time.Second)
		}
	})
}

// deaf reaches nobody.
type deaf struct{}

func (deaf) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no way") }

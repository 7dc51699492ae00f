package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/store"
)

// TestAChangeCostsOnePublishForEachAddress counts what goes out for a county of
// a thousand units.
func TestAChangeCostsOnePublishForEachAddress(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		ctx, st := context.Background(), c.app.Store()
		var group []string
		for i := range 1000 {
			id := fmt.Sprintf("u%03d", i)
			c.add(id)
			if i%10 == 0 {
				group = append(group, id)
			}
		}
		time.Sleep(settle)
		costs := func(what string, want int64, change func() error) {
			t.Helper()
			before := c.app.Fleet().Counters().Published
			if err := change(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			time.Sleep(10 * time.Second)
			if n := c.app.Fleet().Counters().Published - before; n != want {
				t.Errorf("%s cost %d publishes, want %d", what, n, want)
			}
		}
		release := func(id string, targets scheduler.Targets, calendars ...string) func() error {
			return func() error {
				p, err := st.Programme(ctx, "p1", 0)
				if err == nil {
					p.ID, p.Rev, p.Targets, p.Rule.Off = id, 0, targets, calendars
					_, _, err = st.PutDraft(ctx, p)
				}
				if err == nil {
					_, _, err = st.Release(ctx, id, 0)
				}
				return err
			}
		}
		calendar := func(dates ...wire.Date) func() error {
			return func() error {
				_, _, err := st.PutCalendar(ctx, scheduler.Calendar{ID: "holidays", Name: "holidays", Dates: dates})
				return err
			}
		}
		members := func(units ...string) func() error {
			return func() error {
				_, _, err := st.PutGroup(ctx, scheduler.Group{ID: "tenth", Name: "tenth", Units: units})
				return err
			}
		}
		costs("quiet hours of the county", 1, func() error {
			k, err := st.County(ctx)
			if err == nil {
				k.Quiet = []wire.Window{{From: "22:00", To: "06:00"}}
				_, _, err = st.SetCounty(ctx, k)
			}
			return err
		})
		costs("a programme for the county", 1, func() error { c.publish("p1", strings.Repeat("b", 64), 9); return nil })
		costs("a calendar that nobody names", 0, calendar("2027-01-01"))
		costs("a programme by that calendar for a village of the county", 1, release("p2", scheduler.Targets{Areas: []string{"liushu"}}, "holidays"))
		costs("another date in the calendar", 1, calendar("2027-01-01", "2027-02-17"))
		costs("the same dates again", 0, calendar("2027-01-01", "2027-02-17"))
		costs("a group that nobody targets", 0, members(group...))
		costs("a programme for a group of 100 units", 100, release("p3", scheduler.Targets{Groups: []string{"tenth"}}))
		costs("a unit more in the group", 1, members(append(group, "u001")...))
		costs("a unit less in the group", 1, members(group...))
		costs("quiet hours of one unit", 1, func() error {
			u, err := st.Unit(ctx, "u007")
			if err == nil {
				u.Quiet = []wire.Window{{From: "13:00", To: "14:00"}}
				_, _, err = st.UpdateUnit(ctx, u.Unit)
			}
			return err
		})
		costs("a warning for the county", 1, func() error {
			_, _, err := st.Warn(ctx, scheduler.Warning{Area: "county", Level: wire.LevelRed, Title: "flood", Text: "flood", Repeat: 2, Until: time.Now().Add(time.Hour)})
			return err
		})
	})
}

// TestProofIsStoredOnce sends the same report three times, across a restart of
// the centre.
func TestProofIsStoredOnce(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		c.add("u1")
		d := c.device("u1")
		time.Sleep(settle)
		now := time.Now().UnixMilli()
		r := wire.Report{Unit: "u1", Spool: "s1", Boot: "b1"}
		for seq := range uint64(3) {
			r.Entries = append(r.Entries, wire.Entry{Seq: seq + 1, At: now, AsRun: &wire.AsRun{
				Output: wire.OutputSound, Programme: "p", Version: 1, Level: "background", From: now - 60_000, To: now,
				Rounds: []wire.RoundPart{{Start: now - 60_000, Cues: 1, Frames: 60 * wire.Rate}}, Outcome: wire.OutcomeEnded, Grade: wire.GradePlayed,
			}})
		}
		stored := func() int {
			list, _, err := c.app.Store().AsRuns(context.Background(), store.AsRunFilter{Unit: "u1"})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		for range 2 {
			d.report(r)
			time.Sleep(time.Second)
		}
		c.stop()
		c.start()
		time.Sleep(30 * time.Second)
		d.report(r)
		time.Sleep(time.Second)
		words := d.on(wire.StoredTopic("u1"))
		if len(words) != 3 || stored() != 3 {
			t.Fatalf("%d acknowledgements and %d entries, want 3 and 3", len(words), stored())
		}
		var last wire.Stored
		if err := json.Unmarshal(words[2], &last); err != nil || last != (wire.Stored{Spool: "s1", Seq: 3}) {
			t.Errorf("the last word is %s, want up to 3 of s1", words[2])
		}
	})
}

// TestTLS runs a centre under its own authority on real ports.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	a, err := app.New(app.Options{Data: dir, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", TLS: true, Hosts: []string{"127.0.0.1"}})
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
	pem, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) || strings.Contains(string(pem), "PRIVATE") {
		t.Fatal("ca.pem must hold the certificate, and no key")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(a.URL() + "/")
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasPrefix(a.URL(), "https://") {
		t.Fatalf("%s: %v", a.URL(), err)
	}
	answer.Body.Close()
	if _, err := http.Get(a.URL()); err == nil {
		t.Error("somebody who does not know the authority trusts the centre")
	}
	ctx := context.Background()
	_, _, err = a.Store().PutArea(ctx, scheduler.Area{ID: "county", Name: "county"})
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := a.Store().AddUnit(ctx, scheduler.Unit{ID: "u1", Area: "county", Name: "u1", Outputs: []wire.Output{wire.OutputSound}, Volume: 50})
	if err != nil {
		t.Fatal(err)
	}
	login := func(secret string) error {
		c := paho.NewClient(paho.NewClientOptions().AddBroker(a.MQTTURL()).SetTLSConfig(&tls.Config{RootCAs: pool}).
			SetClientID("u1").SetUsername("u1").SetPassword(secret).SetAutoReconnect(false))
		defer c.Disconnect(100)
		token := c.Connect()
		token.Wait()
		return token.Error()
	}
	if err := login(secret); err != nil {
		t.Errorf("a unit with its secret over TLS: %v", err)
	}
	text, err := a.Enrol("u1", secret)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := agent.ParseSettings([]byte(text)); err != nil || s.CA != string(pem) {
		t.Errorf("a device does not understand its settings: %v in\n%s", err, text)
	}
	if err := login("guess"); err == nil {
		t.Error("a guessed secret is taken")
	}
}

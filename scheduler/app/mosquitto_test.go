package app_test

import (
	"context"
	"log/slog"
	"net"
	"os/user"
	"path/filepath"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestTheWholePathOverMosquitto runs centre and agents over a broker of another
// make: what is released plays and is proved; a broker that comes back empty is
// filled again, so that a device that was never there before plays too.
func TestTheWholePathOverMosquitto(t *testing.T) {
	t.Parallel()
	m := brokertest.NewMosquitto(t)
	dir := t.TempDir()
	a, op := centreOver(t, m, dir)
	zone := time.FixedZone("", 8*3600)
	settings := map[string]agent.Settings{}
	users := []broker.MosquittoUser{{Name: "centre", Secret: "of the centre", Access: wire.CentreAccess()}}
	for _, id := range []string{"first", "second"} {
		added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: id, Area: "county", Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := agent.ParseSettings([]byte(added.Settings))
		if err != nil {
			t.Fatal(err)
		}
		settings[id] = s
		users = append(users, broker.MosquittoUser{Name: id, Secret: s.Secret, Access: wire.UnitAccess(id, []string{"county"})})
	}
	conf := configure(t, m, dir, users)
	m.Start(conf)

	switchOff := switchOn(t, settings["first"])
	defer switchOff()
	sound := upload(t, op, tone(t, dir, "news", 440, 3), "news")
	text, err := op.AddText(t.Context(), client.TextSpec{Text: "开会", Stay: 3})
	if err != nil {
		t.Fatal(err)
	}
	playlist(t, op, "news", [2]string{sound.ID, text.ID})
	spec := client.ProgrammeSpec{ID: "soon", Playlist: "news", Targets: client.Targets{Areas: []string{"county"}},
		Rule: wire.Rule{Kind: wire.RuleOnce, Once: wire.DateTime(time.Now().Add(20 * time.Second).In(zone).Format("2006-01-02T15:04:05"))}}
	release(t, op, spec)
	spec.ID, spec.Rule = "minutely", wire.Rule{Kind: wire.RuleEvery, Every: 1, Window: &wire.Window{From: "00:00", To: "24:00"},
		Until: wire.DateTime(time.Now().Add(24 * time.Hour).In(zone).Format("2006-01-02T15:04:05"))}
	release(t, op, spec)
	inTime(t, time.Minute, "the first unit's proof is stored", func() bool { return proved(t, op, "first", "soon") })

	m.Stop()
	restarted := time.Now()
	m.Start(conf)
	inTime(t, time.Minute+busy, "the first unit is heard again", func() bool {
		p, err := a.Store().Presence(t.Context(), "first")
		return err == nil && p.Online && p.LastSeen.After(restarted)
	})
	switchOff2 := switchOn(t, settings["second"])
	defer switchOff2()
	inTime(t, 90*time.Second, "both units hold everything and have their files", func() bool {
		for id := range settings {
			u, err := op.Unit(t.Context(), id)
			if err != nil || !u.Presence.Online || len(u.Presence.Pending) > 0 || u.Presence.Assets != 1 || u.Presence.Ready != 1 {
				return false
			}
		}
		return true
	})
	inTime(t, 90*time.Second, "the second unit's proof is stored", func() bool { return proved(t, op, "second", "minutely") })
	if list, err := op.Outages(t.Context(), client.ProofQuery{}, false); err != nil || len(list) != 0 {
		t.Errorf("outages although only the broker was restarted: %+v (%v)", list, err)
	}
}

// centreOver is a centre in dir with a county, which speaks to its units over
// the Mosquitto. It ends with the test.
func centreOver(t *testing.T, m *brokertest.Mosquitto, dir string) (*app.App, *client.Client) {
	t.Helper()
	a, err := app.New(app.Options{Data: filepath.Join(dir, "centre"), HTTP: "127.0.0.1:0",
		Broker: &app.ExternalBroker{URL: "tcp://" + m.Address, User: "centre", Password: "of the centre"}})
	if err == nil {
		err = a.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	op := &client.Client{Base: a.URL(), Token: a.Token(), Language: "en"}
	if _, err = op.PutCounty(t.Context(), client.County{Name: "county", Zone: "Asia/Shanghai"}); err == nil {
		_, err = op.PutArea(t.Context(), client.Area{ID: "county", Name: "county"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, op
}

// configure writes Mosquitto's files as an operator of Villagecast gets them.
func configure(t *testing.T, m *brokertest.Mosquitto, dir string, users []broker.MosquittoUser) (conf string) {
	t.Helper()
	me, err := user.Current()
	if err == nil {
		conf, err = broker.MosquittoFiles(dir, broker.MosquittoOptions{Port: m.Port, RunAs: me.Username, Users: users})
	}
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// switchOn runs an agent in this process, by the real clock, with outputs that count.
func switchOn(t *testing.T, s agent.Settings) (off func()) { return switchOnAt(t, s, nil) }

// switchOnAt does so with a local page.
func switchOnAt(t *testing.T, s agent.Settings, page net.Listener) (off func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- agent.Run(ctx, agent.Options{Settings: s, Disk: spool.Memory(), Listener: page, Sound: player.NewCounting(), Lang: "en",
			Panel:  func(int, int) (screen.Panel, error) { return screen.Counting{}, nil },
			Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	}()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the agent of %s ends with %v", s.Unit, err)
		}
	}
}

// proved tells whether a whole round of 3 s is proved on both outputs.
func proved(t *testing.T, op *client.Client, unit, programme string) bool {
	t.Helper()
	list, err := op.AsRun(t.Context(), client.ProofQuery{Unit: unit, Programme: programme, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	done := map[wire.Output]bool{}
	for _, a := range list {
		if a.Grade == wire.GradePlayed && len(a.Rounds) == 1 && a.Rounds[0].Frames >= 3*wire.Rate-wire.Rate/10 {
			done[a.Output] = true
		}
	}
	return len(done) == 2
}

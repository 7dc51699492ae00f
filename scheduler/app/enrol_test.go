package app_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// secured is the county with a centre that certifies devices.
func (c *county) secured() *client.Client {
	c.t.Helper()
	c.stop()
	c.options.TLS, c.options.Hosts = true, []string{"127.0.0.1"}
	c.start()
	return c.trusted()
}

// trusted is a person at the command line under the centre's own authority.
func (c *county) trusted() *client.Client {
	c.t.Helper()
	text, err := c.app.Enrol("people", "secret")
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := agent.ParseSettings([]byte(text))
	if err != nil {
		c.t.Fatal(err)
	}
	config, err := s.TLS()
	if err != nil {
		c.t.Fatal(err)
	}
	return &client.Client{Base: c.app.URL(), Token: c.app.Token(), Language: "en", HTTP: c.way(config)}
}

// way is a web client beneath which the bubble's network lies.
func (c *county) way(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: config,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return c.below(ctx, "", address) }}}
}

func (c *county) below(ctx context.Context, _, address string) (net.Conn, error) {
	conn, err := c.ports.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// benched is a station whose agent speaks TLS, with the file of a claim.
func (c *county) benched(claim client.IssuedClaim, change func(*agent.Options)) *station {
	c.t.Helper()
	settings, err := agent.ParseSettings([]byte(claim.Settings))
	if err != nil {
		c.t.Fatal(err)
	}
	s := &station{unit: claim.Unit, settings: settings, outputs: []wire.Output{wire.OutputSound}, disk: spool.Memory()}
	s.change = func(o *agent.Options) {
		o.Dial, o.HTTP, o.Reach = nil, nil, c.below
		if change != nil {
			change(o)
		}
	}
	c.stations = append(c.stations, s)
	return s
}

// claim issues one of a unit of the village.
func (c *county) claim(op *client.Client, unit string) client.IssuedClaim {
	c.t.Helper()
	all, err := op.IssueClaims(c.t.Context(), client.ClaimSpec{Units: []string{unit}})
	if err != nil {
		c.t.Fatal(err)
	}
	return all[0]
}

// TestADeviceBecomesAUnit: a device that has nothing but the file of a claim makes
// its key, gets its certificate, and is a unit without a place; placed, it hears
// its village. A copy of the file on a second board is turned away, and that is
// noted. Once revoked it is off at once, and stays off until there is a new claim.
func TestADeviceBecomesAUnit(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op, ctx := c.secured(), context.Background()
		made, err := op.IssueClaims(ctx, client.ClaimSpec{New: 1})
		if err != nil {
			t.Fatal(err)
		}
		unit := made[0].Unit
		if f := made[0].Settings; strings.Contains(f, "secret:") || !strings.Contains(f, "claim: "+made[0].Code) || strings.Contains(f, "PRIVATE") {
			t.Errorf("the file of a claim is\n%s", f)
		}
		board := agenttest.NewBoard(0, false, time.Unix(0, 0)) // 1970
		s := c.benched(made[0], func(o *agent.Options) { o.Board = board.System() })
		c.switchOn(s)
		time.Sleep(time.Minute)
		if u, err := op.Unit(ctx, unit); err != nil || !u.Presence.Online || u.Presence.Shows != "unplaced" || len(u.Presence.Addresses) != 1 {
			t.Fatalf("a minute later it is %+v, %v", u.Presence, err)
		}
		if _, err := op.PlaceUnit(ctx, unit, client.PlacingSpec{Area: "liushu", Name: "村口"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		u, err := op.Unit(ctx, unit)
		if err != nil || u.Presence.Shows != "idle" || !slices.ContainsFunc(u.Presence.Addresses, func(a client.Agreement) bool { return a.Address == "area/county" && a.Held > 0 }) {
			t.Errorf("placed, it is %+v, %v", u, err)
		}

		copied := c.benched(made[0], nil)
		c.switchOn(copied)
		time.Sleep(2 * time.Minute)
		notes, _, err := c.app.Store().Notables(ctx, unit, store.Page{})
		if err != nil || !slices.ContainsFunc(notes, func(n scheduler.Notable) bool {
			return n.Code == "device-refused" && strings.Contains(n.Text, "another device")
		}) {
			t.Errorf("the copy on a second board is noted as %+v, %v", notes, err)
		}
		if u, _ := op.Unit(ctx, unit); !u.Presence.Online {
			t.Error("the copy threw the unit out")
		}
		copied.off(t)

		s.powerCut(t)
		c.switchOn(s)
		time.Sleep(time.Minute)
		if !c.online(unit) {
			t.Error("after a power cut it does not come back")
		}
		revoked := time.Now()
		if r, err := op.RevokeUnit(ctx, unit, "stolen"); err != nil || r.Ended != 1 {
			t.Errorf("revoke: %+v, %v", r, err)
		}
		time.Sleep(2 * time.Second)
		if c.online(unit) {
			t.Errorf("%v after it was revoked it is online", time.Since(revoked))
		}
		time.Sleep(time.Hour)
		if c.online(unit) {
			t.Error("revoked, it came back")
		}
		again := c.claim(op, unit)
		settings, err := agent.ParseSettings([]byte(again.Settings))
		if err != nil {
			t.Fatal(err)
		}
		s.off(t)
		s.settings = settings
		c.switchOn(s)
		time.Sleep(time.Minute)
		if !c.online(unit) {
			t.Error("with a new claim it does not come in")
		}
		all, err := op.Certificates(ctx, "")
		if err != nil || len(all) != 1 || all[0].Unit != unit {
			t.Errorf("certificates: %+v, %v", all, err)
		}
	})
}

// TestASecretOfBeforeBecomesACertificate: a unit of the first version, with a newer
// agent, certifies itself; its secret opens nothing from then on, and is not
// counted any more.
func TestASecretOfBeforeBecomesACertificate(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op, ctx := c.secured(), context.Background()
		added, err := op.AddDevice(ctx, client.UnitAdd{UnitSpec: client.UnitSpec{ID: "horn", Area: "liushu"}, Secret: true})
		if err != nil {
			t.Fatal(err)
		}
		if st, err := op.Status(ctx); err != nil || st.Secrets != 1 {
			t.Errorf("the status counts %d secrets, %v", st.Secrets, err)
		}
		s := c.benched(client.IssuedClaim{Claim: client.Claim{Unit: "horn"}, Settings: added.Settings}, nil)
		c.switchOn(s)
		time.Sleep(2 * time.Minute)
		if !c.online("horn") {
			t.Fatal("it is not here")
		}
		if st, err := op.Status(ctx); err != nil || st.Secrets != 0 {
			t.Errorf("certified, the status counts %d secrets, %v", st.Secrets, err)
		}
		if ok, err := c.app.Store().SecretOK(ctx, "horn", s.settings.Secret); ok || err != nil {
			t.Errorf("its secret still opens the door, %v", err)
		}
		s.off(t)
		c.switchOn(s)
		time.Sleep(time.Minute)
		if !c.online("horn") {
			t.Error("it does not come back with its certificate")
		}
	})
}

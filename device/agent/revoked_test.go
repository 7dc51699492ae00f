package agent_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// certified is a card with a certificate of a serial number.
func certified(t *testing.T, serial int64) *spool.Mem {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: agenttest.Start, NotAfter: agenttest.Start.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{"unit": horn, "current": map[string]any{"claim": []byte{1}, "key": pk, "certificate": der}})
	if err != nil {
		t.Fatal(err)
	}
	disk := spool.Memory()
	s := spool.Open(disk)
	defer s.Close()
	if err := s.KeepDevice(raw); err != nil {
		t.Fatal(err)
	}
	return disk
}

// A device that the county's orders call revoked falls silent, warnings included,
// and stays so over a restart; a town's orders, or another's number, do nothing.
func TestARevokedDeviceFallsSilent(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("one", 10)))
		u := c.Unit(horn, certified(t, 0xabc), nil)
		mine, other := strings.Repeat("0", 29)+"abc", strings.Repeat("0", 29)+"abd"
		at0 := time.Now().UnixMilli()
		c.Orders(wire.Orders{Address: "area/village", Revoked: []wire.Revoked{{Serial: mine, At: at0}}})
		c.Orders(wire.Orders{Address: "area/county", Revoked: []wire.Revoked{{Serial: other, At: at0}}})
		agenttest.SleepUntil(at(6, 5, 5))
		if n := len(rounds(c, "news")); n < 3 {
			t.Fatalf("%d rounds before it was revoked", n)
		}
		warning := wire.Interrupt{ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "w1", Items: []wire.Item{c.Sound("two", 5)},
			Issued: time.Now().UnixMilli(), Until: at(7, 0, 0).UnixMilli(), Volume: 100}
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{warning}, Revoked: []wire.Revoked{{Serial: other, At: at0}, {Serial: mine, At: at0}}})
		agenttest.SleepUntil(at(6, 10, 0))
		stop(t, u)
		u = c.Unit(horn, u.Disk, nil)
		agenttest.SleepUntil(at(6, 20, 0))
		if got := conditions(c); !slices.Contains(got, agent.CodeRevoked) {
			t.Errorf("conditions %v", got)
		}
		stop(t, u)
		for _, r := range c.AsRuns() {
			if time.UnixMilli(r.To).After(at(6, 5, 7)) || r.Interrupt != "" {
				t.Errorf("played %+v", r)
			}
		}
	})
}

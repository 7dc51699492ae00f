package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// attacker has taken the broker: it may publish whatever it likes wherever it
// likes, but for the keys it knows nothing.
type attacker struct {
	t      *testing.T
	client paho.Client
	key    ed25519.PrivateKey
}

const mallory = "mallory"

func newAttacker(t *testing.T, c *county) *attacker {
	t.Helper()
	c.tell(mallory, mallory)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &attacker{t: t, key: key, client: paho.NewClient(paho.NewClientOptions().AddBroker("tcp://broker:1").
		SetClientID(mallory).SetUsername(mallory).SetPassword(mallory).SetAutoReconnect(false).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			conn, err := c.ports.dial(context.Background(), mqttAddress)
			if err != nil {
				return nil, err
			}
			return conn, nil
		}))}
	if token := a.client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	return a
}

func (a *attacker) publish(topic string, payload []byte) {
	a.t.Helper()
	if token := a.client.Publish(topic, 1, true, payload); token.Wait() && token.Error() != nil {
		a.t.Fatal(token.Error())
	}
}

// TestWhoTakesTheBrokerCannotSpeak publishes forged bulletins straight into the
// broker: the unit plays what the centre signed and nothing else, and says at
// the centre what it refused.
func TestWhoTakesTheBrokerCannotSpeak(t *testing.T) {
	t.Setenv("PATH", "")
	inCounty(t, func(t *testing.T, c *county) {
		onOutsideBroker(c)
		op := c.operator()
		horn := c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
		sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 20), "news")
		playlist(t, op, "news", [2]string{sound.ID, ""})
		spec := client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"liushu"}}, Rule: wire.Rule{
			Kind: wire.RuleEvery, Every: 5, Window: &wire.Window{From: "08:05", To: "20:00"}, Until: "2027-01-01T00:00:00"}}
		release(t, op, spec)
		time.Sleep(time.Minute)
		village := wire.AreaAddress("liushu")
		old, _ := c.sent(village, wire.KindBulletin)
		spec.Title = "corrected"
		release(t, op, spec)
		time.Sleep(time.Minute)
		genuine, _ := c.sent(village, wire.KindBulletin)
		if old.Revision == 0 || genuine.Revision <= old.Revision {
			t.Fatalf("revisions %d and %d", old.Revision, genuine.Revision)
		}

		// What the attacker would like to be heard: a shout every minute.
		bulletin, err := genuine.Bulletin()
		if err != nil {
			t.Fatal(err)
		}
		shout := bulletin.Programmes[0]
		shout.ID, shout.Title, shout.Rule.Every = "shout", "shout", 1
		forge := func(address wire.Address, key string) wire.Envelope {
			b := wire.Bulletin{Address: address, Revision: uint64(time.Now().UnixMilli()), Programmes: []wire.Programme{shout}}
			raw, err := wire.Seal(newKey(t), key, wire.KindBulletin, address, b.Revision, b)
			if err != nil {
				t.Fatal(err)
			}
			e, err := wire.ParseEnvelope(raw)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		unsigned := forge(village, genuine.Key)
		unsigned.Sig = nil
		altered := genuine
		altered.Payload, altered.Revision = forge(village, genuine.Key).Payload, genuine.Revision+1
		county, found := c.sent(wire.AreaAddress("county"), wire.KindBulletin)
		if !found {
			t.Fatal("the county has no bulletin")
		}
		a := newAttacker(t, c)
		defer a.client.Disconnect(100)
		ring, err := wire.Seal(a.key, wire.RootKey, wire.KindKeyRing, wire.KeysAddress, uint64(time.Now().UnixMilli()), wire.KeyRing{
			Revision: uint64(time.Now().UnixMilli()), Keys: []wire.RingKey{{ID: "mine", Public: a.key.Public().(ed25519.PublicKey)}}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		bulletinTopic, settingsTopic := wire.BulletinTopic(village), wire.BulletinTopic(wire.UnitAddress("horn"))
		for _, x := range []struct {
			name, topic string
			payload     []byte
			code        string
		}{
			{"unsigned", bulletinTopic, encode(t, unsigned), wire.RefusedUnsigned},
			{"altered", bulletinTopic, encode(t, altered), wire.RefusedAltered},
			{"older", bulletinTopic, encode(t, old), wire.RefusedOlder},
			{"a foreign key under a known name", bulletinTopic, encode(t, forge(village, genuine.Key)), wire.RefusedAltered},
			{"a foreign key", bulletinTopic, encode(t, forge(village, "mine")), wire.RefusedUnknownKey},
			{"a ring of the attacker's own", wire.KeysTopic, ring, wire.RefusedAltered},
			{"the county's bulletin on the village's topic", bulletinTopic, encode(t, county), wire.RefusedWrongAddress},
			{"settings by a foreign key", settingsTopic, encode(t, forge(wire.UnitAddress("horn"), genuine.Key)), wire.RefusedAltered},
			{"no envelope at all", bulletinTopic, []byte("{]"), wire.RefusedMalformed},
		} {
			before, err := c.app.Store().LastEvent(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			a.publish(x.topic, x.payload)
			time.Sleep(12 * time.Minute) // longer than one kind of refusal is told only once
			u, err := op.Unit(t.Context(), "horn")
			if err != nil {
				t.Fatal(err)
			}
			topic, _ := wire.ParseTopic(x.topic)
			if !slices.ContainsFunc(u.Presence.Refused, func(r wire.Refusal) bool { return r.Code == x.code && r.Address == topic.Address }) {
				t.Errorf("%s: the unit's page at the centre says %+v, want %q for %s", x.name, u.Presence.Refused, x.code, topic.Address)
			}
			events, _, _, err := c.app.Store().Events(t.Context(), before, 0)
			if err != nil {
				t.Fatal(err)
			}
			told := false
			for _, e := range events {
				told = told || e.Unit == "horn" && e.Code == "refused" && strings.Contains(e.Text, x.code)
			}
			if !told {
				t.Errorf("%s: no event at the centre tells of it", x.name)
			}
			if !u.Presence.Online {
				t.Errorf("%s: the unit is offline", x.name)
			}
		}
		if s, err := op.Status(t.Context()); err != nil || s.Refused != 1 {
			t.Errorf("the county at a glance has %d units that refused something (%v), want 1", s.Refused, err)
		}

		rounds := 0
		for _, r := range c.asruns("horn") {
			if r.Programme != "news" {
				t.Errorf("the attacker was heard: %+v", r)
			}
			if r.From >= began.UnixMilli() && r.Version == 2 {
				rounds++
			}
		}
		if want := int(time.Since(began) / (5 * time.Minute)); rounds < want {
			t.Errorf("the centre's own programme was played %d times during the attack, want %d", rounds, want)
		}

		// The centre's next word is believed again.
		spec.Title = "once more"
		release(t, op, spec)
		time.Sleep(6 * time.Minute)
		if list := c.asruns("horn"); list[len(list)-1].Version != 3 {
			t.Errorf("after the attack version %d is played, want 3", list[len(list)-1].Version)
		}
		horn.off(t)
	})
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// encode writes an envelope as it travels.
func encode(t *testing.T, e wire.Envelope) []byte {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

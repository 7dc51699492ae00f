package app_test

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestABadBulletinDoesNoHarm (R12) sends a village a newer bulletin that cannot be
// used. The last good one stays on air, the centre
// knows why within 60 s, and the next good one is taken unaided.
func TestABadBulletinDoesNoHarm(t *testing.T) {
	t.Setenv("PATH", "")
	inCounty(t, func(t *testing.T, c *county) {
		onOutsideBroker(c)
		op := c.operator()
		c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
		c.place(client.UnitSpec{ID: "other", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
		sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 50), "news")
		playlist(t, op, "news", [2]string{sound.ID, ""})
		spec := client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"liushu"}},
			Rule: wire.Rule{Kind: wire.RuleLoop, Pause: 10, Window: &wire.Window{From: "00:00", To: "24:00"}, Until: "2027-01-01T00:00:00"}}
		release(t, op, spec)
		delivery := func(programme string) client.Delivery {
			t.Helper()
			d, err := op.Delivery(t.Context(), client.DeliveryQuery{Area: "liushu", Programme: programme, Details: true})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		if d := delivery("news"); d.All || d.Units.Pending != 2 {
			t.Errorf("released this moment, and everybody has it: %+v", d.Units)
		}
		time.Sleep(20 * time.Second)
		if d := delivery("news"); !d.All || d.Units.Ready != 2 {
			t.Fatalf("20 s later: %+v", d)
		}

		village := wire.AreaAddress("liushu")
		good, _ := c.sent(village, wire.KindBulletin)
		bad := good
		bad.Revision++ // damaged on its way: what was signed is another
		a := newAttacker(t, c)
		a.publish(wire.BulletinTopic(village), encode(t, bad))
		a.client.Disconnect(100)
		time.Sleep(time.Minute)
		if d := delivery(""); d.All || d.Units.Refused != 2 || d.Open[0].State != "refused" || d.Open[0].Why == "" {
			t.Errorf("a minute after a bad bulletin: %+v", d)
		}
		if d := delivery("news"); !d.All {
			t.Errorf("the programme that is still on air is taken back: %+v", d)
		}
		u, err := op.Unit(t.Context(), "horn")
		if err != nil || len(u.Presence.OnAir) == 0 || u.Presence.OnAir[0].Programme != "news" || u.Presence.OnAir[0].Version != 1 {
			t.Errorf("the last good one is not on air: %+v (%v)", u.Presence.OnAir, err)
		}

		spec.Title = "corrected"
		release(t, op, spec)
		time.Sleep(2 * time.Minute) // the item on air is finished first
		if d := delivery("news"); !d.All || d.Version != 2 || d.Units.Ready != 2 {
			t.Errorf("after the next good one: %+v", d)
		}
		if u, err = op.Unit(t.Context(), "horn"); err != nil || len(u.Presence.OnAir) == 0 || u.Presence.OnAir[0].Version != 2 || len(u.Presence.Refused) != 0 {
			t.Errorf("on air %+v, refused %+v (%v)", u.Presence.OnAir, u.Presence.Refused, err)
		}
		if list := c.outages(); len(list) != 0 {
			t.Errorf("outages: %+v", list)
		}
	})
}

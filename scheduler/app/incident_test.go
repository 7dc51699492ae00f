package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestMostUnitsFallAtOnce pulls the centre's network cable: one incident with a
// banner and a list to call by, and no outage of a unit, until those that do not
// come back are told apart.
func TestMostUnitsFallAtOnce(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		if _, err := op.PutArea(t.Context(), client.Area{ID: "liushu", Parent: "county", Name: "柳树镇", Contact: "王 139"}); err != nil {
			t.Fatal(err)
		}
		var devices []*device
		for i := range 12 {
			id := fmt.Sprintf("u%02d", i)
			c.add(id)
			devices = append(devices, c.device(id))
			time.Sleep(1200 * time.Millisecond) // heartbeats spread over their 15 s
		}
		time.Sleep(settle)
		last, err := c.app.Store().LastEvent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cut := time.Now()
		for _, d := range devices[:10] {
			d.cutOff(true)
		}
		time.Sleep(10 * time.Minute)
		st, err := op.Status(t.Context())
		if err != nil || st.Incident == nil || st.Incident.There != 12 || st.Incident.Left != 10 || st.Incident.From.After(cut) || len(st.Outages) != 0 || st.Units.Offline != 10 {
			t.Fatalf("the status says %+v, outages %+v (%v)", st.Incident, st.Outages, err)
		}
		calls, err := op.Calls(t.Context(), "")
		if err != nil || len(calls) != 10 || calls[0].TownName != "柳树镇" || calls[0].Contact != "王 139" || calls[0].Since.After(cut) {
			t.Errorf("%d calls: %+v (%v)", len(calls), calls, err)
		}
		for _, d := range devices[1:10] {
			d.cutOff(false)
		}
		time.Sleep(5 * time.Minute)
		if st, err = op.Status(t.Context()); err != nil || st.Incident != nil {
			t.Errorf("it is over, and the status says %+v (%v)", st.Incident, err)
		}
		list := c.outages()
		if len(list) != 1 || list[0].Unit != "u00" || list[0].From.After(cut) || list[0].From.Before(cut.Add(-16*time.Second)) {
			t.Errorf("of ten one is still gone: %+v", list)
		}
		events, _, _, err := c.app.Store().Events(t.Context(), last, 1000)
		var codes []string
		for _, e := range events {
			if e.Kind == "incident" {
				codes = append(codes, e.Code)
			}
		}
		if err != nil || !slices.Equal(codes, []string{"opened", "closed"}) {
			t.Errorf("events of the incident: %v (%v)", codes, err)
		}
		up, err := op.Uptime(t.Context(), "u05", cut, cut.Add(10*time.Minute))
		if err != nil || up.NotWatched != 600 || up.Unreachable != 0 {
			t.Errorf("a unit's time in the incident: %+v (%v)", up, err)
		}
	})
}

// TestTwoDevicesWithOneIdentity: one settings file was copied to two boards. They
// throw each other out of the broker; that has one name, and ends by itself.
func TestTwoDevicesWithOneIdentity(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		c.add("u1")
		c.device("u1")
		time.Sleep(settle)
		second := c.deviceOf("u1", "s2", "b2")
		time.Sleep(10 * time.Minute)
		op := c.operator()
		st, err := op.Status(t.Context())
		if err != nil || !slices.ContainsFunc(st.Troubled, func(x client.Trouble) bool { return x.Code == "two-devices" && x.Unit == "u1" }) {
			t.Errorf("the status says %+v (%v)", st.Troubled, err)
		}
		notes, _, err := c.app.Store().Notables(t.Context(), "u1", scheduler.Page{})
		n := 0
		for _, x := range notes {
			if x.Code == "two-devices" {
				n++
			}
		}
		if err != nil || n != 1 {
			t.Errorf("it is told %d times (%v)", n, err)
		}
		if list := c.outages(); len(list) > scheduler.FlapFalls-1 {
			t.Errorf("%d outages", len(list))
		}
		second.off()
		time.Sleep(scheduler.FlapWindow + 10*time.Minute)
		if st, err = op.Status(t.Context()); err != nil || len(st.Troubled) != 0 || !c.online("u1") {
			t.Errorf("one of them was taken away: %+v (%v)", st.Troubled, err)
		}
	})
}

// TestAThousandReconnectsOnTheWire (R5) says births, heartbeats and late wills as
// a broker would bring them, through everything that the centre has.
func TestAThousandReconnectsOnTheWire(t *testing.T) {
	r := faultnet.Random(t)
	inCounty(t, func(t *testing.T, c *county) {
		c.add("u1")
		time.Sleep(settle)
		hear := func(topic string, v any) {
			b, err := json.Marshal(v)
			if err != nil {
				t.Error(err)
			}
			c.app.Fleet().Hear(topic, b)
		}
		wrong := 0
		check := func(want bool) {
			time.Sleep(2 * time.Second)
			if synctest.Wait(); c.online("u1") != want {
				wrong++
			}
		}
		for n := uint64(1); n <= 1000; n++ {
			hear(wire.BirthTopic("u1"), wire.Birth{Unit: "u1", Session: n, Spool: "s", Boot: "b", At: time.Now().UnixMilli(), Wire: 1, Outputs: []wire.Output{wire.OutputSound}})
			check(true)
			will := wire.Will{Unit: "u1", Session: n}
			if r.IntN(2) == 0 { // it is known at once that it went
				hear(wire.GoneTopic("u1"), will)
				check(false)
			} else { // its will comes when the next sessions are there
				time.AfterFunc(time.Duration(3000+r.IntN(20_000))*time.Millisecond, func() { hear(wire.GoneTopic("u1"), will) })
			}
			time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
		}
		time.Sleep(30 * time.Second)
		if wrong != 0 {
			t.Errorf("wrong %d times", wrong)
		}
	})
}

// TestAStrangersWordsAreNoSignOfLife (R6): neither what the centre itself
// publishes, nor a retained message, nor a will brings a dead unit back.
func TestAStrangersWordsAreNoSignOfLife(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		c.add("u1")
		d := c.device("u1")
		time.Sleep(settle)
		d.off()
		time.Sleep(2 * time.Minute)
		seen := func() time.Time {
			p, err := c.app.Store().Presence(context.Background(), "u1")
			if err != nil {
				t.Fatal(err)
			}
			return p.LastSeen
		}
		last := seen()
		session := c.session("u1") - 1
		for range 20 {
			b, _ := json.Marshal(wire.Will{Unit: "u1", Session: session})
			c.app.Fleet().Hear(wire.GoneTopic("u1"), b)
			b, _ = json.Marshal(wire.Have{Unit: "u1", Session: session, Held: []wire.Held{}})
			c.app.Fleet().Hear(wire.HaveTopic("u1"), b)
			if _, err := c.operator().Mute(t.Context(), client.MuteSpec{Area: "liushu", Until: time.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if c.online("u1") || !seen().Equal(last) {
			t.Errorf("online %v, last seen %v, was %v", c.online("u1"), seen(), last)
		}
	})
}

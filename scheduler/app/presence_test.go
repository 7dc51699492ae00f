package app_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// settle is longer than the grace that the centre gives after its start.
const settle = 2 * time.Minute

func TestAUnitIsBornAndLost(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		c.add("u1")
		time.Sleep(settle)
		if c.online("u1") || len(c.outages()) != 0 {
			t.Error("a planned unit is online, or has an outage")
		}
		d := c.device("u1")
		time.Sleep(time.Second)
		if !c.online("u1") {
			t.Error("a unit that was born is not online")
		}
		d.link().Close() // back after 3 s
		synctest.Wait()
		if c.online("u1") {
			t.Error("the broker lost the unit, and it is still online")
		}
		time.Sleep(time.Minute)
		if !c.online("u1") || len(c.outages()) != 0 {
			t.Errorf("back after 3 s: online %v, outages %v; want online without an outage", c.online("u1"), c.outages())
		}
		began := time.Now()
		d.off()
		time.Sleep(5 * time.Minute)
		if c.online("u1") {
			t.Error("a unit that was switched off is online")
		}
		list := c.outages()
		if len(list) != 1 || !list[0].To.IsZero() || list[0].From.Before(began.Add(-16*time.Second)) || list[0].From.After(began.Add(time.Second)) {
			t.Errorf("outages %+v, want one that lasts since its last message before %v", list, began)
		}
		c.device("u1")
		time.Sleep(time.Minute)
		if list := c.outages(); len(list) != 1 || list[0].To.IsZero() {
			t.Errorf("the unit is back, the outages are %+v", list)
		}
	})
}

func TestFrozenAndCutOffUnitsAreOfflineWithin45s(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		for _, id := range []string{"frozen", "hole", "fine"} {
			c.add(id)
		}
		frozen, hole := c.device("frozen"), c.device("hole")
		c.device("fine")
		time.Sleep(settle)
		frozen.freeze(true)
		hole.cutOff(true)
		time.Sleep(45 * time.Second)
		if c.online("frozen") || c.online("hole") || !c.online("fine") {
			t.Errorf("after 45 s online: frozen %v, dead link %v, fine %v", c.online("frozen"), c.online("hole"), c.online("fine"))
		}
		frozen.freeze(false)
		hole.cutOff(false)
		time.Sleep(time.Minute)
		if !c.online("frozen") || !c.online("hole") {
			t.Error("a unit is not back by itself")
		}
	})
}

func TestAWillOfAnOlderSessionChangesNothing(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		c.add("u1")
		d := c.device("u1")
		time.Sleep(settle)
		d.link().Close()
		time.Sleep(5 * time.Second) // session 2 is there
		will := []byte(`{"unit":"u1","session":1}`)
		c.app.Fleet().Hear(wire.GoneTopic("u1"), will)
		synctest.Wait()
		if !c.online("u1") {
			t.Error("the will of session 1 killed session 2")
		}
	})
}

// backSince wants a unit to be online, and to have been heard since an instant: what
// the centre knew before its restart is no sign of life.
func (c *county) backSince(id string, since time.Time) {
	c.t.Helper()
	p, err := c.app.Store().Presence(context.Background(), id)
	if err != nil || !p.Online || p.LastSeen.Before(since) {
		c.t.Errorf("%s is not back %v after the restart: online %v, last seen %v before it (%v)", id, time.Since(since), p.Online, since.Sub(p.LastSeen), err)
	}
}

func TestTheCentreRestartsWithoutAnOutage(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		var ids []string
		for i := range 5 {
			ids = append(ids, fmt.Sprintf("u%d", i))
			c.add(ids[i])
			c.device(ids[i])
		}
		c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}) // a real agent
		c.add("slow")
		slow := c.device("slow") // its way back takes it almost a minute
		time.Sleep(settle)
		slow.cutOff(true)
		c.stop()
		time.Sleep(10 * time.Minute)
		restarted := time.Now()
		c.start()
		time.Sleep(time.Until(restarted.Add(50 * time.Second)))
		slow.cutOff(false)
		time.Sleep(time.Until(restarted.Add(time.Minute)))
		for _, id := range append(ids, "horn", "slow") {
			c.backSince(id, restarted)
		}
		time.Sleep(settle)
		if list := c.outages(); len(list) != 0 {
			t.Errorf("outages although only the centre was off: %+v", list)
		}
	})
}

func TestTheBrokerRestartsWithoutAnOutage(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		b := onOutsideBroker(c)
		if got, want := c.app.MQTTURL(), "tcp://broker:1883"; got != want {
			t.Errorf("units are sent to %s, want %s", got, want)
		}
		c.add("u1")
		d := c.device("u1")
		c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}) // a real agent
		time.Sleep(settle)
		topic := wire.BulletinTopic(wire.UnitAddress("u1"))
		before := d.on(topic)
		if len(before) == 0 {
			t.Fatal("the unit never heard its settings")
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Minute)
		if c.app.Fleet().Up() {
			t.Error("the centre believes in a link that is not there")
		}
		restarted := time.Now()
		outsideBroker(c)
		time.Sleep(time.Minute)
		for _, id := range []string{"u1", "horn"} {
			c.backSince(id, restarted)
		}
		if after := d.on(topic); len(after) <= len(before) || !slices.Equal(after[len(after)-1], before[len(before)-1]) {
			t.Error("the broker that came back empty was not filled")
		}
		time.Sleep(settle)
		if list := c.outages(); len(list) != 0 {
			t.Errorf("outages although only the broker was off: %+v", list)
		}
	})
}

func TestOnlyInstalledUnitsAreMissed(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		ctx := context.Background()
		c.add("planned")
		c.add("removed")
		d := c.device("removed")
		time.Sleep(settle)
		if err := c.app.Store().RemoveUnit(ctx, "removed"); err != nil {
			t.Fatal(err)
		}
		d.off()
		time.Sleep(10 * time.Minute)
		if list := c.outages(); len(list) != 0 {
			t.Errorf("outages of units that nobody misses: %+v", list)
		}
		u, err := c.app.Store().Unit(ctx, "planned")
		if err != nil || u.State != scheduler.UnitPlanned {
			t.Errorf("the planned unit is %v (%v)", u.State, err)
		}
	})
}

package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestWarningsLeaveRoomForAStop gives as many warnings as units take: one more is
// refused, so that the orders can still be sent, with a STOP in them.
func TestWarningsLeaveRoomForAStop(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	warn := func() (scheduler.Warning, error) {
		w, _, err := s.Warn(ctx, scheduler.Warning{Area: "liushu", Level: wire.LevelRed, Text: "x", Until: time.Now().Add(time.Hour)})
		return w, err
	}
	var last scheduler.Warning
	for range wire.MaxInterrupts {
		w, err := warn()
		if err != nil {
			t.Fatal(err)
		}
		last = w
	}
	if _, err := warn(); scheduler.KindOf(err) != scheduler.Conflict {
		t.Errorf("one more than units take: %v", err)
	}
	if o := ordersOf(t, s, wire.AreaAddress("liushu")); len(o.Interrupts) != wire.MaxInterrupts || o.Validate() != nil {
		t.Errorf("%d warnings in the orders: %v", len(o.Interrupts), o.Validate())
	}
	must(t)(s.Lift(ctx, last.ID))
	if _, err := warn(); err != nil {
		t.Errorf("after one was lifted: %v", err)
	}
}

// TestLongWarningsLeaveRoomForAStop is the same by size: the orders stay small
// enough to be sent, whatever was accepted, and a STOP still goes into them.
func TestLongWarningsLeaveRoomForAStop(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1, 1))
	var err error
	for n := 0; err == nil; n++ {
		if n == wire.MaxInterrupts {
			t.Fatal("the texts are too short to fill the orders")
		}
		var text []byte
		for len(text) < 1900 {
			text = fmt.Appendf(text, "%x ", rnd.Uint64()) // nothing to compress
		}
		_, _, err = s.Warn(ctx, scheduler.Warning{Area: "liushu", Level: wire.LevelRed, Text: string(text), Until: time.Now().Add(time.Hour)})
	}
	if scheduler.KindOf(err) != scheduler.Conflict {
		t.Errorf("the one that does not fit: %v", err)
	}
	if _, err := s.Stop(ctx, "liushu", "test"); err != nil {
		t.Fatal(err)
	}
	if o := ordersOf(t, s, wire.AreaAddress("liushu")); o.LeavesRoom() != nil || len(o.Barred) == 0 {
		t.Errorf("after a STOP: %d barred, %v", len(o.Barred), o.LeavesRoom())
	}
}

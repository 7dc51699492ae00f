package store

import (
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

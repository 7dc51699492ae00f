package store

import (
	"fmt"
	"math/rand/v2"
	"reflect"
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

// TestLongWordsLeaveRoomForAStop is the same by size, of everything that stands in
// the orders: they stay small enough to be sent, whatever was accepted, and a STOP
// still goes into them. What is refused leaves nothing behind.
func TestLongWordsLeaveRoomForAStop(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1, 1))
	words := func(n int) string {
		var text []byte
		for len(text) < n {
			text = fmt.Appendf(text, "%x ", rnd.Uint64()) // nothing to compress
		}
		return string(text[:n])
	}
	address, until := wire.AreaAddress("liushu"), time.Now().Add(time.Hour)
	var muted []string
	add := map[string]func() error{
		"warning": func() error {
			_, _, err := s.Warn(ctx, scheduler.Warning{Area: "liushu", Level: wire.LevelRed, Text: words(1900), Until: until})
			return err
		},
		"mute": func() error {
			m, err := s.Mute(ctx, scheduler.Mute{Address: address, Until: until, Why: words(180)})
			muted = append(muted, m.ID)
			return err
		},
		"exception": func() error {
			_, _, _, err := s.AddException(ctx, scheduler.Exception{Address: address, Until: until, Why: words(180)})
			return err
		},
	}
	for _, kind := range []string{"warning", "mute", "exception"} { // each fills what the one before left
		var err error
		for n := 0; err == nil; n++ {
			if n == wire.MaxInterrupts {
				t.Fatalf("%s: the words are too short to fill the orders", kind)
			}
			before := ordersOf(t, s, address)
			if err = add[kind](); err != nil && !reflect.DeepEqual(before, ordersOf(t, s, address)) {
				t.Errorf("the %s that was refused has left something behind", kind)
			}
		}
		if scheduler.KindOf(err) != scheduler.Conflict {
			t.Errorf("the %s that does not fit: %v", kind, err)
		}
	}
	for _, id := range muted[:2] {
		if _, err := s.Unmute(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := add["exception"](); err != nil {
		t.Errorf("an exception after two mutes were lifted: %v", err)
	}
	if _, err := s.Stop(ctx, "liushu", "test"); err != nil {
		t.Fatal(err)
	}
	if o := ordersOf(t, s, address); o.LeavesRoom() != nil || len(o.Barred) == 0 || len(o.Mutes)+len(o.Exceptions) == 0 {
		t.Errorf("after a STOP: %d barred, %d mutes, %d exceptions, %v", len(o.Barred), len(o.Mutes), len(o.Exceptions), o.LeavesRoom())
	}
}

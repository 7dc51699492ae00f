package store

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// delivery asks who has got what.
func delivery(t *testing.T, s *Store, q scheduler.DeliveryQuery) scheduler.Delivery {
	t.Helper()
	d, err := s.Delivery(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// confirm lets units say that they hold everything that was sealed.
func confirm(t *testing.T, s *Store, units ...string) {
	t.Helper()
	for _, u := range units {
		all, err := s.Envelopes(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		by := map[wire.Address]wire.Held{}
		for _, e := range all {
			h := by[e.Address]
			h.Address = e.Address
			if e.Kind == wire.KindOrders {
				h.Orders = e.Revision
			} else {
				h.Bulletin = e.Revision
			}
			by[e.Address] = h
		}
		have := wire.Have{Unit: u, Session: 1}
		for _, h := range by {
			have.Held = append(have.Held, h)
		}
		p, _ := s.Presence(t.Context(), u)
		must(t)(s.Have(t.Context(), have, p.LastSeen))
	}
}

// TestSavedIsNotDelivered follows a release: until every unit has said that it
// holds it, nobody is told that everybody does (R13).
func TestSavedIsNotDelivered(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	units := []string{"liu1-1", "liu1-2"}
	must(t)(s.Born(ctx, birth("liu1-2", 1), now))
	publish(t, s)
	confirm(t, s, units...)
	village, programme := scheduler.DeliveryQuery{Area: "liu1"}, scheduler.DeliveryQuery{Programme: "a"}
	if d := delivery(t, s, village); !d.Counts.All() || d.Counts.Units != 2 {
		t.Fatalf("before anything is decided: %+v", d.Counts)
	}
	release(t, s, loop("a", "liu1"))
	for _, q := range []scheduler.DeliveryQuery{village, programme} {
		if d := delivery(t, s, q); d.Counts.Pending != 2 || d.Counts.All() || !d.Units[0].Agreements[0].Composing && q.Programme != "" {
			t.Errorf("decided, and not made yet: %+v", d)
		}
	}
	st, err := s.Status(ctx, "liu1", now)
	if err != nil || st.Delivery.All() || st.Pending != 2 {
		t.Errorf("the status says %+v, %d pending (%v)", st.Delivery, st.Pending, err)
	}
	publish(t, s)
	confirm(t, s, "liu1-1")
	for _, q := range []scheduler.DeliveryQuery{village, programme} {
		d := delivery(t, s, q)
		if d.Counts.Pending != 1 || d.Counts.Ready != 1 || d.Counts.All() || d.Units[1].State != scheduler.DeliveryPending || d.Units[1].Why.ZH == "" {
			t.Errorf("one of two has it: %+v", d)
		}
	}
	confirm(t, s, "liu1-2")
	if d := delivery(t, s, programme); !d.Counts.All() || d.Version != 1 {
		t.Errorf("everybody has it: %+v", d)
	}

	// Another programme to the same village is pending; this one is not.
	release(t, s, loop("b", "liu1"))
	if d := delivery(t, s, programme); !d.Counts.All() {
		t.Errorf("what everybody has is taken back by another release: %+v", d)
	}
	publish(t, s)
	if a, b := delivery(t, s, programme), delivery(t, s, scheduler.DeliveryQuery{Programme: "b"}); !a.Counts.All() || b.Counts.Pending != 2 {
		t.Errorf("a: %+v, b: %+v", a.Counts, b.Counts)
	}
	confirm(t, s, units...)

	// A new device holds nothing, whatever the old one held.
	fresh := birth("liu1-1", 1)
	fresh.Spool, fresh.Boot = "another", "b9"
	must(t)(s.Born(ctx, fresh, now))
	if d := delivery(t, s, village); d.Counts.All() || d.Units[0].State != scheduler.DeliveryPending {
		t.Errorf("a new device: %+v", d)
	}
}

func TestWhoCountsForADelivery(t *testing.T) {
	s, _ := watched(t)
	ctx := t.Context()
	must(t)(s.AddUnit(ctx, scheduler.Unit{ID: "planned", Area: "liu1"}))
	p := loop("a", "liushu")
	p.Targets.Except = []string{"liu2-1"}
	release(t, s, p)
	publish(t, s)
	d := delivery(t, s, scheduler.DeliveryQuery{Programme: "a"})
	if d.Counts.Units != 3 || d.Planned != 1 || len(d.Below) != 1 || d.Below[0].Area.ID != "liushu" || d.Below[0].Units.Pending != 3 {
		t.Errorf("a town but for one unit: %+v", d)
	}
	if d := delivery(t, s, scheduler.DeliveryQuery{Area: "liushu"}); d.Counts.Units != 4 || len(d.Below) != 2 {
		t.Errorf("the town: %+v", d.Counts)
	}
	_, err := s.Delivery(ctx, scheduler.DeliveryQuery{Area: "nowhere"})
	wantKind(t, err, scheduler.NotFound, "area")
	_, err = s.Delivery(ctx, scheduler.DeliveryQuery{Programme: "nothing"})
	wantKind(t, err, scheduler.NotFound, "programme")
	must(t)(s.PutDraft(ctx, loop("draft", "liu1")))
	_, err = s.Delivery(ctx, scheduler.DeliveryQuery{Programme: "draft"})
	wantKind(t, err, scheduler.Conflict, "release it")
}

// TestCallsGoByTown lists whom to call: the unit's own village, or the nearest
// area above that has a contact.
func TestCallsGoByTown(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "liushu", Parent: "qinghe", Name: "柳树镇", Contact: "town"}))
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "liu2", Parent: "liushu", Name: "柳二村", Contact: "village"}))
	must(t)(s.Mute(ctx, scheduler.Mute{Address: "unit/shi1-1", Until: time.Now().Add(48 * time.Hour), Why: "roof", Pause: true}))
	must(t)(s.AddUnit(ctx, scheduler.Unit{ID: "planned", Area: "liu1"}))
	must(t)(s.Beat(ctx, wire.Heartbeat{Unit: "liu1-1", Session: 1, Boot: "b1", Issues: []wire.Condition{{Code: "no-sound", Since: now.UnixMilli()}}}, now))
	must(t)(s.Sweep(ctx, now))
	all, err := s.Calls(ctx, "", now)
	if err != nil || len(all) != 7 { // 8 installed, one of them paused
		t.Fatalf("%d calls (%v): %+v", len(all), err, all)
	}
	if c := all[0]; c.Unit != "liu1-1" || c.Kind != scheduler.Silent || c.Town.ID != "liushu" || c.Area.ID != "liu1" || c.Contact != "town" || !c.Since.Equal(now) {
		t.Errorf("the first %+v", c)
	}
	if c := all[2]; c.Unit != "liu2-1" || c.Kind != scheduler.Unreachable || c.Contact != "village" {
		t.Errorf("the third %+v", c)
	}
	if some, _ := s.Calls(ctx, "shiqiao", now); len(some) != 3 {
		t.Errorf("one town: %+v", some)
	}
}

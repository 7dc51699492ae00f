package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

var (
	county  = wire.AreaAddress("county")
	village = wire.AreaAddress("liushu")
)

func bulletin(a wire.Address) fleet.Target { return fleet.Target{Address: a, Kind: wire.KindBulletin} }
func orders(a wire.Address) fleet.Target   { return fleet.Target{Address: a, Kind: wire.KindOrders} }

// bulletins opens what a unit heard, as a unit does, and returns the content.
func bulletins(w *world, u *unit, a wire.Address) []string {
	w.t.Helper()
	rings := u.heard(wire.KeysTopic)
	if len(rings) == 0 {
		w.t.Fatal("the unit never heard a key ring")
	}
	ring, err := wire.OpenKeyRing(rings[len(rings)-1], w.keys.Root())
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, p := range u.heard(wire.BulletinTopic(a)) {
		b, err := wire.OpenBulletin(p, a, ring, w.keys.Root())
		if err != nil {
			w.t.Error(err)
		}
		for title := range b.Calendars {
			list = append(list, title)
		}
	}
	return list
}

func TestAChangeIsOnePublishForEachAddress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		w.book.change("a", bulletin(county), bulletin(village))
		time.Sleep(500 * time.Millisecond)
		w.book.change("b", bulletin(county)) // within the second: one publish
		time.Sleep(3 * time.Second)
		if got := w.fleet.Counters(); got.Published != 2 || got.Sealed != 2 {
			t.Errorf("%d publishes of %d sealed snapshots for two addresses, want 2 of 2", got.Published, got.Sealed)
		}
		if got := bulletins(w, u, county); !slices.Equal(got, []string{"b"}) {
			t.Errorf("the unit heard the county's bulletins %q, want the newest once", got)
		}
		late := w.unit("u2", 1) // retained
		defer late.bye()
		time.Sleep(time.Second)
		if got := bulletins(w, late, village); !slices.Equal(got, []string{"a"}) {
			t.Errorf("a unit that comes later heard %q", got)
		}
	})
}

func TestOrdersGoAtOnceAndBulletinsGather(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		synctest.Wait() // the broker looks for retained messages after it confirmed the subscription, and may find what comes now twice
		w.book.change("x", bulletin(village), orders(village))
		synctest.Wait()
		if n := len(u.heard(wire.OrdersTopic(village))); n != 1 {
			t.Errorf("%d orders heard without delay, want 1", n)
		}
		if n := len(u.heard(wire.BulletinTopic(village))); n != 0 {
			t.Error("a bulletin went before its second was over")
		}
		time.Sleep(1100 * time.Millisecond)
		if n := len(u.heard(wire.BulletinTopic(village))); n != 1 {
			t.Errorf("%d bulletins heard after a second, want 1", n)
		}
	})
}

func TestOneThatCannotBeSealedHoldsNothingUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.book.tooBig = county
		w.book.change("x", bulletin(county), bulletin(village))
		time.Sleep(5 * time.Second)
		if got := w.fleet.Counters().Published; got != 1 {
			t.Errorf("%d published, want the village's alone", got)
		}
		w.book.mu.Lock()
		notes := slices.Clone(w.book.notes)
		w.book.tooBig = ""
		w.book.mu.Unlock()
		if len(notes) != 1 || !strings.Contains(notes[0], "bulletin of area/county cannot be sent") {
			t.Errorf("notes %q, want one that names the county's bulletin", notes)
		}
		time.Sleep(time.Minute)
		if got := w.fleet.Counters().Published; got != 2 {
			t.Errorf("%d published a minute after it could be sealed, want 2", got)
		}
	})
}

func TestAnEmptyBrokerIsFilledAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.book.change("x", bulletin(county), bulletin(village), orders(village))
		time.Sleep(3 * time.Second)
		w.stopBroker()
		time.Sleep(20 * time.Second)
		w.book.change("y", bulletin(village)) // while there is no link
		time.Sleep(2 * time.Second)
		w.startBroker()
		time.Sleep(30 * time.Second)
		if !w.fleet.Up() {
			t.Fatal("no link 30 s after the broker came back")
		}
		if got := w.fleet.Counters(); got.Refilled != 2 || got.Published != 6 || got.Links != 2 {
			t.Errorf("counters %+v, want 3 publishes, then 3 more of which 2 refilled, over 2 links", got)
		}
		u := w.unit("u1", 1)
		defer u.bye()
		time.Sleep(time.Second)
		if got := bulletins(w, u, village); !slices.Equal(got, []string{"y"}) {
			t.Errorf("from the broker that was empty a unit hears %q", got)
		}
		if got := bulletins(w, u, county); !slices.Equal(got, []string{"x"}) {
			t.Errorf("from the broker that was empty a unit hears %q", got)
		}
	})
}

func TestABrokerThatKeptItsMemoryIsNotFilled(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.book.change("x", bulletin(county), bulletin(village))
		time.Sleep(3 * time.Second)
		w.broker.Kick("centre")
		time.Sleep(30 * time.Second)
		if got := w.fleet.Counters(); got.Links != 2 || got.Published != 2 {
			t.Errorf("counters %+v, want 2 links and no further publish", got)
		}
		w.book.mu.Lock()
		defer w.book.mu.Unlock()
		if len(w.book.links) != 3 || !strings.HasPrefix(w.book.links[1], "false connection lost") {
			t.Errorf("links %q, want up, down with its reason, up", w.book.links)
		}
	})
}

func TestANewRingGoesOut(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		if err := w.keys.Rotate("", time.Now()); err != nil {
			t.Fatal(err)
		}
		w.fleet.Poke()
		time.Sleep(time.Second)
		rings := u.heard(wire.KeysTopic)
		if len(rings) != 2 || string(rings[1]) != string(w.keys.Ring()) {
			t.Errorf("%d rings heard, want the old and the new one", len(rings))
		}
	})
}

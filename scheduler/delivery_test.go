package scheduler

import (
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

func TestAgreementIsByRevision(t *testing.T) {
	const town = wire.Address("area/t1")
	want := func(revision uint64) Wanted {
		return Wanted{Address: town, Kind: wire.KindBulletin, Revision: revision}
	}
	holds := func(revision uint64, refused ...wire.Refusal) *wire.Have {
		return &wire.Have{Held: []wire.Held{{Address: town, Bulletin: revision}}, Refused: refused}
	}
	no := func(revision uint64) wire.Refusal {
		return wire.Refusal{Address: town, Kind: wire.KindBulletin, Revision: revision, Code: wire.RefusedMalformed, Why: "broken"}
	}
	composing := want(5)
	composing.Composing = true
	elsewhere := no(5)
	elsewhere.Address = "area/t2"
	orders := no(5)
	orders.Kind = wire.KindOrders
	for _, c := range []struct {
		name string
		have *wire.Have
		want Wanted
		is   DeliveryState
	}{
		{"never spoke", nil, want(5), DeliveryPending},
		{"holds nothing", &wire.Have{}, want(5), DeliveryPending},
		{"holds an older one", holds(4), want(5), DeliveryPending},
		{"holds it", holds(5), want(5), DeliveryDelivered},
		{"holds a newer one", holds(6), want(5), DeliveryDelivered},
		{"the newest is not made yet", holds(5), composing, DeliveryPending},
		{"refused it", holds(4, no(5)), want(5), DeliveryRefused},
		{"refused the one before it", holds(4, no(4)), want(5), DeliveryPending},
		{"refused an old one, a replay", holds(5, no(3)), want(5), DeliveryDelivered},
		{"holds it, but left a part out", holds(5, no(5)), want(5), DeliveryRefused},
		{"it came too damaged to be read", holds(4, no(0)), want(5), DeliveryRefused},
		{"rubbish came after it", holds(5, no(0)), want(5), DeliveryDelivered},
		{"refused at another address", holds(5, elsewhere), want(5), DeliveryDelivered},
		{"refused the orders", holds(5, orders), want(5), DeliveryDelivered},
		{"nothing was ever sent", &wire.Have{}, want(0), DeliveryDelivered},
	} {
		if got := Agree(c.have, []Wanted{c.want})[0]; got.State != c.is || got.State == DeliveryRefused && got.Why == "" {
			t.Errorf("%s: %+v, want %s", c.name, got, c.is)
		}
	}
}

func TestAUnitIsAsFarAsItsWorst(t *testing.T) {
	unit := Unit{ID: "u", Area: "t1"}
	village, town := Wanted{Address: "area/v1", Kind: wire.KindBulletin, Revision: 2}, Wanted{Address: "area/t1", Kind: wire.KindBulletin, Revision: 2}
	held := []wire.Held{{Address: "area/v1", Bulletin: 2}, {Address: "area/t1", Bulletin: 2}}
	item := wire.Item{Sound: &wire.Sound{Hash: "a"}}
	flood := &Programme{ID: "flood", Version: 3, Items: []wire.Item{item, item}}
	part := func(why string) wire.Refusal {
		return wire.Refusal{Address: "area/t1", Kind: wire.KindBulletin, Revision: 2, Code: wire.RefusedMalformed, Why: why}
	}
	for _, c := range []struct {
		name      string
		have      wire.Have
		programme *Programme
		is        DeliveryState
	}{
		{"all", wire.Have{Held: held, Assets: 2, Ready: 2}, nil, DeliveryReady},
		{"no recordings yet", wire.Have{Held: held, Assets: 2, Ready: 1, Missing: []string{"b"}}, nil, DeliveryDelivered},
		{"not the programme's", wire.Have{Held: held, Assets: 2, Ready: 1, Missing: []string{"b"}}, flood, DeliveryReady},
		{"the programme's", wire.Have{Held: held, Assets: 2, Ready: 1, Missing: []string{"a"}}, flood, DeliveryDelivered},
		{"more are missing than are named", wire.Have{Held: held, Assets: 30, Ready: 1, Missing: []string{"b"}}, flood, DeliveryDelivered},
		{"too old for it", wire.Have{Held: held, TooOld: []string{"flood"}}, flood, DeliveryTooOld},
		{"too old for another", wire.Have{Held: held, TooOld: []string{"ad"}}, flood, DeliveryReady},
		{"too old for something", wire.Have{Held: held, TooOld: []string{"ad"}}, nil, DeliveryTooOld},
		{"one of two", wire.Have{Held: held[:1]}, nil, DeliveryPending},
		{"left it out", wire.Have{Held: held, Refused: []wire.Refusal{part("flood version 3: bad rule")}}, flood, DeliveryRefused},
		{"left another out", wire.Have{Held: held, Refused: []wire.Refusal{part("ad version 3: bad rule")}}, flood, DeliveryReady},
		{"left something out", wire.Have{Held: held, Refused: []wire.Refusal{part("ad version 3: bad rule")}}, nil, DeliveryRefused},
	} {
		got := DeliveryOf(unit, Presence{Have: &c.have}, []Wanted{village, town}, c.programme)
		if got.State != c.is || (got.State == DeliveryReady) != (got.Why == Words{}) {
			t.Errorf("%s: %s, %q; want %s", c.name, got.State, got.Why, c.is)
		}
	}
	var n DeliveryCounts
	if n.All() {
		t.Error("nobody is everybody")
	}
	n.Add(DeliveryReady)
	n.Add(DeliveryDelivered)
	if !n.All() || n.Ready != 1 || n.Delivered != 2 {
		t.Errorf("counts %+v", n)
	}
	for _, s := range []DeliveryState{DeliveryPending, DeliveryRefused, DeliveryTooOld} {
		m := n
		if m.Add(s); m.All() {
			t.Errorf("one is %s, and everybody has it", s)
		}
	}
}

package scheduler

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// TestOnlyItsOwnWordIsObedience: a unit obeys when it holds the revision and says
// that nothing of what was ended is on air; whatever is short of that is not it.
func TestOnlyItsOwnWordIsObedience(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	village := wire.AreaAddress("dongtang")
	halt := Halt{Kind: HaltStop, From: now, Contents: []Content{{Programme: "water", Version: 2}, {Warning: "w1"}}}
	wanted := []Wanted{{Address: village, Kind: wire.KindOrders, Revision: 7}}
	have := func(revision uint64) *wire.Have {
		return &wire.Have{Held: []wire.Held{{Address: village, Bulletin: 9, Orders: revision}}}
	}
	plays := func(programme string, version int, warning string) []wire.OnAir {
		return []wire.OnAir{{Output: wire.OutputSound, Programme: programme, Version: version, Interrupt: warning}}
	}
	refused := have(6)
	refused.Refused = []wire.Refusal{{Address: village, Kind: wire.KindOrders, Revision: 7, Code: "signature", Why: "forged"}}
	for name, c := range map[string]struct {
		p    Presence
		halt func(*Halt)
		want HaltState
	}{
		"it never said what it holds":        {p: Presence{Online: true, Aired: now}, want: HaltWaiting},
		"it holds the revision before":       {p: Presence{Online: true, Aired: now, Have: have(6)}, want: HaltWaiting},
		"it refused it":                      {p: Presence{Online: true, Aired: now, Have: refused}, want: HaltRefused},
		"it holds it, and said nothing more": {p: Presence{Online: true, Have: have(7)}, want: HaltHolds},
		"it holds it and still plays":        {p: Presence{Aired: now, Have: have(7), OnAir: plays("water", 2, "")}, want: HaltHolds},
		"it still plays the warning":         {p: Presence{Aired: now, Have: have(8), OnAir: plays("", 0, "w1")}, want: HaltHolds},
		"it plays the correction":            {p: Presence{Aired: now, Have: have(7), OnAir: plays("water", 3, "")}, want: HaltSilent},
		"it plays another warning":           {p: Presence{Aired: now, Have: have(7), OnAir: plays("", 0, "w2")}, want: HaltSilent},
		"a mute ends every programme": {p: Presence{Aired: now, Have: have(7), OnAir: plays("any", 1, "")},
			halt: func(h *Halt) { h.Contents = nil }, want: HaltHolds},
		"and no warning": {p: Presence{Aired: now, Have: have(7), OnAir: plays("", 0, "w2")},
			halt: func(h *Halt) { h.Contents = nil }, want: HaltSilent},
		"a mute to come lets it play": {p: Presence{Aired: now, Have: have(7), OnAir: plays("any", 1, "")},
			halt: func(h *Halt) { h.Contents, h.From = nil, now.Add(time.Hour) }, want: HaltSilent},
	} {
		h := halt
		if c.halt != nil {
			c.halt(&h)
		}
		if got, why := h.Obeys(c.p, wanted, now); got != c.want || (got == HaltSilent) != (why == (Words{})) {
			t.Errorf("%s: %s (%s), want %s", name, got, why, c.want)
		}
	}
}

// TestWhomToCall: the village admin with a phone first, then who stands at the
// area or the nearest above it.
func TestWhomToCall(t *testing.T) {
	tree := NewTree([]Area{{ID: "county"}, {ID: "liushu", Parent: "county", Contact: "镇 1"}, {ID: "dongtang", Parent: "liushu", Contact: "村 2"}, {ID: "xitang", Parent: "liushu"}})
	admins := Admins([]Person{
		{ID: "a", Name: "李", State: PersonActive, Grants: []Grant{{RoleVillage, "dongtang"}}},
		{ID: "b", Name: "王", Phone: "3", State: PersonActive, Grants: []Grant{{RoleVillage, "dongtang"}}},
		{ID: "c", Name: "赵", Phone: "4", State: PersonLeft, Grants: []Grant{{RoleVillage, "xitang"}}},
		{ID: "d", Name: "孙", Phone: "5", State: PersonActive, Grants: []Grant{{RoleCrew, "xitang"}}},
	})
	for area, want := range map[string]string{"dongtang": "王 3", "xitang": "镇 1", "county": ""} {
		if _, _, got := Whom(tree, area, admins); got != want {
			t.Errorf("%s: %q, want %q", area, got, want)
		}
	}
}

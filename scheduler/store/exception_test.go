package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// ordersOf are the orders of an address as they would be published now.
func ordersOf(t *testing.T, s *Store, a wire.Address) (o wire.Orders) {
	t.Helper()
	if err := s.read(t.Context(), func(t *tx) (err error) {
		o, err = t.orders(a, t.now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o.Revision = 1
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestExceptionsTravelAreSeenAndEnd(t *testing.T) {
	s := county(t)
	ctx := scheduler.WithActor(t.Context(), scheduler.Actor{ID: "li"})
	until := time.Now().Add(3 * time.Hour)
	e, reach, tooOld, err := s.AddException(ctx, scheduler.Exception{Address: "area/liu1", Why: "高考", Until: until, Daily: &wire.Window{From: "00:00", To: "24:00"}, Loud: []wire.Level{wire.LevelRed}})
	if err != nil || reach.Units != 2 || len(tooOld) != 0 || e.By != "li" || e.From.IsZero() {
		t.Fatalf("%+v, %+v, %v, %v", e, reach, tooOld, err)
	}
	if got := publish(t, s); !slices.Equal(got, []Target{{"area/liu1", wire.KindOrders}}) {
		t.Errorf("published %v", got)
	}
	want := wire.Exception{ID: e.ID, From: e.From.UnixMilli(), Until: until.UnixMilli(), Window: e.Daily, Why: "高考", Loud: e.Loud}
	if o := ordersOf(t, s, "area/liu1"); len(o.Exceptions) != 1 || encode(o.Exceptions[0]) != encode(want) {
		t.Errorf("orders %+v", o.Exceptions)
	}
	for area, n := range map[string]int{"": 1, "liushu": 1, "liu1": 1, "liu2": 0, "shiqiao": 0} {
		all, err := s.Exceptions(ctx, area)
		if err != nil || len(all) != n {
			t.Errorf("%q sees %d: %v", area, len(all), err)
		}
	}
	in, err := s.InForceOf(ctx, "liu1-1")
	if err != nil || len(in) != 1 || in[0].Kind != "exception" || in[0].By != "li" || in[0].Why != "高考" || !slices.Contains(in[0].MayLift(), scheduler.RoleTown) {
		t.Errorf("in force %+v, %v", in, err)
	}
	if l, err := s.Later(ctx, "liushu", wire.LevelYellow); err != nil || l.Units != 2 || l.Until.Sub(until).Abs() > time.Second || !strings.Contains(l.Why.Text("zh"), "高考") {
		t.Errorf("a yellow warning waits %+v, %v", l, err)
	}
	if l, err := s.Later(ctx, "liushu", wire.LevelRed); err != nil || l.Units != 0 {
		t.Errorf("a red warning waits %+v, %v", l, err)
	}
	for range 2 { // ending it again changes nothing
		if e, err = s.EndException(ctx, e.ID); err != nil || e.Ended.IsZero() {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	if o := ordersOf(t, s, "area/liu1"); len(o.Exceptions) != 0 {
		t.Errorf("after its end %+v", o.Exceptions)
	}
	if _, err := s.EndException(ctx, "x-none"); scheduler.KindOf(err) != scheduler.NotFound {
		t.Errorf("an unknown one: %v", err)
	}
}

// Units that have said what their agents can do, and cannot heed exceptions, are named.
func TestTooOldForExceptions(t *testing.T) {
	s := county(t)
	now := time.Now()
	for unit, features := range map[string][]string{"liu1-1": {"text"}, "liu1-2": {"text", wire.FeatureExceptions}} {
		must(t)(s.change(unit, now, func(p scheduler.Presence) (scheduler.Presence, bool) {
			p.Software, p.Features = "v", features
			return p, true
		}))
	}
	_, _, tooOld, err := s.AddException(t.Context(), scheduler.Exception{Address: "area/liushu", Why: "高考", Until: now.Add(time.Hour)})
	if err != nil || !slices.Equal(tooOld, []string{"liu1-1"}) {
		t.Errorf("%v, %v", tooOld, err)
	}
}

// Somebody who left is named in the county's orders, and nowhere else.
func TestOrdersNameWhoLeft(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	must(t)(s.PutPerson(ctx, scheduler.Person{ID: "li", Grants: []scheduler.Grant{{Role: scheduler.RoleAdministrator}}}))
	must(t)(s.PutPerson(ctx, scheduler.Person{ID: "wang", Grants: []scheduler.Grant{{Role: scheduler.RoleEditor}}}))
	publish(t, s)
	before := time.Now()
	must(t)(s.Leave(ctx, "wang", ""))
	if got := publish(t, s); !slices.Equal(got, []Target{{"area/qinghe", wire.KindOrders}}) {
		t.Errorf("published %v", got)
	}
	o := ordersOf(t, s, "area/qinghe")
	if len(o.Locked) != 1 || o.Locked[0].ID != "wang" || time.UnixMilli(o.Locked[0].Since).Sub(before).Abs() > time.Minute {
		t.Errorf("locked %+v", o.Locked)
	}
	if o := ordersOf(t, s, "area/liushu"); len(o.Locked) != 0 {
		t.Errorf("a town's orders name %+v", o.Locked)
	}
	var later wire.Orders
	scheduler.ComposeLimits(&later, nil, o.Locked, nil, before.AddDate(0, 0, 61))
	if len(later.Locked) != 0 {
		t.Errorf("after 61 days %+v", later.Locked)
	}
}

// A device that lost its place is named too.
func TestOrdersNameRevokedDevices(t *testing.T) {
	s := county(t)
	serial := strings.Repeat("0a", 16)
	must(t)(s.write(t.Context(), func(t *tx) error {
		return t.exec("INSERT INTO certificate ("+certificateColumns+") VALUES (?, 'liu1-1', x'00', x'00', ?, ?, 0, '')", serial, ms(t.now), ms(t.now.AddDate(1, 0, 0)))
	}))
	must(t)(s.Revoke(t.Context(), "liu1-1", "stolen"))
	if got := publish(t, s); !slices.Contains(got, Target{"area/qinghe", wire.KindOrders}) {
		t.Errorf("published %v", got)
	}
	if o := ordersOf(t, s, "area/qinghe"); len(o.Revoked) != 1 || o.Revoked[0].Serial != serial {
		t.Errorf("revoked %+v", o.Revoked)
	}
}

// TestAShutOutDeviceIsSeen: whoever looks at a unit, or at what is in force where
// it stands, sees why nothing comes of it, until another device is in.
func TestAShutOutDeviceIsSeen(t *testing.T) {
	s := county(t)
	people(t, s)
	certify := func(digit string) {
		must(t)(s.write(t.Context(), func(t *tx) error {
			return t.exec("INSERT INTO certificate ("+certificateColumns+") VALUES (?, 'liu1-1', x'00', x'00', ?, ?, 0, '')", strings.Repeat(digit, 32), ms(t.now), ms(t.now.AddDate(1, 0, 0)))
		}))
	}
	seen := func() (out []string) {
		t.Helper()
		of, err := s.InForceOf(t.Context(), "liu1-1")
		must(t)(err)
		for _, f := range of {
			out = append(out, f.Kind+" "+f.Unit+" "+f.Why+" "+f.Name)
		}
		for area, n := range map[string]int{"": len(of), "liu1": len(of), "liushu": len(of), "shiqiao": 0} {
			if all, err := s.InForce(t.Context(), area); err != nil || len(all) != n {
				t.Errorf("in force in %q: %+v, %v", area, all, err)
			}
		}
		return out
	}
	certify("a")
	certify("b") // renewed: both hold for a while
	if got := seen(); len(got) > 0 {
		t.Errorf("before: %q", got)
	}
	must(t)(s.Revoke(as(t, "dan"), "liu1-1", "从杆上偷走"))
	if got := seen(); !slices.Equal(got, []string{"revoked liu1-1 从杆上偷走 名 dan"}) {
		t.Errorf("shut out: %q", got)
	}
	must(t)(s.Watch(t.Context(), time.Now()))
	must(t)(s.Sweep(t.Context(), time.Now().Add(time.Hour)))
	if list := outages(t, s, "liu1-1"); len(list) != 1 || list[0].Cause != scheduler.CauseShutOut || list[0].Detail != "从杆上偷走" {
		t.Errorf("its outage: %+v", list)
	}
	if list := outages(t, s, "liu1-2"); len(list) != 1 || list[0].Cause == scheduler.CauseShutOut {
		t.Errorf("its neighbour's outage: %+v", list)
	}
	certify("c")
	if got := seen(); len(got) > 0 {
		t.Errorf("another device is in: %q", got)
	}
	must(t)(s.Revoke(as(t, "dan"), "liu1-1", "again"))
	must(t)(s.RemoveUnit(t.Context(), "liu1-1"))
	if all, err := s.InForce(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("out of service: %+v, %v", all, err)
	}
}

// A release gives what was left out, says who released, and asks an agent that
// can fall silent for it; a warning above its issuer's level is refused.
func TestLimitsOfAReleaseAndAWarning(t *testing.T) {
	s := county(t)
	ctx := scheduler.WithActor(t.Context(), scheduler.Actor{ID: "li"})
	p := loop("p", "liu1")
	p.SilentAfter, p.Issuer = 72, "liu1" // a village's own needs nobody's approval
	must(t)(s.PutDraft(ctx, p))
	p, _, err := s.Release(ctx, "p", 0)
	if err != nil || !p.EndAssumed || p.MaxPlay != 4*3600 || p.ReleasedBy != "li" {
		t.Fatalf("%+v, %v", p, err)
	}
	if w := p.Wire(); w.By != "li" || w.At != p.ReleasedAt.UnixMilli() || w.SilentAfter != 72 || !slices.Equal(w.Needs, []string{wire.NeedSilentAfter}) {
		t.Errorf("on the wire %+v", w)
	}
	again := loop("p", "liu1")
	again.SilentAfter, again.Issuer = 72, "liu1"
	if _, change, err := s.PutDraft(ctx, again); err != nil || change != Unchanged {
		t.Errorf("the same words again: %v, %v", change, err)
	}
	c, err := s.County(ctx)
	must(t)(err)
	c.Highest = []wire.Level{wire.LevelRed, wire.LevelOrange, wire.LevelYellow}
	must(t)(s.SetCounty(ctx, c))
	warn := scheduler.Warning{Area: "liu1", Level: wire.LevelOrange, Text: "山洪", Until: time.Now().Add(time.Hour)}
	if _, _, err := s.Warn(ctx, warn); scheduler.KindOf(err) != scheduler.Forbidden || !strings.Contains(err.Error(), "liu1 may warn up to yellow") {
		t.Errorf("a village's orange: %v", err)
	}
	warn.Issuer = "liushu"
	w, _, err := s.Warn(ctx, warn)
	if err != nil || w.By != "li" {
		t.Errorf("the town's orange: %+v, %v", w, err)
	}
	if o := ordersOf(t, s, "area/liu1"); len(o.Interrupts) != 1 || o.Interrupts[0].By != "li" {
		t.Errorf("orders %+v", o.Interrupts)
	}
	c, err = s.County(ctx)
	must(t)(err)
	c.HighestIn = map[string]wire.Level{"nowhere": wire.LevelRed}
	if _, _, err := s.SetCounty(ctx, c); scheduler.KindOf(err) != scheduler.NotFound {
		t.Errorf("a limit of an unknown area: %v", err)
	}
}

package store

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

func TestFreezeLetsOnlyWarningsAndTheApprovedThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := county(t)
		people(t, s)
		ctx := t.Context()
		for _, id := range []string{"anthem", "news", "plain"} {
			release(t, s, loop(id, "liushu"))
		}
		must(t)(s.PutGroup(ctx, scheduler.Group{ID: "g", Areas: []string{"liu1"}}))
		grouped := loop("grouped")
		grouped.Targets.Groups = []string{"g"}
		release(t, s, grouped)
		_, err := s.SetFreeze(ctx, scheduler.Freeze{Why: "两会"}, nil)
		wantKind(t, err, scheduler.Invalid, "until")
		_, err = s.SetFreeze(ctx, scheduler.Freeze{Why: "两会", Until: time.Now().Add(time.Hour)}, []string{"antem"})
		wantKind(t, err, scheduler.NotFound, "antem")
		f, err := s.As(scheduler.TheAdmin(scheduler.ViaFile)).SetFreeze(ctx, scheduler.Freeze{Why: "两会", From: time.Now().Add(time.Hour), Until: time.Now().Add(25 * time.Hour)}, []string{"anthem"})
		if err != nil || len(f.Approved) == 0 {
			t.Fatalf("%+v, %v", f, err)
		}
		must(t)(s.PutDraft(as(t, "ed"), loop("before", "liu1")))
		must(t)(s.ReleaseSoon(ctx, "before", 0, 0)) // not in force yet
		must(t)(s.PutDraft(ctx, loop("middle", "liu1")))
		time.Sleep(time.Hour - 5*time.Second)
		must(t)(s.ReleaseSoon(ctx, "middle", 0, scheduler.ReleaseDelay)) // it would take effect in the freeze
		time.Sleep(time.Minute)
		must(t)(s.Elapse(ctx, time.Now()))
		if sub, err := s.Submission(ctx, "middle", 0); err != nil || sub.State != scheduler.ProgrammeReturned || sub.Outcome != scheduler.OutcomeFailed {
			t.Errorf("released before, to take effect in the freeze: %+v, %v", sub, err)
		}

		// Drafts may be prepared; what goes out stays.
		must(t)(s.PutDraft(ctx, loop("news", "liushu", "shi1")))
		refused := func(what string, err error) {
			t.Helper()
			t.Log(what)
			wantKind(t, err, scheduler.Conflict, "a change freeze is in force until 2000-01-02 09:00: 两会 (set by admin)")
		}
		_, _, err = s.Release(ctx, "news", 0)
		refused("release", err)
		_, _, err = s.PutGroup(ctx, scheduler.Group{ID: "g", Areas: []string{"liu1", "liu2"}})
		refused("group", err)
		c, err := s.County(ctx)
		must(t)(0, err)
		c.Slogan, c.Rev = "新", 0
		_, _, err = s.SetCounty(ctx, c)
		refused("settings", err)
		_, _, err = s.PutArea(ctx, scheduler.Area{ID: "liu1", Parent: "shiqiao", Name: "柳一村"})
		refused("moved area", err)
		must(t)(s.PutDraft(as(t, "ed"), loop("plain", "liushu", "shi1")))
		sub, err := s.Submit(as(t, "ed"), "plain", 0)
		must(t)(0, err)
		_, err = s.Approve(as(t, "ann"), "plain", 0, sub.Hash, 0)
		refused("approve", err)

		// A warning goes out, a withdrawal too, and what was approved comes back.
		must(t)(s.Warn(as(t, "dan"), scheduler.Warning{Area: "liushu", Level: wire.LevelRed, Text: "山洪", Until: time.Now().Add(time.Hour)}))
		must(t)(s.Withdraw(ctx, "anthem"))
		must(t)(s.PutDraft(ctx, loop("anthem", "liushu")))
		must(t)(s.Release(ctx, "anthem", 0))
		must(t)(s.PutDraft(ctx, loop("anthem", "liushu", "shi1"))) // that is another one
		_, _, err = s.Release(ctx, "anthem", 0)
		refused("the approved one, changed", err)

		must(t)(s.LiftFreeze(ctx, f.ID))
		must(t)(s.Release(ctx, "news", 0))
		if list, err := s.Freezes(ctx, true); err != nil || len(list) != 1 || list[0].Lifted.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err := s.Freezes(ctx, false); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestWarningOfTwoPersons(t *testing.T) {
	s := county(t)
	people(t, s)
	rules(t, s, scheduler.ApprovalRule{Level: scheduler.AnyWarning, Steps: 1}, scheduler.ApprovalRule{Level: "red"})
	publish(t, s)
	w := scheduler.Warning{Area: "liushu", Level: wire.LevelOrange, Text: "山洪", Until: time.Now().Add(time.Hour)}
	red := w
	red.Level = wire.LevelRed
	if out, _, err := s.Warn(as(t, "dan"), red); err != nil || out.Waits || len(publish(t, s)) != 1 {
		t.Fatalf("a red one does not wait here: %+v, %v", out, err)
	}
	out, r, err := s.Warn(as(t, "dan"), w)
	if err != nil || !out.Waits || r.Units != 4 || len(publish(t, s)) != 0 {
		t.Fatalf("by one person: %+v, %v", out, err)
	}
	list, err := s.Waiting(t.Context())
	tree, _ := s.Tree(t.Context())
	person := func(id string, r scheduler.Role) scheduler.Actor {
		return scheduler.Actor{ID: id, Grants: []scheduler.Grant{{Role: r}}}
	}
	if err != nil || len(list) != 1 || list[0].Warning.ID != out.ID || list[0].For(tree, person("dan", scheduler.RoleDuty)) ||
		!list[0].For(tree, person("eve", scheduler.RoleDuty)) || list[0].For(tree, person("ann", scheduler.RoleApprover)) {
		t.Fatalf("what waits: %+v, %v", list, err)
	}
	_, _, err = s.Confirm(as(t, "dan"), out.ID)
	wantKind(t, err, scheduler.Forbidden, "confirmed by another person", "ask a duty officer")
	if out, r, err = s.Confirm(as(t, "eve"), out.ID); err != nil || out.Waits || r.Units != 4 || !slices.Equal(publish(t, s), []Target{{"area/liushu", wire.KindOrders}}) {
		t.Fatalf("confirmed: %+v, %v", out, err)
	}
	if again, r, err := s.Confirm(as(t, "eve"), out.ID); err != nil || again.ID != out.ID || r.Units != 4 {
		t.Errorf("confirmed again: %+v, %+v, %v", again, r, err)
	}
	other, _, err := s.Warn(as(t, "eve"), w)
	must(t)(0, err)
	if l, err := s.Lift(as(t, "eve"), other.ID); err != nil || l.End != "lifted" {
		t.Errorf("taken back: %+v, %v", l, err)
	}
	_, _, err = s.Confirm(as(t, "dan"), other.ID)
	wantKind(t, err, scheduler.NotFound, "warning that waits")
	if list, err = s.Waiting(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestWarningOutlivesWhoAskedForIt: it goes out by the word of the second person,
// so units take it although the first has left since.
func TestWarningOutlivesWhoAskedForIt(t *testing.T) {
	s := county(t)
	people(t, s)
	rules(t, s, scheduler.ApprovalRule{Level: scheduler.AnyWarning, Steps: 1})
	w, _, err := s.Warn(as(t, "dan"), scheduler.Warning{Area: "liushu", Level: wire.LevelOrange, Text: "山洪", Until: time.Now().Add(time.Hour)})
	must(t)(0, err)
	must(t)(s.Leave(t.Context(), "dan", ""))
	if w, _, err = s.Confirm(as(t, "eve"), w.ID); err != nil || w.By != "dan" || w.Confirmed != "eve" {
		t.Fatalf("confirmed: %+v, %v", w, err)
	}
	locked := ordersOf(t, s, "area/qinghe").Locked
	if list := ordersOf(t, s, "area/liushu").Interrupts; len(list) != 1 || len(locked) != 1 || list[0].By == locked[0].ID {
		t.Errorf("units refuse %+v, since they know of %+v", list, locked)
	}
}

func TestDeputiesLeaversAndGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := county(t)
		people(t, s)
		ctx := t.Context()
		must(t)(s.PutPerson(ctx, scheduler.Person{ID: "boss", Name: "主任", Grants: []scheduler.Grant{{Role: scheduler.RoleAdministrator}}}))
		must(t)(s.PutGroup(ctx, scheduler.Group{ID: "g", Areas: []string{"liu1", "shi1"}}))
		p := loop("p")
		p.Targets.Groups = []string{"g"}
		must(t)(s.PutDraft(as(t, "ed"), p))

		// A deputy's word says whose it is; but nobody's deputy approves what they made.
		must(t)(0, s.PutDeputy(ctx, scheduler.Deputy{Person: "ann", Deputy: "dan", First: "2000-01-01", Last: "2000-01-03"}))
		sub, err := s.Submit(as(t, "ed"), "p", 0)
		must(t)(0, err)
		// The editor leaves: the draft passes to bob, who may not approve it then.
		left, err := s.Leave(ctx, "ed", "bob")
		if err != nil || left.Drafts != 1 || len(left.Unapproved) != 0 {
			t.Fatalf("%+v, %v", left, err)
		}
		_, err = s.Approve(as(t, "bob"), "p", 0, sub.Hash, 0)
		wantKind(t, err, scheduler.Forbidden, "nobody approves what they made")
		sub, err = s.Approve(as(t, "dan"), "p", 0, sub.Hash, 0)
		if err != nil || sub.Given[0].For != "ann" || sub.Given[0].Person != "dan" {
			t.Fatalf("by a deputy: %+v, %v", sub, err)
		}
		lines, _, err := s.Audit(ctx, AuditFilter{Actor: "dan"})
		if err != nil || len(lines) == 0 || !slices.ContainsFunc(lines, func(l AuditLine) bool { return l.Act == "approve programme" }) {
			t.Errorf("audit: %+v, %v", lines, err)
		}

		// A village that joins the group was not approved: it waits for the next version.
		must(t)(s.PutGroup(ctx, scheduler.Group{ID: "g", Areas: []string{"liu1", "liu2"}}))
		if d, err := s.Delivery(ctx, scheduler.DeliveryQuery{Programme: "p"}); err != nil || d.Counts.Units != 2 {
			t.Errorf("after the group changed it goes to %d units, %v", d.Counts.Units, err)
		}

		must(t)(s.PutDraft(as(t, "bob"), loop("q", "liu1")))
		must(t)(s.Submit(as(t, "bob"), "q", 0))
		for _, id := range []string{"ann", "cyn"} {
			if left, err := s.Leave(ctx, id, ""); err != nil || len(left.Unapproved) != 0 {
				t.Fatalf("%+v, %v", left, err)
			}
		}
		must(t)(s.PutPerson(ctx, scheduler.Person{ID: "chief", Name: "新", Grants: []scheduler.Grant{{Role: scheduler.RoleAdministrator}}}))
		must(t)(s.Leave(ctx, "boss", ""))
		must(t)(s.PutDraft(as(t, "chief"), loop("q", "liu2")))
		must(t)(s.Submit(as(t, "chief"), "q", 0))
		left, err = s.Leave(ctx, "eve", "")
		if err != nil || !slices.Equal(left.Unapproved, []string{"q"}) {
			t.Errorf("nobody is left to approve q, and the answer says %v, %v", left.Unapproved, err)
		}
	})
}

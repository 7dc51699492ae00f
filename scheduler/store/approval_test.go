package store

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// people adds an editor, three approvers of the county, one of a town and two
// duty officers.
func people(t *testing.T, s *Store) {
	t.Helper()
	for id, g := range map[string]scheduler.Grant{"ed": {Role: scheduler.RoleEditor}, "ann": {Role: scheduler.RoleApprover}, "bob": {Role: scheduler.RoleApprover},
		"cyn": {Role: scheduler.RoleApprover}, "dan": {Role: scheduler.RoleDuty}, "eve": {Role: scheduler.RoleDuty}, "vic": {Role: scheduler.RoleVillage, Area: "liu1"}} {
		must(t)(s.PutPerson(t.Context(), scheduler.Person{ID: id, Name: "名 " + id, Grants: []scheduler.Grant{g}}))
	}
}

// as is a context in which a person asks.
func as(t *testing.T, id string) context.Context {
	return scheduler.WithActor(t.Context(), scheduler.Actor{ID: id, Name: id})
}

func rules(t *testing.T, s *Store, list ...scheduler.ApprovalRule) {
	t.Helper()
	c, err := s.County(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Approval, c.Rev = list, 0
	must(t)(s.SetCounty(t.Context(), c))
}

func stateOf(t *testing.T, s *Store, id string, version int) scheduler.ProgrammeState {
	t.Helper()
	p, err := s.Programme(t.Context(), id, version)
	if err != nil {
		t.Fatal(err)
	}
	return p.State
}

func TestApprovalInTwoSteps(t *testing.T) {
	s := county(t)
	people(t, s)
	rules(t, s, scheduler.ApprovalRule{Steps: 2})
	p := loop("water", "liushu")
	must(t)(s.PutDraft(as(t, "ed"), p))

	_, _, err := s.Release(as(t, "ed"), "water", 0)
	wantKind(t, err, scheduler.Conflict, "needs the approval of 2 other persons first", "submit it")
	_, err = s.Approve(as(t, "ann"), "water", 0, "", 0)
	wantKind(t, err, scheduler.Conflict, "nobody has submitted it")
	sub, err := s.Submit(as(t, "ed"), "water", 0)
	if err != nil || sub.State != scheduler.ProgrammeSubmitted || sub.Steps != 2 || len(sub.Hash) != 64 || sub.First.IsZero() {
		t.Fatalf("submitted: %+v, %v", sub, err)
	}
	if again, err := s.Submit(as(t, "ed"), "water", 0); err != nil || again.ID != sub.ID {
		t.Errorf("submitted again: %+v, %v", again, err)
	}
	_, err = s.Approve(as(t, "ed"), "water", 0, sub.Hash, 0)
	wantKind(t, err, scheduler.Forbidden, "nobody approves what they made")
	_, err = s.Approve(as(t, "ann"), "water", 0, strings.Repeat("0", 64), 0)
	wantKind(t, err, scheduler.Stale, "not what is waiting")
	if sub, err = s.Approve(as(t, "ann"), "water", 0, sub.Hash, 0); err != nil || len(sub.Given) != 1 || sub.State != scheduler.ProgrammeSubmitted {
		t.Fatalf("after the first step: %+v, %v", sub, err)
	}
	_, err = s.Approve(as(t, "ann"), "water", 0, sub.Hash, 0)
	wantKind(t, err, scheduler.Conflict, "approved it already")

	// What is to go out changes under the reviewers: the text, then the targets.
	add(t, s, scheduler.Asset{Kind: scheduler.AssetText, Title: "通知", Text: "今晚有雨", Color: "red"})
	_, err = s.Approve(as(t, "bob"), "water", 0, sub.Hash, 0)
	wantKind(t, err, scheduler.Stale, "changed after it was submitted")
	hash := sub.Hash
	if sub, err = s.Submit(as(t, "ed"), "water", 0); err != nil || sub.Hash == hash || len(sub.Given) != 0 {
		t.Fatalf("submitted anew: %+v, %v", sub, err)
	}
	must(t)(s.Approve(as(t, "ann"), "water", 0, sub.Hash, 0))
	p.Targets.Areas = []string{"qinghe"}
	must(t)(s.PutDraft(as(t, "ed"), p))
	_, err = s.Approve(as(t, "bob"), "water", 0, sub.Hash, 0)
	wantKind(t, err, scheduler.Conflict, "nobody has submitted it")

	if sub, err = s.Submit(as(t, "ed"), "water", 0); err != nil {
		t.Fatal(err)
	}
	must(t)(s.Approve(as(t, "bob"), "water", 0, sub.Hash, 0))
	out, err := s.Approve(as(t, "cyn"), "water", 0, sub.Hash, 0)
	if err != nil || out.State != scheduler.ProgrammeReleased || stateOf(t, s, "water", 1) != scheduler.ProgrammeReleased {
		t.Fatalf("after the last step: %+v, %v", out, err)
	}
	if got := publish(t, s); !slices.Contains(got, Target{"area/qinghe", wire.KindBulletin}) {
		t.Errorf("published %v", got)
	}
	g, err := s.GoesOut(t.Context(), "water", 1)
	if err != nil || g.Hash != sub.Hash || g.Programme.ReleasedBy != "cyn" || len(g.Addresses) != 1 {
		t.Errorf("what is on air is %+v, %v, and %s was approved", g, err, sub.Hash)
	}
	v, err := s.VerifyAudit(t.Context(), "")
	if err != nil || v.Broken != 0 {
		t.Errorf("audit: %+v, %v", v, err)
	}
}

func TestReleaseCanBeUndoneForTenSeconds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	s := countyAt(t, path)
	people(t, s)
	ctx := t.Context()
	release(t, s, loop("a", "liushu"))
	publish(t, s)
	must(t)(s.PutDraft(as(t, "ed"), loop("a", "liushu", "shi1")))
	sub, err := s.Submit(as(t, "ed"), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if sub, err = s.Approve(as(t, "ann"), "a", 0, sub.Hash, scheduler.ReleaseDelay); err != nil || sub.State != scheduler.ProgrammeReleasing {
		t.Fatalf("approved: %+v, %v", sub, err)
	}
	if next, err := s.Elapse(ctx, begun.Add(9*time.Second)); err != nil || !next.Equal(sub.Effective) || len(publish(t, s)) != 0 || stateOf(t, s, "a", 1) != scheduler.ProgrammeReleased {
		t.Fatalf("before its time: next %v, %v", next, err)
	}
	_, _, err = s.PutDraft(as(t, "ed"), loop("a", "shi2"))
	wantKind(t, err, scheduler.Conflict, "takes effect at", "undo")
	if sub, err = s.Undo(as(t, "ed"), "a", 0); err != nil || sub.State != scheduler.ProgrammeSubmitted || len(sub.Given) != 0 {
		t.Fatalf("undone: %+v, %v", sub, err)
	}
	must(t)(s.Elapse(ctx, begun.Add(time.Hour)))
	if got := stateOf(t, s, "a", 2); got != scheduler.ProgrammeSubmitted || len(publish(t, s)) != 0 {
		t.Fatalf("undone, and then %s", got)
	}
	// Approved again, the centre ends within the ten seconds and comes back later.
	must(t)(s.Approve(as(t, "bob"), "a", 0, sub.Hash, scheduler.ReleaseDelay))
	must(t)(s.PutPlaylist(ctx, scheduler.Playlist{ID: "notice", Items: []scheduler.PlaylistItem{{Audio: strings.Repeat("ab", 32)}}})) // too late to matter
	must(t)(s.Close())
	s = open(t, path)
	if next, err := s.Elapse(ctx, time.Now().Add(time.Minute)); err != nil || !next.IsZero() {
		t.Fatalf("after the restart: next %v, %v", next, err)
	}
	p, err := s.Programme(ctx, "a", 2)
	if err != nil || p.State != scheduler.ProgrammeReleased || p.Items[0].Text == nil || stateOf(t, s, "a", 1) != scheduler.ProgrammeSuperseded {
		t.Fatalf("after the restart: %+v, %v", p, err)
	}
	if got := publish(t, s); !slices.Contains(got, Target{"area/shi1", wire.KindBulletin}) {
		t.Errorf("published %v", got)
	}
	_, err = s.Undo(as(t, "ed"), "a", 0)
	wantKind(t, err, scheduler.Conflict, "withdraw it")

	// Whose programme needs nobody's approval has the ten seconds too; a STOP there
	// ends them, and so does a withdrawal.
	own := loop("own", "liu1")
	own.Issuer = "liu1"
	must(t)(s.PutDraft(as(t, "vic"), own))
	if _, r, sub, err := s.ReleaseSoon(as(t, "vic"), "own", 0, scheduler.ReleaseDelay); err != nil || r.Units != 2 || sub.State != scheduler.ProgrammeReleasing {
		t.Fatalf("released: %+v, %+v, %v", r, sub, err)
	}
	must(t)(s.Stop(ctx, "liushu", "wrong"))
	if got := stateOf(t, s, "own", 0); got != scheduler.ProgrammeDraft {
		t.Fatalf("after a STOP it is %s", got)
	}
	must(t)(s.ReleaseSoon(as(t, "vic"), "own", 0, scheduler.ReleaseDelay))
	if p, err := s.Withdraw(as(t, "vic"), "own"); err != nil || p.State != scheduler.ProgrammeDraft {
		t.Fatalf("withdrawn within the ten seconds: %+v, %v", p, err)
	}
	must(t)(s.ReleaseSoon(as(t, "vic"), "own", 0, scheduler.ReleaseDelay))
	if p, _, _, err := s.ReleaseSoon(as(t, "vic"), "own", 0, 0); err != nil || p.State != scheduler.ProgrammeReleased {
		t.Fatalf("released now: %+v, %v", p, err)
	}
}

func TestNotApprovedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at 2000-01-01 08:00 in the county
		s := county(t)
		people(t, s)
		ctx := t.Context()
		start := time.Now()
		noon := start.Add(4 * time.Hour)
		once, daily := loop("once", "liu1"), loop("daily", "liu1")
		once.Rule = wire.Rule{Kind: wire.RuleOnce, Once: "2000-01-01T12:00:00"}
		daily.Rule = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"12:10"}}
		for _, p := range []scheduler.Programme{once, daily} {
			must(t)(s.PutDraft(as(t, "ed"), p))
			if sub, err := s.Submit(as(t, "ed"), p.ID, 0); err != nil || sub.First.Sub(noon) < 0 || sub.First.Sub(noon) > 10*time.Minute {
				t.Fatalf("%+v, %v", sub, err)
			}
		}
		if next, err := s.Elapse(ctx, noon.Add(-time.Second)); err != nil || !next.Equal(noon) || stateOf(t, s, "once", 0) != scheduler.ProgrammeSubmitted {
			t.Fatalf("before its time: next is %v, %v", next, err)
		}
		time.Sleep(4*time.Hour + 12*time.Minute)
		if next, err := s.Elapse(ctx, time.Now()); err != nil || !next.IsZero() {
			t.Fatalf("next is %v, %v", next, err)
		}
		sub, err := s.Submission(ctx, "once", 0)
		if err != nil || sub.State != scheduler.ProgrammeReturned || sub.Outcome != scheduler.OutcomeLate || sub.Why != scheduler.NotInTime {
			t.Errorf("once: %+v, %v", sub, err)
		}
		sub, err = s.Submission(ctx, "daily", 0)
		if err != nil || sub.State != scheduler.ProgrammeSubmitted || !sub.Late.Equal(noon.Add(10*time.Minute)) {
			t.Errorf("daily: %+v, %v", sub, err)
		}
		lines, _, err := s.Audit(ctx, AuditFilter{Kind: "programme", Ref: "once"})
		if err != nil || lines[0].Act != scheduler.NotInTime || !strings.Contains(lines[0].Text, "there is no later one") {
			t.Errorf("audit: %+v, %v", lines[0], err)
		}
		// It may still be approved for the days to come.
		must(t)(s.Approve(as(t, "ann"), "daily", 0, sub.Hash, 0))
		time.Sleep(24 * time.Hour)

		proof, err := s.Proof(ctx, AsRunFilter{Area: "liushu", From: start, To: time.Now()}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, p := range proof {
			if strings.HasPrefix(p.Unit, "liu1-") && p.To.Sub(p.From) > 50*time.Second && p.Expected > 50*time.Second {
				got[p.Programme+" "+p.From.Sub(start).String()+" "+p.Grade+" "+p.Why.EN]++
			}
		}
		want := map[string]int{"once 4h0m0s skipped not approved in time": 4, "daily 4h10m0s skipped not approved in time": 4, // two units, sound and screen
			"daily 28h10m0s no-proof nothing was reported for it": 4}
		if !maps.Equal(got, want) || len(proof) != 12 {
			t.Errorf("the record of what was due: %d lines, %v\nwant %v", len(proof), got, want)
		}
	})
}

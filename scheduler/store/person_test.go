package store

import (
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestTheAuditIsOnlyAddedTo: the database refuses to change a line; whoever gets
// round that is shown by the chain, at the line.
func TestTheAuditIsOnlyAddedTo(t *testing.T) {
	for name, c := range map[string]struct {
		tamper string
		broken int64
		why    string
	}{
		"untouched":          {"", 0, ""},
		"a changed line":     {"UPDATE audit SET text = 'x' WHERE id = 3", 3, "it was changed"},
		"a changed actor":    {"UPDATE audit SET actor = 'x' WHERE id = 4", 4, "it was changed"},
		"a line taken out":   {"DELETE FROM audit WHERE id = 3", 4, "a line before it is gone"},
		"two lines swapped":  {"UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 4) WHERE id = 3", 3, "it was changed"},
		"a blank line":       {"UPDATE audit SET hash = '', prev = '' WHERE id = 3", 3, "it does not follow the line before it"},
		"the first line out": {"DELETE FROM audit WHERE id = 1", 2, "it does not follow the line before it"},
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := county(t), t.Context()
			for _, forbidden := range []string{"UPDATE audit SET text = 'x' WHERE id = 3", "DELETE FROM audit WHERE id = 3"} {
				if _, err := s.w.ExecContext(ctx, forbidden); err == nil {
					t.Fatalf("the database does it: %s", forbidden)
				}
			}
			for _, step := range []string{"DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", c.tamper} {
				if _, err := s.w.ExecContext(ctx, step); err != nil && step != "" {
					t.Fatal(err)
				}
			}
			v, err := s.VerifyAudit(ctx, "")
			if err != nil || v.Broken != c.broken || v.Why != c.why || v.Head == "" {
				t.Errorf("%+v (%v), want line %d: %s", v, err, c.broken, c.why)
			}
		})
	}
}

// TestAnOlderAuditGoesOn: lines of before the chain stay, and are counted.
func TestAnOlderAuditGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := connect(Options{Path: path}, 1, "immediate", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), db, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO audit (at, actor, act, ref, text) VALUES (1, 'centre', 'put area', 'c', '县'), (2, 'centre', 'put area', 'd', '镇')"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	must(t)(s.PutArea(t.Context(), scheduler.Area{ID: "c", Name: "县"}))
	v, err := s.VerifyAudit(t.Context(), "")
	if err != nil || v.Lines != 3 || v.Unsealed != 2 || v.Broken != 0 || v.Head == "" {
		t.Errorf("%+v (%v)", v, err)
	}
}

// TestAccessEndsByItself runs half a year: a village's phone is in for 180 days, a
// browser of the county's for 30, a token and a card until their end.
func TestAccessEndsByItself(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, ctx := open(t, filepath.Join(dir, "c.db")), t.Context()
		must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
		must(t)(s.PutPerson(ctx, scheduler.Person{ID: "zhang", Grants: []scheduler.Grant{{Role: scheduler.RoleVillage, Area: "c"}}}))
		must(t)(s.PutPerson(ctx, scheduler.Person{ID: "li", Grants: []scheduler.Grant{{Role: scheduler.RoleEditor}}}))
		phone, _, err := s.SignInEnd(ctx, "zhang", Browser{}, true)
		must(t)(err)
		browser, _, err := s.SignInEnd(ctx, "li", Browser{}, true)
		must(t)(err)
		token, _, err := s.AddToken(ctx, scheduler.Token{Person: "li", Title: "t", Acts: []scheduler.Act{scheduler.ActRead}, Ends: time.Now().Add(90 * 24 * time.Hour)})
		must(t)(err)
		card, _, err := s.AddCard(ctx, "zhang", 14*24*time.Hour)
		must(t)(err)
		is := func(day int, want string) {
			t.Helper()
			got := ""
			for name, err := range map[string]error{"phone": second(s.SessionActor(ctx, phone, "")), "browser": second(s.SessionActor(ctx, browser, "")),
				"token": second(s.TokenActor(ctx, token, "")), "card": third(s.CardOf(ctx, card))} {
				if err != nil && scheduler.KindOf(err) != scheduler.Unauthorized {
					t.Fatal(err)
				}
				if err == nil {
					got += name[:1]
				}
			}
			letters := []byte(got)
			slices.Sort(letters)
			if string(letters) != want {
				t.Errorf("on day %d: %q holds, want %q", day, letters, want)
			}
		}
		begun := time.Now()
		for _, at := range []struct {
			day  int
			want string
		}{{0, "bcpt"}, {13, "bcpt"}, {14, "bpt"}, {29, "bpt"}, {30, "pt"}, {89, "pt"}, {90, "p"}, {179, "p"}, {180, ""}} {
			time.Sleep(time.Until(begun.Add(time.Duration(at.day)*24*time.Hour + time.Minute)))
			is(at.day, at.want)
		}
		time.Sleep(400 * 24 * time.Hour)
		must(t)(s.Tidy(ctx, time.Now()))
		if _, err := s.Session(ctx, "x"); scheduler.KindOf(err) != scheduler.NotFound {
			t.Error(err)
		}
		var left int
		if err := s.w.QueryRow("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM token) + (SELECT count(*) FROM card)").Scan(&left); err != nil || left != 0 {
			t.Errorf("%d rows are kept for good (%v)", left, err)
		}
	})
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

// TestADeputyApprovesForSomeDays: approvals are lent, from the first day to the
// last in the county's zone, and no other role.
func TestADeputyApprovesForSomeDays(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, ctx := open(t, filepath.Join(dir, "c.db")), t.Context()
		time.Sleep(time.Until(time.Date(2026, 11, 30, 15, 59, 0, 0, time.UTC))) // 23:59 in the county
		must(t)(s.SetCounty(ctx, scheduler.County{County: wire.County{Name: "县", Zone: "Asia/Shanghai"}}))
		must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
		must(t)(s.PutPerson(ctx, scheduler.Person{ID: "chief", Grants: []scheduler.Grant{{Role: scheduler.RoleApprover}, {Role: scheduler.RoleAdministrator}}}))
		must(t)(s.PutPerson(ctx, scheduler.Person{ID: "wang", Grants: []scheduler.Grant{{Role: scheduler.RoleEditor}}}))
		secret, _, err := s.SignInEnd(ctx, "wang", Browser{}, true)
		must(t)(err)
		may := func(act scheduler.Act) bool {
			t.Helper()
			a, err := s.SessionActor(ctx, secret, "")
			must(t)(err)
			tree, _ := s.Tree(ctx)
			return a.May(tree, act, "c") == nil
		}
		if err := s.PutDeputy(ctx, scheduler.Deputy{Person: "chief", Deputy: "wang", First: "2026-12-02", Last: "2026-12-01"}); scheduler.KindOf(err) != scheduler.Invalid {
			t.Error(err)
		}
		must(t)(s.PutDeputy(ctx, scheduler.Deputy{Person: "chief", Deputy: "wang", First: "2026-12-01", Last: "2026-12-02"}))
		for _, at := range []struct {
			sleep time.Duration
			want  bool
		}{{0, false}, {2 * time.Minute, true}, {47 * time.Hour, true}, {time.Hour, false}} {
			time.Sleep(at.sleep)
			if may(scheduler.ActApprove) != at.want || may(scheduler.ActPeople) || !may(scheduler.ActDraft) {
				t.Errorf("at %v: approves %v, want %v", time.Now(), !at.want, at.want)
			}
		}
	})
}

func TestPeopleWhoMakeNoSense(t *testing.T) {
	s, ctx := county(t), t.Context()
	grant := func(r scheduler.Role, area string) []scheduler.Grant { return []scheduler.Grant{{Role: r, Area: area}} }
	for name, c := range map[string]struct {
		p     scheduler.Person
		field string
	}{
		"no id":             {scheduler.Person{}, "id"},
		"the centre's name": {scheduler.Person{ID: "admin"}, "id"},
		"an unknown role":   {scheduler.Person{ID: "x", Grants: grant("king", "liushu")}, "grants[0].role"},
		"an unknown area":   {scheduler.Person{ID: "x", Grants: grant(scheduler.RoleEditor, "liushuu")}, "grants[0].area"},
		"a town nowhere":    {scheduler.Person{ID: "x", Grants: grant(scheduler.RoleTown, "")}, "grants[0].area"},
		"twice":             {scheduler.Person{ID: "x", Grants: append(grant(scheduler.RoleCrew, "liushu"), grant(scheduler.RoleCrew, "liushu")...)}, "grants[1]"},
	} {
		_, _, err := s.PutPerson(ctx, c.p)
		if e, ok := err.(*scheduler.Error); !ok || e.Field != c.field || e.Remedy.EN == "" || e.Remedy.ZH == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t)(s.PutPerson(ctx, scheduler.Person{ID: "x", Grants: grant(scheduler.RoleTown, "liushu")}))
	if err := s.RemoveArea(ctx, "liushu"); scheduler.KindOf(err) != scheduler.Conflict {
		t.Errorf("an area in which somebody works goes: %v", err)
	}
	for password, good := range map[string]bool{"short": false, "1234567890": false, "aaaaaaaaaaaaaa": false, "zhangsan2026": false, "渔歌子西塞山前白鹭飞": true, "three words here": true} {
		if err := scheduler.CheckPassword("zhangsan", password); (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
	}
}

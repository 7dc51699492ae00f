package app_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// spreadsheet is one as an office writes it.
func spreadsheet(t *testing.T, rows [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// fieldsOf are the places that a refusal names.
func fieldsOf(err error) (status int, fields []string) {
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return 0, nil
	}
	for _, f := range e.Errors {
		fields = append(fields, f.Field)
	}
	return e.Status, fields
}

// TestThreeHundredFromOneSpreadsheet: a county's village admins get their accounts
// from one file and their cards in one go; each card signs in just its person, once;
// the same file again changes nothing, and nobody gets a second card.
func TestThreeHundredFromOneSpreadsheet(t *testing.T) {
	w := serve(t, unsynced(t))
	begun := time.Now()
	rows := [][]any{{"姓名", "角色", "区划代码", "手机", "备注"}}
	for i := range 300 {
		code := fmt.Sprintf("532301001%03d", i)
		if _, _, err := w.app.Store().PutArea(t.Context(), scheduler.Area{ID: fmt.Sprintf("v%d", i), Parent: "town", Name: fmt.Sprintf("%d 号村", i), Code: code}); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []any{fmt.Sprintf("管理员 %d", i), "村管理员", code, 13900000000, "x"})
	}
	// One bad row, and nothing of the file is taken.
	bad := append(rows[:len(rows):len(rows)], []any{"李四", "村管理员", "5.3E+11"}, []any{"王五", "村长", "532301001001"})
	w.Language = "zh-CN"
	_, err := w.ImportPeople(t.Context(), client.TableSpec{Table: spreadsheet(t, bad)})
	if status, fields := fieldsOf(err); status != http.StatusUnprocessableEntity || fmt.Sprint(fields) != "[第 302 行「区划代码」 第 303 行「角色」]" || !strings.Contains(err.Error(), "把这一列设成“文本”格式") {
		t.Fatalf("a bad file: %v", err)
	}
	file := client.TableSpec{Table: spreadsheet(t, rows), Check: true}
	checked, err := w.ImportPeople(t.Context(), file)
	if people, _ := w.People(t.Context(), ""); err != nil || len(checked.Rows) != 300 || len(people) != 0 {
		t.Fatalf("only asked: %d rows, %d people (%v)", len(checked.Rows), len(people), err)
	}
	file.Check = false
	for round, want := range []string{"created", "unchanged"} {
		done, err := w.ImportPeople(t.Context(), file)
		if err != nil || len(done.Rows) != 300 || done.Ignored[0] != "备注" {
			t.Fatalf("round %d: %d rows (%v)", round, len(done.Rows), err)
		}
		for _, r := range done.Rows {
			if r.Change != want {
				t.Fatalf("round %d: %+v", round, r)
			}
		}
	}
	if p, err := w.Person(t.Context(), "v7-1"); err != nil || p.Phone != "13900000000" || p.Name != "管理员 7" {
		t.Errorf("one of them: %+v (%v)", p, err)
	}
	cards, err := w.AddCards(t.Context(), client.CardsSpec{})
	if err != nil || len(cards) != 300 {
		t.Fatalf("%d cards (%v)", len(cards), err)
	}
	if again, err := w.AddCards(t.Context(), client.CardsSpec{}); err != nil || len(again) != 0 {
		t.Errorf("%d cards more, though none was used (%v)", len(again), err)
	}
	for i, card := range cards {
		if status, _, _ := w.phone().do("POST", strings.TrimPrefix(card.Link, w.app.URL()), url.Values{}); status != http.StatusSeeOther {
			t.Fatalf("card %d signs nobody in: %d", i, status)
		}
		if _, _, err := w.app.Store().CardOf(t.Context(), card.Code); err == nil {
			t.Fatalf("card %d can be used again", i)
		}
	}
	sessions := map[string]int{}
	all, err := w.app.Store().Sessions(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		sessions[s.Person]++
	}
	for _, card := range cards {
		if sessions[card.Person] != 1 {
			t.Errorf("%s is signed in %d times", card.Person, sessions[card.Person])
		}
	}
	if more, err := w.AddCards(t.Context(), client.CardsSpec{}); err != nil || len(more) != 0 {
		t.Errorf("%d who are signed in get a card again (%v)", len(more), err)
	}
	t.Logf("300 accounts, cards and sign-ins in %v", time.Since(begun).Round(time.Millisecond))
}

// TestATownImportsItsOwnPeople and nobody else, and no other role than those it may
// give; every row that it may not is named.
func TestATownImportsItsOwnPeople(t *testing.T) {
	w := serve(t, nil)
	if _, _, err := w.app.Store().PutArea(t.Context(), scheduler.Area{ID: "other", Parent: "county", Name: "other"}); err != nil {
		t.Fatal(err)
	}
	w.person("caster", client.Grant{Role: "town", Area: "town"})
	w.person("boss", client.Grant{Role: "administrator"})
	w.password("caster", "渔歌子 西塞山前 白鹭飞")
	browser := w.phone()
	browser.login("caster", "渔歌子 西塞山前 白鹭飞")
	town := &client.Client{Base: w.app.URL(), HTTP: &browser.http, Language: "en"}
	_, err := town.ImportPeople(t.Context(), client.TableSpec{Table: []byte("account;name;role;area\na;A;village;village\nb;B;village;other\nc;C;editor;village\nboss;Boss;crew;town\n")})
	if status, fields := fieldsOf(err); status != http.StatusForbidden || fmt.Sprint(fields) != "[row 3 row 4 row 5]" || !strings.Contains(err.Error(), "ask an administrator") {
		t.Errorf("a town's list with others: %v", err)
	}
	if people, _ := w.People(t.Context(), ""); len(people) != 2 {
		t.Errorf("%d people after a refused list", len(people))
	}
	done, err := town.ImportPeople(t.Context(), client.TableSpec{Table: []byte("account;name;role;area\na;A;village;village\n")})
	if err != nil || done.Rows[0].Change != "created" {
		t.Errorf("its own: %+v (%v)", done, err)
	}
	if _, err := w.ImportPeople(t.Context(), client.TableSpec{Table: []byte("account;name;role;area\nd;D;village;other\n")}); err != nil {
		t.Fatal(err)
	}
	cards, err := town.AddCards(t.Context(), client.CardsSpec{})
	if err != nil || len(cards) != 1 || cards[0].Person != "a" {
		t.Errorf("the town's cards: %+v (%v)", cards, err)
	}
	for _, spec := range []client.CardsSpec{{People: []string{"d"}}, {People: []string{"a", "boss"}}, {Area: "other"}} {
		if _, err := town.AddCards(t.Context(), spec); err == nil {
			t.Errorf("a town gives cards to %+v", spec)
		}
	}
}

// TestUnitsFromOneSpreadsheet: a county's units and the claims of their devices come
// from one file, or nothing does; the same file again changes nothing and makes no
// claim more; who runs a town adds units there alone.
func TestUnitsFromOneSpreadsheet(t *testing.T) {
	w := serve(t, func(o *app.Options) {
		unsynced(t)(o)
		o.TLS, o.Hosts = true, []string{"127.0.0.1"}
	})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(read(t, filepath.Join(w.options.Data, "ca.pem")))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	w.HTTP = &http.Client{Transport: transport}
	rows := [][]any{{"名称", "村", "音量", "类型"}}
	for i := range 100 {
		rows = append(rows, []any{fmt.Sprintf("%d 号杆", i), "village", 70, "喇叭"})
	}
	spec := client.UnitsTableSpec{Claims: true}
	spec.Table = spreadsheet(t, append(rows[:50:50], []any{"村口", "vilage", 70, "喇叭"}))
	if _, err := w.ImportUnits(t.Context(), spec); err == nil || !strings.Contains(err.Error(), `row 51, 村: there is no such area (given: "vilage"); the nearest is "village"`) {
		t.Errorf("a bad file: %v", err)
	}
	if units, err := w.Units(t.Context(), client.UnitFilter{}); err != nil || len(units) != 0 {
		t.Errorf("%d units of a bad file (%v)", len(units), err)
	}
	spec.Table = spreadsheet(t, rows)
	done, err := w.ImportUnits(t.Context(), spec)
	if err != nil || len(done.Claims) != 100 || done.Rows[0].ID != "village-1" {
		t.Fatalf("%d claims, %+v (%v)", len(done.Claims), done.Rows[:1], err)
	}
	codes := map[string]bool{}
	for i, c := range done.Claims {
		codes[c.Code] = true
		if want := fmt.Sprintf("%s/here/village-%d", w.app.URL(), i+1); c.Here != want || !strings.Contains(c.Settings, c.Code) {
			t.Fatalf("claim %d is for %s, want %s", i, c.Here, want)
		}
	}
	again, err := w.ImportUnits(t.Context(), spec)
	if err != nil || len(again.Claims) != 0 || len(codes) != 100 {
		t.Errorf("again: %d claims more, %d different (%v)", len(again.Claims), len(codes), err)
	}
	for _, r := range again.Rows {
		if r.Change != "unchanged" {
			t.Fatalf("again: %+v", r)
		}
	}
	w.person("clerk", client.Grant{Role: "administrator", Area: "village"})
	token, err := w.AddToken(t.Context(), client.TokenSpec{Person: "clerk", Title: "t", Acts: []string{"place", "enrol"}})
	if err != nil {
		t.Fatal(err)
	}
	clerk := &client.Client{Base: w.app.URL(), Token: token.Secret, HTTP: w.HTTP}
	_, err = clerk.ImportUnits(t.Context(), client.UnitsTableSpec{TableSpec: client.TableSpec{Table: []byte("unit,village\nx1,village\nx2,town\nvillage-1,town\n")}})
	if status, fields := fieldsOf(err); status != http.StatusForbidden || fmt.Sprint(fields) != "[row 3 row 4]" {
		t.Errorf("a village's list with others: %v", err)
	}
}

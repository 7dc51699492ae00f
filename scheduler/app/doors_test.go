package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/client"
)

// phone is one browser with its cookies.
type phone struct {
	t    *testing.T
	base string
	http http.Client
}

func (w *web) phone() *phone {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &phone{w.t, w.app.URL(), http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// do makes a request with a form, or none, and gives status, place and page.
func (p *phone) do(method, path string, form url.Values) (int, string, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header.Get("Location"), string(body)
}

func (p *phone) login(account, password string) int {
	status, _, _ := p.do("POST", "/login", url.Values{"account": {account}, "password": {password}, "to": {"/"}})
	return status
}

// in tells whether this browser is signed in.
func (p *phone) in() bool {
	status, _, _ := p.do("GET", "/api/v1/me", nil)
	return status == http.StatusOK
}

// person adds somebody.
func (w *web) person(id string, grants ...client.Grant) {
	w.t.Helper()
	if _, err := w.PutPerson(w.t.Context(), client.PersonSpec{ID: id, Name: "名 " + id, Grants: grants}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *web) password(id, password string) {
	w.t.Helper()
	if err := w.SetPassword(w.t.Context(), id, client.PasswordSpec{Password: password}); err != nil {
		w.t.Fatal(err)
	}
}

// TestACardSignsInOnce: what only looks at the link does not use it up; the button
// does, once; that phone stays signed in for 180 days, until the town ends it.
func TestACardSignsInOnce(t *testing.T) {
	w := serve(t, nil)
	w.person("zhang", client.Grant{Role: "village", Area: "village"})
	card, err := w.AddCard(t.Context(), "zhang", client.CardSpec{})
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(card.Link, w.app.URL())
	for range 2 { // a messenger looks, then the person
		if status, _, page := w.phone().do("GET", path, nil); status != 200 || !strings.Contains(page, "名 zhang") {
			t.Fatalf("the card's page: %d %s", status, page)
		}
	}
	mine := w.phone()
	if status, to, _ := mine.do("POST", path, url.Values{}); status != 303 || to != "/" || !mine.in() {
		t.Fatalf("the card does not sign in: %d to %q", status, to)
	}
	for _, again := range []string{path, "/login/card"} {
		other := w.phone()
		if status, _, page := other.do("POST", again, url.Values{"code": {card.Code}}); status != 401 || !strings.Contains(page, `data-fault="card"`) || other.in() {
			t.Errorf("a used card gives %d", status)
		}
	}
	list, err := w.Sessions(t.Context(), "zhang")
	if err != nil || len(list) != 1 || list[0].Label != "Android, WeChat" || list[0].Via != "card" || list[0].Ends.Sub(list[0].Created).Hours() != 180*24 {
		t.Fatalf("sessions %+v (%v)", list, err)
	}
	if err := w.EndSession(t.Context(), list[0].ID); err != nil || mine.in() {
		t.Errorf("the ended session holds (%v)", err)
	}
	// Typed on the login page, in any manner.
	if card, err = w.AddCard(t.Context(), "zhang", client.CardSpec{}); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := mine.do("POST", "/login/card", url.Values{"code": {" " + strings.ToLower(strings.ReplaceAll(card.Code, "-", " "))}}); status != 303 || !mine.in() {
		t.Errorf("the typed card gives %d", status)
	}
	if status, to, _ := mine.do("POST", "/logout", url.Values{}); status != 303 || to != "/login" || mine.in() {
		t.Errorf("signing out: %d", status)
	}
}

// TestNobodyLocksAnotherOut: wrong passwords hold the account back where they were
// tried, but not in the browser in which its owner was signed in before, whatever
// the address.
func TestNobodyLocksAnotherOut(t *testing.T) {
	w := serve(t, nil)
	w.person("li", client.Grant{Role: "editor", Area: "county"})
	w.person("wang", client.Grant{Role: "editor", Area: "county"})
	w.password("li", "渔歌子 西塞山前 白鹭飞")
	w.password("wang", "渔歌子 西塞山前 白鹭飞")
	own := w.phone()
	if status := own.login("li", "渔歌子 西塞山前 白鹭飞"); status != 303 || !own.in() {
		t.Fatalf("the right password gives %d", status)
	}
	thief := w.phone()
	for i := range 5 {
		if status := thief.login("li", fmt.Sprint("guess", i)); status != 401 {
			t.Fatalf("guess %d gives %d", i, status)
		}
	}
	if status := thief.login("li", "渔歌子 西塞山前 白鹭飞"); status != http.StatusTooManyRequests {
		t.Errorf("after five guesses the next gives %d", status)
	}
	if status := w.phone().login("li", "渔歌子 西塞山前 白鹭飞"); status != http.StatusTooManyRequests {
		t.Errorf("a thief without cookies gives %d: forgetting them helps", status)
	}
	if status := own.login("li", "渔歌子 西塞山前 白鹭飞"); status != 303 {
		t.Errorf("the owner's own browser gives %d", status)
	}
	if status := thief.login("wang", "渔歌子 西塞山前 白鹭飞"); status != 303 {
		t.Errorf("another account at the same address gives %d", status)
	}
	for i := range 6 {
		want := 401
		if i == 5 {
			want = http.StatusTooManyRequests
		}
		if status := w.phone().login("nobody-here", "x"); status != want {
			t.Errorf("try %d of an account that does not exist gives %d, want %d as for others", i, status, want)
		}
	}
}

// TestALeaverIsOneAct: with it sessions, tokens, cards and password end, and the
// drafts are another's.
func TestALeaverIsOneAct(t *testing.T) {
	w := serve(t, nil)
	w.person("boss", client.Grant{Role: "administrator"})
	w.person("li", client.Grant{Role: "editor"}, client.Grant{Role: "administrator"})
	w.password("li", "渔歌子 西塞山前 白鹭飞")
	browser := w.phone()
	browser.login("li", "渔歌子 西塞山前 白鹭飞")
	token, err := w.AddToken(t.Context(), client.TokenSpec{Person: "li", Title: "relay", Acts: []string{"read", "draft"}})
	if err != nil {
		t.Fatal(err)
	}
	card, err := w.AddCard(t.Context(), "li", client.CardSpec{})
	if err != nil {
		t.Fatal(err)
	}
	byToken := &client.Client{Base: w.app.URL(), Token: token.Secret}
	if me, err := byToken.Me(t.Context()); err != nil || me.ID != "li" || !browser.in() {
		t.Fatalf("before: %+v %v", me, err)
	}
	text, _ := byToken.AddText(t.Context(), client.TextSpec{Text: "停水"})
	if _, err := byToken.PutPlaylist(t.Context(), client.Playlist{ID: "water", Items: []client.PlaylistItem{{Text: text.ID}}}); err != nil {
		t.Fatal(err)
	}
	if got := w.ask("PUT", "/programmes/water", `{"id":"water","title":"停水","playlist":"water","targets":{"areas":["town"]},`+rule+`}`, "Authorization", "Bearer "+token.Secret); got.status != 200 {
		t.Fatal(got.body)
	}
	if _, err := byToken.AddToken(t.Context(), client.TokenSpec{Title: "more", Acts: []string{"people"}}); err == nil {
		t.Error("a token makes more of itself")
	}
	left, err := w.Leave(t.Context(), "li", client.LeaveSpec{To: "boss"})
	if want := (client.Left{Person: "li", Sessions: 1, Tokens: 1, Cards: 1, Drafts: 1, To: "boss"}); err != nil || fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("left %+v (%v), want %+v", left, err, want)
	}
	if _, err := byToken.Me(t.Context()); err == nil || browser.in() {
		t.Error("the leaver is still in")
	}
	if status, _, _ := w.phone().do("POST", strings.TrimPrefix(card.Link, w.app.URL()), url.Values{}); status != 401 {
		t.Errorf("the leaver's card gives %d", status)
	}
	if status := w.phone().login("li", "渔歌子 西塞山前 白鹭飞"); status != 401 {
		t.Errorf("the leaver's password gives %d", status)
	}
	if p, err := w.app.Store().Programme(t.Context(), "water", 0); err != nil || p.Author != "boss" {
		t.Errorf("the draft is %q's (%v)", p.Author, err)
	}
	if _, err := w.Leave(t.Context(), "boss", client.LeaveSpec{}); err == nil || !strings.Contains(err.Error(), "last administrator") {
		t.Errorf("the last administrator left: %v", err)
	}
	w.person("boss2", client.Grant{Role: "administrator", Area: "county"})
	if _, err := w.PutPerson(t.Context(), client.PersonSpec{ID: "boss", Grants: []client.Grant{{Role: "viewer"}}}); err != nil {
		t.Error(err)
	}
	if _, err := w.PutPerson(t.Context(), client.PersonSpec{ID: "boss2", Grants: nil}); err == nil {
		t.Error("the last administrator gave it away")
	}
}

// TestAStolenDatabaseOpensNothing: with everything in use, no password, token,
// cookie, card or private key stands in the files of the database, as text, as
// bytes, in hex or in base64.
func TestAStolenDatabaseOpensNothing(t *testing.T) {
	w := serve(t, nil)
	const password = "渔歌子 西塞山前 白鹭飞"
	w.person("li", client.Grant{Role: "editor", Area: "county"})
	w.password("li", password)
	browser := w.phone()
	if status := browser.login("li", password); status != 303 {
		t.Fatal(status)
	}
	browser.login("li", "a wrong password")
	secrets := map[string]string{"password": password, "wrong password": "a wrong password", "admin token": w.app.Token()}
	u, _ := url.Parse(w.app.URL() + "/login")
	for _, c := range browser.http.Jar.Cookies(u) {
		secrets["cookie "+c.Name] = c.Value
	}
	token, err := w.AddToken(t.Context(), client.TokenSpec{Person: "li", Title: "relay", Acts: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	card, err := w.AddCard(t.Context(), "li", client.CardSpec{})
	if err != nil {
		t.Fatal(err)
	}
	unit, err := w.AddUnit(t.Context(), client.UnitSpec{ID: "horn", Area: "village"})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := w.app.Store().AddUnplaced(t.Context(), "", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	secrets["claim"] = claims[0].Code
	_, secret, _ := strings.Cut(unit.Settings, "secret: ")
	secrets["token"], secrets["card"], secrets["unit"] = token.Secret, card.Code, strings.TrimSpace(secret)
	secrets["bare card"] = strings.ReplaceAll(card.Code, "-", "")
	for _, name := range []string{"root.key", "keys.json"} {
		text, err := os.ReadFile(filepath.Join(w.options.Data, name))
		if err != nil {
			t.Fatal(err)
		}
		for i, word := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune("\"{}[]:, \n\r", r) }) {
			if len(word) >= 43 { // what is long enough for a key; public ones are elsewhere in the clear
				secrets[fmt.Sprint(name, " ", i)] = word
			}
		}
	}
	public := map[string]bool{}
	for _, k := range []string{base64.StdEncoding.EncodeToString(w.app.Keys().Root())} {
		public[k] = true
	}
	_, newest := w.app.Keys().Newest()
	public[base64.StdEncoding.EncodeToString(newest)] = true
	if len(secrets) < 10 {
		t.Fatalf("only %d secrets to look for", len(secrets))
	}
	files, err := filepath.Glob(filepath.Join(w.options.Data, "villagecast.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	var dump []byte
	for _, f := range files {
		dump = append(dump, read(t, f)...)
	}
	if !bytes.Contains(dump, auth.Hash(token.Secret)) || !bytes.Contains(dump, []byte("$argon2id$")) {
		t.Fatal("the dump does not hold the hashes: this test looks in the wrong place")
	}
	for name, s := range secrets {
		if public[s] || strings.HasPrefix(name, "keys.json") && !privateKey(w, s) {
			continue
		}
		forms := []string{s, hex.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s))}
		for _, decode := range []func(string) ([]byte, error){base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, hex.DecodeString} {
			if raw, err := decode(s); err == nil && len(raw) >= 16 {
				forms = append(forms, string(raw))
			}
		}
		for _, form := range forms {
			if bytes.Contains(dump, []byte(form)) {
				t.Errorf("the database holds the %s", name)
			}
		}
	}
}

// privateKey tells whether a word of keys.json is no public key or signature: a
// private one decodes to a seed of 32 bytes or 64 with the public one behind.
func privateKey(w *web, word string) bool {
	raw, err := base64.StdEncoding.DecodeString(word)
	_, newest := w.app.Keys().Newest()
	return err == nil && !bytes.Equal(raw, newest) && (len(raw) == 32 || bytes.HasSuffix(raw, newest))
}

// TestTheAuditNamesWho: each line says who, by what and from where, with before
// and after; the chain shows what was changed behind its back.
func TestTheAuditNamesWho(t *testing.T) {
	w := serve(t, nil)
	w.person("li", client.Grant{Role: "administrator"})
	w.password("li", "渔歌子 西塞山前 白鹭飞")
	browser := w.phone()
	browser.login("li", "渔歌子 西塞山前 白鹭飞")
	r, _ := http.NewRequest("PUT", w.app.URL()+"/api/v1/areas/village", strings.NewReader(`{"id":"village","parent":"town","name":"新名"}`))
	r.Header.Set("Content-Type", "application/json")
	if res, err := browser.http.Do(r); err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	lines, err := w.Audit(t.Context(), "", "area", "village")
	if err != nil || len(lines) != 2 {
		t.Fatalf("%+v (%v)", lines, err)
	}
	l := lines[0]
	was, _ := l.Was.(map[string]any)
	is, _ := l.Is.(map[string]any)
	if l.Actor != "li" || l.Name != "名 li" || l.Via != scheduler.ViaSession || l.From != "127.0.0.1" || l.Act != "put area" || was["Name"] != "village" || is["Name"] != "新名" {
		t.Errorf("the line %+v", l)
	}
	v, err := w.VerifyAudit(t.Context(), l.Hash)
	if err != nil || v.Broken != 0 || v.Unsealed != 0 || v.Head == "" || !v.Known || v.Lines < 5 {
		t.Errorf("the chain: %+v (%v)", v, err)
	}
	if v, err = w.VerifyAudit(t.Context(), strings.Repeat("0", 64)); err != nil || v.Known {
		t.Errorf("a head that never was is known: %+v (%v)", v, err)
	}
}

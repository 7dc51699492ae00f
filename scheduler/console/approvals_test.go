package console

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// desk is the part of the API that the page of approvals asks, with one programme
// and one warning that wait. Every POST is kept.
type desk struct {
	mu    sync.Mutex
	posts []string
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	sub := &client.Submission{Hash: "8f3a", Steps: 1, Given: []client.Consent{{Step: 1}}, By: "wang", At: at}
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		d.posts = append(d.posts, r.URL.Path+" "+string(body))
	}
	var out any
	switch r.URL.Path {
	case "/api/v1/county":
		out = client.County{Zone: "Asia/Tokyo"} // neither this machine's nor a usual one
	case "/api/v1/areas":
		out = client.Page[client.Area]{Items: []client.Area{{ID: "qinghe", Name: "青禾县"}, {ID: "liushu", Parent: "qinghe", Name: "柳树镇"}, {ID: "dongtang", Parent: "liushu", Name: "东塘村"}}}
	case "/api/v1/approvals":
		out = client.Page[client.Waiting]{Items: []client.Waiting{
			{Programme: "water", Version: 2, Title: "停水通知", By: "wang", Name: "王编辑", Since: at, Step: 1, Steps: 1, First: &at, Mine: true},
			{Warning: "w-1", Title: "山洪", Text: "请立即转移到高处", Level: wire.LevelOrange, To: "dongtang", Until: &at, By: "zhao", Since: at, Mine: true}}}
	case "/api/v1/programmes/water/review":
		out = client.Review{Programme: client.Programme{ProgrammeSpec: client.ProgrammeSpec{ID: "water", Targets: client.Targets{Except: []string{"dongtang"}}}, Says: "每天 7:00"}, Hash: "8f3a", Villages: 9, Units: 12, Addresses: []wire.Address{"area/liushu", "unit/fair-screen"},
			Items: []client.ReviewItem{{Title: "通知", Sound: "ab", Text: "明天八点停水<b>"}}}
	case "/api/v1/programmes/water/approve":
		out = client.Programme{State: "releasing", Submission: sub}
	case "/api/v1/programmes/water/undo":
		out = client.Programme{State: "submitted", Submission: sub}
	case "/api/v1/warnings/w-1/confirm":
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		out = client.Problem{Title: "Forbidden", Detail: "person: ask another one"}
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

// TestApprovalsInBrowser agrees to what waits on a phone: it is seen with its
// numbers, named by its hash, and taken back within the ten seconds.
func TestApprovalsInBrowser(t *testing.T) {
	d := &desk{}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", d)
	mux.Handle("GET /static/", Static())
	mux.Handle("GET /approvals", Approvals())
	base := serve(t, mux)
	page := chrometest.Start(t).Page(t, 360, 740)
	page.Navigate(base + "/approvals")
	shows(page, "article h2", "停水通知")
	shows(page, "article .facts", "9 个村，12 个终端：柳树镇、fair-screen，东塘村除外")
	shows(page, "article .facts", "王编辑")
	shows(page, "article:last-child .facts", "向 东塘村 播出")
	shows(page, "article:last-child .facts", "zhao") // who has no name is called by the account
	shows(page, "article .facts", "17:00")           // 8:00 of UTC in the county's zone
	shows(page, "article blockquote", "明天八点停水<b>")
	page.Wait(`document.querySelector("article audio")?.src.endsWith("/api/v1/programmes/water/sounds/ab")`, soon)
	shows(page, "article button.main", "同意，向 9 个村 12 个终端播出")
	fits(t, page, "approvals on a phone")
	picture(t, page, "approvals")

	page.Eval(`[...document.querySelectorAll("article:first-child button")].find(b => b.textContent === "退回").click()`, nil) // without a reason: nothing
	page.Eval(`document.querySelector("article button.main").click()`, nil)
	shows(page, "article .said", "后生效")
	page.Eval(`document.querySelector("article:first-child .acts button").click()`, nil)
	shows(page, "article .said", "已撤销")
	page.Eval(`document.querySelector("article:last-child button.main").click()`, nil)
	shows(page, "article:last-child .wrong", "ask another one")
	picture(t, page, "approvals-after")
	d.mu.Lock()
	defer d.mu.Unlock()
	want := []string{`/api/v1/programmes/water/approve {"hash":"8f3a"}`, `/api/v1/programmes/water/undo {}`, `/api/v1/warnings/w-1/confirm {}`}
	if len(d.posts) != len(want) || d.posts[0] != want[0] || d.posts[1] != want[1] || d.posts[2] != want[2] {
		t.Errorf("asked %q, want %q", d.posts, want)
	}
}

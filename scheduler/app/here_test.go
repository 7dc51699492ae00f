package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// unplaced adds a unit whose device has no place yet, in the hands of the county.
func (w *web) unplaced(id string) {
	w.t.Helper()
	if _, _, err := w.app.Store().AddUnit(w.t.Context(), scheduler.Unit{ID: id, Area: "county", State: scheduler.UnitUnplaced, Volume: 70, Outputs: []wire.Output{wire.OutputSound}}); err != nil {
		w.t.Fatal(err)
	}
}

// signIn uses a card of somebody in a phone.
func (w *web) signIn(person string) *phone {
	w.t.Helper()
	card, err := w.AddCard(w.t.Context(), person, client.CardSpec{})
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.phone()
	if status, _, _ := p.do("POST", "/login/card", url.Values{"code": {card.Code}}); status != http.StatusSeeOther {
		w.t.Fatalf("%s is not signed in: %d", person, status)
	}
	return p
}

// TestThePageAtThePole, as forms and links alone: a sticker leads through the login to
// its unit; a crew binds it to a place of its own area and to no other, with faults
// said beside their fields; who may not sees who may.
func TestThePageAtThePole(t *testing.T) {
	w := serve(t, unsynced(t))
	for _, a := range []scheduler.Area{{ID: "other", Parent: "county", Name: "other town"}, {ID: "far", Parent: "other", Name: "far village"}} {
		if _, _, err := w.app.Store().PutArea(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	w.person("fixer", client.Grant{Role: "crew", Area: "town"})
	w.person("zhang", client.Grant{Role: "village", Area: "village"})
	w.person("li", client.Grant{Role: "village", Area: "far"})
	w.unplaced("h7")
	// A stranger is led to the login, and from there back.
	stranger := w.phone()
	if status, _, page := stranger.do("GET", "/here/h7", nil); status != http.StatusUnauthorized || !strings.Contains(page, `name="to" value="/here/h7"`) {
		t.Errorf("a stranger gets %d", status)
	}
	crew, zhang, li := w.signIn("fixer"), w.signIn("zhang"), w.signIn("li")
	see := func(p *phone, path string, status int, words ...string) {
		t.Helper()
		got, _, page := p.do("GET", path, nil)
		if got != status {
			t.Errorf("%s gives %d, want %d", path, got, status)
		}
		for _, word := range words {
			if want, not := strings.CutPrefix(word, "!"); strings.Contains(page, want) == not {
				t.Errorf("%s: %q is there %v:\n%s", path, want, !not, page)
			}
		}
	}
	see(crew, "/here/h7", 200, "还没定位置", `<option value="village" selected>village</option>`, "!far village", "还没有上线过", "先定位置，再试音")
	see(crew, "/here/h7?lang=en", 200, "Not placed yet", "Where does it hang", "Never online yet")
	see(crew, "/here/h7", 200, "Not placed yet") // it is remembered
	see(crew, "/here/h7?lang=zh-CN", 200, "还没定位置")
	see(crew, "/here/nothing", 404, "没有这个终端")
	see(zhang, "/here/h7", 403, "这里不归你管", "!<form")
	bind := func(p *phone, area, name string, status int, words ...string) {
		t.Helper()
		got, _, page := p.do("POST", "/here/h7/place", url.Values{"area": {area}, "name": {name}})
		if got != status {
			t.Errorf("bound to %s by this name: %d, want %d", area, got, status)
		}
		for _, word := range words {
			if !strings.Contains(page, word) {
				t.Errorf("it does not say %q:\n%s", word, page)
			}
		}
	}
	bind(crew, "", "", 422, `id="area-fault">请选它挂在哪个村`, `id="name-fault">写上挂在哪里`)
	bind(crew, "far", "gate", 422, `id="area-fault">`, `value="gate"`)
	bind(crew, "village", strings.Repeat("长", 61), 422, `id="name-fault">太长了`)
	bind(zhang, "village", "gate", 403)
	if u, err := w.Unit(t.Context(), "h7"); err != nil || u.State != "unplaced" {
		t.Fatalf("it was bound: %+v (%v)", u.UnitSpec, err)
	}
	bind(crew, "village", "gate <b>", 303)
	see(crew, "/here/h7?done=place", 200, "装好了，位置已记下", "<h1>gate &lt;b&gt;</h1>", "town village · 编号", "换个地方", "试音，报地名")
	see(zhang, "/here/h7", 200, "试音，报地名", "!换个地方", "!<select")
	see(li, "/here/h7", 403, "这里不归你管")
	bind(zhang, "village", "mine", 422) // no field to choose in
	if u, err := w.Unit(t.Context(), "h7"); err != nil || u.State != "planned" || u.Area != "village" || u.Name != "gate <b>" {
		t.Errorf("it stands %+v (%v)", u.UnitSpec, err)
	}
	// A tone goes out, without the place's name where no program speaks.
	status, to, _ := zhang.do("POST", "/here/h7/tone", url.Values{})
	if status != 303 || !strings.HasPrefix(to, "/here/h7?command=") {
		t.Fatalf("the tone: %d to %s", status, to)
	}
	to, _, _ = strings.Cut(to, "#")
	see(zhang, strings.Replace(to, "?", "/state?", 1), 200, "已发出，等喇叭回话", "中心没有装语音程序，只有试音", "!<html")
	if status, _, _ := li.do("POST", "/here/h7/tone", url.Values{}); status != 403 {
		t.Errorf("another village's tone gives %d", status)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", w.app.URL()+"/here/h7/tone", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for _, c := range zhang.http.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	if res, err := http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("another site's form: %v %v", res.StatusCode, err)
	}
}

// TestThePoleInABrowser: on a phone, from the sticker to the live state.
func TestThePoleInABrowser(t *testing.T) {
	w := serve(t, unsynced(t))
	name := func(id, parent, name string) {
		if _, _, err := w.app.Store().PutArea(t.Context(), scheduler.Area{ID: id, Parent: parent, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	name("county", "", "青禾县")
	name("town", "county", "柳树镇")
	name("village", "town", "东塘村")
	name("west", "town", "西岭村")
	w.person("fixer", client.Grant{Role: "crew", Area: "town"})
	w.unplaced("u-7kq3m2xa")
	card, err := w.AddCard(t.Context(), "fixer", client.CardSpec{})
	if err != nil {
		t.Fatal(err)
	}
	page := chrometest.Start(t).Page(t, 390, 844)
	look := func(what string) {
		t.Helper()
		var wide int
		var small []string
		page.Eval(`document.documentElement.scrollWidth - innerWidth`, &wide)
		page.Eval(`[...document.querySelectorAll("button, a, select, input:not([type=hidden]), summary")].filter(b => b.checkVisibility() && (b.offsetHeight < 48 || b.offsetWidth < 44)).map(b => b.outerHTML)`, &small)
		if wide > 0 || len(small) > 0 {
			t.Errorf("%s: %d pixels too wide; too small to touch: %q", what, wide, small)
		}
		if dir := os.Getenv("PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, what+".png"), page.Screenshot(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	wait := func(query, text string) {
		t.Helper()
		page.Wait(fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q)`, query, text), 10*time.Second)
	}
	page.Navigate(w.app.URL() + "/here/u-7kq3m2xa")
	wait("h1", "请先登录")
	page.Eval(fmt.Sprintf(`document.querySelector('[name="code"]').value = %q, document.querySelector('form[action="/login/card"]').requestSubmit()`, card.Code), nil)
	wait("h1", "还没定位置")
	look("pole-new")
	page.Eval(`document.querySelector("#area").value = "village", document.querySelector("#name").value = " ", document.querySelector("#place").requestSubmit()`, nil)
	wait("#name-fault", "写上挂在哪里")
	look("pole-fault")
	page.Eval(`document.querySelector("#name").value = "文化广场", document.querySelector("#place").requestSubmit()`, nil)
	wait("h1", "文化广场")
	wait(".lead", "柳树镇 东塘村 · 编号 u-7kq3m2xa")
	wait("#state", "还没有上线过")
	// The unit comes up, and the page sees it by itself.
	now := time.Now()
	if err := w.app.Store().Born(t.Context(), wire.Birth{Unit: "u-7kq3m2xa", Session: 1, Spool: "s", Boot: "b", At: now.UnixMilli(), Outputs: []wire.Output{wire.OutputSound}, SoundOutput: "ALSA default", Features: []string{wire.FeatureCommand}}, now); err != nil {
		t.Fatal(err)
	}
	wait("#state", "喇叭（ALSA default），音量 70\u00a0%")
	page.Eval(`document.querySelector("#tone").requestSubmit()`, nil)
	wait("#state", "已发出，等喇叭回话")
	look("pole-tone")
	page.Eval(`document.querySelector('.languages a[lang="en"]').click()`, nil)
	wait("#tone", "Sound it")
	wait("#state", "Sent, waiting for the unit")
	look("pole-en")
	for _, e := range page.Errors() {
		if !strings.Contains(e, "401") && !strings.Contains(e, "422") {
			t.Errorf("the browser complains: %q", e)
		}
	}
}

// TestTheToneSaysWhereItHangs: a unit is given the name of its place, spoken, and may
// fetch it although nothing on air names it; what no command names it may not.
func TestTheToneSaysWhereItHangs(t *testing.T) {
	w := serve(t, func(o *app.Options) {
		unsynced(t)(o)
		dir := filepath.Dir(o.Data)
		for name, hertz := range map[string]float64{"place.wav": 440, "other.wav": 660} {
			if err := os.WriteFile(filepath.Join(dir, name), noise(time.Second, hertz), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o.Speech = []string{"sh", "-c", `if grep -q 这里是 "$1"; then cat "$0/place.wav"; else cat "$0/other.wav"; fi >"$2"`, dir, "{file}", "{out}"}
	})
	if _, err := w.AddUnit(t.Context(), client.UnitSpec{ID: "h1", Area: "village", Name: "文化广场"}); err != nil {
		t.Fatal(err)
	}
	draft, err := w.Speak(t.Context(), client.SpeechSpec{Text: "还没有审过的通知"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.SayWhere(t.Context(), "h1")
	if err != nil || m.Says != "这里是townvillage，文化广场。" {
		t.Fatalf("it says %q (%v)", m.Says, err)
	}
	served := 0
	all, err := w.app.Store().MediaFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		res, err := http.Get(w.app.URL() + "/media/" + f.Hash)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			served++
			if f.Title != m.Says {
				t.Errorf("%q is served", f.Title)
			}
		}
	}
	if served != 1 || draft.ID == "" {
		t.Errorf("%d files are served, want the one to be said", served)
	}
	// The tone alone says nothing, as ever.
	if m, err = w.Command(t.Context(), "h1", "tone"); err != nil || m.Says != "" {
		t.Errorf("the plain tone says %q (%v)", m.Says, err)
	}
}

// TestAUnitSaysWhereItHangs: the agent fetches the name of its place, which nothing on
// air names, and says it after the tone; where nothing speaks it sounds the tone alone.
func TestAUnitSaysWhereItHangs(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		c.place(client.UnitSpec{ID: "horn", Area: "liushu", Name: "文化广场", Outputs: []wire.Output{wire.OutputSound}})
		tone := func(says, why string) {
			t.Helper()
			time.Sleep(time.Minute)
			op := c.operator()
			m, err := op.SayWhere(t.Context(), "horn")
			for i := 0; err == nil && !m.Over() && i < 5; i++ {
				m, err = op.Commanded(t.Context(), "horn", m.ID, m.State)
			}
			if err != nil || m.State != "done" || m.Says != says || strings.Contains(m.Why, "said") != (why != "") || !strings.Contains(m.Why, why) {
				t.Errorf("the tone: %+v (%v)", m, err)
			}
		}
		c.stop()
		c.options.Speech = []string{"no-such-program", "{file}", "{out}"}
		c.start()
		tone("", "")
		c.stop()
		speaking(&c.options)
		c.start()
		tone("这里是liushu，文化广场。", "said 1 of 1 items")
		tone("这里是liushu，文化广场。", "said 1 of 1 items") // it is on the card now
	})
}

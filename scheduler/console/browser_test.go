package console

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// picture keeps a screenshot in the directory that PICTURES names, if any.
func picture(t *testing.T, page *chrometest.Page, name string) {
	t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), page.Screenshot(), 0o644); err != nil {
		t.Fatal(err)
	}
}

const soon = 5 * time.Second

// fits fails if the page is wider than the window, or a button too small for a thumb.
func fits(t *testing.T, page *chrometest.Page, what string) {
	t.Helper()
	var wide int
	page.Eval(`document.documentElement.scrollWidth - innerWidth`, &wide)
	if wide > 0 {
		t.Errorf("%s: the page is %d pixels wider than the window", what, wide)
	}
	var small, spilt []string
	page.Eval(`[...document.querySelectorAll("button, a.button")].filter(b => b.checkVisibility() && (b.offsetHeight < 48 || b.offsetWidth < 48)).map(b => b.outerHTML)`, &small)
	if len(small) > 0 {
		t.Errorf("%s: smaller than 48 pixels: %q", what, small)
	}
	page.Eval(`[...document.querySelectorAll(".tile, .answer, .next, dialog[open]")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)`, &spilt)
	if len(spilt) > 0 {
		t.Errorf("%s: words run out of their box: %q", what, spilt)
	}
}

// shows waits for the text of an element.
func shows(page *chrometest.Page, query, text string) {
	page.Wait(fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q)`, query, text), soon)
}

func TestDemoInBrowser(t *testing.T) {
	s := &stage{state: twelve(), page: panel(t)}
	base := serve(t, site(s))
	page := chrometest.Start(t).Page(t, 1440, 900)
	page.Navigate(base + "/demo")
	shows(page, "#n-on-air", "12/12")
	shows(page, "#county", "青禾县")
	shows(page, "#unit-a0 .title", loop)
	shows(page, "#next-what", "柳树镇插播《"+cut+"》")
	page.Wait(`/^1:2\d$|^1:1\d$/.test(document.getElementById("next-count").textContent)`, soon)
	page.Wait(`document.querySelector("#unit-a0 .pid").href === "http://127.0.0.1:9/"`, soon)
	page.Wait(`document.querySelector("#unit-a3 .led").width >= 384`, soon)
	page.Eval(`document.querySelector("#unit-a0 .wave").scrollIntoView()`, nil)

	sizes(t, s, page)
	breaking(t, s, page)
	cutting(t, s, page)
	listening(t, page)
	reasons(t, page)
	if e := page.Errors(); len(e) > 0 {
		t.Errorf("the browser complains: %q", e)
	}
	stale(t, s, page)
	for _, e := range page.Errors() {
		if !strings.Contains(e, "/demo") || strings.Contains(e, "Content Security Policy") {
			t.Errorf("the browser complains: %q", e)
		}
	}
}

// mishaps gives some units other states than on air.
func mishaps(d *DemoState) {
	seen := time.Now().Add(-52 * time.Second)
	off := &d.Units[5]
	off.Unit.Presence.Shows, off.Unit.Presence.Online, off.Unit.Presence.LastSeen = "offline", false, &seen
	off.PID, off.Agent = 0, nil
	off.Fault = &DemoFault{Kind: "kill", Since: seen, Until: time.Now().Add(23 * time.Second)}
	mute := &d.Units[8]
	mute.Unit.Presence.Shows = "silent"
	mute.Unit.Presence.Conditions = []wire.Condition{{Code: "muted-here"}}
	mute.Fault = &DemoFault{Kind: "mute", Since: seen, Until: time.Now().Add(48 * time.Second)}
	d.Units[11].Agent = json.RawMessage(`{"screen": {"text": "汛期已到，请勿在河边逗留，夜间留意转移通知。值班电话 12379"}}`)
	d.Incident = &client.Incident{From: seen, There: 12, Fell: 9, Left: 4}
	d.InForce = []client.InForce{{Kind: "stop", ID: "h-1", Area: "liushu", What: "停水通知", Since: seen, By: "zhao", Name: "赵", Units: 12, Obey: 11},
		{Kind: "mute", ID: "m-1", Area: "xinmin", Why: "考试", Since: seen, Until: &seen, By: "admin", MayLift: []string{"duty", "town"}}}
	d.Units[0].Unit.Presence.Conditions, d.Units[0].Unit.Presence.Flaps = []wire.Condition{{Code: "flapping", Text: "offline 23 times"}}, 23
	d.Units[1].Unit.Presence.Conditions = []wire.Condition{{Code: "two-devices"}}
	work := &d.Units[9].Unit.Presence
	work.Shows, work.Paused = "paused", &client.Mute{MuteSpec: client.MuteSpec{Until: time.Now().Add(2 * time.Hour), Why: "换线杆"}}
	alone := &d.Units[6]
	alone.Unit.Presence.Shows, alone.Unit.Presence.Online, alone.Unit.Presence.LastSeen = "offline", false, &seen
	alone.Fault = &DemoFault{Kind: "cut", Since: seen, Until: time.Now().Add(31 * time.Second)}
}

func sizes(t *testing.T, s *stage, page *chrometest.Page) {
	s.set(mishaps)
	shows(page, "#n-offline", "2")
	shows(page, "#n-missing", "3")
	shows(page, "#unit-b2 .why", "它自己还在播")
	shows(page, "#unit-b1 .badge", "断电 · 0:")
	shows(page, "#incident", "12 个终端中有 9 个同时失联，仍有 4 个没有回来")
	shows(page, "#force", "立即停播 · liushu · 停水通知 · 自 ")
	shows(page, "#force", "，赵 · 不可解除，更正用新版本 · 1/12 个终端未确认")
	shows(page, "#force", "可解除：值班、镇广播员")
	shows(page, "#unit-a0 .note", "时断时续，离线 23 次")
	shows(page, "#unit-a1 .note", "两台设备共用一个身份")
	shows(page, "#unit-c1 .note", "：换线杆")
	page.Wait(`document.querySelector("#unit-c3 .led").hidden && document.querySelector("#unit-c3 .ledline span").getAnimations().length === 1`, soon)
	shows(page, "#unit-c3 .ledline", "汛期已到")
	for _, language := range []string{"zh-CN", "en"} {
		page.Eval(fmt.Sprintf(`document.querySelector('[data-language=%q]').click()`, language), nil)
		for _, theme := range []string{"light", "dark"} {
			page.EmulateMedia("prefers-color-scheme", theme)
			for _, v := range [][2]int{{1920, 1080}, {1440, 900}, {1366, 768}, {1024, 768}, {390, 844}, {360, 740}} {
				page.Viewport(v[0], v[1])
				page.Eval(`scrollTo(0, 0)`, nil)
				page.Wait(fmt.Sprintf("innerWidth === %d", v[0]), soon)
				name := fmt.Sprintf("%s-%s-%d", language, theme, v[0])
				fits(t, page, name)
				picture(t, page, name)
			}
		}
	}
	shows(page, "#unit-b1 .badge", "mends itself in 0:")
	shows(page, "#incident", "9 of 12 units fell at once, 4 are still gone")
	shows(page, "#force", "may be lifted by duty officer, town broadcaster")
	shows(page, "#unit-a0 .note", "comes and goes: offline 23 times")
	shows(page, "#unit-a1 .note", "two devices with one identity")
	shows(page, "#unit-c1 .note", "Under work until ")
	page.Eval(`scrollTo(0, 1500)`, nil)
	picture(t, page, "phone-middle")
	page.Eval(`document.querySelector('[data-language="zh-CN"]').click()`, nil)
	page.Eval(`scrollTo(0, 1e6)`, nil)
	picture(t, page, "phone-end")
	page.Eval(`document.getElementById("legend-open").click()`, nil)
	page.Wait(`document.getElementById("legend-box").open`, soon)
	fits(t, page, "legend")
	picture(t, page, "legend")
	page.Eval(`document.querySelector("#legend-box button").click()`, nil)
	page.Viewport(1440, 900)
	page.EmulateMedia()
	page.Eval(`document.querySelector('[data-filter="offline"]').click()`, nil)
	page.Wait(`[...document.querySelectorAll(".tile")].filter(e => !e.hidden).length === 2`, soon)
	page.Eval(`document.querySelector('[data-filter="offline"]').click()`, nil)
	page.Wait(`[...document.querySelectorAll(".tile")].filter(e => !e.hidden).length === 12`, soon)
	s.set(func(d *DemoState) { *d = twelve() })
	shows(page, "#log", "离线 → 播出中")
	page.Wait(`document.getElementById("incident").hidden`, soon)
}

func breaking(t *testing.T, s *stage, page *chrometest.Page) {
	for _, kind := range []string{"kill", "freeze", "cut", "mute"} {
		page.Eval(`document.querySelector("#unit-a1 .harm").click()`, nil)
		page.Wait(`document.getElementById("break").open`, soon)
		if kind == "kill" {
			shows(page, "#break-ways", "约 40 秒内中心应显示离线，并记一条中断")
			shows(page, "#break-ways", "4301")
			fits(t, page, "break")
			picture(t, page, "break")
			page.Viewport(360, 740)
			fits(t, page, "break at 360")
			picture(t, page, "break-360")
			page.Viewport(1440, 900)
		}
		page.Eval(fmt.Sprintf(`document.querySelector('#break-ways [data-kind=%q]').click()`, kind), nil)
		s.heard(t, "a1 "+kind)
		page.Wait(`!document.querySelector("#unit-a1 .fault").hidden && document.querySelector("#unit-a1 .harm").hidden`, soon)
		page.Eval(`document.querySelector("#unit-a1 .mend").click()`, nil)
		s.heard(t, "a1 mend")
		page.Wait(`document.querySelector("#unit-a1 .fault").hidden`, soon)
	}
	s.mu.Lock()
	s.broken = nil
	s.mu.Unlock()
	var screens int
	page.Eval(`document.querySelector("#unit-a3 .harm").focus(), document.activeElement.click(), document.querySelectorAll("#break-ways li").length`, &screens)
	if screens != 3 {
		t.Errorf("a screen can be broken in %d ways, want 3: it cannot be muted", screens)
	}
	page.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27}, nil)
	page.Wait(`!document.getElementById("break").open && document.activeElement.matches("#unit-a3 .harm")`, soon)
}

func cutting(t *testing.T, s *stage, page *chrometest.Page) {
	var before, after string
	page.Eval(`getComputedStyle(document.querySelector("#unit-a0")).backgroundColor`, &before)
	s.set(func(d *DemoState) {
		for i := range 4 {
			play(&d.Units[i], "town-water", cut, wire.LevelTimed, "每 4 分钟一次", time.Now().Add(14*time.Second))
		}
		d.Next.At = time.Now().Add(4 * time.Minute)
	})
	shows(page, "#unit-a0 .title", cut)
	shows(page, "#next-what", "柳树镇正在插播")
	shows(page, "#unit-a0 .why", "还有 0:")
	page.Wait(`document.querySelectorAll('.tile[data-cut="cut"]').length === 4`, soon)
	page.Eval(`new Promise(r => setTimeout(r, 200))`, nil)
	page.Eval(`getComputedStyle(document.querySelector("#unit-a0")).backgroundColor`, &after)
	if before == after {
		t.Errorf("a tile that was cut in looks as before: %s", after)
	}
	page.Eval(`scrollTo(0, 0)`, nil)
	picture(t, page, "cut")
	page.EmulateMedia("prefers-color-scheme", "dark")
	page.Eval(`new Promise(r => setTimeout(r, 200))`, nil)
	picture(t, page, "cut-dark")
	page.EmulateMedia()
}

func listening(t *testing.T, page *chrometest.Page) {
	page.Call("Runtime.evaluate", map[string]any{"expression": `document.querySelector("#unit-a0 .listen").click()`, "userGesture": true}, nil)
	shows(page, "#unit-a0 .listen", "在听")
	page.Call("Runtime.evaluate", map[string]any{"expression": `document.querySelector("#unit-b0 .listen").click()`, "userGesture": true}, nil)
	page.Wait(`document.querySelectorAll('.listen[aria-pressed="true"]').length === 1`, soon)
	shows(page, "#unit-b0 .listen", "在听")
	page.Eval(`document.querySelector("#unit-b0 .listen").click()`, nil)
	page.Wait(`document.querySelectorAll('.listen[aria-pressed="true"]').length === 0`, soon)
	var buttons int
	page.Eval(`[...document.querySelectorAll(".listen")].filter(b => !b.hidden).length`, &buttons)
	if buttons != 9 {
		t.Errorf("%d units can be listened to, want the 9 that sound", buttons)
	}
}

// reasons holds the page's translation of reasons to the sentences that units say.
func reasons(t *testing.T, page *chrometest.Page) {
	of := timetable.Reason{From: "07:00:00", To: "21:00:00", Every: 5, By: "water", ByTitle: "停水", Late: 65 * time.Second}
	all := []timetable.Reason{}
	for _, code := range []string{timetable.WhyLoop, timetable.WhyEvery, timetable.WhyAt, timetable.WhyOnce, timetable.WhyInterrupt,
		timetable.WhyLate, timetable.WhyArrived, timetable.WhyRejoined, timetable.WhyResumed, timetable.WhyTail} {
		of.Code = code
		all = append(all, of)
		for _, by := range []string{timetable.EndOff, timetable.EndClock, ""} { // what has no title
			if r := of; r.Text("en") != strings.ReplaceAll(r.Text("en"), "停水", "") {
				r.By, r.ByTitle, r.Late = by, "", 5*time.Second
				all = append(all, r)
			}
		}
	}
	for _, r := range all {
		for _, way := range [][3]string{{"en", r.Text("zh"), r.Text("en")}, {"zh-CN", r.Text("en"), r.Text("zh")}} {
			var got string
			page.Eval(fmt.Sprintf(`import("/demo/static/words.js").then(m => { document.querySelector('[data-language=%q]').click(); return m.why(%q) })`, way[0], way[1]), &got)
			if got != way[2] {
				t.Errorf("%s in %s: %q, want %q", r.Code, way[0], got, way[2])
			}
		}
	}
}

func stale(t *testing.T, s *stage, page *chrometest.Page) {
	s.mu.Lock()
	s.silent = true
	s.mu.Unlock()
	page.Wait(`document.body.classList.contains("is-stale") && /^\d\d:\d\d:\d\d 的数据/.test(document.getElementById("stale").textContent)`, 2*soon)
	shows(page, "#age", "秒前的数据")
	shows(page, "#unit-a0 .title", cut)
	picture(t, page, "stale")
	var asked [2]int
	for i := range asked {
		page.Eval(`new Promise(r => setTimeout(() => r(performance.getEntriesByType("resource").filter(e => e.name.includes("/demo/frame/")).length), 300))`, &asked[i])
	}
	if asked[0] != asked[1] {
		t.Errorf("the page asks for pictures while the link is lost: %d, then %d", asked[0], asked[1])
	}
	s.mu.Lock()
	s.silent = false
	s.mu.Unlock()
	page.Wait(`!document.body.classList.contains("is-stale") && document.getElementById("stale").hidden`, 2*soon)
}

func TestPlainPagesInBrowser(t *testing.T) {
	s := &stage{state: twelve()}
	s.state.Units[0].Unit.Presence = client.Presence{}
	base := serve(t, site(s))
	page := chrometest.Start(t).Page(t, 360, 740)
	for path, want := range map[string]string{"/": "播控中心正在运行", "/no": "请先登录", "/wrong": "请先登录", "/card": "登录卡", "/spent": "已过期"} {
		page.Navigate(base + path)
		shows(page, "h1", want)
		fits(t, page, path)
		picture(t, page, "plain"+strings.ReplaceAll(path, "/", "-"))
	}
	// The fault is said, and no other; on a phone everything can be touched.
	page.Navigate(base + "/wrong")
	var seen, small string
	page.Eval(`[...document.querySelectorAll(".fault")].filter(e => e.offsetParent).map(e => e.textContent).join("|")`, &seen)
	page.Eval(`[...document.querySelectorAll("input:not([type=hidden]), form .button")].filter(e => e.offsetHeight < 44).map(e => e.outerHTML).join("|")`, &small)
	if seen != "账号或密码不对，请再试一次。" || small != "" {
		t.Errorf("the page says %q; too small to touch: %q", seen, small)
	}
	page.Navigate(base + "/?lang=en")
	shows(page, "h1", "The centre is running")
	shows(page, "title", "The centre is running")
	fits(t, page, "home in English")
	page.Viewport(1366, 768)
	picture(t, page, "plain-en")
	for _, e := range page.Errors() {
		if !strings.Contains(e, "401") && !strings.Contains(e, "403") {
			t.Errorf("the browser complains: %q", e)
		}
	}
}

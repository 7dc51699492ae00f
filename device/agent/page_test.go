package agent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/device/wire"
)

// unitPage serves the page of a unit whose state a test sets.
type unitPage struct {
	mu     sync.Mutex
	state  State
	broken []string
}

func (u *unitPage) set(change func(*State)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(&u.state)
}

func (u *unitPage) handler() http.Handler {
	mux := http.NewServeMux()
	servePages(mux)
	mux.HandleFunc("GET /api/state", func(w http.ResponseWriter, _ *http.Request) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.state.At = time.Now().UnixMilli()
		_ = json.NewEncoder(w).Encode(u.state)
	})
	mux.HandleFunc("POST /break", func(_ http.ResponseWriter, r *http.Request) {
		var q struct{ Kind string }
		_ = json.NewDecoder(r.Body).Decode(&q)
		u.mu.Lock()
		defer u.mu.Unlock()
		u.broken = append(u.broken, q.Kind)
	})
	return mux
}

// TestPageInBrowser looks at the unit's own page as a village admin does: the
// state, what is on and why, what comes, and what can be broken, on a phone and a
// desk, light and dark, in both languages. PICTURES names a directory for pictures.
func TestPageInBrowser(t *testing.T) {
	now := time.Now()
	u := &unitPage{state: State{Unit: "dongtang-horn", Name: "东塘村村部", PID: 4312, Software: "villagecast-agent v1", Zone: "Asia/Shanghai",
		Link: Link{Up: true}, Sound: &Sound{Output: "silent", Peak: .4, RMS: .1}, Volume: 80, Demo: true, Conditions: []wire.Condition{}, Broken: []string{},
		Screen: &screen.State{Text: "汛期已到，请勿在河边逗留"},
		OnAir:  []wire.OnAir{{Output: wire.OutputSound, Programme: "loop", Title: "全县循环", Level: wire.LevelBackground, Why: "循环播出 07:00–21:00"}},
		Next: []Coming{{Output: wire.OutputSound, Programme: "water", Title: "停水通知", Level: wire.LevelTimed, From: now.Add(80 * time.Second).UnixMilli(), Why: "定时播出"},
			{Output: wire.OutputSound, Programme: "loop", Title: "全县循环", Level: wire.LevelBackground, From: now.Add(90 * time.Second).UnixMilli(), Why: "《停水通知》之后，按时间接着播"}},
	}}
	server := httptest.NewServer(u.handler())
	defer server.Close()
	page := chrometest.Start(t).Page(t, 390, 844)
	page.Navigate(server.URL)
	shows := func(id, text string) {
		t.Helper()
		page.Wait(fmt.Sprintf(`document.getElementById(%q).checkVisibility() && document.getElementById(%q).textContent.includes(%q)`, id, id, text), 5*time.Second)
	}
	shows("shows", "播出中")
	shows("why", "循环播出 07:00–21:00")
	shows("next-what", "插播《停水通知》")
	page.Wait(`/^1:[01]\d$/.test(document.getElementById("next-count").textContent)`, 5*time.Second)
	shows("line", "汛期已到")
	page.Wait(`[...document.querySelectorAll("#ways button")].map(b => b.dataset.kind).join() === "kill,hang,cutlink,mute"`, 5*time.Second)
	for _, language := range []string{"en", "zh-CN"} {
		page.Eval(fmt.Sprintf(`document.querySelector('[data-language=%q]').click()`, language), nil)
		for _, theme := range []string{"light", "dark"} {
			page.EmulateMedia("prefers-color-scheme", theme)
			for _, width := range []int{1440, 390, 360} {
				page.Viewport(width, 844)
				page.Wait(fmt.Sprintf("innerWidth === %d", width), 5*time.Second)
				var wide, small int
				page.Eval(`document.documentElement.scrollWidth - innerWidth`, &wide)
				page.Eval(`[...document.querySelectorAll("button, a.button")].filter(b => b.checkVisibility() && (b.offsetHeight < 48 || b.offsetWidth < 48)).length`, &small)
				if wide > 0 || small > 0 {
					t.Errorf("%s %s %d: %d pixels too wide, %d buttons too small for a thumb", language, theme, width, wide, small)
				}
				if dir := os.Getenv("PICTURES"); dir != "" {
					_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("unit-%s-%s-%d.png", language, theme, width)), page.Screenshot(), 0o644)
				}
			}
		}
	}
	page.Eval(`document.querySelector("#ways [data-kind=mute]").click()`, nil)
	u.set(func(s *State) {
		s.Broken, s.BrokenUntil, s.Sound.Muted = []string{"mute"}, time.Now().Add(BreakLasts).UnixMilli(), true
		s.Conditions = []wire.Condition{{Code: CodeMuted, Since: now.UnixMilli()}}
		s.Link.Up = false
	})
	shows("shows", "无声")
	shows("title", "该播《全县循环》，没有声音")
	shows("conditions", "本机静音")
	shows("link", "没有连上中心")
	shows("badge", "静音 · 1:")
	shows("watch", "中心应显示无声")
	page.Eval(`document.getElementById("mend").click()`, nil)
	page.Wait(`true`, time.Second)
	u.set(func(s *State) {
		s.Broken, s.Sound.Muted, s.Conditions, s.Link.Up = []string{}, false, []wire.Condition{}, true
	})
	shows("shows", "播出中")
	u.mu.Lock()
	if got := fmt.Sprint(u.broken); got != "[mute restore]" {
		t.Errorf("the unit was told %s", got)
	}
	u.mu.Unlock()
	if e := page.Errors(); len(e) > 0 {
		t.Errorf("the browser complains: %q", e)
	}
	server.CloseClientConnections()
	server.Close()
	shows("stale", "终端的程序没有回应")
}

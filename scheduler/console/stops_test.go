package console

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// watchroom is the part of the API that the page of stops asks: a STOP in a town
// that all but some units obey, and what is in force.
type watchroom struct {
	mu    sync.Mutex
	areas []string // asked for
	list  []client.StopUnit
	down  bool
}

func (d *watchroom) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (d *watchroom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	silent := at.Add(1500 * time.Millisecond)
	if d.down {
		panic(http.ErrAbortHandler)
	}
	area := r.URL.Query().Get("area")
	var out any
	switch r.URL.Path {
	case "/api/v1/county":
		out = client.County{Zone: "Asia/Tokyo"} // neither this machine's nor a usual one
	case "/api/v1/me":
		out = client.Me{ID: "zhao", Grants: []client.Grant{{Role: "village", Area: "dongtang"}, {Role: "crew", Area: "liushu"}, {Role: "viewer", Area: "shiqiao"}}}
	case "/api/v1/areas":
		out = client.Page[client.Area]{Items: []client.Area{{ID: "qinghe", Name: "青禾县"}, {ID: "liushu", Parent: "qinghe", Name: "柳树镇"},
			{ID: "dongtang", Parent: "liushu", Name: "东塘村"}, {ID: "shiqiao", Parent: "qinghe", Name: "石桥镇"}}}
	case "/api/v1/stops":
		d.areas = append(d.areas, area)
		page := client.Page[client.Stop]{Items: []client.Stop{}}
		if area == "liushu" {
			page.Items = append(page.Items, client.Stop{ID: "h-1", Kind: "stop", Area: "liushu", At: at, By: "qian", Name: "钱值班", Why: "播错了", Ended: []client.Content{{Programme: "water", Version: 1, Title: "停水通知"}},
				Units: 12, Silent: 12 - len(d.list), Last: &silent, List: d.list})
		}
		out = page
	case "/api/v1/status":
		status := client.Status{At: at, InForce: []client.InForce{}}
		until := at.Add(4 * time.Hour)
		if area == "liushu" {
			status.InForce = append(status.InForce, client.InForce{Kind: "stop", ID: "h-1", Area: "liushu", What: "停水通知", Why: "播错了", Since: at, By: "qian", Name: "钱值班", MayLift: []string{}, Units: 12, Obey: 12 - len(d.list)},
				client.InForce{Kind: "mute", ID: "m-1", Area: "dongtang", Why: "丧事<b>", Since: at, By: "zhao", Until: &until, MayLift: []string{"administrator", "duty"}})
		}
		out = status
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

// TestStopsInBrowser looks on a phone at a STOP that one unit of twelve has not
// confirmed, until it has, and at what is in force; when the centre is gone it
// says how old all that is.
func TestStopsInBrowser(t *testing.T) {
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	again := at.Add(23 * time.Hour)
	d := &watchroom{list: []client.StopUnit{{Unit: "dongtang-horn", Name: "村部", Area: "dongtang", AreaName: "东塘村", TownName: "柳树镇", Contact: "张三 139 0000 0001", State: "waiting", LastSeen: &at,
		GoesOn: &client.GoesOn{Content: client.Content{Title: "停水通知"}, From: at, Until: at.Add(4*time.Hour - 3*time.Second), Again: &again, Last: at.Add(52 * time.Hour)}}}}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", d)
	mux.Handle("GET /static/", Static())
	mux.Handle("GET /stops", Stops())
	base := serve(t, mux)
	page := chrometest.Start(t).Page(t, 390, 844)
	page.Navigate(base + "/stops")
	shows(page, "#stops h2", "立即停播 · 柳树镇")
	shows(page, "#stops .said", "11/12 个终端确认已停，用时 1.5 秒")
	shows(page, "#stops .facts", "停水通知")
	shows(page, "#stops .facts", "17:00，钱值班") // 8:00 of UTC in the county's zone
	shows(page, "#stops li h3", "东塘村")
	shows(page, "#stops li", "联系不上，最后一次消息 17:00")
	shows(page, "#stops li .goes", "会继续播《停水通知》，到 21:00；11/26 16:00 再播，到 11/27 21:00 为止") // not 20:59:57
	page.Wait(`document.querySelector("#stops li a")?.getAttribute("href") === "tel:13900000001"`, soon)
	shows(page, "#force article:first-child", "不可解除")
	shows(page, "#force article:last-child", "静音 · 东塘村")
	shows(page, "#force article:last-child", "丧事<b>")
	shows(page, "#force article:last-child", "自 17:00，zhao，到 21:00")
	shows(page, "#force article:last-child", "可解除：管理员、值班")
	fits(t, page, "stops on a phone")
	picture(t, page, "stops")
	page.Eval(`document.querySelector("button[data-language=en]").click()`, nil)
	shows(page, "#stops .said", "11 of 12 units confirmed silent within 1.5 s")
	shows(page, "#force article:last-child", "may be lifted by administrator, duty officer")
	fits(t, page, "stops in English")
	picture(t, page, "stops-en")

	d.set(func() { d.list = nil })
	shows(page, "#none:not([hidden])", "every unit has said so itself")
	page.Wait(`document.querySelectorAll("#stops article").length === 0`, soon)
	d.set(func() { d.down = true })
	page.Eval(`document.dispatchEvent(new Event("visibilitychange"))`, nil)
	shows(page, ".is-stale #asof", "nothing newer is known")
	picture(t, page, "stops-stale")
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, area := range d.areas {
		if area != "liushu" && area != "shiqiao" { // dongtang stands under liushu
			t.Errorf("asked for the stops of %q", area)
		}
	}
}

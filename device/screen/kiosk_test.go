package screen

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/device/wire"
)

// serve serves a running screen's kiosk, whose streams end with the server.
func serve(t *testing.T, panel Panel) (*Screen, *httptest.Server) {
	s := New(panel, Options{Logger: quiet.Logger, Slogan: "柳树县 · 村村响"})
	run(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.Handle("/kiosk/", Kiosk(s))
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	srv.Start()
	t.Cleanup(func() { cancel(); srv.CloseClientConnections(); srv.Close() })
	return s, srv
}

const notice = "各位村民请注意：预计今天14时到20时我县北部有大到暴雨，请山洪沟边、低洼处住户提前转移，转移时听村干部指挥，不要返回取东西。"

func TestKioskInBrowser(t *testing.T) {
	s, srv := serve(t, Counting{})
	page := chrometest.Start(t).Page(t, 1280, 400)
	page.Navigate(srv.URL + "/kiosk/")
	page.Wait(`document.getElementById("text").textContent === "柳树县 · 村村响"`, 5*time.Second)

	for name, apart := range map[string]time.Duration{"Asia/Shanghai": 8 * time.Hour, "America/Phoenix": -7 * time.Hour} {
		s.SetZone(name)
		there := time.Now().UTC().Add(apart)
		page.Wait(fmt.Sprintf(`[%q, %q].includes(document.getElementById("clock").textContent) && document.getElementById("date").textContent.startsWith(%q)`,
			there.Format("15:04"), there.Add(time.Minute).Format("15:04"), there.Format("1月2日 周")), 5*time.Second)
	}

	now := time.Now()
	s.SetPlan([]Span{{ID: "a", At: now, Until: now.Add(time.Minute), Text: wire.Text{Body: notice + "\u202e\x07", Stay: 60000}}})
	page.Wait(`document.getElementById("stage").dataset.motion === "scroll" && document.getElementById("text").getAnimations().length === 1`, 5*time.Second)
	var worst float64
	page.Eval(evenness, &worst)
	if worst > 1 {
		t.Errorf("the line leaves its even motion by %.2f pixels", worst)
	}
	var text string
	page.Eval(`document.getElementById("text").textContent`, &text)
	if text != notice {
		t.Errorf("the page shows %q", text)
	}
	picture(t, page, "scroll")

	page.EmulateMedia("prefers-reduced-motion", "reduce")
	page.Wait(`document.getElementById("stage").dataset.motion !== "scroll" && document.getAnimations().length === 0`, 5*time.Second)
	page.EmulateMedia()

	s.SetPlan([]Span{{ID: "w", At: now, Until: now.Add(time.Minute), Level: wire.LevelOrange, Text: wire.Text{Body: notice, Effect: "still"}}})
	page.Wait(`document.getElementById("word").textContent === "橙色预警"`, 5*time.Second)
	var fill string
	page.Eval(`getComputedStyle(document.getElementById("stage")).backgroundColor`, &fill)
	if fill != "rgb(240, 131, 0)" {
		t.Errorf("an orange warning is filled with %s", fill)
	}
	for _, v := range [][2]int{{1920, 1080}, {384, 128}, {1280, 400}} {
		page.Viewport(v[0], v[1])
		page.Wait(fmt.Sprintf("innerWidth === %d && document.documentElement.scrollWidth <= innerWidth", v[0]), 5*time.Second)
		picture(t, page, fmt.Sprintf("warning-%d", v[0]))
	}

	var before, after int
	page.Eval(`document.querySelectorAll("*").length`, &before)
	for i := range 60 {
		s.SetPlan([]Span{{ID: fmt.Sprint(i), At: now, Until: now.Add(time.Minute), Text: wire.Text{Body: fmt.Sprint(notice, i)}}})
		page.Wait(fmt.Sprintf(`document.getElementById("text").textContent.endsWith("。%d")`, i), 5*time.Second)
	}
	page.Eval(`document.querySelectorAll("*").length + document.getAnimations().length - 1`, &after)
	if after != before {
		t.Errorf("the page grew from %d to %d elements", before, after)
	}
	if e := page.Errors(); len(e) > 0 {
		t.Errorf("the page complains: %s", strings.Join(e, "\n"))
	}
}

// evenness compares the line's place at 60 frames with the straight line through
// its first and last, each at the instant of its animation's own clock.
const evenness = `new Promise(done => {
	const el = document.getElementById("text"), at = [], x = [];
	const look = () => {
		at.push(el.getAnimations()[0].currentTime);
		x.push(new DOMMatrix(getComputedStyle(el).transform).m41);
		if (at.length < 60) return requestAnimationFrame(look);
		const v = (x[59] - x[0]) / (at[59] - at[0]);
		done(v < 0 ? Math.max(...at.map((t, i) => Math.abs(x[0] + v * (t - at[0]) - x[i]))) : 1e9);
	};
	requestAnimationFrame(look);
})`

// The page outlives its agent: the slogan instead of the notice, no technical
// word, and the notice again when the agent is back.
func TestKioskLosesItsAgent(t *testing.T) {
	s := New(Counting{}, Options{Logger: quiet.Logger, Slogan: "柳树县 · 村村响"})
	run(t, s)
	now := time.Now()
	s.SetPlan([]Span{{ID: "a", At: now, Until: now.Add(time.Hour), Text: wire.Text{Body: notice}}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	first := &http.Server{Handler: Kiosk(s)}
	go func() { _ = first.Serve(listener) }() // it ends by Close
	defer first.Close()
	page := chrometest.Start(t).Page(t, 1280, 400)
	page.Navigate("http://" + address + "/")
	shows := func(text string, most time.Duration) {
		t.Helper()
		page.Wait(fmt.Sprintf(`document.getElementById("text").textContent === %q`, text), most)
	}
	shows(notice, 5*time.Second)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	shows("柳树县 · 村村响", 25*time.Second)
	listener, err = net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	second := &http.Server{Handler: Kiosk(s)}
	go func() { _ = second.Serve(listener) }()
	defer second.Close()
	shows(notice, 15*time.Second)
}

// picture keeps a screenshot where CHROMETEST_PICTURES names a folder.
func picture(t *testing.T, page *chrometest.Page, name string) {
	dir := os.Getenv("CHROMETEST_PICTURES")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), page.Screenshot(), 0o644); err != nil {
		t.Error(err)
	}
}

func TestKioskFiles(t *testing.T) {
	panel, err := NewPNG("", 64, 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, srv := serve(t, panel)
	for end := time.Now().Add(5 * time.Second); s.Latest() == nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	for _, c := range []struct {
		path   string
		status int
		typ    string
	}{
		{"", 200, "text/html"}, {"kiosk.js", 200, "text/javascript"}, {"kiosk.css", 200, "text/css"},
		{"mark.svg", 200, "image/svg+xml"}, {"state.json", 200, "application/json"},
		{"panel.png", 200, "image/png"}, {"panel.png?dots=6", 200, "image/png"},
		{"panel.png?dots=99", 400, "text/plain"}, {"nothing.js", 404, "text/plain"},
	} {
		res, err := srv.Client().Get(srv.URL + "/kiosk/" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status || !strings.HasPrefix(res.Header.Get("Content-Type"), c.typ) {
			t.Errorf("%q: %d %s", c.path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
	if st := s.State(); st.Width != 64 || st.Slogan == "" || math.Abs(float64(st.At-time.Now().UnixMilli())) > 60000 {
		t.Errorf("state %+v", st)
	}
}

package console

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// stage is a demonstration that says what a test wants.
type stage struct {
	mu     sync.Mutex
	state  DemoState
	broken []string
	err    error
	silent bool // State fails: the stream ends
	page   *url.URL
}

func (s *stage) State(context.Context) (DemoState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent {
		return DemoState{}, errors.New("gone")
	}
	s.state.At = time.Now()
	out := s.state
	out.Units = append([]DemoUnit{}, s.state.Units...)
	return out, nil
}

func (s *stage) Break(_ context.Context, unit, kind string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = append(s.broken, unit+" "+kind)
	if s.err != nil {
		return s.err
	}
	for i := range s.state.Units {
		if u := &s.state.Units[i]; u.Unit.ID == unit {
			u.Fault = nil
			if kind != "mend" {
				u.Fault = &DemoFault{Kind: kind, Since: time.Now(), Until: time.Now().Add(75 * time.Second)}
			}
		}
	}
	return nil
}

func (s *stage) Page(string) *url.URL { return s.page }

// set changes the state under the lock.
func (s *stage) set(change func(*DemoState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}

// heard waits until Break was called with this.
func (s *stage) heard(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		for _, b := range s.broken {
			if b == want {
				s.mu.Unlock()
				return
			}
		}
		s.mu.Unlock()
	}
	t.Fatalf("nobody asked for %q, only for %q", want, s.broken)
}

const loop, cut = "全县循环：防汛、防火", "柳树镇停水通知"

// twelve is a county like the demonstration's, all on air.
func twelve() DemoState {
	now := time.Now()
	s := DemoState{County: "青禾县", Zone: "Asia/Shanghai"}
	towns := []struct {
		name     string
		villages []string
	}{
		{"柳树镇", []string{"东塘村", "西岭村", "小河村"}}, {"石桥镇", []string{"大湾村", "新民村", "古井村"}}, {"云峰镇", []string{"上坪村", "竹园村", "红土村"}},
	}
	for i, t := range towns {
		for j, v := range append(t.villages, "") {
			id := string(rune('a'+i)) + string(rune('0'+j))
			u := DemoUnit{Village: v, Town: t.name, PID: 4300 + i*4 + j}
			u.Unit.ID, u.Unit.Name, u.Unit.Outputs = id, v+"村部", []wire.Output{wire.OutputSound}
			switch {
			case v == "":
				u.Unit.Name, u.Unit.Outputs = t.name+"集市屏", []wire.Output{wire.OutputScreen}
			case v == "大湾村":
				u.Unit.Name, u.Unit.Outputs = v+"文化广场", []wire.Output{wire.OutputSound, wire.OutputScreen}
			}
			play(&u, "loop", loop, wire.LevelBackground, "循环播出 07:00–21:00", now.Add(5*time.Hour))
			s.Units = append(s.Units, u)
		}
	}
	s.Next = &DemoNext{At: now.Add(83 * time.Second), Title: cut, Town: "柳树镇", Units: []string{"a0", "a1", "a2", "a3"}}
	return s
}

// play puts something on all outputs of a unit.
func play(u *DemoUnit, id, title string, level wire.Level, why string, until time.Time) {
	now := time.Now()
	var on []wire.OnAir
	agent := map[string]any{}
	for _, o := range u.Unit.Outputs {
		on = append(on, wire.OnAir{Output: o, Programme: id, Title: title, Level: level, Why: why, Until: until.UnixMilli()})
		if o == wire.OutputSound {
			agent["sound"] = map[string]any{"output": "silent", "peak": .5, "rms": .12}
		} else {
			agent["screen"] = map[string]any{"width": 192, "height": 32, "text": title}
		}
	}
	agent["onAir"] = on
	u.Agent, _ = json.Marshal(agent)
	u.Unit.Presence = client.Presence{Shows: "on-air", Online: true, LastSeen: &now, OnAir: on, Page: "http://127.0.0.1:9/"}
}

// panel is a unit's own page: a picture that moves to the left, and a sound.
func panel(t *testing.T) *url.URL {
	var first = time.Now()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /frame.png", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" {
			t.Error("the session's cookie was handed to the unit")
		}
		frame := image.NewRGBA(image.Rect(0, 0, 192, 32))
		shift := int(time.Since(first) / (8 * time.Millisecond))
		for x := range 192 {
			for y := 4; y < 28; y++ {
				if k := x + shift; k*k%7 == 1 && (k/3+y/2)%3 != 0 {
					frame.SetRGBA(x, y, color.RGBA{255, 176, 0, 255})
				}
			}
		}
		w.Header().Set("Content-Type", "image/png")
		_ = png.Encode(w, frame)
	})
	mux.HandleFunc("GET /listen.wav", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		head := append([]byte("RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\xff\xff\xff\xff"), make([]byte, 96000)...)
		for {
			if _, err := w.Write(head); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			head = make([]byte, 9600)
			select {
			case <-r.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	srv := serve(t, mux)
	u, err := url.Parse(srv)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// serve serves the handler; its streams end with the test.
func serve(t *testing.T, h http.Handler) string {
	ctx, cancel := context.WithCancel(scheduler.WithDoors(context.Background(), scheduler.AllDoors()))
	srv := httptest.NewUnstartedServer(h)
	srv.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	srv.Start()
	t.Cleanup(func() { cancel(); srv.CloseClientConnections(); srv.Close() })
	return srv.URL
}

// site is the console as a centre serves it.
func site(s *stage) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/demo", Demo(s))
	mux.Handle("/demo/", Demo(s))
	mux.Handle("GET /static/", Static())
	mux.Handle("GET /{$}", Home(true))
	mux.HandleFunc("GET /no", LoginNeeded)
	mux.HandleFunc("GET /spent", LinkSpent)
	mux.HandleFunc("GET /wrong", func(w http.ResponseWriter, r *http.Request) { Login(w, r, http.StatusUnauthorized, FaultWrong, "/") })
	mux.HandleFunc("GET /card", func(w http.ResponseWriter, r *http.Request) { Card(w, r, "张三 <东塘村>", "/login/x") })
	return mux
}

func TestDemoHTTP(t *testing.T) {
	s := &stage{state: twelve()}
	base := serve(t, site(s))
	do := func(method, path string, head ...string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(head); i += 2 {
			req.Header.Set(head[i], head[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b := new(strings.Builder)
		buf := make([]byte, 64<<10)
		n, _ := res.Body.Read(buf)
		b.Write(buf[:n])
		return res, b.String()
	}
	html := []string{"Accept", "text/html"}
	for _, c := range []struct {
		method, path string
		head         []string
		status       int
		has          string
	}{
		{"GET", "/demo", html, 200, "demo.js"},
		{"HEAD", "/demo", nil, 200, ""},
		{"GET", "/demo/static/tokens.css", nil, 200, "--ground"},
		{"GET", "/", html, 200, `data-demo="yes"`},
		{"GET", "/no", html, 401, "请先登录"},
		{"GET", "/no", nil, 401, "log in first"},
		{"GET", "/spent", html, 403, "已过期"},
		{"GET", "/demo/events", nil, 200, "data: {"},
		{"POST", "/demo/break/a0/kill", nil, 204, ""},
		{"POST", "/demo/break/a0/kill", []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"GET", "/demo/break/a0/kill", nil, 405, ""},
		{"GET", "/demo/frame/a3", nil, 204, ""},
		{"GET", "/demo/listen/a0", nil, 503, "does not answer"},
	} {
		res, body := do(c.method, c.path, c.head...)
		if res.StatusCode != c.status || !strings.Contains(body, c.has) {
			t.Errorf("%s %s %q: %d %.80q, want %d with %q", c.method, c.path, c.head, res.StatusCode, body, c.status, c.has)
		}
		if c.status < 400 && !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; ") {
			t.Errorf("%s %s: policy %q", c.method, c.path, res.Header.Get("Content-Security-Policy"))
		}
	}
	s.err = errors.New("secret inner words")
	if res, body := do("POST", "/demo/break/a0/mute"); res.StatusCode != 409 || strings.Contains(body, "secret") {
		t.Errorf("a failure answers %d %q", res.StatusCode, body)
	}
}

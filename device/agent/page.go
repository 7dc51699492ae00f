package agent

import (
	"context"
	"embed"
	"encoding/json"
	"image/png"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/looks"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/wire"
)

//go:embed page
var pages embed.FS

// State is what GET /api/state of the local page says. Times are unix milliseconds.
type State struct {
	Unit     string `json:"unit"`
	Name     string `json:"name,omitempty"`
	PID      int    `json:"pid"`
	Software string `json:"software"`
	Boot     string `json:"boot"`
	At       int64  `json:"at"`
	// Zone is the county's, as an IANA name; empty until the unit knows it.
	Zone string `json:"zone,omitempty"`
	// Clock is what At is worth.
	Clock wire.AirTime `json:"clock"`
	// Loop is when the playing loop last did its work: old means hung.
	Loop   int64 `json:"loop"`
	Uptime int64 `json:"uptime"` // seconds
	Link   Link  `json:"link"`
	// Sound is nil for a unit without a sound output.
	Sound  *Sound        `json:"sound,omitempty"`
	Screen *screen.State `json:"screen,omitempty"`
	Volume int           `json:"volume"`
	OnAir  []wire.OnAir  `json:"onAir"`
	// Next is what comes in the next ten minutes, as far as it is known.
	Next       []Coming         `json:"next"`
	Conditions []wire.Condition `json:"conditions"`
	// Outbox is how many entries the centre has not stored yet.
	Outbox  int         `json:"outbox"`
	Held    []wire.Held `json:"held"`
	Assets  int         `json:"assets"`
	Ready   int         `json:"ready"`
	Refused int         `json:"refused"` // since the start
	// Broken is what was broken on purpose: mute, hang, cutlink. BrokenUntil is
	// when that mends by itself.
	Broken      []string `json:"broken"`
	BrokenUntil int64    `json:"brokenUntil,omitempty"`
	// Demo says that POST /break is there.
	Demo bool `json:"demo,omitempty"`
}

// Link is the state of the connection to the centre. Times are unix milliseconds.
type Link struct {
	// Up: something was received in this session.
	Up      bool   `json:"up"`
	Since   int64  `json:"since"`
	Session uint64 `json:"session,omitempty"`
	// Heard is when the last message came, Echo when the unit heard its own echo.
	Heard int64  `json:"heard,omitempty"`
	Echo  int64  `json:"echo,omitempty"`
	Err   string `json:"err,omitempty"`
}

// Sound is the state of the sound output; levels are 0 to 1 of full scale.
type Sound struct {
	Output  string  `json:"output"`
	Peak    float64 `json:"peak"`
	RMS     float64 `json:"rms"`
	Muted   bool    `json:"muted,omitempty"`
	Fault   string  `json:"fault,omitempty"`
	Starved int64   `json:"starved,omitempty"`
}

// Coming is something that will be on air.
type Coming struct {
	Output    wire.Output `json:"output"`
	Programme string      `json:"programme,omitempty"`
	Interrupt string      `json:"interrupt,omitempty"`
	Title     string      `json:"title"`
	Level     wire.Level  `json:"level,omitempty"`
	From      int64       `json:"from"`
	To        int64       `json:"to"`
	Why       string      `json:"why"`
}

// servePage serves the local page until the function that it returns is called.
func (a *agent) servePage(ctx context.Context, rest *sync.WaitGroup) (stop func()) {
	if a.o.Listener == nil {
		return func() {}
	}
	base, cancel := context.WithCancel(ctx)
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return base }}
	rest.Go(func() {
		if err := server.Serve(a.o.Listener); err != nil && base.Err() == nil {
			a.log.Error("the local page has ended", "err", err)
		}
	})
	return func() {
		a.mendLater(false)
		cancel() // the endless answers first
		gone, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		if server.Shutdown(gone) != nil {
			_ = server.Close()
		}
	}
}

// servePages adds the page itself, with its scripts and styles.
func servePages(mux *http.ServeMux) {
	own, err := fs.Sub(pages, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	files := looks.With(own)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "index.html")
	})
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(files)))
}

func (a *agent) handler() http.Handler {
	mux := http.NewServeMux()
	servePages(mux)
	mux.HandleFunc("GET /api/state", a.serveState)
	mux.HandleFunc("GET /listen.wav", a.serveSound)
	mux.HandleFunc("GET /frame.png", a.serveFrame)
	if a.screen != nil {
		mux.Handle("GET /kiosk/", http.StripPrefix("/kiosk", screen.Kiosk(a.screen)))
	}
	if a.o.Demo {
		mux.HandleFunc("POST /break", a.serveBreak)
	}
	return loopbackOnly(http.NewCrossOriginProtection().Handler(mux))
}

// loopbackOnly refuses requests that name another host: a page of the outside
// world must not read this one by a name that it points at loopback.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "use the address 127.0.0.1", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *agent) serveState(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a.state())
}

func (a *agent) state() State {
	c := a.conductor.shared.Load()
	v := a.keeper.view.Load()
	have := a.keeper.have(0)
	s := State{
		Unit: a.o.Settings.Unit, PID: os.Getpid(), Software: a.o.Software, Boot: a.boot, At: a.air.Now().UnixMilli(), Clock: a.air.State(), Loop: c.at.UnixMilli(),
		Uptime: int64(time.Since(a.started) / time.Second), Link: a.link.state(),
		Volume: v.volume(), OnAir: append([]wire.OnAir{}, c.onAir...), Next: []Coming{}, Conditions: append([]wire.Condition{}, a.cond.list()...),
		Outbox: a.reporter.pending(), Held: append([]wire.Held{}, have.Held...), Assets: have.Assets, Ready: have.Ready,
		Refused: a.keeper.refused.total(), Broken: a.broken(), Demo: a.o.Demo,
	}
	if len(s.Broken) > 0 {
		a.mu.Lock()
		s.BrokenUntil = a.mendAt.UnixMilli()
		a.mu.Unlock()
	}
	if v.settings != nil {
		s.Name = v.settings.Name
	}
	if v.county != nil {
		s.Zone = v.county.Zone
	}
	for _, x := range c.next {
		s.Next = append(s.Next, Coming{x.Output, x.Programme, x.Interrupt, x.Title, x.Level, x.From.UnixMilli(), x.To.UnixMilli(), x.Why(a.o.Lang)})
	}
	if a.player != nil {
		p := a.player.Status()
		s.Sound = &Sound{Output: p.Output, Muted: p.Muted, Starved: p.Starved}
		s.Sound.Peak, s.Sound.RMS = a.player.Level()
		if p.Fault != nil {
			s.Sound.Fault = p.Fault.Error()
		}
	}
	if a.screen != nil && v.has(wire.OutputScreen) {
		state := a.screen.State()
		s.Screen = &state
	}
	return s
}

func (a *agent) serveFrame(w http.ResponseWriter, _ *http.Request) {
	if a.screen == nil || a.screen.Latest() == nil {
		http.Error(w, "this unit has no panel of pixels", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_ = png.Encode(w, a.screen.Latest())
}

package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// Demonstration is what the page /demo asks of the demonstration.
type Demonstration interface {
	// State is what all units do now.
	State(ctx context.Context) (DemoState, error)
	// Break does something bad to a unit: kill, freeze, cut or mute; mend ends it.
	Break(ctx context.Context, unit, kind string) error
	// Page is the address of a unit's own local page, nil if it has none now.
	Page(unit string) *url.URL
}

// DemoState is one look at the demonstration.
type DemoState struct {
	At time.Time `json:"at"`
	// County is its name; Zone the IANA name of the zone in which times are shown,
	// the browser's own if empty.
	County string `json:"county,omitempty"`
	Zone   string `json:"zone,omitempty"`
	// Next is the next cut-in of a town into the county's loop.
	Next *DemoNext `json:"next,omitempty"`
	// Incident is one of the centre's that lasts: most units fell at once.
	Incident *client.Incident `json:"incident,omitempty"`
	// InForce is what keeps units from playing what they would, newest first.
	InForce []client.InForce `json:"inForce"`
	Units   []DemoUnit       `json:"units"`
}

// DemoNext announces a cut-in.
type DemoNext struct {
	At    time.Time `json:"at"`
	Title string    `json:"title"`
	// Town is the name of the town that cuts in; Units are the ids of the units
	// that it takes.
	Town  string   `json:"town"`
	Units []string `json:"units"`
}

// DemoUnit is one tile.
type DemoUnit struct {
	Unit client.Unit `json:"unit"`
	// Village and Town are names; Village is empty for a unit of the town itself.
	Village string `json:"village"`
	Town    string `json:"town"`
	// PID of the agent's process, 0 while it does not run.
	PID   int        `json:"pid"`
	Fault *DemoFault `json:"fault,omitempty"`
	// Agent is the unit's own word, as its local page gives it; absent when it
	// does not answer.
	Agent json.RawMessage `json:"agent,omitempty"`
}

// DemoFault is what was broken on purpose.
type DemoFault struct {
	// Kind is kill, freeze, cut or mute.
	Kind  string    `json:"kind"`
	Since time.Time `json:"since"`
	// Until is when it mends by itself.
	Until time.Time `json:"until"`
}

// look is how often the page is told anew.
const look = 250 * time.Millisecond

// Demo serves the page of the demonstration under /demo.
func Demo(d Demonstration) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files(), "demo.html") })
	mux.Handle("GET /demo/static/", http.StripPrefix("/demo/static/", http.FileServerFS(files())))
	mux.HandleFunc("GET /demo/events", func(w http.ResponseWriter, r *http.Request) { demoEvents(d, w, r) })
	mux.HandleFunc("POST /demo/break/{unit}/{kind}", func(w http.ResponseWriter, r *http.Request) {
		if err := d.Break(r.Context(), r.PathValue("unit"), r.PathValue("kind")); err != nil {
			http.Error(w, message(err, r.Header.Get("Accept-Language")), http.StatusConflict)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /demo/listen/{unit}", func(w http.ResponseWriter, r *http.Request) { pass(d, "/listen.wav", absent, w, r) })
	mux.HandleFunc("GET /demo/frame/{unit}", func(w http.ResponseWriter, r *http.Request) { pass(d, "/frame.png", blank, w, r) })
	return http.NewCrossOriginProtection().Handler(strict(mux))
}

// absent answers for a unit that does not run or does not answer.
func absent(w http.ResponseWriter) {
	http.Error(w, "the unit does not answer", http.StatusServiceUnavailable)
}

// blank answers for a panel that is dark because its unit does not run: asked
// eight times a second, that is no error.
func blank(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }

// pass hands a request on to the unit's own page; gone answers in its place.
func pass(d Demonstration, path string, gone func(http.ResponseWriter), w http.ResponseWriter, r *http.Request) {
	page := d.Page(r.PathValue("unit"))
	if page == nil {
		gone(w)
		return
	}
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(page)
			p.Out.URL.Path, p.Out.URL.RawQuery = path, ""
			p.Out.Header.Del("Cookie")
			p.Out.Header.Del("Authorization")
		},
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { gone(w) },
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	proxy.ServeHTTP(w, r)
}

// demoEvents tells the page how things stand, four times a second.
func demoEvents(d Demonstration, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		state, err := d.State(r.Context())
		if err != nil {
			return
		}
		text, err := json.Marshal(state)
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

// message is what a person may read of an error.
func message(err error, lang string) string {
	if e, ok := errors.AsType[*scheduler.Error](err); ok {
		return e.In(lang)
	}
	return scheduler.Words{ZH: "没有成功，原因写在中心的日志里", EN: "that did not work; the centre's log says why"}.In(lang)
}

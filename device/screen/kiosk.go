package screen

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// assets are the kiosk page's own files.
//
//go:embed kiosk
var assets embed.FS

// beat is how often a kiosk page hears from its agent even if nothing changes;
// after three missed ones it takes the agent for lost.
const beat = 5 * time.Second

// Kiosk serves the full-screen page on which a television or a tablet shows the
// screen's plan, and the live view of the panel. It may be mounted at any path
// that ends in a slash, such as /kiosk/, and needs nothing from outside: no other
// host, no inline code. Below that path:
//
//	            the page
//	events      State at every change and every 5 s, as server-sent events
//	state.json  State now
//	panel.png   the LED panel's frame now; ?dots=6 enlarges it, LED by LED
//
// An event stream ends with its request: a server that shuts down must cancel
// the base context of its requests.
func Kiosk(s *Screen) http.Handler {
	files, err := fs.Sub(assets, "kiosk")
	if err != nil {
		panic("kiosk files: " + err.Error()) // only a wrong name, which no build with tests survives
	}
	return &kiosk{screen: s, files: files}
}

type kiosk struct {
	screen *Screen
	files  fs.FS
}

// policy lets the page use its own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (k *kiosk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, name := path.Split(r.URL.Path)
	switch name {
	case "events":
		k.events(w, r)
	case "state.json":
		k.state(w, r)
	case "panel.png":
		k.panel(w, r)
	case "":
		w.Header().Set("Content-Security-Policy", policy)
		k.file(w, r, "index.html")
	default:
		k.file(w, r, name)
	}
}

func (k *kiosk) file(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, k.files, name)
}

// events sends the state at every change and at every beat until the page leaves.
func (k *kiosk) events(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		return
	}
	flow := http.NewResponseController(w)
	changed, stop := k.screen.watch()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		body, err := json.Marshal(k.screen.State())
		if err != nil {
			return
		}
		// A page that hangs must not hold the stream for ever; servers that
		// cannot limit a write are left as they are.
		_ = flow.SetWriteDeadline(time.Now().Add(2 * beat))
		if _, err := fmt.Fprintf(w, "retry: 2000\nevent: state\ndata: %s\n\n", body); err != nil {
			return
		}
		if err := flow.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		case <-tick.C:
		}
	}
}

package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/console"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// here serves the pages of units at their poles, to those who are signed in.
func (a *App) here(api http.Handler) http.Handler {
	page := console.Here(func(r *http.Request) *client.Client {
		return &client.Client{Base: "http://centre", HTTP: &http.Client{Transport: inside{api, r}}}
	})
	return a.guarded(a.guard().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		page.ServeHTTP(w, r)
	})))
}

// inside lets a page ask the API as whoever asks for the page, without leaving the
// process: what the API allows is allowed to the page, and nothing else.
type inside struct {
	api   http.Handler
	asker *http.Request
}

// RoundTrip implements http.RoundTripper.
func (t inside) RoundTrip(r *http.Request) (*http.Response, error) {
	own := r.Clone(r.Context())
	own.RemoteAddr, own.RequestURI = t.asker.RemoteAddr, r.URL.RequestURI()
	for _, c := range t.asker.Cookies() {
		own.AddCookie(c)
	}
	if own.Body == nil {
		own.Body = http.NoBody
	}
	w := &kept{header: http.Header{}, status: http.StatusOK}
	t.api.ServeHTTP(w, own)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

// kept is an answer that stays in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// commander gives commands, and lets units fetch what they are to say.
type commander struct {
	*fleet.Fleet
	said *said
}

// Command implements api.Commander.
func (c commander) Command(ctx context.Context, unit, id, do string, say ...wire.Item) (scheduler.Command, error) {
	for _, it := range say {
		c.said.add(*it.Sound, time.Now())
	}
	return c.Fleet.Command(ctx, unit, id, do, say...)
}

// sayLife is how long a unit may fetch what a command is to say: as long as it may
// begin it, and a while on a slow line.
const sayLife = 10 * time.Minute

// said are the recordings that commands named lately, by hash. No snapshot names
// them, so that /media would not serve them otherwise.
type said struct {
	mu    sync.Mutex
	files map[string]saying
}

type saying struct {
	typ   string
	until time.Time
}

func (s *said) add(sound wire.Sound, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string]saying{}
	}
	for hash, f := range s.files {
		if !now.Before(f.until) {
			delete(s.files, hash)
		}
	}
	s.files[sound.Hash] = saying{sound.Type, now.Add(sayLife)}
}

func (s *said) typeOf(hash string, now time.Time) (typ string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files[hash]
	return f.typ, ok && now.Before(f.until)
}

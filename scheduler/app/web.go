package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/scheduler/api"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/console"
	"github.com/villagecast/villagecast/scheduler/sheet"
)

// Times of the web server.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	drainTime  = 3 * time.Second
)

// startHTTP serves people, programs and units.
func (a *App) startHTTP(context.Context) error {
	l, err := a.listen(a.options.HTTP)
	if err != nil {
		return taken("http", a.options.HTTP, err)
	}
	scheme := "http://"
	if a.ca != nil {
		scheme = "https://"
	}
	a.httpURL = strings.TrimSuffix(a.options.PublicHTTP, "/")
	if a.httpURL == "" {
		a.httpURL = scheme + outside(l.Addr(), a.options.Hosts)
	}
	h, err := a.handler()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	// Streams of events end with this context, so that Shutdown need not wait
	// for them.
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("serve HTTP: %w", err)
		}
	}()
	a.later("web server", func() error {
		cancel()
		drain, done := context.WithTimeout(context.Background(), drainTime)
		defer done()
		err := server.Shutdown(drain)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // a download under way goes on after the restart, by its range
		}
		<-ended
		return err
	})
	return nil
}

// handler is everything that the web server serves.
func (a *App) handler() (http.Handler, error) {
	work := filepath.Join(a.options.Data, "uploads")
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /media/{hash}", a.serveMedia)
	mux.HandleFunc("POST /time", a.serveTime)
	a.doors(mux)
	mux.HandleFunc("PUT /bundle/{unit}/{command}", a.serveBundle)
	mux.Handle("GET /{$}", console.Home(a.options.Demonstration != nil))
	mux.Handle("GET /static/", console.Static())
	central := api.New(api.Options{
		Store:  desk{a.store, a.kick, a.passwords, a.ca != nil},
		Intake: &intake{store: a.store, files: a.files, speaker: a.speaker, dir: work, ceiling: a.options.UploadCeiling},
		Enrol:  a.Enrol, ClaimFile: a.ClaimFile,
		Table:  sheet.Read,
		Detail: a.fleet, Commander: commander{a.fleet, &a.said}, Bundler: a.bundles,
		Who: a.Who, SignInLink: a.signInLink, HereLink: a.hereLink, Version: a.options.Version, Logger: a.options.Logger,
	})
	mux.Handle(client.Prefix+"/", central)
	mux.Handle("/here/", a.here(central))
	if d := a.options.Demonstration; d != nil {
		page := a.guarded(console.Demo(d))
		mux.Handle("/demo", page)
		mux.Handle("/demo/", page)
	}
	return mux, nil
}

// guarded serves only those who are logged in.
func (a *App) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.LoggedIn(r) {
			console.LoginNeeded(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// taken names the setting that changes a port that somebody else has.
func taken(field, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return invalid(field, address, "another program listens there", "stop it, or choose another address with "+setting(field))
	case errors.Is(err, syscall.EACCES):
		return invalid(field, address, "this user may not listen there", "choose a port from 1024 on with "+setting(field))
	}
	return fmt.Errorf("listen on %s: %w", address, err)
}

// setting is the flag that changes an address, and what make run calls it.
func setting(field string) string {
	if field == "http" {
		return "--listen (make run LISTEN=127.0.0.1:8530)"
	}
	return "--mqtt (make run MQTT=127.0.0.1:8531)"
}

// writeAddress leaves the address for the command line, beside the token.
func (a *App) writeAddress(context.Context) error {
	path := filepath.Join(a.options.Data, "address")
	return os.WriteFile(path, []byte(a.httpURL+"\n"), 0o600)
}

// serveMedia gives units and caches a file by its hash. The hash is the
// capability; only what a published snapshot names is served at all.
func (a *App) serveMedia(w http.ResponseWriter, r *http.Request) {
	h, err := media.ParseHash(r.PathValue("hash"))
	if err != nil {
		http.Error(w, "this is no SHA-256 in hex", http.StatusNotFound)
		return
	}
	typ, _, ok, err := a.store.Media(r.Context(), string(h))
	if err != nil {
		a.log.Error("serve media", "hash", h.Short(), "error", err)
		http.Error(w, "the centre cannot look this up now", http.StatusInternalServerError)
		return
	}
	if !ok {
		typ, ok = a.said.typeOf(string(h), time.Now())
	}
	if !ok {
		http.Error(w, "nothing that is published names this file", http.StatusNotFound)
		return
	}
	f, err := a.files.Open(h)
	if err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, fs.ErrNotExist) {
			status = http.StatusNotFound
		}
		a.log.Error("serve media", "hash", h.Short(), "error", err)
		http.Error(w, "the centre does not have this file", status)
		return
	}
	defer f.Close()
	head := w.Header()
	head.Set("Content-Type", contentType(typ))
	head.Set("ETag", `"`+string(h)+`"`)
	head.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, f)
}

func contentType(typ string) string {
	switch typ {
	case "mp3":
		return "audio/mpeg"
	case "flac", "wav", "ogg":
		return "audio/" + typ
	}
	return "application/octet-stream"
}

// settings is the file by which a device becomes the device of a unit; the
// agent's room says what each field means.
type settings struct {
	Unit   string `yaml:"unit"`
	MQTT   string `yaml:"mqtt"`
	HTTP   string `yaml:"http"`
	Root   string `yaml:"root"`
	CA     string `yaml:"ca,omitempty"`
	Secret string `yaml:"secret,omitempty"`
	Claim  string `yaml:"claim,omitempty"`
}

// Enrol writes the settings file of a unit's device, YAML. It holds the unit's
// secret: hand it over as one hands over a key.
func (a *App) Enrol(unit, secret string) (string, error) {
	return a.settingsFile(settings{Unit: unit, Secret: secret}, "Keep it as you keep a key.")
}

// ClaimFile writes the file by which a device becomes that of a unit, YAML. It
// holds no key and no secret, but whoever uses its claim first is the unit.
func (a *App) ClaimFile(unit, code string) (string, error) {
	return a.settingsFile(settings{Unit: unit, Claim: code}, "Its claim makes one device the unit's, once: hand it over directly.")
}

func (a *App) settingsFile(s settings, warning string) (string, error) {
	s.MQTT, s.HTTP, s.Root = a.mqttURL, a.httpURL, base64.StdEncoding.EncodeToString(a.keys.Root())
	if a.ca != nil {
		s.CA = string(a.ca.Certificate())
	}
	b, err := yaml.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write settings of %s: %w", s.Unit, err)
	}
	return "# Villagecast: settings of the device of unit " + s.Unit + ". " + warning + "\n" + string(b), nil
}

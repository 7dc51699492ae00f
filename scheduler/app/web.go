package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/console"
)

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
		return invalid(field, address,
			scheduler.Words{ZH: "那里已有别的程序在监听", EN: "another program listens there"},
			scheduler.Words{ZH: "停掉它，或用 " + setting(field) + " 换一个地址", EN: "stop it, or choose another address with " + setting(field)})
	case errors.Is(err, syscall.EACCES):
		return invalid(field, address,
			scheduler.Words{ZH: "这个用户不能在那里监听", EN: "this user may not listen there"},
			scheduler.Words{ZH: "用 " + setting(field) + " 选一个 1024 以上的端口", EN: "choose a port from 1024 on with " + setting(field)})
	}
	return fmt.Errorf("listen on %s: %w", address, err)
}

// setting is the flag that changes an address, and what make run calls it.
func setting(field string) string {
	switch field {
	case "http":
		return "--listen (make run LISTEN=127.0.0.1:8530)"
	case "mqtt":
		return "--mqtt (make run MQTT=127.0.0.1:8531)"
	}
	return field + " in the settings"
}

// writeAddress leaves the address for the command line, beside the token.
func (a *App) writeAddress(context.Context) error {
	path := filepath.Join(a.options.Data, "address")
	return os.WriteFile(path, []byte(a.URL()+"\n"), 0o600)
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
	s.MQTT, s.HTTP, s.Root = a.mqttURL, a.UnitsURL(), base64.StdEncoding.EncodeToString(a.keys.Root())
	if a.ca != nil {
		s.CA = string(a.ca.Certificate())
	}
	b, err := yaml.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write settings of %s: %w", s.Unit, err)
	}
	return "# Villagecast: settings of the device of unit " + s.Unit + ". " + warning + "\n" + string(b), nil
}

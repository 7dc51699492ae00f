package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Bounds of what units may leave here.
const (
	maxBundle       = 4 << 20
	bundlesOfUnit   = 3
	bundlesTogether = 200
	bundleSuffix    = ".tar.gz"
)

// bundles are the diagnostics bundles that units sent: files named by unit and
// command. "@" stands in no id.
type bundles struct{ dir string }

func (b bundles) path(unit, command string) string {
	return filepath.Join(b.dir, unit+"@"+command+bundleSuffix)
}

// Bundle is a bundle as it came.
func (b bundles) Bundle(_ context.Context, unit, command string) ([]byte, error) {
	if !wire.ValidID(unit) || !wire.ValidID(command) {
		return nil, scheduler.Missing("bundle", command, nil)
	}
	data, err := os.ReadFile(b.path(unit, command))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, scheduler.Missing("bundle", command, nil)
	}
	return data, err
}

// keep puts a bundle aside, whole or not at all, and drops the oldest ones.
func (b bundles) keep(unit, command string, data []byte) error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	next := b.path(unit, command) + ".next"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	if err := os.Rename(next, b.path(unit, command)); err != nil {
		return err
	}
	return b.trim(unit)
}

func (b bundles) trim(unit string) error {
	type file struct {
		name string
		at   time.Time
	}
	list, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	var all []file
	for _, e := range list {
		if info, err := e.Info(); err == nil {
			all = append(all, file{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.name, b.name)) })
	of, together := 0, 0
	for _, f := range all {
		mine := strings.HasPrefix(f.name, unit+"@")
		if mine {
			of++
		}
		if together++; together > bundlesTogether || mine && of > bundlesOfUnit {
			err = errors.Join(err, os.Remove(filepath.Join(b.dir, f.name)))
		}
	}
	return err
}

// serveBundle takes the bundle that a unit was asked for; nobody else's, and
// none that nobody asked for.
func (a *App) serveBundle(w http.ResponseWriter, r *http.Request) {
	unit, command := r.PathValue("unit"), r.PathValue("command")
	if !a.isUnit(r, unit) {
		http.Error(w, "log in as the unit", http.StatusUnauthorized)
		return
	}
	m, err := a.fleet.Commanded(r.Context(), unit, command, "")
	if err != nil || m.Do != wire.CommandBundle || m.Over() {
		http.Error(w, "nobody asked for this bundle", http.StatusNotFound)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBundle))
	if err != nil {
		http.Error(w, "a bundle has at most 4 MB", http.StatusRequestEntityTooLarge)
		return
	}
	if err := a.bundles.keep(unit, command, data); err != nil {
		a.log.Error("keep bundle", "unit", unit, "error", err)
		http.Error(w, "the centre cannot keep it", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

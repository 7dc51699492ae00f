package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Known answers whether an id exists, and which there are, for the nearest one.
type Known struct {
	Has func(id string) bool
	All func() []string
}

// World is what exists, as far as validation asks.
type World struct {
	Tree      *Tree
	Groups    Known
	Units     Known
	Calendars Known
	Playlists Known
	Assets    Known
}

// Nearest is the candidate most like word, or "" if none is like it.
func Nearest(word string, candidates []string) string { panic("unfinished") }

// Validate tells what is wrong with an area that is to be put into the tree: an
// impossible id, an unknown parent, a second county, a circle.
func (a Area) Validate(t *Tree) error { panic("unfinished") }

// Validate tells what is wrong with a unit.
func (u Unit) Validate(t *Tree) error { panic("unfinished") }

// Validate tells what is wrong with a group: a member that does not exist.
func (g Group) Validate(w World) error { panic("unfinished") }

// Validate tells what is wrong with the county: a zone that is none, an empty
// window, a level that is no warning.
func (c County) Validate() error { panic("unfinished") }

// Validate tells what is wrong with a calendar: a date that is none.
func (c Calendar) Validate() error { panic("unfinished") }

// Validate tells what is wrong with a playlist: an entry without content or
// with an asset that does not exist or is of the other kind.
func (p Playlist) Validate(asset func(id string) (Asset, bool), w World) error {
	panic("unfinished")
}

// Validate tells what is wrong with an asset.
func (a Asset) Validate() error { panic("unfinished") }

// WithDefaults fills in what was left out: level, issuer, what happens when cut
// or blocked, grace, volume and validity (from now, for a year).
func (p Programme) WithDefaults(now time.Time, zone *time.Location, root string) Programme {
	panic("unfinished")
}

// Validate tells what is wrong with a draft: field, value and remedy.
func (p Programme) Validate(w World) error { panic("unfinished") }

// Validate tells what is wrong with a warning.
func (m Warning) Validate(w World, now time.Time) error { panic("unfinished") }

// Validate tells what is wrong with a mute.
func (m Mute) Validate(w World, now time.Time) error { panic("unfinished") }

// CheckWindow checks a window; the field names it in the error.
func CheckWindow(field string, w wire.Window) error { panic("unfinished") }

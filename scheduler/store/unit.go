package store

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
)

// UnitFilter chooses units; the zero value is all but the removed ones.
type UnitFilter struct {
	// Area keeps the units of this area and all below it.
	Area string
	// State keeps one state; empty is planned and installed.
	State scheduler.UnitState
	// Shows keeps the units that show one mark, see scheduler.Shows.
	Shows scheduler.Shows
	// Text keeps the units whose id or name contains it.
	Text string
	Page
}

// UnitView is a unit with what the centre knows of its device.
type UnitView struct {
	scheduler.Unit
	Presence scheduler.Presence
	// Shows is the one mark that people see.
	Shows scheduler.Shows
	// Pending are the addresses of which the unit does not hold the newest
	// published snapshots.
	Pending []string
	// Mute is the mute or pause in force for the unit, if any.
	Mute *scheduler.Mute
}

// Units lists units by id, and the cursor of the next page or "".
func (s *Store) Units(ctx context.Context, f UnitFilter) ([]UnitView, string, error) {
	panic("unfinished")
}

// Unit is one unit, a removed one too.
func (s *Store) Unit(ctx context.Context, id string) (UnitView, error) { panic("unfinished") }

// AddUnit makes a unit and returns the secret of its device, 64 hex digits,
// which is kept only as its SHA-256. An id that is taken is a conflict.
func (s *Store) AddUnit(ctx context.Context, u scheduler.Unit) (scheduler.Unit, string, error) {
	panic("unfinished")
}

// NewSecret gives the unit a new secret; the old one ends.
func (s *Store) NewSecret(ctx context.Context, id string) (string, error) { panic("unfinished") }

// UpdateUnit changes a unit: everything but id and secret. A unit that changes
// its area gets new settings, and so a new list of addresses.
func (s *Store) UpdateUnit(ctx context.Context, u scheduler.Unit) (scheduler.Unit, Change, error) {
	panic("unfinished")
}

// UpdateUnits changes many units in one transaction, or none.
func (s *Store) UpdateUnits(ctx context.Context, us []scheduler.Unit) (changed int, err error) {
	panic("unfinished")
}

// RemoveUnit takes a unit out of service. Its history stays; it cannot log in,
// raises no outage and is in no list unless asked for. Its open outages end.
func (s *Store) RemoveUnit(ctx context.Context, id string) error { panic("unfinished") }

// SecretOK tells whether secret is the one of a unit that is not removed. It
// takes the same time for a unit that is not there.
func (s *Store) SecretOK(ctx context.Context, unit, secret string) (bool, error) {
	panic("unfinished")
}

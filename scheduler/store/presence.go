package store

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Born takes the first message of a unit's session: it is online. A planned
// unit becomes installed.
func (s *Store) Born(ctx context.Context, b wire.Birth, now time.Time) error { panic("unfinished") }

// Beat takes a heartbeat. It writes to the disk only when something changed.
func (s *Store) Beat(ctx context.Context, h wire.Heartbeat, now time.Time) error {
	panic("unfinished")
}

// OnAir takes what a unit says is on air. It is kept in memory only.
func (s *Store) OnAir(ctx context.Context, unit string, session uint64, on []wire.OnAir, now time.Time) error {
	panic("unfinished")
}

// Gone takes a will, a farewell, or what the embedded broker's disconnect hook
// knows (the will of the client that went). One of an older session changes nothing.
func (s *Store) Gone(ctx context.Context, w wire.Will, now time.Time) error { panic("unfinished") }

// Have takes what a unit holds.
func (s *Store) Have(ctx context.Context, h wire.Have, now time.Time) error { panic("unfinished") }

// HaveAll takes what many units hold, in one transaction. Unknown units are left out.
func (s *Store) HaveAll(ctx context.Context, hs []wire.Have, now time.Time) error {
	panic("unfinished")
}

// Watch says that from now on the centre hears its units (its broker link is
// up); Unwatch that it does not. Nothing is judged while it does not, nor in
// the 60 s after it began to.
func (s *Store) Watch(ctx context.Context, now time.Time) error { panic("unfinished") }

// Unwatch says that the centre does not hear its units from now on, and why.
func (s *Store) Unwatch(ctx context.Context, now time.Time, why string) error { panic("unfinished") }

// Swept is what a sweep changed.
type Swept struct {
	Offline []string
	Opened  []scheduler.Outage
	Closed  []scheduler.Outage
}

// Sweep judges who is offline, opens and closes outages, and keeps last-seen
// times. Call it each few seconds; it is cheap when nothing changed.
func (s *Store) Sweep(ctx context.Context, now time.Time) (Swept, error) { panic("unfinished") }

// Presence is what the centre knows of a unit's device.
func (s *Store) Presence(ctx context.Context, unit string) (scheduler.Presence, error) {
	panic("unfinished")
}

// OutageFilter chooses outages; the zero value is all.
type OutageFilter struct {
	Unit string
	Area string
	// Open keeps those that last.
	Open bool
	// From and To keep what overlaps [From, To).
	From, To time.Time
	Page
}

// Outages lists outages, newest first.
func (s *Store) Outages(ctx context.Context, f OutageFilter) ([]scheduler.Outage, string, error) {
	panic("unfinished")
}

// Status is an area, "" for the county, at a glance.
func (s *Store) Status(ctx context.Context, area string, now time.Time) (scheduler.Status, error) {
	panic("unfinished")
}

package store

import (
	"context"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// PutDraft makes or changes the draft of a programme: version 1 of a new one,
// the next version of one that was released. Defaults are filled in. The same
// content as the newest version changes nothing, also when that one is released.
// Rev, if not 0, must be the one of the newest version.
func (s *Store) PutDraft(ctx context.Context, p scheduler.Programme) (scheduler.Programme, Change, error) {
	panic("unfinished")
}

// Programme is one version; version 0 is the newest.
func (s *Store) Programme(ctx context.Context, id string, version int) (scheduler.Programme, error) {
	panic("unfinished")
}

// Versions lists all versions of a programme, newest first.
func (s *Store) Versions(ctx context.Context, id string) ([]scheduler.Programme, error) {
	panic("unfinished")
}

// ProgrammeFilter chooses programmes; the zero value is the newest version of each.
type ProgrammeFilter struct {
	State scheduler.ProgrammeState
	// Area keeps those whose released version reaches the area (from above, at it, or below it).
	Area     string
	Campaign string
	Category string
	Page
}

// Programmes lists the newest version of each programme by id; with a State,
// the newest version in that state.
func (s *Store) Programmes(ctx context.Context, f ProgrammeFilter) ([]scheduler.Programme, string, error) {
	panic("unfinished")
}

// RemoveDraft removes the newest version if it is a draft.
func (s *Store) RemoveDraft(ctx context.Context, id string) error { panic("unfinished") }

// Reach says how far something goes out.
type Reach struct {
	// Addresses whose snapshots change: one publish each.
	Addresses []wire.Address
	// Villages are the areas that have targeted units of their own; Units are
	// the units not removed that it is for; Offline are those of them that
	// cannot be reached now.
	Villages int
	Units    int
	Offline  []string
}

// Reach is how far a version (0: the newest) would go out: the dry run's numbers.
func (s *Store) Reach(ctx context.Context, id string, version int) (Reach, error) {
	panic("unfinished")
}

// Release puts the draft of a programme (version 0: the newest) on the air: it
// is checked, takes a copy of its playlist's items, and takes the place of the
// version released before. Releasing what is released changes nothing.
func (s *Store) Release(ctx context.Context, id string, version int) (scheduler.Programme, Reach, error) {
	panic("unfinished")
}

// Withdraw takes the released version out of the bulletins.
func (s *Store) Withdraw(ctx context.Context, id string) (scheduler.Programme, error) {
	panic("unfinished")
}

// Stopped says what a STOP ended.
type Stopped struct {
	// Programmes are those barred, by id and version; Warnings their ids.
	Programmes []wire.Bar
	Warnings   []string
	Reach
}

// Stop ends what is on air in the area, now and for good: it bars every
// programme version that is sounding, waiting or due now there, and every
// warning in force. A new version or a new warning sounds.
func (s *Store) Stop(ctx context.Context, area, why string) (Stopped, error) { panic("unfinished") }

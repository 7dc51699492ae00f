package store

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
)

// Warn issues a warning at once. An empty ID gets one; Issued is now; Volume 0
// means 100; Issuer "" is the area itself.
func (s *Store) Warn(ctx context.Context, w scheduler.Warning) (scheduler.Warning, Reach, error) {
	panic("unfinished")
}

// Lift ends a warning before its time. Lifting an ended one changes nothing.
func (s *Store) Lift(ctx context.Context, id string) (scheduler.Warning, error) {
	panic("unfinished")
}

// Warning is one warning.
func (s *Store) Warning(ctx context.Context, id string) (scheduler.Warning, error) {
	panic("unfinished")
}

// WarningFilter chooses warnings; the zero value is all.
type WarningFilter struct {
	// Area keeps those that reach the area: at it, above it or below it.
	Area string
	// InForce keeps those that are neither ended nor over.
	InForce bool
	Page
}

// Warnings lists warnings, newest first.
func (s *Store) Warnings(ctx context.Context, f WarningFilter) ([]scheduler.Warning, string, error) {
	panic("unfinished")
}

// Mute silences an area or a unit but for warnings; with Pause it says that a
// unit is under work and counted as no outage. From zero is now.
func (s *Store) Mute(ctx context.Context, m scheduler.Mute) (scheduler.Mute, error) {
	panic("unfinished")
}

// Unmute ends a mute or a pause.
func (s *Store) Unmute(ctx context.Context, id string) (scheduler.Mute, error) { panic("unfinished") }

// Mutes lists those in force or still to come.
func (s *Store) Mutes(ctx context.Context) ([]scheduler.Mute, error) { panic("unfinished") }

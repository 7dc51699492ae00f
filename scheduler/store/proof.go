package store

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Record stores what of a report is not there yet and returns the centre's word
// for it: the highest sequence number up to which everything is committed.
func (s *Store) Record(ctx context.Context, r wire.Report, now time.Time) (wire.Stored, error) {
	panic("unfinished")
}

// Recorded is the answer to one report of a batch.
type Recorded struct {
	Unit   string
	Stored wire.Stored
	// Err is set when this report alone was refused: an unknown unit, a malformed one.
	Err error
}

// RecordAll does the same for many reports in one transaction, answers in their order.
func (s *Store) RecordAll(ctx context.Context, rs []wire.Report, now time.Time) ([]Recorded, error) {
	panic("unfinished")
}

// AsRunFilter chooses as-run entries and skips; the zero value is all.
type AsRunFilter struct {
	Unit string
	// Area keeps the units of this area and all below it.
	Area      string
	Programme string
	Version   int
	Interrupt string
	Output    wire.Output
	// From and To keep what overlaps [From, To); zero is unbounded.
	From, To time.Time
	Page
}

// AsRuns lists as-run entries, oldest first.
func (s *Store) AsRuns(ctx context.Context, f AsRunFilter) ([]scheduler.AsRun, string, error) {
	panic("unfinished")
}

// Skips lists skips that units reported, oldest first.
func (s *Store) Skips(ctx context.Context, f AsRunFilter) ([]scheduler.Skip, string, error) {
	panic("unfinished")
}

// Offs lists the spans in which units say that they were off, oldest first.
func (s *Store) Offs(ctx context.Context, f AsRunFilter) ([]scheduler.Off, error) {
	panic("unfinished")
}

// Proof joins what should have played with what was proved: a line for each
// expected stretch of a programme version on an output of a unit, and for each
// warning played. At most 1,000 units and 31 days at once.
func (s *Store) Proof(ctx context.Context, f AsRunFilter, now time.Time) ([]scheduler.Proof, error) {
	panic("unfinished")
}

// TimetableQuery asks what units will do.
type TimetableQuery struct {
	// Unit or Area; an area asks for all units below it.
	Unit string
	Area string
	// From and To bound the answer, at most 31 days.
	From, To time.Time
	// Draft is the id of a programme whose draft is to be taken as if released.
	Draft string
}

// Timetable says what will play and why, once for each distinct set of
// snapshots. It is made from what the centre would publish now.
func (s *Store) Timetable(ctx context.Context, q TimetableQuery) ([]scheduler.Timetable, error) {
	panic("unfinished")
}

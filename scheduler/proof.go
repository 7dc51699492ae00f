package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// AsRun is a stored as-run entry: what a unit proved.
type AsRun struct {
	Unit  string
	Spool string
	Seq   uint64
	// Stored is when the centre committed it.
	Stored time.Time
	wire.AsRun
}

// OutageKind is unreachable or silent.
type OutageKind string

// The kinds of outage.
const (
	Unreachable OutageKind = "unreachable"
	Silent      OutageKind = "silent"
)

// Outage is a span in which a unit was lost to its village.
type Outage struct {
	ID   int64
	Unit string
	Kind OutageKind
	From time.Time
	// To is zero while it lasts.
	To time.Time
	// Cause is one of the Cause… codes.
	Cause string
	// Detail is, by the cause, the title of what should play, why the device was shut
	// out, or when the unit was last heard (RFC 3339) if nobody watched after that.
	Detail string
}

// Notable is an event that a unit or the centre itself reported.
type Notable struct {
	ID   int64
	At   time.Time
	Unit string
	Code string
	Text string
}

// Skip is a stored skip: rounds that did not play, and why.
type Skip struct {
	Unit  string
	Spool string
	Seq   uint64
	wire.Skip
}

// Off is a stored span in which a unit says that it was off.
type Off struct {
	Unit string
	wire.Off
}

// Grades of proof beside those that a unit gives (wire.GradePlayed, GradeHeard, GradeFailed).
const (
	GradeSkipped   = "skipped"   // did not play, with a reason
	GradePart      = "part"      // some of it played
	GradeNoPower   = "no-power"  // the unit says that it was off
	GradeNoProof   = "no-proof"  // nobody knows
	GradePlaying   = "playing"   // the unit says that it plays it now; the proof is still open
	GradeReady     = "ready"     // to come: the unit holds it and its assets
	GradeDelivered = "delivered" // to come: the unit holds it
	GradePending   = "pending"   // to come: the unit does not hold it yet
)

// Proof is one expected stretch of a programme version on one output of a unit,
// or a stretch that was proved though not expected, with what became of it.
type Proof struct {
	Unit      string
	Output    wire.Output
	Programme string
	Version   int
	Interrupt string
	Title     string
	Level     wire.Level
	// From and To are those expected; those proved, if nothing was expected.
	From, To time.Time
	// Expected is how long content should have sounded or shown in it, Proved how long it did.
	Expected, Proved time.Duration
	Grade            string
	// Why gives the reason of a skip, a failure or of what is missing.
	Why Words
	// AsRuns are the entries that prove it.
	AsRuns []AsRun
}

// Stretch is one contiguous stretch of a timetable, see timetable.Stretch.
type Stretch struct {
	Output    wire.Output
	From, To  time.Time
	Programme string
	Version   int
	Interrupt string
	Title     string
	Level     wire.Level
	// Reason says why it is on, EndReason why it ends. End is how it ends
	// (wire.Outcome…), By what ends it.
	Reason, EndReason timetable.Reason
	End, By           string
}

// Timetable is what the units of one distinct set of snapshots do.
type Timetable struct {
	Units     []string
	Zone      string
	Stretches []Stretch
	Skips     []timetable.Skip
	// Problems are programmes that a unit would leave out, and why.
	Problems []string
}

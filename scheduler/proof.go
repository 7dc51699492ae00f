package scheduler

import (
	"time"

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
	// Cause is a code, such as will, heartbeat-lost, hung; Text says it in words.
	Cause string
	Text  string
}

// Notable is an event that a unit or the centre itself reported.
type Notable struct {
	ID   int64
	At   time.Time
	Unit string
	Code string
	Text string
}

package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Shows is the one mark that people see for a unit.
type Shows string

// The marks.
const (
	ShowsOnAir    Shows = "on-air"
	ShowsIdle     Shows = "idle"
	ShowsSilent   Shows = "silent"  // online, but it should sound and does not
	ShowsOffline  Shows = "offline" // no sign of life
	ShowsUnknown  Shows = "unknown" // the centre cannot judge: it does not hear its units
	ShowsUnplaced Shows = "unplaced"
	ShowsPlanned  Shows = "planned"
	ShowsPaused   Shows = "paused"
	ShowsRemoved  Shows = "removed"
)

// Counts are numbers of units by what they show; removed ones are not counted.
type Counts struct {
	All, OnAir, Idle, Silent, Offline, Unknown, Unplaced, Planned, Paused int
}

// AreaStatus is one area's counts.
type AreaStatus struct {
	Area  Area
	Units Counts
}

// OnAirCount is one thing on air and how many units play it now.
type OnAirCount struct {
	wire.OnAir
	Units int
}

// Status is the county, or an area, at a glance.
type Status struct {
	Area   Area
	County string
	At     time.Time
	Units  Counts
	// Below are the areas directly under it.
	Below []AreaStatus
	OnAir []OnAirCount
	// Outages that last, newest first, at most 100; Warnings in force.
	Outages  []Outage
	Warnings []Warning
	// Pending counts the units that do not hold the newest snapshots, Refused
	// those that refused one, Unready those with assets missing.
	Pending, Refused, Unready int
	// ClockUntrusted counts the units that can be reached and do not know the
	// time, ClockUncertain those whose clock may be off by more than usual.
	ClockUntrusted, ClockUncertain int
	// Delivery says how far the units are; see Delivery for which ones.
	Delivery DeliveryCounts
	// Secrets counts the units that still come in by the secret of an earlier version.
	Secrets int
	// Missing are the areas of which no installed unit can be reached.
	Missing []string
	// Incident is one that lasts: most units of the county fell at once.
	Incident *Incident
	// Paused are the units under work, Troubled those with a condition that the
	// centre found: flapping, two devices with one identity. By id.
	Paused   []Mute
	Troubled []Trouble
	// InForce is what keeps units from playing what they would, newest first.
	InForce []InForce
	// NotWatched says why the centre cannot judge now; empty when it can.
	NotWatched Words
}

// Trouble is a unit with a condition that the centre found.
type Trouble struct {
	Unit, Name string
	wire.Condition
	// Count is how often a unit that flaps was offline.
	Count int
}

// Event is one line of the centre's event stream.
type Event struct {
	ID int64
	At time.Time
	// Kind is unit, presence, onair, asrun, outage, incident, programme, warning, mute,
	// asset, playlist, area, group, calendar, county or notable.
	Kind string
	Unit string
	// Ref is the id of what changed; Code and Text say what happened.
	Ref  string
	Code string
	Text string
}

package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// Page asks for a part of a list: at most Limit entries (0 means 100, at most
// 1000) after the cursor After, which is the next of the answer before.
type Page struct {
	After string
	Limit int
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

// AssetFilter chooses assets; the zero value is all.
type AssetFilter struct {
	Kind AssetKind
	// Text is looked for in title, name and text.
	Text string
	Page
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

// ProgrammeFilter chooses programmes; the zero value is the newest version of each.
type ProgrammeFilter struct {
	State ProgrammeState
	// Area keeps those whose released version reaches the area (from above, at it,
	// or below it), and those issued in its name or below, drafts too.
	Area     string
	Campaign string
	Category string
	Page
}

// UnitFilter chooses units; the zero value is all but the removed ones.
type UnitFilter struct {
	// Area keeps the units of this area and all below it.
	Area string
	// State keeps one state; empty is planned and installed.
	State UnitState
	// Shows keeps the units that show one mark, see Shows.
	Shows Shows
	// Text keeps the units whose id or name contains it.
	Text string
	Page
}

// WarningFilter chooses warnings; the zero value is all.
type WarningFilter struct {
	// Area keeps those that reach the area: at it, above it or below it.
	Area string
	// InForce keeps those that are neither ended nor over.
	InForce bool
	Page
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

// Change says what a Put did.
type Change string

// What a Put did.
const (
	Created   Change = "created"
	Updated   Change = "updated"
	Unchanged Change = "unchanged"
)

// Reach says how far something goes out.
type Reach struct {
	// Addresses whose snapshots change: one publish each.
	Addresses []wire.Address
	// Villages are the areas without areas below that have targeted units; Units are
	// the units not removed that it is for; Offline are those of them that
	// cannot be reached now.
	Villages int
	Units    int
	Offline  []string
}

// Later says on how many units a warning may not sound yet: quiet hours and
// exceptions hold it back; screens show it at once.
type Later struct {
	Units int
	// Until is when it may sound on the last of them; zero with Never, where it may
	// not within a year.
	Until time.Time
	Never bool
	// Why it may not, on one of them.
	Why timetable.Reason
}

// Stopped says what a STOP ended.
type Stopped struct {
	// Programmes are those barred, by id and version; Warnings their ids.
	Programmes []wire.Bar
	Warnings   []string
	// Halt is by which id it is asked which units obey; empty if nothing was ended.
	Halt string
	Reach
}

// Remembered is the answer that was given under an idempotency key.
type Remembered struct {
	Status int
	Header map[string]string
	Body   []byte
}

// Swept is what a sweep changed.
type Swept struct {
	Offline []string
	Opened  []Outage
	Closed  []Outage
	// Incident is one that began, changed or ended; nil if there is none.
	Incident *Incident
	// Notes are conditions of the centre's that began or ended.
	Notes []Notable
}

// UnitView is a unit with what the centre knows of its device.
type UnitView struct {
	Unit
	Presence Presence
	// Shows is the one mark that people see.
	Shows Shows
	// Pending are the addresses of which the unit does not hold the newest
	// snapshots.
	Pending []string
	// Delivery is what it holds of each address, and what it should.
	Delivery UnitDelivery
	// Mute is the mute or pause in force for the unit, if any.
	Mute *Mute
}

// Gap is a time in which nobody watched: the centre was off, asleep or cut off.
type Gap struct {
	Span
	Why string
}

// Call is one line of the list by which villages are called.
type Call struct {
	// Town is the area under the county that the unit stands in; Area is its own.
	Town, Area Area
	Unit       string
	Name       string
	// Kind is unreachable or silent; Since is when that began.
	Kind  OutageKind
	Since time.Time
	// Contact is whom to call, see Whom.
	Contact string
}

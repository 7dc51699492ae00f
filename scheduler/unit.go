package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// UnitState says what is expected of a unit.
type UnitState string

// The states of a unit's life. Only an installed unit can have an outage.
const (
	// An unplaced unit is a device without a place yet: it hears its own settings
	// and nothing of an area. Its area is that of those who look after it.
	UnitUnplaced  UnitState = "unplaced"
	UnitPlanned   UnitState = "planned"
	UnitInstalled UnitState = "installed" // set by its first birth, or by hand
	UnitRemoved   UnitState = "removed"
)

// Unit is a place with outputs. The device in it can be replaced.
type Unit struct {
	ID    string
	Area  string
	Name  string
	State UnitState
	// StateSince is when the state was set.
	StateSince time.Time
	Outputs    []wire.Output
	// Volume is in per cent, 0 to 100.
	Volume int
	// Position in degrees, WGS-84; nil when unknown.
	Position *Position
	Panel    *wire.Panel
	Quiet    []wire.Window
	// SecretHash is the SHA-256 of the device's secret.
	SecretHash []byte
	// Claimed tells AddUnit that the device is to come by a claim, and to make no
	// secret.
	Claimed bool `json:"-"`
	// Rev as in Area.
	Rev int64
}

// Placed tells whether it stands somewhere: what is for its area is for it.
func (u Unit) Placed() bool { return u.State != UnitUnplaced && u.State != UnitRemoved }

// InService is the part of [from, to) in which something was to be expected of
// the unit: not before it was installed, nor after it was removed; an empty one
// if it was neither. What it was before that, nobody kept.
func (u Unit) InService(from, to time.Time) (time.Time, time.Time) {
	switch {
	case u.State == UnitInstalled && u.StateSince.After(from):
		return u.StateSince, to
	case u.State == UnitRemoved && u.StateSince.Before(to):
		return from, u.StateSince
	case u.State == UnitPlanned || u.State == UnitUnplaced:
		return to, to
	}
	return from, to
}

// Hears are the addresses that the unit listens to, the county's first. One that is
// not placed hears its own settings alone; one that was removed falls silent by that.
func (u Unit) Hears(t *Tree) []wire.Address {
	own := wire.UnitAddress(u.ID)
	if !u.Placed() {
		return []wire.Address{own}
	}
	return append(Above(t, u.Area), own)
}

// Position is a point on earth, WGS-84, in degrees.
type Position struct{ Lat, Lon float64 }

// Presence is what the centre knows of a unit's device.
type Presence struct {
	Unit    string
	Online  bool
	Session uint64
	Spool   string
	Boot    string
	// Boots are the boot ids before it, newest first. One that comes back means
	// two devices with one identity: Twins is since when, TwinsSeen when it was
	// last seen.
	Boots     []string
	Twins     time.Time
	TwinsSeen time.Time
	// Falls are when it went offline of late. Flapping is since when that is
	// too often, Flaps how many times since.
	Falls    []time.Time
	Flapping time.Time
	Flaps    int
	// Hushed is since when nothing plays on its sound output; zero while
	// something does.
	Hushed time.Time
	// Since is when Online last changed; LastSeen is the last message of the
	// unit itself, by the centre's clock.
	Since    time.Time
	LastSeen time.Time
	// Cause says why it went offline, see the Cause constants; Lost is when
	// its session was said to be over.
	Cause    string
	Lost     time.Time
	Software string
	// Features are what its agent can do, see wire.Birth.
	Features []string
	// SoundOutput is what its sound goes to, in the unit's words.
	SoundOutput string
	Page        string
	Volume      int
	OnAir       []wire.OnAir
	// Aired is when it last said what is on air, in this session; zero while it
	// has not.
	Aired      time.Time
	Conditions []wire.Condition
	Have       *wire.Have
	// Clock is what the unit said last of its clock, at ClockAt; nil if it never
	// did, as units of the first version.
	Clock   *wire.AirTime
	ClockAt time.Time
}

// ClockLearned is when the unit's clock was last compared with one that knows,
// by the centre's clock; zero if never.
func (p Presence) ClockLearned() time.Time {
	if p.Clock == nil || p.Clock.State == wire.ClockUntrusted {
		return time.Time{}
	}
	return p.ClockAt.Add(-time.Duration(p.Clock.Age) * time.Second)
}

package scheduler

import (
	"context"
	"slices"
)

// Door is one side of the centre's web server: who comes in by it. Each can have
// a listener of its own; on one listener all three may stand.
type Door string

// The doors.
const (
	DoorUnits  Door = "units"  // devices: recordings, the time, what they send
	DoorPhones Door = "phones" // village admins and crews, from the internet
	DoorAdmin  Door = "admin"  // everybody else, from the offices' network
)

// Doors is a set of them: where a route is served, or what a listener serves.
type Doors []Door

// AllDoors are all of them.
func AllDoors() Doors { return Doors{DoorUnits, DoorPhones, DoorAdmin} }

// Has tells whether a door is among them.
func (d Doors) Has(one Door) bool { return slices.Contains(d, one) }

// Meet tells whether they have a door in common.
func (d Doors) Meet(others Doors) bool { return slices.ContainsFunc(others, d.Has) }

// doors say where each act can be done: the daily work by the phones' door too,
// but what decides who may do what, and where units stand, by the
// administration's alone.
var doors = map[Act]Doors{
	ActRead: {DoorPhones, DoorAdmin}, ActDraft: {DoorPhones, DoorAdmin}, ActSubmit: {DoorPhones, DoorAdmin},
	ActApprove: {DoorPhones, DoorAdmin}, ActRelease: {DoorPhones, DoorAdmin}, ActWithdraw: {DoorPhones, DoorAdmin},
	ActWarn: {DoorPhones, DoorAdmin}, ActLift: {DoorPhones, DoorAdmin}, ActStop: {DoorPhones, DoorAdmin},
	ActMute: {DoorPhones, DoorAdmin}, ActPause: {DoorPhones, DoorAdmin}, ActCommand: {DoorPhones, DoorAdmin},
	ActEnrol: {DoorPhones, DoorAdmin},
	ActPlace: {DoorAdmin}, ActInvite: {DoorAdmin}, ActPeople: {DoorAdmin}, ActSettings: {DoorAdmin}, ActAudit: {DoorAdmin},
}

// Doors are those by which the act can be done; none for an act that does not say.
func (a Act) Doors() Doors { return doors[a] }

type doorsKey struct{}

// WithDoors notes the doors of the listener by which a request came.
func WithDoors(ctx context.Context, d Doors) context.Context {
	return context.WithValue(ctx, doorsKey{}, d)
}

// DoorsIn are the doors by which a request came; none if nobody said.
func DoorsIn(ctx context.Context) Doors {
	d, _ := ctx.Value(doorsKey{}).(Doors)
	return d
}

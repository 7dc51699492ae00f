package agent

import (
	"sync/atomic"
	"time"
)

// air is air time: the instant that everything here happens at. Today it is the
// system's clock and the knowledge of when that cannot be right.
type air struct {
	system func() time.Time
	floor  atomic.Int64 // unix ms: the newest signed time seen
}

const (
	// firstDay is before anything that a centre ever signed.
	firstDay = 1763942400000 // 2025-11-24
	// airSlack is how far the centre's clock may be ahead of the unit's.
	airSlack = 10 * time.Minute
	// airJump is how far ahead a signed time may be and still be believed by a
	// unit whose own clock can be right: a centre with a wrong year must not
	// silence its county for good.
	airJump = 24 * time.Hour
)

func newAir(system func() time.Time, floor int64) *air {
	a := &air{system: system}
	a.floor.Store(max(floor, firstDay))
	return a
}

// Now is air time.
func (a *air) Now() time.Time { return a.system() }

// stamp is air time for a message, never below the floor, in unix milliseconds.
func (a *air) stamp() int64 { return max(a.system().UnixMilli(), a.floor.Load()) }

// trusted tells whether the clock can be right: it is not behind what was
// signed before.
func (a *air) trusted() bool {
	return a.system().Add(airSlack).UnixMilli() >= a.floor.Load()
}

// saw takes in a signed time.
func (a *air) saw(signed int64) {
	if a.trusted() && signed > a.system().Add(airJump).UnixMilli() {
		return
	}
	for {
		old := a.floor.Load()
		if signed <= old || a.floor.CompareAndSwap(old, signed) {
			return
		}
	}
}

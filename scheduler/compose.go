package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// ComposeSettings makes what a unit must know of itself. held gives the
// revisions current now.
func ComposeSettings(u Unit, tree *Tree, held func(wire.Address) wire.Held) wire.Settings {
	panic("unfinished")
}

// ComposeBulletin makes the bulletin of an address from the programmes released
// for it, without its revision. Programmes that ended more than a day ago are
// left out. county stands only in the root's, settings only in a unit's.
func ComposeBulletin(a wire.Address, county *wire.County, settings *wire.Settings, ps []Programme, calendars map[string]Calendar, now time.Time, zone *time.Location) wire.Bulletin {
	panic("unfinished")
}

// ComposeOrders makes the orders of an address, without its revision.
func ComposeOrders(a wire.Address, interrupts []wire.Interrupt, bars []wire.Bar, mutes []Mute, now time.Time) wire.Orders {
	panic("unfinished")
}

// Wire is the programme as it travels.
func (p Programme) Wire() wire.Programme { panic("unfinished") }
